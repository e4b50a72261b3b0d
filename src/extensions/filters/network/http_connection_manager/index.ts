// envoy.filters.network.http_connection_manager: HTTP over a downstream connection. Worker-side half.
import type { NetworkFilterExtension } from "../../../../net/network-filter.ts";
import type { ConnectionManagerConfig } from "../../../../proxy/connection-manager-config.ts";
import { createHttpNetworkFilter } from "../../../../proxy/http-network-filter.ts";
import { ManagerRuntime } from "../../../../proxy/manager-runtime.ts";
import type { WorkerContext } from "../../../../proxy/worker-context.ts";

export const httpConnectionManager: NetworkFilterExtension<WorkerContext, ConnectionManagerConfig> = {
  name: "envoy.filters.network.http_connection_manager",
  materialise: (config, context, listener) => createHttpNetworkFilter(new ManagerRuntime(config, context, listener)),
};
