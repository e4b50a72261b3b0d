// A downstream connection: an accepted socket with what its listener filters found out, tracked by its filter chain.
import { clock } from "../platform/turn.ts";
import type { RawSocket } from "../platform/socket.ts";
import type { NetAddress } from "./address.ts";
import { Connection, type ConnectionReader } from "./connection.ts";
import type { ListenerInfo } from "./listener-info.ts";

/** Told when a connection is gone, after its filters. */
export interface ConnectionTracker {
  onConnectionGone(connection: ServerConnection): void;
}

const noProtocols: readonly string[] = [];

export class ServerConnection extends Connection {
  readonly listener: ListenerInfo;
  /** Of the TCP peer, and of our end of the socket; differ from `remoteAddress` and `localAddress` after PROXY protocol or redirection. */
  directRemoteAddress: NetAddress;
  directLocalAddress: NetAddress;
  /** SNI in lower case, or empty. */
  requestedServerName = "";
  transportProtocol = "raw_buffer";
  applicationProtocols: readonly string[] = noProtocols;
  /** `localAddress` is the destination from before a redirection. */
  isLocalAddressRestored = false;
  dynamicMetadata: Map<string, Record<string, unknown>> | null = null;
  filterState: Map<string, unknown> | null = null;
  readonly openedMs: number = clock.nowMs;
  readonly openedWallMs: number = clock.wallMs;
  /** The only filter's callbacks are the connection itself. */
  readonly connection: ServerConnection;
  /** Links of the chain's list of connections. */
  next: ServerConnection | null = null;
  previous: ServerConnection | null = null;
  private readonly tracker: ConnectionTracker;

  constructor(
    socket: RawSocket,
    localAddress: NetAddress,
    remoteAddress: NetAddress,
    listener: ListenerInfo,
    tracker: ConnectionTracker,
  ) {
    super(socket, noReader, localAddress, remoteAddress, listener.bufferLimitBytes);
    this.listener = listener;
    this.directRemoteAddress = remoteAddress;
    this.directLocalAddress = localAddress;
    this.connection = this;
    this.tracker = tracker;
  }

  /** A chain of one filter has nothing after it to continue with. */
  continueReading(): void {}

  /** See `continueReading`. */
  injectReadData(_chunk: Buffer): void {}

  override onClose(error: Error | undefined): void {
    if (this.isClosed) return;
    super.onClose(error);
    this.tracker.onConnectionGone(this);
  }
}

/** Before the filters exist. */
const noReader: ConnectionReader = {
  onData() {},
  onEndOfInput() {},
  onClose() {},
  onAboveWriteBufferHighWatermark() {},
  onBelowWriteBufferLowWatermark() {},
};
