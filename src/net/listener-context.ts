// What the listeners of a worker get from outside: timers, stats, runtime values, drain state, and the extensions by name.
import type { ExtensionConfig } from "../base/extension-config.ts";
import type { TimerWheel } from "../base/timer-wheel.ts";
import type { StreamInfo } from "../expr/stream-info.ts";
import type { AccessLogConfig } from "../observe/access-log-config.ts";
import type { StatStore } from "../observe/stats.ts";
import type { ConnectionCounts } from "./connection-counts.ts";
import type { DrainSettings, ProcessDrain } from "./drain-sequence.ts";
import type { ListenerFilter } from "./listener-filter.ts";
import type { ListenerInfo } from "./listener-info.ts";
import type { NetworkFilterFactory } from "./network-filter.ts";
import type { TransportSocketFactory } from "./transport-socket.ts";

/** A WorkerContext has all of it except `connectionCounts` and `drainSettings`. */
export interface ListenerContext {
  readonly workerIndex: number;
  readonly timers: TimerWheel;
  readonly stats: StatStore;
  readonly runtime: { getInteger(key: string, defaultValue: number): number };
  readonly drain: ProcessDrain;
  readonly drainSettings: DrainSettings;
  readonly connectionCounts: ConnectionCounts;
  log(level: "debug" | "info" | "warn" | "error", component: string, message: string): void;
}

/** Writes one line per ended connection. */
export interface ConnectionLogger {
  log(info: StreamInfo): void;
}

/** Materialises extensions; called when a configuration arrives, never per connection. An unknown factory name throws. */
export interface ListenerExtensions {
  networkFilter(config: ExtensionConfig, info: ListenerInfo): NetworkFilterFactory;
  listenerFilter(config: ExtensionConfig, info: ListenerInfo): ListenerFilter;
  /** Null: raw bytes. */
  transportSocket(config: ExtensionConfig, info: ListenerInfo): TransportSocketFactory | null;
  accessLogger(config: AccessLogConfig): ConnectionLogger;
}
