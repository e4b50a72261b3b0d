// What a worker offers to the parts it materialises: timers, stats, clusters, runtime values, drain state.
import { Timer, type TimerWheel } from "../base/timer-wheel.ts";
import type { StatStore } from "../observe/stats.ts";
import type { ClusterManager } from "../upstream/cluster-manager.ts";

/** Runtime layers (layered_runtime) as this worker sees them; cheap to read. */
export interface RuntimeSnapshot {
  getInteger(key: string, defaultValue: number): number;
  /** True with the given chance: `numerator`/`denominator` overridden by runtime `key` when set. */
  isEnabled(key: string, numerator: number, denominator: number, random: number): boolean;
}

/** Graceful drain of the process or of one listener. */
export interface DrainState {
  /** Whether a response should now ask its connection to close (probability rises over the drain time for the gradual strategy). */
  shouldClose(): boolean;
  /** Health check filters answer 503 (`/healthcheck/fail`). */
  isHealthCheckFailed(): boolean;
}

export interface WorkerContext {
  readonly workerIndex: number;
  readonly timers: TimerWheel;
  readonly stats: StatStore;
  readonly clusters: ClusterManager;
  readonly runtime: RuntimeSnapshot;
  readonly drain: DrainState;
  /** node.id and node.cluster of the bootstrap. */
  readonly nodeId: string;
  readonly nodeCluster: string;
  log(level: "debug" | "info" | "warn" | "error", component: string, message: string): void;
}

export { Timer };
