// Options and limits of the HTTP/1 decoders; names and defaults follow Envoy's HttpProtocolOptions and Http1ProtocolOptions.

/** What happens to a field whose name has an underscore (HeadersWithUnderscoresAction). */
export const UnderscoreAction = { allow: 0, reject: 1, drop: 2 } as const;
export type UnderscoreAction = typeof UnderscoreAction[keyof typeof UnderscoreAction];

export interface Http1DecoderOptions {
  /** Bytes of the first line and all names and values (max_request_headers_kb · 1024); more is 431. Trailers have the same bound. */
  readonly maxHeaderBytes: number;
  /** Fields of a head, and of a trailer section (max_headers_count); more is 431. */
  readonly maxHeaderCount: number;
  /** Bytes of chunk extensions beyond the data they come with; they are read and dropped. */
  readonly maxChunkExtensionBytes: number;
  readonly allowHttp10: boolean;
  /** Absolute-form targets; when false they stay in `:path` as they came (allow_absolute_url). */
  readonly allowAbsoluteUrl: boolean;
  /** `transfer-encoding: chunked` beside `content-length` is read as chunked, `content-length` is removed (allow_chunked_length). */
  readonly allowChunkedLength: boolean;
  readonly underscores: UnderscoreAction;
  /** Names keep the case they came in, for encoders that copy them (preserve_case). */
  readonly preserveCase: boolean;
  /** Trailers are delivered; otherwise they are checked and dropped (enable_trailers). */
  readonly enableTrailers: boolean;
  /** Methods outside the known list are accepted (allow_custom_methods). */
  readonly allowCustomMethods: boolean;
  /** The connection is plaintext: an `https` absolute-form target is refused unless a proxy in front ended TLS. */
  readonly refuseHttpsScheme: boolean;
}

export const DEFAULT_HTTP1_OPTIONS: Http1DecoderOptions = {
  maxHeaderBytes: 60 * 1024,
  maxHeaderCount: 100,
  maxChunkExtensionBytes: 16 * 1024,
  allowHttp10: false,
  allowAbsoluteUrl: true,
  allowChunkedLength: false,
  underscores: UnderscoreAction.allow,
  preserveCase: false,
  enableTrailers: false,
  allowCustomMethods: false,
  refuseHttpsScheme: false,
};
