// Runtime configuration of an HTTP connection manager (proto: envoy.extensions.filters.network.http_connection_manager.v3), JSON-safe.
import type { ExtensionConfig } from "../base/extension-config.ts";
import type { AccessLogConfig } from "../observe/access-log-config.ts";
import type { RouteConfig } from "../router/route-config.ts";
import type { Http1Options } from "../upstream/http-options.ts";
import type { LocalReplyConfig } from "./local-reply-config.ts";

export interface UpgradeConfig {
  /** Lower-case upgrade token, or `connect`. */
  upgradeType: string;
  enabled: boolean;
  /** Own filter chain, or null for the manager's. */
  filters: ExtensionConfig[] | null;
}

/** All durations are milliseconds; 0 = off. */
export interface ConnectionManagerConfig {
  statPrefix: string;
  codecType: "auto" | "http1";
  routeConfig: RouteConfig;
  httpFilters: ExtensionConfig[];
  upgradeConfigs: UpgradeConfig[];
  http1: Http1Options;
  serverName: string;
  serverHeader: "overwrite" | "appendIfAbsent" | "passThrough";
  useRemoteAddress: boolean;
  xffNumTrustedHops: number;
  skipXffAppend: boolean;
  appendXForwardedPort: boolean;
  via: string;
  /** CIDR ranges of internal_address_config; null = Envoy's default (RFC 1918 and loopback… none since 1.33). */
  internalCidrs: string[] | null;
  internalUnixSockets: boolean;
  representIpv4AsMapped: boolean;
  normalizePath: boolean;
  mergeSlashes: boolean;
  escapedSlashes: "keep" | "reject" | "unescapeAndRedirect" | "unescapeAndForward";
  stripMatchingHostPort: boolean;
  stripAnyHostPort: boolean;
  stripTrailingHostDot: boolean;
  generateRequestId: boolean;
  preserveExternalRequestId: boolean;
  alwaysSetRequestIdInResponse: boolean;
  /** `x-forwarded-client-cert` handling; without TLS only sanitize and always_forward_only differ. */
  forwardClientCert: "sanitize" | "forwardOnly" | "appendForward" | "sanitizeSet" | "alwaysForwardOnly";
  schemeOverwrite: string;
  addUserAgent: boolean;
  proxy100Continue: boolean;
  headersWithUnderscores: "allow" | "reject" | "drop";
  streamErrorOnInvalidMessage: boolean;
  maxRequestHeadersKb: number;
  maxHeaderCount: number;
  maxRequestsPerConnection: number;
  idleTimeoutMs: number;
  streamIdleTimeoutMs: number;
  requestTimeoutMs: number;
  requestHeadersTimeoutMs: number;
  maxConnectionDurationMs: number;
  maxStreamDurationMs: number;
  drainTimeoutMs: number;
  delayedCloseTimeoutMs: number;
  accessLogs: AccessLogConfig[];
  accessLogFlushIntervalMs: number;
  flushAccessLogOnNewRequest: boolean;
  localReply: LocalReplyConfig | null;
}
