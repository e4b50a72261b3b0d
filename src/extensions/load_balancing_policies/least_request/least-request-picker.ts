// Least request: the least busy of a few drawn hosts when weights are equal, else earliest deadline with weight ÷ (active + 1)^bias.
import { EdfScheduler } from "../../../upstream/edf-scheduler.ts";
import type { Host } from "../../../upstream/host.ts";
import { hasEqualWeights, type HostPicker } from "../../../upstream/priority-load-balancer.ts";
import type { LeastRequestConfig } from "./least-request-config.ts";

export function createLeastRequestPicker(
  hosts: readonly Host[],
  config: LeastRequestConfig,
  random: () => number,
): HostPicker {
  if (!hasEqualWeights(hosts)) return new WeightedPicker(hosts, config.activeRequestBias, random());
  return config.selection === "fullScan"
    ? new FullScanPicker(hosts, random)
    : new DrawPicker(hosts, config.choiceCount, random);
}

/** Power of N choices; the same host may be drawn twice, as in Envoy. */
class DrawPicker implements HostPicker {
  private readonly hosts: readonly Host[];
  private readonly choiceCount: number;
  private readonly random: () => number;

  constructor(hosts: readonly Host[], choiceCount: number, random: () => number) {
    this.hosts = hosts;
    this.choiceCount = choiceCount;
    this.random = random;
  }

  pick(): Host {
    const { hosts, random } = this;
    let best = hosts[random() % hosts.length]!;
    if (hosts.length === 1) return best;
    let bestActive = best.activeRequests();
    for (let i = 1; i < this.choiceCount; i++) {
      const host = hosts[random() % hosts.length]!;
      const active = host.activeRequests();
      if (active < bestActive) {
        best = host;
        bestActive = active;
      }
    }
    return best;
  }
}

/** The least busy of all; among equals each with the same chance. */
class FullScanPicker implements HostPicker {
  private readonly hosts: readonly Host[];
  private readonly random: () => number;

  constructor(hosts: readonly Host[], random: () => number) {
    this.hosts = hosts;
    this.random = random;
  }

  pick(): Host {
    let best = this.hosts[0]!;
    let bestActive = best.activeRequests();
    let equals = 1;
    for (let i = 1; i < this.hosts.length; i++) {
      const host = this.hosts[i]!;
      const active = host.activeRequests();
      if (active > bestActive) continue;
      equals = active < bestActive ? 1 : equals + 1;
      if (active < bestActive || this.random() % equals === 0) best = host;
      bestActive = active;
    }
    return best;
  }
}

class WeightedPicker implements HostPicker {
  private readonly schedule = new EdfScheduler<Host>();
  private readonly bias: number;

  constructor(hosts: readonly Host[], bias: number, start: number) {
    this.bias = bias;
    for (const host of hosts) this.schedule.add(host, this.weightOf(host));
    for (let skip = start % hosts.length; skip > 0; skip--) this.pick();
  }

  pick(): Host {
    const host = this.schedule.peek()!;
    this.schedule.reschedule(this.weightOf(host));
    return host;
  }

  private weightOf(host: Host): number {
    if (this.bias === 0) return host.weight;
    const load = host.activeRequests() + 1;
    return host.weight / (this.bias === 1 ? load : Math.pow(load, this.bias));
  }
}
