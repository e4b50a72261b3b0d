// Stream sockets of Bun behind one set of shared handlers: every event goes to the owner object stored in `socket.data` (design-bun-facts.md §1).
import { beginTurn, endTurn } from "./turn.ts";

/** The methods of a Bun socket that the proxy uses. `write` returns the bytes taken, 0 when full, -1 when closed. */
export interface RawSocket {
  data: SocketOwner;
  write(data: Uint8Array, byteOffset: number, byteLength: number): number;
  pause(): void;
  resume(): void;
  /** FIN in our direction. */
  shutdown(): void;
  /** RST. */
  terminate(): void;
  end(): void;
  readonly fd?: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** Receives the events of one socket. A throw is contained: the owner gets `onThrow`, the socket is reset. */
export interface SocketOwner {
  /** Accepted or connected (for a socket made by descriptor: the first `drain`, see connectFd). Returns the owner of the further events. */
  onOpen(socket: RawSocket): SocketOwner;
  onData(chunk: Buffer): void;
  /** Room in the kernel buffer again. May come without need. */
  onDrain(): void;
  /** The peer sent FIN. */
  onEnd(): void;
  /** The socket is gone; `error` is set after RST or another failure. */
  onClose(error: Error | undefined): void;
  onThrow(error: unknown): void;
}

const handlers = {
  open(socket: RawSocket): void {
    beginTurn();
    socket.data = socket.data.onOpen(socket);
    endTurn();
  },
  data(socket: RawSocket, chunk: Buffer): void {
    beginTurn();
    socket.data.onData(chunk);
    endTurn();
  },
  drain(socket: RawSocket): void {
    beginTurn();
    socket.data.onDrain();
    endTurn();
  },
  end(socket: RawSocket): void {
    beginTurn();
    socket.data.onEnd();
    endTurn();
  },
  close(socket: RawSocket, error?: Error): void {
    beginTurn();
    socket.data.onClose(error);
    endTurn();
  },
  error(socket: RawSocket, error: Error): void {
    socket.terminate();
    socket.data?.onThrow(error);
    endTurn();
  },
};

/** Accepts on an adopted listen descriptor (which it then owns). `acceptor.onOpen` makes the owner of each accepted socket. */
export function listenOnFd(fd: number, acceptor: SocketOwner): { stop(): void } {
  const listener = Bun.listen({ fd, data: acceptor, allowHalfOpen: true, socket: handlers } as never) as {
    stop(closeActive?: boolean): void;
  };
  return { stop: () => listener.stop(false) };
}

export interface ConnectOptions {
  /** IP address, or the path of a UNIX socket (abstract: leading NUL) when `port` is 0. */
  host: string;
  port: number;
  /** Local address to bind, or null. */
  localAddress: string | null;
  localPort?: number;
}

/** Connects; `owner.onOpen` or `owner.onClose(error)` follows, never both synchronously before this returns. */
export function connectSocket(options: ConnectOptions, owner: SocketOwner): void {
  const target = options.port === 0 ? { unix: options.host } : {
    hostname: options.host,
    port: options.port,
    ...(options.localAddress === null ? {} : { localAddress: options.localAddress, localPort: options.localPort ?? 0 }),
  };
  Bun.connect({ ...target, data: owner, allowHalfOpen: true, socket: connectHandlers } as never).catch(ignoreReported);
}

/** A failed connect is reported by `connectError`; the rejection repeats it. */
function ignoreReported(): void {}

const connectHandlers = {
  ...handlers,
  connectError(socket: RawSocket, error: Error): void {
    beginTurn();
    socket.data.onClose(error);
    endTurn();
  },
};

/** Adopts a descriptor whose connect() is under way; `onOpen` comes with the first `drain`, when TCP is connected. */
export function connectFd(fd: number, owner: SocketOwner): PendingConnect {
  const pending = new PendingConnect(owner);
  Bun.connect({ fd, data: pending, allowHalfOpen: true, socket: connectHandlers } as never).catch(ignoreReported);
  return pending;
}

/** Stands in for the owner between `open` (too early) and the first `drain` (connected). */
export class PendingConnect implements SocketOwner {
  private readonly owner: SocketOwner;
  private socket: RawSocket | null = null;
  private isAbandoned = false;

  constructor(owner: SocketOwner) {
    this.owner = owner;
  }

  /** Closes the descriptor at once; the owner hears nothing. Only before the owner's `onOpen`. */
  abandon(): void {
    this.isAbandoned = true;
    this.socket?.terminate();
  }

  onOpen(socket: RawSocket): SocketOwner {
    this.socket = socket;
    if (this.isAbandoned) socket.terminate();
    return this;
  }
  onDrain(): void {
    if (this.isAbandoned) return;
    const socket = this.socket!;
    socket.data = this.owner.onOpen(socket);
  }
  onData(chunk: Buffer): void {
    if (this.isAbandoned) return;
    this.onDrain();
    this.socket!.data.onData(chunk);
  }
  onEnd(): void {
    if (this.isAbandoned) return;
    this.onDrain();
    this.socket!.data.onEnd();
  }
  onClose(error: Error | undefined): void {
    if (this.isAbandoned) return;
    this.owner.onClose(error ?? new Error("connection closed before it was established"));
  }
  onThrow(error: unknown): void {
    this.owner.onThrow(error);
  }
}
