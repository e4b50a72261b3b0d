// Per configuration and worker: what all connections of one TCP proxy share (stats, access logs, cluster choice).
import type { ListenerInfo } from "../../net/listener-info.ts";
import type { NetworkFilter, NetworkFilterCallbacks, NetworkFilterFactory } from "../../net/network-filter.ts";
import type { StreamInfo } from "../../expr/stream-info.ts";
import { tcpProxyStatSchema } from "../../observe/schemas/tcp-proxy.ts";
import type { StatBlock } from "../../observe/stats.ts";
import { randomUint32 } from "../../platform/random.ts";
import type { TcpProxyConfig } from "./tcp-proxy-config.ts";
import type { TcpProxyContext } from "./tcp-proxy-context.ts";
import { TcpProxyFilter } from "./tcp-proxy-filter.ts";

export class TcpProxyFactory implements NetworkFilterFactory {
  readonly isTerminal = true;
  readonly config: TcpProxyConfig;
  readonly context: TcpProxyContext;
  readonly listener: ListenerInfo;
  /** Schema `tcpProxyStatSchema`. */
  readonly stats: StatBlock;
  private readonly loggers: readonly { log(info: StreamInfo): void }[];
  private readonly totalWeight: number;

  constructor(config: TcpProxyConfig, context: TcpProxyContext, listener: ListenerInfo) {
    this.config = config;
    this.context = context;
    this.listener = listener;
    this.stats = context.stats.block(`tcp.${config.statPrefix}.`, tcpProxyStatSchema);
    this.loggers = config.accessLogs.map((log) => context.accessLogger(log));
    this.totalWeight = config.clusters.reduce((sum, cluster) => sum + cluster.weight, 0);
  }

  create(callbacks: NetworkFilterCallbacks): NetworkFilter {
    return new TcpProxyFilter(this, callbacks.connection);
  }

  release(): void {
    this.stats.release();
  }

  /** Name of the cluster for a new connection: by weight when there are several. */
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

  log(info: StreamInfo): void {
    for (const logger of this.loggers) logger.log(info);
  }
}
