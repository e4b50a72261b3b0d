// The STREAM layer's narrow waist: one exchange between a protocol engine (codec on a connection) and the PROXY layer.
import type { HeaderBlock } from "../base/header-block.ts";

/** Why a stream ended early; names follow Envoy's stream reset reasons. */
export const ResetReason = {
  localReset: "local_reset",
  localRefusedStreamReset: "local_refused_stream_reset",
  remoteReset: "remote_reset",
  remoteRefusedStreamReset: "remote_refused_stream_reset",
  /** The peer refused or never existed (Envoy: remote connection failure). */
  connectionFailure: "connection_failure",
  /** This machine could not even try (no port, no route). */
  localConnectionFailure: "local_connection_failure",
  connectionTimeout: "connection_timeout",
  connectionTermination: "connection_termination",
  overflow: "overflow",
  protocolError: "protocol_error",
} as const;
export type ResetReason = typeof ResetReason[keyof typeof ResetReason];

/**
 * Receives one direction of an exchange. `endStream` marks the last call; after it or after `onReset` nothing follows.
 * `data` is a view of a chunk: keep it only by copying… except that Bun hands out each received chunk as a fresh copy, so a
 * view may be kept as long as its size is charged to a buffer limit.
 */
export interface StreamDecoder {
  decodeHeaders(headers: HeaderBlock, endStream: boolean): void;
  decodeData(data: Uint8Array, endStream: boolean): void;
  decodeTrailers(trailers: HeaderBlock): void;
  onReset(reason: ResetReason, details: string): void;
}

/** A server stream's receiver also learns when the peer stopped reading (write buffer over its high watermark) and went on. */
export interface RequestDecoder extends StreamDecoder {
  onAboveWriteBufferHighWatermark(): void;
  onBelowWriteBufferLowWatermark(): void;
}

/** A client stream's receiver; 1xx heads other than 101 come by `decode1xxHeaders` and may repeat. */
export interface ResponseDecoder extends StreamDecoder {
  decode1xxHeaders(headers: HeaderBlock): void;
  onAboveWriteBufferHighWatermark(): void;
  onBelowWriteBufferLowWatermark(): void;
}

/** Sends one direction of an exchange; HTTP/1 writes leave in one syscall at the end of the loop turn. */
export interface StreamEncoder {
  encodeHeaders(headers: HeaderBlock, endStream: boolean): void;
  encodeData(data: Uint8Array, endStream: boolean): void;
  encodeTrailers(trailers: HeaderBlock): void;
  /** Abandons the exchange: HTTP/1 closes the connection, HTTP/2 sends RST_STREAM. The own decoder gets no `onReset`. */
  reset(reason: ResetReason): void;
  /** Stops (true) or resumes (false) the delivery of the opposite direction's body; calls nest. */
  readDisable(disable: boolean): void;
}

export interface ResponseEncoder extends StreamEncoder {
  encode1xxHeaders(headers: HeaderBlock): void;
}
