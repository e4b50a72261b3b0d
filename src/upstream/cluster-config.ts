// Runtime configuration of an upstream cluster (proto: envoy.config.cluster.v3.Cluster), JSON-safe; times in milliseconds, 0 = off unless said otherwise.
import type { ExtensionConfig } from "../base/extension-config.ts";
import type { Http1Options } from "./http-options.ts";

/** Where the hosts of a cluster come from. */
export type DiscoveryConfig =
  | { kind: "static" }
  | { kind: "strictDns"; dns: DnsConfig }
  | { kind: "logicalDns"; dns: DnsConfig }
  | { kind: "originalDst"; originalDst: OriginalDstConfig };

export type DnsLookupFamily = "auto" | "v4Only" | "v6Only" | "v4Preferred" | "all";

export interface DnsConfig {
  refreshRateMs: number;
  /** Back-off after a failed resolution: full jitter between base and max. */
  failureBaseMs: number;
  failureMaxMs: number;
  /** Random share added to the refresh rate, upper bound in ms. */
  jitterMs: number;
  respectTtl: boolean;
  lookupFamily: DnsLookupFamily;
  /** Name servers to ask instead of the system's, `ip:port`; empty = the system's. */
  resolvers: string[];
}

export interface OriginalDstConfig {
  /** Header that overrides the destination (lower case), or empty. */
  httpHeaderName: string;
  /** Port that replaces the destination's, or 0. */
  portOverride: number;
  cleanupIntervalMs: number;
}

/** IP and port, or a UNIX socket path with port 0 (abstract: leading `@`). A DNS name before resolution. */
export interface EndpointAddress {
  host: string;
  port: number;
}

export interface LocalityConfig {
  region: string;
  zone: string;
  subZone: string;
}

/** `unhealthy` covers UNHEALTHY, DRAINING and TIMEOUT; their names stay in `/clusters`. */
export type HealthStatus = "unknown" | "healthy" | "unhealthy" | "draining" | "timeout" | "degraded";

export type MetadataConfig = Record<string, Record<string, unknown>>;

export interface EndpointConfig {
  address: EndpointAddress;
  /** Further addresses of the same host, for happy eyeballs. */
  additionalAddresses: EndpointAddress[];
  hostname: string;
  weight: number;
  health: HealthStatus;
  metadata: MetadataConfig | null;
}

export interface LocalityEndpointsConfig {
  locality: LocalityConfig;
  priority: number;
  endpoints: EndpointConfig[];
}

/** Limits of one priority; shared by all workers of the process. */
export interface BreakerLimits {
  maxConnections: number;
  maxPendingRequests: number;
  maxRequests: number;
  maxRetries: number;
  maxConnectionPools: number;
  /** Publishes `remaining_*`. */
  trackRemaining: boolean;
  /** Replaces maxRetries when set. */
  retryBudget: { budgetPercent: number; minRetryConcurrency: number } | null;
  /** Connections to one host. */
  maxConnectionsPerHost: number;
}

export interface TcpKeepaliveConfig {
  /** 0 = the system's default. */
  probes: number;
  timeSeconds: number;
  intervalSeconds: number;
}

/** A socket option in the kernel's numbers; `int` or base64 `bytes`. */
export interface SocketOptionConfig {
  level: number;
  name: number;
  int: number | null;
  bytes: string | null;
}

export interface BindConfig {
  /** Local IP, or null for the system's choice; by family of the destination. */
  v4: EndpointAddress | null;
  v6: EndpointAddress | null;
  freebind: boolean;
}

export interface HttpUpstreamConfig {
  http1: Http1Options;
  /** Idle pool connections close after this; default 1 h. */
  idleTimeoutMs: number;
  /** 0 = no limit. */
  maxRequestsPerConnection: number;
  maxConnectionDurationMs: number;
  maxStreamDurationMs: number;
  maxResponseHeaderCount: number;
  maxResponseHeadersKb: number;
  headersWithUnderscores: "allow" | "reject" | "drop";
}

