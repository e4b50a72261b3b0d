// Stream info: what one exchange (HTTP stream or TCP connection) did; access logs, formatters, stats and filters read it.
import type { HeaderBlock } from "../base/header-block.ts";

/** Response flags as bits; short names are Envoy's (`%RESPONSE_FLAGS%`, envoy.md §1.8). */
export const ResponseFlag = {
  failedLocalHealthCheck: 1 << 0, // LH
  noHealthyUpstream: 1 << 1, // UH
  upstreamRequestTimeout: 1 << 2, // UT
  localReset: 1 << 3, // LR
  upstreamRemoteReset: 1 << 4, // UR
  upstreamConnectionFailure: 1 << 5, // UF
  upstreamConnectionTermination: 1 << 6, // UC
  upstreamOverflow: 1 << 7, // UO
  noRouteFound: 1 << 8, // NR
  delayInjected: 1 << 9, // DI
  faultInjected: 1 << 10, // FI
  rateLimited: 1 << 11, // RL
  unauthorizedExternalService: 1 << 12, // UAEX
  rateLimitServiceError: 1 << 13, // RLSE
  downstreamConnectionTermination: 1 << 14, // DC
  upstreamRetryLimitExceeded: 1 << 15, // URX
  streamIdleTimeout: 1 << 16, // SI
  invalidEnvoyRequestHeaders: 1 << 17, // IH
  downstreamProtocolError: 1 << 18, // DPE
  upstreamMaxStreamDurationReached: 1 << 19, // UMSDR
  responseFromCacheFilter: 1 << 20, // RFCF
  noFilterConfigFound: 1 << 21, // NFCF
  durationTimeout: 1 << 22, // DT
  upstreamProtocolError: 1 << 23, // UPE
  noClusterFound: 1 << 24, // NC
  overloadManager: 1 << 25, // OM
  dnsResolutionFailed: 1 << 26, // DF
  dropOverload: 1 << 27, // DO
  downstreamRemoteReset: 1 << 28, // DR
  unconditionalDropOverload: 1 << 29, // UDO
} as const;

/** Address of one end of a connection: `1.2.3.4:80`, `[::1]:80` or a UDS path. Built when read; empty when unknown. */
export interface SocketAddress {
  /** IP without brackets, or the path of a UNIX socket. */
  readonly host: string;
  /** 0 for UNIX sockets. */
  readonly port: number;
  /** Envoy's text form. */
  readonly text: string;
}

/** What is known of the upstream end of an exchange; fixed once a host was chosen and connected. */
export interface UpstreamInfo {
  clusterName: string;
  /** `alt_stat_name` or the name (`%UPSTREAM_CLUSTER%`). */
  clusterStatName: string;
  hostAddress: string;
  hostName: string;
  localAddress: SocketAddress | null;
  connectionId: number;
  transportFailureReason: string;
  protocol: string;
}

/**
 * Times are milliseconds on the worker's monotonic clock, 0 = did not happen; `startWallMs` is wall time since the epoch.
 * One object per pooled stream; `reset()` between uses.
 */
