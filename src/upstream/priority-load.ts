// How traffic divides between priorities, and which of them panic (Envoy: arch_overview/upstream/load_balancing/priority).

/** Counts of one priority. */
export interface PriorityHealth {
  readonly hosts: number;
  readonly healthy: number;
  readonly degraded: number;
}

/** Percent per priority; healthy and degraded together add up to 100. */
export interface PriorityLoad {
  readonly healthy: readonly number[];
  readonly degraded: readonly number[];
  /** All hosts of the priority are used, whatever their health. */
  readonly panic: readonly boolean[];
}

/** `overprovisioningPercent` is 140 by default, `panicThresholdPercent` 50. */
export function computePriorityLoad(
  sets: readonly PriorityHealth[],
  overprovisioningPercent: number,
  panicThresholdPercent: number,
): PriorityLoad {
  const available = (part: number, set: PriorityHealth) =>
    set.hosts === 0 ? 0 : Math.min(100, Math.floor((overprovisioningPercent * part) / set.hosts));
  const healthyShare = sets.map((set) => available(set.healthy, set));
  const degradedShare = sets.map((set) => available(set.degraded, set));
  const total = Math.min(100, sum(healthyShare) + sum(degradedShare));
  if (total === 0 && panicThresholdPercent === 0) {
    // Nothing is available and panic is off: the first priority takes the traffic and fails it.
    return {
      healthy: sets.map((_, p) => p === 0 ? 100 : 0),
      degraded: sets.map(() => 0),
      panic: sets.map(() => false),
    };
  }
  const panic = sets.map((set) => total < 100 && isInPanic(set, panicThresholdPercent));
  if (panic.length > 0 && panic.every(Boolean)) {
    return { healthy: divideByHosts(sets), degraded: sets.map(() => 0), panic };
  }
  return { ...divideByHealth(healthyShare, degradedShare, total), panic };
}

function isInPanic(set: PriorityHealth, thresholdPercent: number): boolean {
  const percent = set.hosts === 0 ? 0 : (100 * (set.healthy + set.degraded)) / set.hosts;
  return percent < thresholdPercent;
}

/** Every priority panics: load follows the number of hosts. */
function divideByHosts(sets: readonly PriorityHealth[]): number[] {
  const hosts = sets.map((set) => set.hosts);
  const total = sum(hosts);
  if (total === 0) return hosts.map((_, p) => p === 0 ? 100 : 0);
  const load = hosts.map((count) => Math.floor((100 * count) / total));
  const first = hosts.findIndex((count) => count > 0);
  load[first]! += 100 - sum(load);
  return load;
}

/** Priorities fill in order, first with healthy hosts, then with degraded ones; what rounding leaves goes to the first that has any. */
function divideByHealth(
  healthy: number[],
  degraded: number[],
  total: number,
): { healthy: number[]; degraded: number[] } {
  let left = 100;
  const fill = (shares: number[]) =>
    shares.map((share) => {
      const load = Math.min(left, Math.floor((share * 100) / Math.max(total, 1)));
      left -= load;
      return load;
    });
  const load = { healthy: fill(healthy), degraded: fill(degraded) };
  if (left > 0) {
    const first = healthy.findIndex((share) => share > 0);
    if (first >= 0) load.healthy[first]! += left;
    else {
      const firstDegraded = degraded.findIndex((share) => share > 0);
      if (firstDegraded >= 0) load.degraded[firstDegraded]! += left;
      else load.healthy[0]! += left;
    }
  }
  return load;
}

function sum(numbers: readonly number[]): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
