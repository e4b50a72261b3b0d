// Edits of the request head before filters see it: hop-by-hop fields, trust (XFF, x-envoy-*), request id, scheme (Envoy: ConnectionManagerUtility::mutateRequestHeaders).
import type { HeaderBlock } from "../base/header-block.ts";
import { Header, type HeaderId, internHeaderName } from "../base/header-names.ts";
import type { SocketAddress, StreamInfo } from "../expr/stream-info.ts";
import { parseIpAddress } from "../net/address.ts";
import { randomUuid } from "../platform/random.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import type { InternalAddresses } from "./internal-addresses.ts";

/** Fields that only internal peers may send (envoy.md §1.3, header_sanitizing.rst); stripped from edge and external requests. */
const INTERNAL_ONLY: readonly HeaderId[] = [
  "x-envoy-retriable-status-codes",
  "x-envoy-retriable-header-names",
  "x-envoy-retry-on",
  "x-envoy-retry-grpc-on",
  "x-envoy-max-retries",
  "x-envoy-upstream-alt-stat-name",
  "x-envoy-upstream-rq-timeout-ms",
  "x-envoy-upstream-rq-per-try-timeout-ms",
  "x-envoy-upstream-rq-timeout-alt-response",
  "x-envoy-expected-rq-timeout-ms",
  "x-envoy-force-trace",
  "x-envoy-ip-tags",
  "x-envoy-original-path",
  "x-envoy-original-host",
  "x-envoy-hedge-on-per-try-timeout",
  "x-envoy-upstream-stream-duration-ms",
  "x-envoy-is-timeout-retry",
].map(internHeaderName);
/** Fields an edge proxy strips in any case. */
const EDGE_ONLY: readonly HeaderId[] = [
  "x-envoy-decorator-operation",
  "x-envoy-downstream-service-cluster",
  "x-envoy-downstream-service-node",
].map(internHeaderName);
/** `x-envoy-` fields are rare: one scan for any of them spares the look-ups of each. */
const ALL_ENVOY = new Set<HeaderId>([...INTERNAL_ONLY, ...EDGE_ONLY]);

/** What the connection knows that the request edits need. */
export interface RequestOrigin {
  readonly remoteAddress: SocketAddress;
  readonly isRemoteLoopback: boolean;
  readonly isRemoteInternal: boolean;
  readonly isTls: boolean;
  readonly localPort: number;
}

/**
 * Edits `headers` in place and fills the addresses of `info`. `isUpgrade`: connection and upgrade fields stay.
 * Returns the request id that the request carries afterwards, or null when none is generated or present.
 */
