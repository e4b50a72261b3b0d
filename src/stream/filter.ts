// HTTP stream filters: the contract every HTTP filter implements. decode = request direction (MOSN: receiver), encode = response direction (MOSN: sender).
import type { HeaderBlock } from "../base/header-block.ts";
import type { StreamInfo } from "../expr/stream-info.ts";

/** What a filter says after seeing headers (Envoy's FilterHeadersStatus). */
export const HeadersStatus = {
  continue: 0,
  /** Later filters wait; data of this direction still reaches this filter. */
  stopIteration: 1,
  /** Later filters wait; the body is buffered to the limit (413 / 500 beyond it) until the filter continues. */
  stopAllAndBuffer: 2,
  /** As above, but the peer is stopped by watermarks at the limit instead of failing. */
  stopAllAndWatermark: 3,
} as const;
/** What a filter says after seeing data (Envoy's FilterDataStatus). */
export const DataStatus = { continue: 0, stopAndBuffer: 1, stopAndWatermark: 2, stopNoBuffer: 3 } as const;
/** What a filter says after seeing trailers. */
export const TrailersStatus = { continue: 0, stopIteration: 1 } as const;
export type HeadersStatus = typeof HeadersStatus[keyof typeof HeadersStatus];
export type DataStatus = typeof DataStatus[keyof typeof DataStatus];
export type TrailersStatus = typeof TrailersStatus[keyof typeof TrailersStatus];

/** Options of a local reply; `details` is Envoy's response code details text. */
export interface LocalReply {
  status: number;
  body: string;
  details: string;
  /** Response flag bits to set on the stream (0 = none). */
  flags: number;
  /** Edits of the response headers before they are sent (e.g. `retry-after`), or null. */
  modifyHeaders: ((headers: HeaderBlock) => void) | null;
  /** gRPC status for gRPC requests; null maps it from `status` as Envoy does. */
  grpcStatus: number | null;
}

/** What a filter may do to its stream. One object per filter and stream. Asynchronous work ends in `continueDecoding` / `continueEncoding`. */
export interface StreamFilterCallbacks {
  readonly streamInfo: StreamInfo;
  readonly requestHeaders: HeaderBlock;
  /** Resumes the request direction after a stop; a late call (stream gone) is ignored. */
  continueDecoding(): void;
  continueEncoding(): void;
  /** Answers instead of an upstream; allowed in any phase before the response head went out, afterwards it resets the stream. */
  sendLocalReply(reply: LocalReply): void;
  /** Appends to the body buffered for this direction. */
  addDecodedData(data: Uint8Array): void;
  addEncodedData(data: Uint8Array): void;
  /** Body buffered so far by stopAndBuffer / stopAllAndBuffer, or null. */
  decodingBuffer(): Uint8Array | null;
  encodingBuffer(): Uint8Array | null;
  /** Changes how much body may be buffered for this stream. */
  setDecoderBufferLimitBytes(bytes: number): void;
  setEncoderBufferLimitBytes(bytes: number): void;
  /** Sends the response from a filter (as an upstream would): headers, then data and trailers. */
  encodeHeaders(headers: HeaderBlock, endStream: boolean): void;
  encodeData(data: Uint8Array, endStream: boolean): void;
  encodeTrailers(trailers: HeaderBlock): void;
  encode1xxHeaders(headers: HeaderBlock): void;
  /** Makes the next look-up of the route choose again (after a header edit). */
  clearRouteCache(): void;
  /** Per-route configuration of the filter called `filterName` merged by specificity: route, virtual host, route configuration; null when none. */
  routeConfig(filterName: string): unknown;
  /** All levels that exist, least specific first (header_mutation, cors, buffer want them all). */
  routeConfigs(filterName: string): unknown[];
  /** Timers and the clock of this worker. */
  readonly nowMs: number;
  armTimer(delayMs: number, onExpire: () => void): FilterTimer;
  /** Stops the delivery of request body / response body (watermarks); calls nest. */
  onDecoderFilterAboveWriteBufferHighWatermark(): void;
  onDecoderFilterBelowWriteBufferLowWatermark(): void;
  resetStream(details: string): void;
}

export interface FilterTimer {
  cancel(): void;
}

/** A filter on the request direction. Filters see only views: keep a chunk by returning a buffering status. */
export interface StreamDecoderFilter {
  decodeHeaders(headers: HeaderBlock, endStream: boolean): HeadersStatus;
  decodeData(data: Uint8Array, endStream: boolean): DataStatus;
  decodeTrailers(trailers: HeaderBlock): TrailersStatus;
}

/** A filter on the response direction; called in reverse order of the chain. */
export interface StreamEncoderFilter {
  encodeHeaders(headers: HeaderBlock, endStream: boolean): HeadersStatus;
  encodeData(data: Uint8Array, endStream: boolean): DataStatus;
  encodeTrailers(trailers: HeaderBlock): TrailersStatus;
}

/**
 * What a factory makes for one stream. A side that a filter does not implement is null, so the chain never calls it.
 * `onDestroy` runs exactly once, after which no callback may be used; `onStreamComplete` runs before access logs (may be null).
 */
export interface StreamFilterInstance {
  readonly decoder: StreamDecoderFilter | null;
  readonly encoder: StreamEncoderFilter | null;
  onDestroy(): void;
  onStreamComplete(info: StreamInfo): void;
}

/** Built once per configuration and worker; makes one filter per stream. */
export interface StreamFilterFactory {
  /** Name of the filter in the HCM's `http_filters` (key of per-route configuration). */
  readonly name: string;
  create(callbacks: StreamFilterCallbacks): StreamFilterInstance;
}
