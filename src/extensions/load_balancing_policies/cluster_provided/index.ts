// Load balancing policy cluster_provided (envoy.extensions.load_balancing_policies.cluster_provided.v3), worker half: the balancer that comes with the cluster's type.
import type { LoadBalancerExtension } from "../../../upstream/load-balancer.ts";

export const clusterProvided: LoadBalancerExtension<null> = {
  name: "envoy.load_balancing_policies.cluster_provided",
  materialise: (_config, hosts) => {
    const balancer = hosts.createProvidedLoadBalancer();
    if (balancer === null) throw new Error(`cluster ${hosts.config.name} has no load balancer of its own`);
    return balancer;
  },
};
