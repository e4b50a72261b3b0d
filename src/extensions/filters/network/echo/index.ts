// Network filter envoy.filters.network.echo, worker half: sends back what it receives.
import type { CloseEvent } from "../../../../net/connection.ts";
import {
  type NetworkFilter,
  type NetworkFilterExtension,
  NetworkFilterStatus,
} from "../../../../net/network-filter.ts";
import type { ServerConnection } from "../../../../net/server-connection.ts";
import type { WorkerContext } from "../../../../proxy/worker-context.ts";

class EchoFilter implements NetworkFilter {
  private readonly connection: ServerConnection;

  constructor(connection: ServerConnection) {
    this.connection = connection;
  }

  onNewConnection(): NetworkFilterStatus {
    return NetworkFilterStatus.continue;
  }

  onData(chunk: Buffer): NetworkFilterStatus {
    this.connection.write(chunk);
    return NetworkFilterStatus.stop;
  }

  onEndOfInput(): NetworkFilterStatus {
    this.connection.close("flush");
    return NetworkFilterStatus.stop;
  }

  onClose(_event: CloseEvent): void {}

  /** A client that does not read what comes back is not read from. */
  onAboveWriteBufferHighWatermark(): void {
    this.connection.readDisable(true);
  }

  onBelowWriteBufferLowWatermark(): void {
    this.connection.readDisable(false);
  }
}

export const echo: NetworkFilterExtension<WorkerContext, null> = {
  name: "envoy.filters.network.echo",
  materialise: () => ({ isTerminal: true, create: (callbacks) => new EchoFilter(callbacks.connection) }),
};
