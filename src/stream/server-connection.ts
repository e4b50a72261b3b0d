// The server side of a protocol engine: what the connection manager gives to and gets from a codec bound to a downstream connection.
import type { HeaderBlock } from "../base/header-block.ts";
import type { RequestDecoder, ResponseEncoder } from "./stream.ts";

/** A peer's violation of the protocol: the answer to send and how to log it. */
export interface CodecError {
  /** Status to answer with (400, 408, 413, 426, 431, 501, 505…). */
  readonly status: number;
  /** Response code details, Envoy's text, e.g. `http1.codec_error`. */
  readonly details: string;
  readonly message: string;
}

/** Receiver of one request. Blocks belong to the stream, so that they outlive the connection's next message. */
export interface ServerStreamDecoder extends RequestDecoder {
  readonly requestHeaders: HeaderBlock;
  readonly requestTrailers: HeaderBlock;
  /** The request is malformed or over a limit; nothing more of it follows. The connection cannot be used after the answer. */
  onCodecError(error: CodecError): void;
}

/** What the connection manager is told. */
export interface ServerConnectionCallbacks {
  /** First byte of a request. The returned decoder gets everything of it. */
  newStream(encoder: ServerStreamEncoder): ServerStreamDecoder;
  /** No stream is active and no input is waiting. */
  onIdle(): void;
  /** The connection is gone; every stream got `onReset` before. */
  onConnectionClose(remote: boolean, detail: string): void;
  /** Bytes that arrived, for stats (called once a chunk). */
  onBytesReceived(bytes: number): void;
}

/** A response encoder that can also end its connection. */
export interface ServerStreamEncoder extends ResponseEncoder {
  /** Minor version of the request line (HTTP/1), e.g. 1 for HTTP/1.1. */
  readonly protocolName: string;
  /** The peer asked to close, or cannot keep alive, or we will: `connection: close` goes out with the head. */
  readonly isLastOnConnection: boolean;
  /** Makes this response the last one on its connection (HTTP/1 `connection: close`, HTTP/2 GOAWAY). */
  closeAfterResponse(): void;
  /** The request asked to switch protocols (`Upgrade`, CONNECT); empty when not. Lower-case token. */
  readonly upgradeToken: string;
  /** Absolute-form requests name their scheme; empty otherwise. */
  readonly requestScheme: string;
  /** `Expect: 100-continue` was asked for. */
  readonly expectsContinue: boolean;
}
