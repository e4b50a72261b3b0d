// What all plain policies share: choice of the priority, panic, degraded hosts, and repeated choices for retries (Envoy: ZoneAwareLoadBalancerBase).
import { ClusterStat } from "../observe/schemas/cluster.ts";
import type { Host } from "./host.ts";
import type { LoadBalancedHosts, LoadBalancer, LoadBalancerContext } from "./load-balancer.ts";
import { computePriorityLoad, type PriorityLoad } from "./priority-load.ts";

/** Picks among a fixed list of hosts; made anew when the list changes. */
export interface HostPicker {
  pick(): Host;
}

/** Makes the picker of a list of at least one host. */
export type PickerFactory = (hosts: readonly Host[]) => HostPicker;

/** The pickers of one priority, made when first needed; null = not yet. */
interface PriorityPickers {
  healthy: HostPicker | null;
  degraded: HostPicker | null;
  all: HostPicker | null;
}

export class PriorityLoadBalancer implements LoadBalancer {
  private readonly hosts: LoadBalancedHosts;
  private readonly random: () => number;
  private readonly createPicker: PickerFactory;
  private load: PriorityLoad = { healthy: [], degraded: [], panic: [] };
  private pickers: PriorityPickers[] = [];

  constructor(hosts: LoadBalancedHosts, random: () => number, createPicker: PickerFactory) {
    this.hosts = hosts;
    this.random = random;
    this.createPicker = createPicker;
    this.onHostsChanged();
  }

  onHostsChanged(): void {
    const { config, hostSets } = this.hosts;
    this.load = computePriorityLoad(
      hostSets.map((set) => ({
        hosts: set.hosts.length,
        healthy: set.healthyHosts.length,
        degraded: set.degradedHosts.length,
      })),
      config.overprovisioningPercent,
      config.panicThresholdPercent,
    );
    this.pickers = hostSets.map(() => ({ healthy: null, degraded: null, all: null }));
  }

  choose(context: LoadBalancerContext | null): Host | null {
    let host = this.chooseOnce();
    if (context === null) return host;
    for (let i = context.hostSelectionAttempts; i > 0 && host !== null && context.shouldSelectAnotherHost(host); i--) {
      host = this.chooseOnce();
    }
    return host;
  }

  private chooseOnce(): Host | null {
    const { healthy, degraded } = this.load;
    if (healthy.length === 0) return null;
    if (healthy[0] === 100) return this.pickFrom(0, false);
    let left = this.random() % 100;
    for (let priority = 0; priority < healthy.length; priority++) {
      left -= healthy[priority]!;
      if (left < 0) return this.pickFrom(priority, false);
    }
    for (let priority = 0; priority < degraded.length; priority++) {
      left -= degraded[priority]!;
      if (left < 0) return this.pickFrom(priority, true);
    }
    return null;
  }

  private pickFrom(priority: number, isDegraded: boolean): Host | null {
    const set = this.hosts.hostSets[priority]!;
    const pickers = this.pickers[priority]!;
    if (this.load.panic[priority]!) {
      this.hosts.stats.inc(ClusterStat.lbHealthyPanic);
      if (set.hosts.length === 0 || this.hosts.config.failTrafficOnPanic) return null;
      return (pickers.all ??= this.createPicker(set.hosts)).pick();
    }
    if (isDegraded) {
      if (set.degradedHosts.length === 0) return null;
      return (pickers.degraded ??= this.createPicker(set.degradedHosts)).pick();
    }
    if (set.healthyHosts.length === 0) return null;
    return (pickers.healthy ??= this.createPicker(set.healthyHosts)).pick();
  }
}

/** Whether no weighted scheduling is needed. */
export function hasEqualWeights(hosts: readonly Host[]): boolean {
  const first = hosts[0]?.weight;
  return hosts.every((host) => host.weight === first);
}
