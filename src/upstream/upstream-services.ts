// What a worker gives to its clusters.
import type { TimerWheel } from "../base/timer-wheel.ts";
import type { StatStore } from "../observe/stats.ts";
import type { LoadBalancerExtension } from "./load-balancer.ts";

export interface UpstreamServices {
  readonly workerIndex: number;
  /** Rows of the shared counts. */
  readonly workerCount: number;
  readonly timers: TimerWheel;
  readonly stats: StatStore;
  /** Unsigned 32-bit pseudo-random numbers. */
  readonly random: () => number;
  /** By factory name. */
  readonly loadBalancers: ReadonlyMap<string, LoadBalancerExtension>;
}
