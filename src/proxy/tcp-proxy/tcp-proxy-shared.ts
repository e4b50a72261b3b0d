// What the filters of one TCP proxy share: configuration, context, stats, logs.
import type { StreamInfo } from "../../expr/stream-info.ts";
import type { ListenerInfo } from "../../net/listener-info.ts";
import type { StatBlock } from "../../observe/stats.ts";
import type { WorkerContext } from "../worker-context.ts";
import type { TcpProxyConfig } from "./tcp-proxy-config.ts";

export interface TcpProxyShared {
  readonly config: TcpProxyConfig;
  readonly context: WorkerContext;
  readonly listener: ListenerInfo;
  /** Schema `tcpProxyStatSchema`. */
  readonly stats: StatBlock;
  readonly hasAccessLog: boolean;
  /** Name of the cluster for a new connection: by weight when there are several. */
  chooseClusterName(): string;
  log(info: StreamInfo): void;
}
