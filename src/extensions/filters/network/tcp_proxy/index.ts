// Network filter envoy.filters.network.tcp_proxy, worker half.
import type { NetworkFilterExtension } from "../../../../net/network-filter.ts";
import type { TcpProxyConfig } from "../../../../proxy/tcp-proxy/tcp-proxy-config.ts";
import { TcpProxyFactory } from "../../../../proxy/tcp-proxy/tcp-proxy-factory.ts";
import type { WorkerContext } from "../../../../proxy/worker-context.ts";

export const tcpProxy: NetworkFilterExtension<WorkerContext, TcpProxyConfig> = {
  name: "envoy.filters.network.tcp_proxy",
  materialise: (config, context, listener) => new TcpProxyFactory(config, context, listener),
};
