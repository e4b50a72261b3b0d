// The listeners of a worker by name: adds, updates, drains and removes them, and finds the one for an original destination.
import { closeDescriptor } from "../platform/native-socket.ts";
import { AddressFamily, type NetAddress, parseIpAddress } from "./address.ts";
import { Listener, type ListenerDirectory } from "./listener.ts";
import type { ListenerConfig } from "./listener-config.ts";
import type { ListenerContext, ListenerExtensions } from "./listener-context.ts";
import type { ListenerPlacement } from "./listener-placement.ts";
import { ListenSocket } from "./listen-socket.ts";
import type { ServerConnection } from "./server-connection.ts";

interface Entry {
  listener: Listener;
  sockets: ListenSocket[];
  /** Texts under which the directory finds the listener. */
  addressKeys: string[];
}

export class WorkerListeners implements ListenerDirectory {
  private readonly context: ListenerContext;
  private readonly extensions: ListenerExtensions;
  private readonly entries: Map<string, Entry> = new Map();
  private readonly byAddress: Map<string, Listener> = new Map();
  /** Removed ones whose connections still drain. */
  private readonly retired: Set<Listener> = new Set();

  constructor(context: ListenerContext, extensions: ListenerExtensions) {
    this.context = context;
    this.extensions = extensions;
  }

  /**
   * Adds or updates a listener. The descriptors of `placement` belong to this worker from now on, also when it throws (an extension
   * refused its configuration): then the listener is as it was before.
   */
  apply(config: ListenerConfig, placement: ListenerPlacement): void {
    const entry = this.entries.get(config.name);
    let listener: Listener;
    try {
      if (entry !== undefined && isSameIdentity(entry.listener.config, config)) {
        listener = entry.listener;
        listener.update(config);
      } else listener = new Listener(config, placement.countSlot, this.context, this.extensions, this);
    } catch (error) {
      for (const placed of placement.sockets) closeDescriptor(placed.fd);
      throw error;
    }
    const old = entry?.sockets ?? [];
    const sockets = placement.sockets.map((placed) => {
      const address = config.addresses[placed.addressIndex]!;
      const known = old.find((socket) => socket.key === placed.key);
      if (known === undefined) return new ListenSocket(placed, address, listener, this.reportThrow);
      closeDescriptor(placed.fd);
      known.retarget(listener, address, placed.port);
      return known;
    });
    for (const socket of old) if (!sockets.includes(socket)) socket.stop();
    if (entry !== undefined) this.forgetAddresses(entry);
    const addressKeys = directoryKeys(config, placement);
    for (const key of addressKeys) this.byAddress.set(key, listener);
    this.entries.set(config.name, { listener, sockets, addressKeys });
    if (entry !== undefined && entry.listener !== listener) this.retire(entry.listener);
  }

  /** Stops accepting and drains the listener's connections; after the drain time they are closed. */
  remove(name: string): void {
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    this.entries.delete(name);
    for (const socket of entry.sockets) socket.stop();
    this.forgetAddresses(entry);
    this.retire(entry.listener);
  }

  private retire(listener: Listener): void {
    this.retired.add(listener);
    listener.retire();
    for (const other of this.retired) if (other.isGone) this.retired.delete(other);
  }

  private forgetAddresses(entry: Entry): void {
    for (const key of entry.addressKeys) if (this.byAddress.get(key) === entry.listener) this.byAddress.delete(key);
  }

  /** Asks connections to end, those of inbound listeners only on request (`/drain_listeners?graceful`). */
  startDrain(inboundOnly: boolean): void {
    for (const { listener } of this.affected(inboundOnly)) listener.drain.start();
  }

  /** Closes the listen sockets; connections and hand-overs go on (`/drain_listeners`, shutdown). */
  stopAccepting(inboundOnly: boolean): void {
    for (const entry of this.affected(inboundOnly)) {
      for (const socket of entry.sockets) socket.stop();
      entry.sockets = [];
    }
  }

  private *affected(inboundOnly: boolean): Iterable<Entry> {
    for (const entry of this.entries.values()) {
      if (!inboundOnly || entry.listener.config.trafficDirection === "inbound") yield entry;
    }
  }

  /** The listener of exactly this address, else the one of its port on all addresses of the family. */
  findByAddress(address: NetAddress): Listener | null {
    if (address.family === AddressFamily.pipe) return null;
    const wildcard = address.family === AddressFamily.v4 ? `0.0.0.0:${address.port}` : `[::]:${address.port}`;
    return this.byAddress.get(address.text) ?? this.byAddress.get(wildcard) ?? null;
  }

  /** Configurations in the order in which they came. */
  configs(): ListenerConfig[] {
    return [...this.entries.values()].map((entry) => entry.listener.config);
  }

  get(name: string): Listener | null {
    return this.entries.get(name)?.listener ?? null;
  }

  /** Open downstream connections, draining ones too. */
  activeConnections(): number {
    let sum = 0;
    for (const { listener } of this.entries.values()) sum += listener.activeConnections;
    for (const listener of this.retired) sum += listener.activeConnections;
    return sum;
  }

  forEachConnection(visit: (connection: ServerConnection) => void): void {
    for (const { listener } of this.entries.values()) listener.forEachConnection(visit);
    for (const listener of this.retired) listener.forEachConnection(visit);
  }

  private readonly reportThrow = (error: unknown): void => {
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    this.context.log("error", "conn_handler", `a listener failed on a new socket: ${text}`);
  };
}

/** What an update in place cannot change: names of stats and the drain type. */
function isSameIdentity(a: ListenerConfig, b: ListenerConfig): boolean {
  return a.statPrefix === b.statPrefix && a.drainType === b.drainType;
}

function directoryKeys(config: ListenerConfig, placement: ListenerPlacement): string[] {
  const keys: string[] = [];
  for (const [i, address] of config.addresses.entries()) {
    if (address.kind === "pipe") continue;
    const port = placement.sockets.find((socket) => socket.addressIndex === i)?.port ?? address.port;
    const parsed = parseIpAddress(address.host, port, true);
    if (parsed === null) continue;
    keys.push(parsed.text);
    if (address.host === "::" && address.ipv4Compat) keys.push(`0.0.0.0:${port}`);
  }
  return keys;
}
