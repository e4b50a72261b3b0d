// HTTP filters as the connection manager sees them: the stream filter contract plus the route and the connection of the exchange.
import type { StreamFilterCallbacks, StreamFilterInstance } from "../stream/filter.ts";
import type { Connection } from "../net/connection.ts";
import type { RouteEntry } from "../router/route-entry.ts";
import type { WorkerContext } from "./worker-context.ts";

/** Told when the downstream peer stops or resumes taking response bytes. */
export interface DownstreamWatermarkListener {
  onAboveWriteBufferHighWatermark(): void;
  onBelowWriteBufferLowWatermark(): void;
}

export interface HttpFilterCallbacks extends StreamFilterCallbacks {
  /** Route of the request, chosen once and cached until `clearRouteCache`; null when none matches. */
  route(): RouteEntry | null;
  /** Downstream connection (TCP side); filters read addresses, never bytes. */
  readonly downstreamConnection: Connection;
  setDownstreamWatermarkListener(listener: DownstreamWatermarkListener | null): void;
  /** Default for the route's response timeout and friends come with the route; the manager's stream idle timeout may be overridden here. */
  setStreamIdleTimeout(ms: number): void;
  /** `Upgrade` token of the request in lower case (`websocket`, `connect`); empty when none was accepted. */
  readonly upgradeToken: string;
}

/** Makes a filter for each stream; built once per configuration and worker. */
export interface HttpFilterFactory {
  create(callbacks: HttpFilterCallbacks): StreamFilterInstance;
}

/** Worker-side half of an HTTP filter extension. */
export interface HttpFilterExtension<C = unknown, R = unknown> {
  readonly name: string;
  /** `config` is what the translator made. */
  materialise(config: C, context: WorkerContext, statPrefix: string): HttpFilterFactory;
  /** Compiles a per-route override; absent when the filter takes none. The result is what `callbacks.routeConfig()` returns. */
  materialiseRoute?(config: R, context: WorkerContext): unknown;
}
