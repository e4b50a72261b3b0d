// Per configuration and worker: what all connections of one TCP proxy share (stats, access logs, cluster choice).
import type { StreamInfo } from "../../expr/stream-info.ts";
import type { ListenerInfo } from "../../net/listener-info.ts";
import type { NetworkFilter, NetworkFilterCallbacks, NetworkFilterFactory } from "../../net/network-filter.ts";
import type { AccessLogger } from "../../observe/access-log.ts";
import { tcpProxyStatSchema } from "../../observe/schemas/tcp-proxy.ts";
import type { StatBlock } from "../../observe/stats.ts";
import { randomUint32 } from "../../platform/random.ts";
import type { WorkerContext } from "../worker-context.ts";
import type { TcpProxyConfig } from "./tcp-proxy-config.ts";
import { TcpProxyFilter } from "./tcp-proxy-filter.ts";
import type { TcpProxyShared } from "./tcp-proxy-shared.ts";

export class TcpProxyFactory implements NetworkFilterFactory, TcpProxyShared {
  readonly isTerminal = true;
  readonly config: TcpProxyConfig;
  readonly context: WorkerContext;
  readonly listener: ListenerInfo;
  readonly stats: StatBlock;
  private readonly loggers: readonly AccessLogger[];
  private readonly totalWeight: number;

  constructor(config: TcpProxyConfig, context: WorkerContext, listener: ListenerInfo) {
    this.config = config;
    this.context = context;
    this.listener = listener;
    this.stats = context.stats.block(`tcp.${config.statPrefix}.`, tcpProxyStatSchema);
    this.loggers = context.extensions.accessLoggers(config.accessLogs);
    this.totalWeight = config.clusters.reduce((sum, cluster) => sum + cluster.weight, 0);
  }

  create(callbacks: NetworkFilterCallbacks): NetworkFilter {
    return new TcpProxyFilter(this, callbacks.connection);
  }

  release(): void {
    this.stats.release();
    for (const logger of this.loggers) logger.release();
  }

  chooseClusterName(): string {
    const { clusters } = this.config;
    if (clusters.length === 1) return clusters[0]!.name;
    let left = randomUint32() % this.totalWeight;
    for (const cluster of clusters) {
      left -= cluster.weight;
      if (left < 0) return cluster.name;
    }
    return clusters[clusters.length - 1]!.name;
  }

  get hasAccessLog(): boolean {
    return this.loggers.length > 0;
  }

  log(info: StreamInfo): void {
    for (const logger of this.loggers) logger.log(info);
  }
}
