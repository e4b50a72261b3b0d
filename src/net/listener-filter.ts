// Listener filters: look at an accepted socket (addresses, first bytes) before its filter chain is chosen. Envoy: Network::ListenerFilter.
import type { NetAddress } from "./address.ts";
import type { ListenerFilterPredicate } from "./listener-config.ts";
import type { ListenerInfo } from "./listener-info.ts";

/** `needMore`: call `onData` when more bytes are there; `close`: drop the connection. */
export const ListenerFilterStatus = { continue: 0, needMore: 1, close: 2 } as const;
export type ListenerFilterStatus = typeof ListenerFilterStatus[keyof typeof ListenerFilterStatus];

/** The accepted socket as a filter sees it. */
export interface ListenerFilterCallbacks {
  readonly localAddress: NetAddress;
  readonly remoteAddress: NetAddress;
  /** Descriptor for socket options; -1 when the peer is gone already. */
  readonly descriptor: number;
  /** `tls` once a filter found it, else empty. */
  readonly transportProtocol: string;
  /** The connection was meant for `address` before it was redirected; makes it a candidate for `use_original_dst`. */
  restoreLocalAddress(address: NetAddress): void;
  /** The addresses that a proxy in front reported. */
  setProxiedAddresses(local: NetAddress, remote: NetAddress): void;
  setTransportProtocol(protocol: string): void;
  setApplicationProtocols(protocols: readonly string[]): void;
  setRequestedServerName(name: string): void;
  /** Adds entries to a namespace of the connection's dynamic metadata. */
  setDynamicMetadata(namespace: string, values: Readonly<Record<string, unknown>>): void;
  setFilterState(key: string, value: unknown): void;
  /** Removes the first `bytes` bytes; later filters and the connection never see them. */
  consume(bytes: number): void;
}

/** Shared by all connections of a listener: it keeps nothing between calls. */
export interface ListenerFilter {
  /** A connection that stays undecided after this many bytes is dropped. 0: decides in `onAccept`. */
  readonly maxReadBytes: number;
  onAccept(connection: ListenerFilterCallbacks): ListenerFilterStatus;
  /** `bytes`: everything received and not consumed, from the start; valid during the call. At least one byte. */
  onData(connection: ListenerFilterCallbacks, bytes: Buffer): ListenerFilterStatus;
}

/** Worker-side half of a listener filter extension. `Context` is the worker's context. */
export interface ListenerFilterExtension<Context, C = unknown> {
  readonly name: string;
  materialise(config: C, context: Context, listener: ListenerInfo): ListenerFilter;
}

/** Evaluates `filter_disabled` for a connection to `localPort`. */
export function isPredicateMet(predicate: ListenerFilterPredicate, localPort: number): boolean {
  switch (predicate.kind) {
    case "any":
      return true;
    case "not":
      return !isPredicateMet(predicate.rule, localPort);
    case "and":
      return predicate.rules.every((rule) => isPredicateMet(rule, localPort));
    case "or":
      return predicate.rules.some((rule) => isPredicateMet(rule, localPort));
    case "destinationPort":
      return localPort >= predicate.start && localPort < predicate.end;
  }
}
