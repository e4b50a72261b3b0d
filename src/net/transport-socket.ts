// Downstream transport sockets: what stands between an accepted socket and its connection (TLS). Raw bytes need none.
import type { RawSocket } from "../platform/socket.ts";
import type { MatchInput } from "./filter-chain-matcher.ts";
import type { ListenerInfo } from "./listener-info.ts";

/** Made once per filter chain and worker. */
export interface TransportSocketFactory {
  /**
   * Starts the transport on `socket`. `received` are the bytes read so far (null: none): the transport takes them. Returns the socket
   * that the connection reads from and writes to; its `data` is set by the caller before any event. Null refuses the connection.
   */
  start(socket: RawSocket, received: Buffer | null, peer: MatchInput): RawSocket | null;
}

/** Worker-side half of a downstream transport socket extension. */
export interface TransportSocketExtension<Context, C = unknown> {
  readonly name: string;
  /** Null when bytes go through unchanged. */
  materialise(config: C, context: Context, listener: ListenerInfo): TransportSocketFactory | null;
}
