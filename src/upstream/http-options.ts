// Runtime form of HttpProtocolOptions and Http1ProtocolOptions, shared by the connection manager and clusters. JSON-safe; durations in ms, 0 = off.

export interface CommonHttpOptions {
  /** Default 1 h. */
  idleTimeoutMs: number;
  maxConnectionDurationMs: number;
  maxStreamDurationMs: number;
  /** Default 100. */
  maxHeaderCount: number;
  /** 0 = default of the side (downstream 60). */
  maxResponseHeadersKb: number;
  maxRequestsPerConnection: number;
  headersWithUnderscores: "allow" | "reject" | "drop";
}

export interface Http1Options {
  allowAbsoluteUrl: boolean;
  acceptHttp10: boolean;
  defaultHostForHttp10: string;
  enableTrailers: boolean;
  allowChunkedLength: boolean;
  /** `lower` is Envoy's default; `proper` is proper_case_words; `preserve` the preserve_case formatter. */
  headerKeyFormat: "lower" | "proper" | "preserve";
  sendFullyQualifiedUrl: boolean;
  allowCustomMethods: boolean;
  /** null = the manager's stream_error_on_invalid_http_message decides. */
  streamErrorOnInvalidMessage: boolean | null;
}