export interface ClusterConfig {
  name: string;
  /** Name in stats; the name itself unless `alt_stat_name` is given. */
  statName: string;
  discovery: DiscoveryConfig;
  loadBalancer: ExtensionConfig;
  /** Where DNS or static configuration lists them; empty for original_dst. */
  endpoints: LocalityEndpointsConfig[];
  /** 140 = Envoy's default. */
  overprovisioningPercent: number;
  /** Share of available hosts below which all are used; 0 = never. */
  panicThresholdPercent: number;
  failTrafficOnPanic: boolean;
  connectTimeoutMs: number;
  perConnectionBufferLimitBytes: number;
  breakers: { default: BreakerLimits; high: BreakerLimits };
  http: HttpUpstreamConfig;
  keepalive: TcpKeepaliveConfig | null;
  bind: BindConfig | null;
  socketOptions: SocketOptionConfig[];
  closeConnectionsOnHealthFailure: boolean;
  closeConnectionsOnHostSetChange: boolean;
  /** Pools of a downstream connection are its own. */
  connectionPoolPerDownstreamConnection: boolean;
  waitForWarmOnInit: boolean;
  metadata: MetadataConfig | null;
  transportSocket: ExtensionConfig | null;
}

/** A host as the control thread found it: what workers get. */
export interface HostSpec {
  /** Identity across updates: a host with the same key is kept (with its connections and counts). */
  key: string;
  address: EndpointAddress;
  additionalAddresses: EndpointAddress[];
  hostname: string;
  weight: number;
  health: HealthStatus;
  priority: number;
  locality: LocalityConfig | null;
  metadata: MetadataConfig | null;
  /** Number of its record in the shared counts. */
  record: number;
}

const unlimitedPerHost = 0xffffffff;

export const defaultBreakerLimits: Readonly<BreakerLimits> = {
  maxConnections: 1024,
  maxPendingRequests: 1024,
  maxRequests: 1024,
  maxRetries: 3,
  maxConnectionPools: unlimitedPerHost,
  trackRemaining: false,
  retryBudget: null,
  maxConnectionsPerHost: unlimitedPerHost,
};

const defaultHttp1Options: Readonly<Http1Options> = {
  allowAbsoluteUrl: true,
  acceptHttp10: false,
  defaultHostForHttp10: "",
  enableTrailers: false,
  allowChunkedLength: false,
  headerKeyFormat: "lower",
  sendFullyQualifiedUrl: false,
  allowCustomMethods: false,
  streamErrorOnInvalidMessage: null,
};

export const defaultHttpUpstream: Readonly<HttpUpstreamConfig> = {
  http1: defaultHttp1Options,
  idleTimeoutMs: 3_600_000,
  maxRequestsPerConnection: 0,
  maxConnectionDurationMs: 0,
  maxStreamDurationMs: 0,
  maxResponseHeaderCount: 100,
  maxResponseHeadersKb: 60,
  headersWithUnderscores: "allow",
};

/** What a cluster has that says nothing but its name (Envoy's defaults). */
export const defaultClusterConfig: Readonly<ClusterConfig> = {
  name: "",
  statName: "",
  discovery: { kind: "static" },
  loadBalancer: { factory: "envoy.load_balancing_policies.round_robin", name: "", config: null },
  endpoints: [],
  overprovisioningPercent: 140,
  panicThresholdPercent: 50,
  failTrafficOnPanic: false,
  connectTimeoutMs: 5000,
  perConnectionBufferLimitBytes: 1024 * 1024,
  breakers: { default: defaultBreakerLimits, high: defaultBreakerLimits },
  http: defaultHttpUpstream,
  keepalive: null,
  bind: null,
  socketOptions: [],
  closeConnectionsOnHealthFailure: false,
  closeConnectionsOnHostSetChange: false,
  connectionPoolPerDownstreamConnection: false,
  waitForWarmOnInit: true,
  metadata: null,
  transportSocket: null,
};

/** Address in Envoy's text form: `1.2.3.4:80`, `[::1]:80`, or the path. */
export function addressText(address: EndpointAddress): string {
  if (address.port === 0) return address.host;
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
