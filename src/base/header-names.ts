// Interned header names: each name that the proxy or its configuration mentions has a small number, so the wire path compares integers.

/** Number of an interned header name; 0 means "not interned" (a name nobody configured). */
export type HeaderId = number;

/** Names that the proxy itself reads or writes. Pseudo headers carry their HTTP/2 spelling; an HTTP/1 `host` is `:authority`. */
const WELL_KNOWN = [
  "",
  ":method",
  ":path",
  ":authority",
  ":scheme",
  ":status",
  "connection",
  "content-length",
  "transfer-encoding",
  "expect",
  "upgrade",
  "te",
  "keep-alive",
  "proxy-connection",
  "trailer",
  "content-type",
  "date",
  "server",
  "user-agent",
  "accept",
  "accept-encoding",
  "accept-language",
  "cookie",
  "set-cookie",
  "authorization",
  "referer",
  "origin",
  "location",
  "cache-control",
  "etag",
  "last-modified",
  "if-none-match",
  "if-modified-since",
  "range",
  "content-encoding",
  "vary",
  "via",
  "grpc-status",
  "grpc-message",
  "grpc-timeout",
  "grpc-encoding",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-client-cert",
  "x-request-id",
  "x-envoy-internal",
  "x-envoy-external-address",
  "x-envoy-expected-rq-timeout-ms",
  "x-envoy-upstream-service-time",
  "x-envoy-upstream-rq-timeout-ms",
  "x-envoy-upstream-rq-per-try-timeout-ms",
  "x-envoy-max-retries",
  "x-envoy-retry-on",
  "x-envoy-retry-grpc-on",
  "x-envoy-retriable-status-codes",
  "x-envoy-retriable-header-names",
  "x-envoy-attempt-count",
  "x-envoy-original-path",
  "x-envoy-original-host",
  "x-envoy-overloaded",
  "x-envoy-ratelimited",
  "x-envoy-decorator-operation",
  "x-envoy-upstream-alt-stat-name",
  "x-envoy-upstream-rq-timeout-alt-response",
  "x-envoy-hedge-on-per-try-timeout",
  "x-envoy-upstream-stream-duration-ms",
  "x-envoy-is-timeout-retry",
  "x-envoy-degraded",
  "x-envoy-immediate-health-check-fail",
  "x-envoy-upstream-canary",
  "x-envoy-downstream-service-cluster",
  "x-envoy-downstream-service-node",
  "x-envoy-ip-tags",
  "x-envoy-force-trace",
  "x-client-trace-id",
  "x-envoy-original-dst-host",
  "x-envoy-upstream-healthchecked-cluster",
  "x-envoy-fault-delay-request",
  "x-envoy-fault-abort-request",
  "x-envoy-fault-abort-grpc-request",
  "x-envoy-fault-delay-request-percentage",
  "x-envoy-fault-abort-request-percentage",
  "x-envoy-fault-throughput-response",
  "x-envoy-fault-throughput-response-percentage",
  "access-control-request-method",
  "access-control-request-headers",
  "access-control-request-private-network",
  "access-control-allow-origin",
  "access-control-allow-methods",
  "access-control-allow-headers",
  "access-control-allow-credentials",
  "access-control-expose-headers",
  "access-control-max-age",
  "access-control-allow-private-network",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-accept",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
  "http2-settings",
  "proxy-authenticate",
  "proxy-authorization",
  "accept-ranges",
  "content-range",
  "content-disposition",
  "retry-after",
  "allow",
  "priority",
  "x-content-type-options",
  "strict-transport-security",
  "upgrade-insecure-requests",
  "sec-fetch-site",
  "sec-fetch-mode",
  "sec-fetch-user",
  "sec-fetch-dest",
  "sec-ch-ua",
  "sec-ch-ua-mobile",
  "sec-ch-ua-platform",
  "dnt",
  "if-match",
  "if-range",
  "accept-charset",
  "pragma",
  "expires",
  "age",
  "warning",
  "link",
  "x-b3-traceid",
  "x-b3-spanid",
  "x-b3-sampled",
  "x-b3-parentspanid",
  "b3",
  "traceparent",
  "tracestate",
] as const;

/** Ids of the names used by name in code, e.g. `Header.contentLength`. */
export const Header = {
  method: 1,
  path: 2,
  authority: 3,
  scheme: 4,
  status: 5,
  connection: 6,
  contentLength: 7,
  transferEncoding: 8,
  expect: 9,
  upgrade: 10,
  te: 11,
  keepAlive: 12,
  proxyConnection: 13,
  trailer: 14,
  contentType: 15,
  date: 16,
  server: 17,
  userAgent: 18,
  cookie: 22,
  setCookie: 23,
  authorization: 24,
  referer: 25,
  origin: 26,
  location: 27,
  vary: 35,
  via: 36,
  grpcStatus: 37,
  grpcMessage: 38,
  grpcTimeout: 39,
  xForwardedFor: 41,
  xForwardedProto: 42,
  xForwardedHost: 43,
  xForwardedPort: 44,
  xForwardedClientCert: 45,
  xRequestId: 46,
  xEnvoyInternal: 47,
  xEnvoyExternalAddress: 48,
  xEnvoyExpectedRqTimeoutMs: 49,
  xEnvoyUpstreamServiceTime: 50,
  xEnvoyUpstreamRqTimeoutMs: 51,
  xEnvoyUpstreamRqPerTryTimeoutMs: 52,
  xEnvoyMaxRetries: 53,
  xEnvoyRetryOn: 54,
  xEnvoyRetryGrpcOn: 55,
  xEnvoyRetriableStatusCodes: 56,
  xEnvoyRetriableHeaderNames: 57,
  xEnvoyAttemptCount: 58,
  xEnvoyOriginalPath: 59,
  xEnvoyOriginalHost: 60,
  xEnvoyOverloaded: 61,
  xEnvoyRatelimited: 62,
  xEnvoyDecoratorOperation: 63,
} as const;

/** Upper bound of names that configuration may add; peers can never add one. */
const MAX_INTERNED = 65_536;

const nameOf: string[] = [];
const idOf = new Map<string, HeaderId>();
const listeners: ((name: string, id: HeaderId) => void)[] = [];

/** Id of `name` (any case), interning it when new. Call at configuration time only, never with a name that a peer sent. */
export function internHeaderName(name: string): HeaderId {
  const lower = name.toLowerCase();
  const canonical = lower === "host" ? ":authority" : lower;
  const known = idOf.get(canonical);
  if (known !== undefined) return known;
  if (nameOf.length >= MAX_INTERNED) throw new RangeError(`more than ${MAX_INTERNED} header names are configured`);
  const id = nameOf.length;
  nameOf.push(canonical);
  idOf.set(canonical, id);
  for (const listener of listeners) listener(canonical, id);
  return id;
}

/** Id of an already interned lower-case name, 0 when there is none. Safe with names that peers send. */
export function findHeaderId(lowerName: string): HeaderId {
  return idOf.get(lowerName === "host" ? ":authority" : lowerName) ?? 0;
}

/** Lower-case text of an interned name. */
export function headerNameOf(id: HeaderId): string {
  return nameOf[id]!;
}

/** Calls `listener` for every interned name, those of today at once and later ones as they come (codecs build look-up tables from it). */
export function onHeaderInterned(listener: (name: string, id: HeaderId) => void): void {
  for (let id = 1; id < nameOf.length; id++) listener(nameOf[id]!, id);
  listeners.push(listener);
}

nameOf.push("");
for (const name of WELL_KNOWN) if (name !== "") internHeaderName(name);
