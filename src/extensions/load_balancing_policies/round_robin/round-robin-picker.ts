// Round robin: in turn from a random start when all weights are equal, else by earliest deadline.
import { EdfScheduler } from "../../../upstream/edf-scheduler.ts";
import type { Host } from "../../../upstream/host.ts";
import { hasEqualWeights, type HostPicker } from "../../../upstream/priority-load-balancer.ts";

export function createRoundRobinPicker(hosts: readonly Host[], random: () => number): HostPicker {
  return hasEqualWeights(hosts) ? new TurnPicker(hosts, random()) : new WeightedPicker(hosts, random());
}

class TurnPicker implements HostPicker {
  private readonly hosts: readonly Host[];
  private next: number;

  constructor(hosts: readonly Host[], start: number) {
    this.hosts = hosts;
    this.next = start % hosts.length;
  }

  pick(): Host {
    const host = this.hosts[this.next]!;
    this.next = this.next + 1 === this.hosts.length ? 0 : this.next + 1;
    return host;
  }
}

class WeightedPicker implements HostPicker {
  private readonly schedule = new EdfScheduler<Host>();

  constructor(hosts: readonly Host[], start: number) {
    for (const host of hosts) this.schedule.add(host, host.weight);
    // Workers start at different places of the sequence.
    for (let skip = start % hosts.length; skip > 0; skip--) this.pick();
  }

  pick(): Host {
    const host = this.schedule.peek()!;
    this.schedule.reschedule(host.weight);
    return host;
  }
}
