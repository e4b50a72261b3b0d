// Network filter envoy.filters.network.direct_response, worker half: answers each connection with fixed bytes and closes it.
import type { CloseEvent } from "../../../../net/connection.ts";
import {
  type NetworkFilter,
  type NetworkFilterExtension,
  NetworkFilterStatus,
} from "../../../../net/network-filter.ts";
import type { ServerConnection } from "../../../../net/server-connection.ts";
import type { WorkerContext } from "../../../../proxy/worker-context.ts";

export interface DirectResponseConfig {
  /** Base64. */
  response: string;
}

class DirectResponseFilter implements NetworkFilter {
  private readonly connection: ServerConnection;
  private readonly response: Buffer;

  constructor(connection: ServerConnection, response: Buffer) {
    this.connection = connection;
    this.response = response;
  }

  onNewConnection(): NetworkFilterStatus {
    this.connection.write(this.response);
    this.connection.close("flush");
    return NetworkFilterStatus.stop;
  }

  onData(_chunk: Buffer): NetworkFilterStatus {
    return NetworkFilterStatus.stop;
  }
  onEndOfInput(): NetworkFilterStatus {
    return NetworkFilterStatus.stop;
  }
  onClose(_event: CloseEvent): void {}
  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}
}

export const directResponse: NetworkFilterExtension<WorkerContext, DirectResponseConfig> = {
  name: "envoy.filters.network.direct_response",
  materialise: (config) => {
    const response = Buffer.from(config.response, "base64");
    return { isTerminal: true, create: (callbacks) => new DirectResponseFilter(callbacks.connection, response) };
  },
};
