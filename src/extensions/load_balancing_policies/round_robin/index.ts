// Load balancing policy round_robin (envoy.extensions.load_balancing_policies.round_robin.v3), worker half.
import type { LoadBalancerExtension } from "../../../upstream/load-balancer.ts";
import { PriorityLoadBalancer } from "../../../upstream/priority-load-balancer.ts";
import { createRoundRobinPicker } from "./round-robin-picker.ts";

export const roundRobin: LoadBalancerExtension<null> = {
  name: "envoy.load_balancing_policies.round_robin",
  materialise: (_config, hosts, random) =>
    new PriorityLoadBalancer(hosts, random, (list) => createRoundRobinPicker(list, random)),
};