export function prepareRequestHeaders(
  headers: HeaderBlock,
  info: StreamInfo,
  config: ConnectionManagerConfig,
  internal: InternalAddresses,
  origin: RequestOrigin,
  requestScheme: string,
  isUpgrade: boolean,
): string | null {
  if (!isUpgrade) {
    headers.remove(Header.connection);
    headers.remove(Header.upgrade);
    keepOnlyTrailersTe(headers);
  }
  headers.remove(Header.xEnvoyInternal);
  headers.remove(Header.keepAlive);
  headers.remove(Header.proxyConnection);
  headers.remove(Header.transferEncoding);

  let remote = origin.remoteAddress;
  let isInternal = false;
  const xff = headers.get(Header.xForwardedFor);
  if (config.useRemoteAddress) {
    isInternal = xff === null && origin.isRemoteInternal;
    if (config.xffNumTrustedHops > 0) {
      const hop = addressFromXff(headers, config.xffNumTrustedHops - 1);
      if (hop !== null) remote = hop;
    }
    if (!config.skipXffAppend && origin.remoteAddress.port !== 0) appendXff(headers, origin.remoteAddress.host);
    if (config.xffNumTrustedHops === 0 || !headers.has(Header.xForwardedProto)) {
      headers.set(Header.xForwardedProto, origin.isTls ? "https" : "http");
    }
  } else {
    if (xff !== null) {
      const hop = addressFromXff(headers, config.xffNumTrustedHops);
      if (hop !== null) {
        remote = hop;
        isInternal = !xff.includes(",") && internal.contains(hop.host);
      }
    } else isInternal = false;
    if (!headers.has(Header.xForwardedProto)) headers.append(Header.xForwardedProto, origin.isTls ? "https" : "http");
  }
  info.downstreamRemoteAddress = remote;
  if (
    config.appendXForwardedPort &&
    (!config.useRemoteAddress || config.xffNumTrustedHops === 0 || !headers.has(Header.xForwardedPort))
  ) {
    headers.set(Header.xForwardedPort, String(origin.localPort));
  }

  const proto = headers.get(Header.xForwardedProto);
  const scheme = config.schemeOverwrite !== ""
    ? config.schemeOverwrite
    : requestScheme !== ""
    ? requestScheme
    : proto === "http" || proto === "https"
    ? proto
    : origin.isTls
    ? "https"
    : "http";
  headers.append(Header.scheme, scheme);

  const isEdge = config.useRemoteAddress && !isInternal;
  if (hasAny(headers, ALL_ENVOY)) {
    if (isEdge) { for (const id of EDGE_ONLY) headers.remove(id); }
    if (!isInternal) { for (const id of INTERNAL_ONLY) headers.remove(id); }
  }
  if (isInternal) headers.append(Header.xEnvoyInternal, "true");
  if (isEdge) headers.set(Header.xEnvoyExternalAddress, remote.host);
  else if (!isInternal && config.useRemoteAddress) headers.remove(Header.xEnvoyExternalAddress);

  if (config.forwardClientCert !== "alwaysForwardOnly") headers.remove(Header.xForwardedClientCert);
  if (config.addUserAgent && info.requestHeaders !== null) addUserAgent(headers, config);
  if (config.via !== "") headers.append(Header.via, config.via);
  return requestId(headers, config, isEdge);
}

function requestId(headers: HeaderBlock, config: ConnectionManagerConfig, isEdge: boolean): string | null {
  if (!config.generateRequestId) return headers.get(Header.xRequestId);
  if (headers.has(Header.xRequestId) && !(isEdge && !config.preserveExternalRequestId)) {
    return headers.get(Header.xRequestId);
  }
  const id = randomUuid();
  headers.set(Header.xRequestId, id);
  return id;
}

function hasAny(headers: HeaderBlock, ids: ReadonlySet<HeaderId>): boolean {
  for (let i = 0; i < headers.count; i++) {
    // Ids below this one are the common fields of every request.
    const id = headers.idAt(i);
    if (id > Header.xEnvoyInternal && ids.has(id)) return true;
  }
  return false;
}

/** `te` may ask for trailers only (RFC 9110 §10.1.4); anything else is a matter of this hop. */
function keepOnlyTrailersTe(headers: HeaderBlock): void {
  const te = headers.get(Header.te);
  if (te === null) return;
  headers.remove(Header.te);
  for (const token of te.split(",")) {
    if (token.trim().toLowerCase() === "trailers") return headers.append(Header.te, "trailers");
  }
}

function appendXff(headers: HeaderBlock, host: string): void {
  const i = headers.indexOf(Header.xForwardedFor);
  if (i < 0) return headers.append(Header.xForwardedFor, host);
  const joined = headers.getAll(Header.xForwardedFor).join(",");
  headers.set(Header.xForwardedFor, `${joined},${host}`);
}

/** The `hops`-th address from the right of x-forwarded-for (0 = last), or null when absent or not an IP address. */
function addressFromXff(headers: HeaderBlock, hops: number): SocketAddress | null {
  const parts = headers.getAll(Header.xForwardedFor).join(",").split(",");
  const text = parts[parts.length - 1 - hops];
  return text === undefined ? null : parseIpAddress(text.trim(), 0);
}

function addUserAgent(headers: HeaderBlock, config: ConnectionManagerConfig): void {
  if (!headers.has(Header.userAgent)) headers.append(Header.userAgent, config.serverName);
}
