// Load balancing policy random (envoy.extensions.load_balancing_policies.random.v3), worker half: each healthy host with the same chance; weights play no part, as in Envoy.
import type { Host } from "../../../upstream/host.ts";
import type { LoadBalancerExtension } from "../../../upstream/load-balancer.ts";
import { type HostPicker, PriorityLoadBalancer } from "../../../upstream/priority-load-balancer.ts";

class RandomPicker implements HostPicker {
  private readonly hosts: readonly Host[];
  private readonly random: () => number;

  constructor(hosts: readonly Host[], random: () => number) {
    this.hosts = hosts;
    this.random = random;
  }

  pick(): Host {
    return this.hosts[this.random() % this.hosts.length]!;
  }
}

export const random: LoadBalancerExtension<null> = {
  name: "envoy.load_balancing_policies.random",
  materialise: (_config, hosts, randomUint32) =>
    new PriorityLoadBalancer(hosts, randomUint32, (list) => new RandomPicker(list, randomUint32)),
};
