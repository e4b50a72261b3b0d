// The HTTP connection manager as a terminal network filter: looks at the first bytes, then puts the protocol engine in its place.
import type { CloseEvent } from "../net/connection.ts";
import {
  type NetworkFilter,
  type NetworkFilterCallbacks,
  type NetworkFilterFactory,
  NetworkFilterStatus,
} from "../net/network-filter.ts";
import { HttpStat } from "../observe/schemas/http-connection-manager.ts";
import { Http1ServerConnection } from "../stream/http1-server-connection.ts";
import { HttpConnection } from "./http-connection.ts";
import type { ManagerRuntime } from "./manager-runtime.ts";

/** First bytes of the HTTP/2 connection preface (RFC 9113 §3.4); no HTTP/1 method starts with them. */
const HTTP2_PREFACE = Buffer.from("PRI * HTTP/2");

export function createHttpNetworkFilter(manager: ManagerRuntime): NetworkFilterFactory {
  return {
    isTerminal: true,
    create: (callbacks) => new HttpNetworkFilter(manager, callbacks),
    release: () => manager.release(),
  };
}

class HttpNetworkFilter implements NetworkFilter {
  private readonly manager: ManagerRuntime;
  private readonly callbacks: NetworkFilterCallbacks;
  private readonly http: HttpConnection;

  constructor(manager: ManagerRuntime, callbacks: NetworkFilterCallbacks) {
    this.manager = manager;
    this.callbacks = callbacks;
    this.http = new HttpConnection(callbacks.connection, manager);
  }

  onNewConnection(): NetworkFilterStatus {
    return NetworkFilterStatus.continue;
  }

  onData(chunk: Buffer): NetworkFilterStatus {
    const { manager, callbacks, http } = this;
    if (
      chunk[0] === 0x50 && chunk.length >= HTTP2_PREFACE.length &&
      chunk.compare(HTTP2_PREFACE, 0, HTTP2_PREFACE.length, 0, HTTP2_PREFACE.length) === 0
    ) {
      manager.stats.inc(HttpStat.downstreamCxProtocolError);
      callbacks.connection.close("noFlush");
      return NetworkFilterStatus.stop;
    }
    manager.stats.inc(HttpStat.downstreamCxHttp1Total);
    manager.stats.inc(HttpStat.downstreamCxHttp1Active);
    const engine = new Http1ServerConnection(callbacks.connection, http, manager.http1Options, manager.context.timers);
    http.engine = engine;
    callbacks.setReader(engine);
    engine.onData(chunk);
    return NetworkFilterStatus.stop;
  }

  onEndOfInput(): NetworkFilterStatus {
    this.callbacks.connection.close("noFlush");
    return NetworkFilterStatus.stop;
  }

  /** Only before the engine took over. */
  onClose(event: CloseEvent): void {
    this.http.onConnectionClose(event.remote, event.detail);
  }

  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}
}
