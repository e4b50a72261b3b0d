// What the control thread gives a worker for one listener: a descriptor for each address it binds. Structured-clone safe.

export interface WorkerSocket {
  /** Identity of the listen socket over updates: a worker that accepts on this key already closes `fd` and goes on. */
  readonly key: number;
  /** Index into `ListenerConfig.addresses`. */
  readonly addressIndex: number;
  /** A duplicate that belongs to the worker. */
  readonly fd: number;
  /** The port bound; 0 for UNIX sockets. */
  readonly port: number;
}

export interface ListenerPlacement {
  /** Cell of the listener's connection count (`ConnectionCounts`). */
  readonly countSlot: number;
  /** Empty for listeners with `bind_to_port: false`. */
  readonly sockets: readonly WorkerSocket[];
}
