// Load balancing policy least_request (envoy.extensions.load_balancing_policies.least_request.v3), worker half.
import type { LoadBalancerExtension } from "../../../upstream/load-balancer.ts";
import { PriorityLoadBalancer } from "../../../upstream/priority-load-balancer.ts";
import type { LeastRequestConfig } from "./least-request-config.ts";
import { createLeastRequestPicker } from "./least-request-picker.ts";

export const leastRequest: LoadBalancerExtension<LeastRequestConfig> = {
  name: "envoy.load_balancing_policies.least_request",
  materialise: (config, hosts, random) =>
    new PriorityLoadBalancer(hosts, random, (list) => createLeastRequestPicker(list, config, random)),
};
