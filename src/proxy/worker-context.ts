// What a worker offers to the parts it materialises: timers, stats, clusters, runtime values, drain state, the extensions by name.
import type { TimerWheel } from "../base/timer-wheel.ts";
import type { ExtensionConfig } from "../base/extension-config.ts";
import type { ProcessDrain } from "../net/drain-sequence.ts";
import type { AccessLogConfig } from "../observe/access-log-config.ts";
import type { AccessLogger } from "../observe/access-log.ts";
import type { StatStore } from "../observe/stats.ts";
import type { ClusterManager } from "../upstream/cluster-manager.ts";
import type { HttpFilterFactory } from "./http-filter.ts";

/** Runtime layers (layered_runtime) as this worker sees them; cheap to read. */
export interface RuntimeSnapshot {
  getInteger(key: string, defaultValue: number): number;
  /** True with the given chance: `numerator`/`denominator` overridden by runtime `key` when set. */
  isEnabled(key: string, numerator: number, denominator: number, random: number): boolean;
}

/** Extensions of this build that parts of the PROXY layer materialise without knowing them. Unknown factory names throw. */
export interface WorkerExtensions {
  httpFilter(config: ExtensionConfig, statPrefix: string): HttpFilterFactory;
  /** Compiled form of a per-route override. */
  routeConfig(config: ExtensionConfig): unknown;
  accessLoggers(configs: readonly AccessLogConfig[]): AccessLogger[];
}

export interface WorkerContext {
  readonly workerIndex: number;
  readonly timers: TimerWheel;
  readonly stats: StatStore;
  readonly clusters: ClusterManager;
  readonly runtime: RuntimeSnapshot;
  readonly drain: ProcessDrain;
  readonly extensions: WorkerExtensions;
  /** node.id and node.cluster of the bootstrap. */
  readonly nodeId: string;
  readonly nodeCluster: string;
  log(level: "debug" | "info" | "warn" | "error", component: string, message: string): void;
}