export class StreamInfo {
  startWallMs = 0;
  startMs = 0;
  requestCompleteMs = 0;
  upstreamFirstTxMs = 0;
  upstreamLastTxMs = 0;
  upstreamFirstRxMs = 0;
  upstreamLastRxMs = 0;
  downstreamFirstTxMs = 0;
  downstreamLastTxMs = 0;
  /** A connection of the pool was ready (or the one made for this exchange was). */
  upstreamPoolReadyMs = 0;
  /** TCP connect of the upstream connection made for this exchange. */
  upstreamConnectBeginMs = 0;
  upstreamConnectEndMs = 0;
  endMs = 0;
  /** `HTTP/1.0`, `HTTP/1.1`, `HTTP/2`; empty for TCP. */
  protocol = "";
  responseCode = 0;
  responseCodeDetails = "";
  connectionTerminationDetails = "";
  /** Bits of ResponseFlag. */
  responseFlags = 0;
  /** Body bytes (HTTP) or raw bytes (TCP) received from and sent to downstream. */
  bytesReceived = 0;
  bytesSent = 0;
  requestHeaderBytes = 0;
  responseHeaderBytes = 0;
  responseTrailerBytes = 0;
  downstreamWireBytesReceived = 0;
  downstreamWireBytesSent = 0;
  upstreamWireBytesReceived = 0;
  upstreamWireBytesSent = 0;
  attemptCount = 0;
  /** Random 32-bit value that chooses among weighted clusters and runtime fractions, the same for the whole exchange; -1 until drawn. */
  routeRandom = -1;
  routeName = "";
  virtualHostName = "";
  virtualClusterName = "";
  filterChainName = "";
  clusterName = "";
  requestedServerName = "";
  streamId = "";
  connectionId = 0;
  isHealthCheck = false;
  isTraced = false;
  accessLogType = "NotSet";
  localReplyBody = "";
  downstreamRemoteAddress: SocketAddress | null = null;
  downstreamDirectRemoteAddress: SocketAddress | null = null;
  downstreamLocalAddress: SocketAddress | null = null;
  downstreamDirectLocalAddress: SocketAddress | null = null;
  downstreamTransportFailureReason = "";
  downstreamDetectedCloseType = "";
  downstreamLocalCloseReason = "";
  upstream: UpstreamInfo | null = null;
  /** `ip:port` of every host tried, in order. */
  hostsAttempted: string[] | null = null;
  requestHeaders: HeaderBlock | null = null;
  responseHeaders: HeaderBlock | null = null;
  responseTrailers: HeaderBlock | null = null;
  /** Dynamic metadata by namespace (plain JSON); null until a filter writes. */
  dynamicMetadata: Map<string, Record<string, unknown>> | null = null;
  /** Filter state objects by key; null until a filter writes. */
  filterState: Map<string, unknown> | null = null;
  /** Static metadata of the matched route, chosen cluster, host and listener (`filter_metadata`), or null. */
  routeMetadata: Record<string, Record<string, unknown>> | null = null;
  clusterMetadata: Record<string, Record<string, unknown>> | null = null;
  hostMetadata: Record<string, Record<string, unknown>> | null = null;
  listenerMetadata: Record<string, Record<string, unknown>> | null = null;

  setFlag(flag: number): void {
    this.responseFlags |= flag;
  }

  hasFlag(flag: number): boolean {
    return (this.responseFlags & flag) !== 0;
  }

  reset(): void {
    this.startWallMs = 0;
    this.startMs = 0;
    this.requestCompleteMs = 0;
    this.upstreamFirstTxMs = 0;
    this.upstreamLastTxMs = 0;
    this.upstreamFirstRxMs = 0;
    this.upstreamLastRxMs = 0;
    this.downstreamFirstTxMs = 0;
    this.downstreamLastTxMs = 0;
    this.upstreamPoolReadyMs = 0;
    this.upstreamConnectBeginMs = 0;
    this.upstreamConnectEndMs = 0;
    this.endMs = 0;
    this.protocol = "";
    this.responseCode = 0;
    this.responseCodeDetails = "";
    this.connectionTerminationDetails = "";
    this.responseFlags = 0;
    this.bytesReceived = 0;
    this.bytesSent = 0;
    this.requestHeaderBytes = 0;
    this.responseHeaderBytes = 0;
    this.responseTrailerBytes = 0;
    this.downstreamWireBytesReceived = 0;
    this.downstreamWireBytesSent = 0;
    this.upstreamWireBytesReceived = 0;
    this.upstreamWireBytesSent = 0;
    this.attemptCount = 0;
    this.routeRandom = -1;
    this.routeName = "";
    this.virtualHostName = "";
    this.virtualClusterName = "";
    this.filterChainName = "";
    this.clusterName = "";
    this.requestedServerName = "";
    this.streamId = "";
    this.connectionId = 0;
    this.isHealthCheck = false;
    this.isTraced = false;
    this.accessLogType = "NotSet";
    this.localReplyBody = "";
    this.downstreamRemoteAddress = null;
    this.downstreamDirectRemoteAddress = null;
    this.downstreamLocalAddress = null;
    this.downstreamDirectLocalAddress = null;
    this.downstreamTransportFailureReason = "";
    this.downstreamDetectedCloseType = "";
    this.downstreamLocalCloseReason = "";
    this.upstream = null;
    this.hostsAttempted = null;
    this.requestHeaders = null;
    this.responseHeaders = null;
    this.responseTrailers = null;
    this.dynamicMetadata = null;
    this.filterState = null;
    this.routeMetadata = null;
    this.clusterMetadata = null;
    this.hostMetadata = null;
    this.listenerMetadata = null;
  }
}
