// What a stream engine implements to get the events of an HTTP/1 decoder.
import type { HeaderBlock } from "../../base/header-block.ts";
import type { Http1Error } from "./errors.ts";

/** Receives the events of one message, a request or a response. `onComplete` is always the last one unless `onError` came. */
export interface Http1Listener {
  /** A whole head. With `endStream` no body follows. */
  onHeaders(headers: HeaderBlock, endStream: boolean): void;
  /** A view of a received chunk that may be kept. `endStream` marks the end of a message without trailers; `data` is then maybe empty. */
  onBody(data: Buffer, endStream: boolean): void;
  /** At least one trailer; ends the message. */
  onTrailers(trailers: HeaderBlock): void;
  /** The message is complete; `begin()` may be called, here or later. */
  onComplete(): void;
  /** The peer broke the protocol or a limit; the decoder stays failed. */
  onError(error: Http1Error): void;
}
