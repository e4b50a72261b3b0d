// What the TCP proxy needs of its worker.
import type { TimerWheel } from "../../base/timer-wheel.ts";
import type { StreamInfo } from "../../expr/stream-info.ts";
import type { AccessLogConfig } from "../../observe/access-log-config.ts";
import type { StatStore } from "../../observe/stats.ts";
import type { ClusterManager } from "../../upstream/cluster-manager.ts";

export interface TcpProxyContext {
  readonly timers: TimerWheel;
  readonly stats: StatStore;
  readonly clusters: ClusterManager;
  /** Makes the writer of one `access_log` entry; called once per configuration. */
  accessLogger(config: AccessLogConfig): { log(info: StreamInfo): void };
}
