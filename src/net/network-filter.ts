// Network filters: the L4 chain of a connection; the last one (HTTP connection manager, TCP proxy) ends it. Envoy: Network::ReadFilter.
import type { ConnectionReader } from "./connection.ts";
import type { ListenerInfo } from "./listener-info.ts";
import type { ServerConnection } from "./server-connection.ts";

/** `stop`: later filters get nothing until `continueReading`; what this filter was given is kept for them. */
export const NetworkFilterStatus = { continue: 0, stop: 1 } as const;
export type NetworkFilterStatus = typeof NetworkFilterStatus[keyof typeof NetworkFilterStatus];

/**
 * One filter of one connection. `onNewConnection` comes first, then data in order, then at most one `onEndOfInput`; `onClose` last.
 * What a terminal filter returns is not looked at.
 */
export interface NetworkFilter extends ConnectionReader {
  onNewConnection(): NetworkFilterStatus;
  /** Each byte is given once; a filter that must see a prefix whole keeps its own copy. */
  onData(chunk: Buffer): NetworkFilterStatus;
  onEndOfInput(): NetworkFilterStatus;
}

export interface NetworkFilterCallbacks {
  readonly connection: ServerConnection;
  /** Goes on with the next filter after a `stop`: hands it what was kept. */
  continueReading(): void;
  /** Hands `chunk` to the next filter, ahead of anything the peer sends later. */
  injectReadData(chunk: Buffer): void;
  /** Terminal filters: from now on `reader` (a protocol engine) gets the events in this filter's place. */
  setReader(reader: ConnectionReader): void;
}

/** Made once per configuration and worker. */
export interface NetworkFilterFactory {
  /** The filter ends the chain. */
  readonly isTerminal: boolean;
  create(callbacks: NetworkFilterCallbacks): NetworkFilter;
  /** The chain is gone and its last connection closed. */
  release?(): void;
}

/** Worker-side half of a network filter extension. `Context` is the worker's context. */
export interface NetworkFilterExtension<Context, C = unknown> {
  readonly name: string;
  materialise(config: C, context: Context, listener: ListenerInfo): NetworkFilterFactory;
}
