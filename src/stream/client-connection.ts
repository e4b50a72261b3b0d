// The client side of a protocol engine: what a pool and an upstream attempt give to and get from a codec bound to an upstream connection.
import type { HeaderBlock } from "../base/header-block.ts";
import type { ResponseDecoder } from "./stream.ts";

/** Receiver of one response. Blocks belong to the attempt, so that they outlive the connection's next message. */
export interface ClientStreamDecoder extends ResponseDecoder {
  readonly responseHeaders: HeaderBlock;
  readonly responseTrailers: HeaderBlock;
}

/** What the pool that owns a client connection is told. */
export interface ClientConnectionCallbacks<C> {
  /** The exchange is over; `isReusable` when another one may follow on the connection. Called after the decoder's last event. */
  onStreamComplete(connection: C, isReusable: boolean): void;
  /** The connection is gone (its decoder got `onReset` before). */
  onConnectionClose(connection: C, remote: boolean, detail: string): void;
}
