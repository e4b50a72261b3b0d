// Runtime configuration of a listener (proto: envoy.config.listener.v3.Listener), JSON-safe. Durations are milliseconds, 0 = off.
import type { ExtensionConfig } from "../base/extension-config.ts";
import type { AccessLogConfig } from "../observe/access-log-config.ts";

export interface SocketOptionConfig {
  level: number;
  name: number;
  value: { kind: "int"; int: number } | { kind: "bytes"; base64: string };
  state: "prebind" | "bound" | "listening";
  /** Applies to sockets of this IP version only; null = both. */
  ipVersion: 4 | 6 | null;
}

/** TCP keep-alive set on the listen socket and inherited by accepted ones; null fields keep the system's value. */
export interface KeepaliveConfig {
  probes: number | null;
  timeS: number | null;
  intervalS: number | null;
}

export interface ListenAddress {
  kind: "ip" | "pipe";
  /** Canonical IP literal, or the path of a UNIX socket (abstract: leading `@`). */
  host: string;
  /** 0: chosen by the system, the same for all workers. */
  port: number;
  /** A `::` listener that takes IPv4 clients too. */
  ipv4Compat: boolean;
  /** Mode of a UNIX socket's file; 0 = by umask. */
  mode: number;
  /** Options of this address: its own where it overrides, else the listener's. */
  socketOptions: SocketOptionConfig[];
  keepalive: KeepaliveConfig | null;
}

/** Empty lists and null match anything. */
export interface FilterChainMatchConfig {
  destinationPort: number | null;
  /** CIDR ranges as canonical text (`10.0.0.0/8`). */
  prefixRanges: string[];
  /** Lower case; `*.example.com` matches every name below example.com. */
  serverNames: string[];
  transportProtocol: string;
  applicationProtocols: string[];
  directSourcePrefixRanges: string[];
  sourceType: "any" | "sameIpOrLoopback" | "external";
  sourcePrefixRanges: string[];
  sourcePorts: number[];
}

export interface FilterChainConfig {
  /** Given name, or empty. */
  name: string;
  match: FilterChainMatchConfig;
  /** null: raw bytes. */
  transportSocket: ExtensionConfig | null;
  transportSocketConnectTimeoutMs: number;
  /** In order; the last one ends the chain. Empty: connections are closed at once. */
  networkFilters: ExtensionConfig[];
  metadata: Record<string, Record<string, unknown>>;
}

/** Condition under which a listener filter is left out; ports are of the (restored) local address, `end` exclusive. */
export type ListenerFilterPredicate =
  | { kind: "any" }
  | { kind: "not"; rule: ListenerFilterPredicate }
  | { kind: "and" | "or"; rules: ListenerFilterPredicate[] }
  | { kind: "destinationPort"; start: number; end: number };

export interface ListenerFilterConfig {
  filter: ExtensionConfig;
  disabledWhen: ListenerFilterPredicate | null;
}

export type TrafficDirection = "unspecified" | "inbound" | "outbound";

export interface ListenerConfig {
  name: string;
  /** Stats stand under `listener.<statPrefix>.`: the given prefix, or the first address with `:` as `_`. */
  statPrefix: string;
  /** At least one; the first is the primary. */
  addresses: ListenAddress[];
  bindToPort: boolean;
  /** Connections whose original destination is another listener's address are handed to that listener. */
  useOriginalDst: boolean;
  /** null: the option is left alone. */
  transparent: boolean | null;
  freebind: boolean | null;
  /** 0: the system's maximum. */
  tcpBacklogSize: number;
  /** null: off. */
  tcpFastOpenQueueLength: number | null;
  perConnectionBufferLimitBytes: number;
  listenerFilters: ListenerFilterConfig[];
  /** 0 = none. */
  listenerFiltersTimeoutMs: number;
  continueOnListenerFiltersTimeout: boolean;
  filterChains: FilterChainConfig[];
  /** Taken when no other chain matches. */
  defaultFilterChain: FilterChainConfig | null;
  trafficDirection: TrafficDirection;
  /** Logged when a connection ends. */
  accessLogs: AccessLogConfig[];
  ignoreGlobalConnectionLimit: boolean;
  /** `modifyOnly`: drains on removal or change only, not with the process's health check. */
  drainType: "default" | "modifyOnly";
  metadata: Record<string, Record<string, unknown>>;
}
