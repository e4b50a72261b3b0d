// One adopted listen descriptor of a worker: accepts and gives sockets to its listener, which an update may replace.
import { listenOnFd, type RawSocket, type SocketOwner } from "../platform/socket.ts";
import { anonymousPipe, ipAddress, isAnyHost, type NetAddress, parseIpAddress, pipeAddress } from "./address.ts";
import type { Listener } from "./listener.ts";
import type { ListenAddress } from "./listener-config.ts";
import type { WorkerSocket } from "./listener-placement.ts";

export class ListenSocket implements SocketOwner {
  readonly key: number;
  listener: Listener;
  /** The local address of everything accepted here; null when it differs by connection. */
  private fixedLocalAddress: NetAddress | null;
  private readonly isPipe: boolean;
  private readonly stopAccepting: () => void;
  private readonly reportThrow: (error: unknown) => void;

  /** Starts to accept; owns `placed.fd` from now on. */
  constructor(placed: WorkerSocket, address: ListenAddress, listener: Listener, reportThrow: (error: unknown) => void) {
    this.key = placed.key;
    this.listener = listener;
    this.reportThrow = reportThrow;
    this.isPipe = address.kind === "pipe";
    this.fixedLocalAddress = null;
    this.retarget(listener, address, placed.port);
    const handle = listenOnFd(placed.fd, this);
    this.stopAccepting = () => handle.stop();
  }

  /** Goes on for `listener`, whose configuration has `address` for this socket. */
  retarget(listener: Listener, address: ListenAddress, port: number): void {
    this.listener = listener;
    // With TPROXY the local address is the client's destination, whatever was bound.
    const varies = isAnyHost(address.host) || listener.config.transparent === true;
    if (this.isPipe) this.fixedLocalAddress = pipeAddress(address.host);
    else this.fixedLocalAddress = varies ? null : parseIpAddress(address.host, port, true);
  }

  /** Stops accepting and closes the descriptor; accepted sockets live on. */
  stop(): void {
    this.stopAccepting();
  }

  onOpen(socket: RawSocket): SocketOwner {
    if (this.isPipe) return this.listener.accept(socket, this.fixedLocalAddress!, anonymousPipe);
    const remoteHost = socket.remoteAddress as string | undefined;
    if (remoteHost === undefined || remoteHost === "") {
      // Reset by the peer before it was accepted: the system knows its address no more.
      socket.terminate();
      return goneSocket;
    }
    const local = this.fixedLocalAddress ?? ipAddress(socket.localAddress, socket.localPort);
    return this.listener.accept(socket, local, ipAddress(remoteHost, socket.remotePort));
  }

  onData(): void {}
  onDrain(): void {}
  onEnd(): void {}
  onClose(): void {}

  /** Thrown while a socket was being accepted: a bug contained to that socket. */
  onThrow(error: unknown): void {
    this.reportThrow(error);
  }
}

const goneSocket: SocketOwner = {
  onOpen: () => goneSocket,
  onData() {},
  onDrain() {},
  onEnd() {},
  onClose() {},
  onThrow() {},
};
