// Runtime configuration of the TCP proxy (proto: envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy), JSON-safe; times in ms, 0 = off.
import type { AccessLogConfig } from "../../observe/access-log-config.ts";

export interface TcpProxyConfig {
  statPrefix: string;
  /** One entry for `cluster`; weights add up to at most 2^32 - 1. */
  clusters: { name: string; weight: number }[];
  /** No byte in either direction; default 1 h. */
  idleTimeoutMs: number;
  maxConnectAttempts: number;
  /** Pause between attempts with full jitter, or null: at once. */
  connectBackoff: { baseMs: number; maxMs: number } | null;
  maxDownstreamConnectionDurationMs: number;
  accessLogs: AccessLogConfig[];
  accessLogFlushIntervalMs: number;
  flushAccessLogOnConnected: boolean;
}
