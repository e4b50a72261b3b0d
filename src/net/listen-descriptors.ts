// Control thread: opens every listen descriptor, one per worker and address (SO_REUSEPORT), keeps them over updates, hands out duplicates.
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  bindSocket,
  changeMode,
  closeDescriptor,
  duplicateDescriptor,
  IP_FREEBIND,
  IP_TRANSPARENT,
  IPV6_FREEBIND,
  IPV6_TRANSPARENT,
  IPV6_V6ONLY,
  listenSocket,
  localAddressOf,
  type NativeFamily,
  openStreamSocket,
  setBytesOption,
  setIntOption,
  SO_KEEPALIVE,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_TCP,
  TCP_FASTOPEN,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  unlinkPath,
} from "../platform/native-socket.ts";
import { GLOBAL_SLOT, MAX_SLOTS } from "./connection-counts.ts";
import type { ListenAddress, ListenerConfig, SocketOptionConfig } from "./listener-config.ts";
import type { ListenerPlacement } from "./listener-placement.ts";

/** The system cuts it to net.core.somaxconn. */
const LARGEST_BACKLOG = 0x7fffffff;

/** The listen descriptors of one address. */
interface AddressSockets {
  readonly key: number;
  /** Address and options; equal text means that the sockets serve the new configuration unchanged. */
  readonly identity: string;
  /** By worker; all the same one for a UNIX socket, whose path cannot be bound twice. */
  readonly fds: readonly number[];
  readonly port: number;
  users: number;
}

interface ListenerEntry {
  sockets: { addressIndex: number; sockets: AddressSockets }[];
  readonly countSlot: number;
}

export class ListenDescriptors {
  private readonly workerCount: number;
  private readonly entries: Map<string, ListenerEntry> = new Map();
  private readonly open: Map<string, AddressSockets> = new Map();
  private readonly freeSlots: number[] = [];
  private nextSlot = GLOBAL_SLOT + 1;
  private nextKey = 1;

  constructor(workerCount: number) {
    this.workerCount = workerCount;
  }

  /**
   * Opens what `config` needs, keeping sockets whose address and options did not change (also those of another listener, e.g. one
   * that this one replaces). Throws SystemError with nothing changed when a socket cannot be opened. Call `placementFor` for each
   * worker afterwards.
   */
  apply(config: ListenerConfig): void {
    const old = this.entries.get(config.name);
    const acquired: ListenerEntry["sockets"] = [];
    try {
      if (config.bindToPort) {
        for (const [addressIndex, address] of config.addresses.entries()) {
          acquired.push({ addressIndex, sockets: this.acquire(config, address, addressIndex) });
        }
      }
    } catch (error) {
      for (const { sockets } of acquired) this.releaseSockets(sockets);
      throw error;
    }
    const countSlot = old?.countSlot ?? this.takeSlot();
    this.entries.set(config.name, { sockets: acquired, countSlot });
    if (old !== undefined) { for (const { sockets } of old.sockets) this.releaseSockets(sockets); }
  }

  /** Fresh duplicates for a worker; they are the worker's to close. For a worker that (re)starts as for one that updates. */
  placementFor(name: string, workerIndex: number): ListenerPlacement {
    const entry = this.entries.get(name);
    if (entry === undefined) throw new Error(`no listener ${name}`);
    const sockets = entry.sockets.map(({ addressIndex, sockets }) => ({
      key: sockets.key,
      addressIndex,
      fd: duplicateDescriptor(sockets.fds[workerIndex]!),
      port: sockets.port,
    }));
    return { countSlot: entry.countSlot, sockets };
  }

  /** Closes the listener's sockets. Workers must have stopped accepting on theirs, or connections in between are reset. */
  remove(name: string): void {
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    this.entries.delete(name);
    for (const { sockets } of entry.sockets) this.releaseSockets(sockets);
    this.freeSlots.push(entry.countSlot);
  }

  /** Bound ports of a listener's addresses, in order; 0 for UNIX sockets. Empty when it is not bound or not known. */
  portsOf(name: string): number[] {
    return this.entries.get(name)?.sockets.map(({ sockets }) => sockets.port) ?? [];
  }

  private takeSlot(): number {
    const free = this.freeSlots.pop();
    if (free !== undefined) return free;
    return this.nextSlot < MAX_SLOTS - 1 ? this.nextSlot++ : MAX_SLOTS - 1;
  }

  private acquire(config: ListenerConfig, address: ListenAddress, index: number): AddressSockets {
    const identity = identityOf(config, address, index);
    const known = this.open.get(identity);
    if (known !== undefined) {
      known.users++;
      return known;
    }
    const opened = this.openAddress(config, address, identity);
    this.open.set(identity, opened);
    return opened;
  }

  private openAddress(config: ListenerConfig, address: ListenAddress, identity: string): AddressSockets {
    const fds: number[] = [];
    try {
      const key = this.nextKey++;
      if (address.kind === "pipe") {
        const fd = openPipe(config, address);
        return { key, identity, fds: Array(this.workerCount).fill(fd), port: 0, users: 1 };
      }
      let port = address.port;
      for (let i = 0; i < this.workerCount; i++) {
        const fd = openIp(config, address, port);
        fds.push(fd);
        // All workers share the port that the system chose for the first.
        if (port === 0) port = localAddressOf(fd).port;
      }
      return { key, identity, fds, port, users: 1 };
    } catch (error) {
      for (const fd of fds) closeDescriptor(fd);
      throw error;
    }
  }

  private releaseSockets(sockets: AddressSockets): void {
    if (--sockets.users > 0) return;
    this.open.delete(sockets.identity);
    for (const fd of new Set(sockets.fds)) closeDescriptor(fd);
  }

  /** Closes everything, at exit. */
  closeAll(): void {
    for (const name of [...this.entries.keys()]) this.remove(name);
  }
}

function identityOf(config: ListenerConfig, address: ListenAddress, index: number): string {
  // A port chosen by the system belongs to the listener and the place in its list.
  const owner = address.kind === "ip" && address.port === 0 ? [config.name, index] : null;
  const { transparent, freebind, tcpBacklogSize, tcpFastOpenQueueLength } = config;
  return JSON.stringify([address, owner, transparent, freebind, tcpBacklogSize, tcpFastOpenQueueLength]);
}

function openIp(config: ListenerConfig, address: ListenAddress, port: number): number {
  const isV6 = address.host.includes(":");
  const family: NativeFamily = isV6 ? AF_INET6 : AF_INET;
  const fd = openStreamSocket(family);
  try {
    setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    setIntOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (isV6) setIntOption(fd, SOL_IPV6, IPV6_V6ONLY, address.ipv4Compat ? 0 : 1);
    if (config.transparent !== null) {
      setIntOption(fd, isV6 ? SOL_IPV6 : SOL_IP, isV6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, config.transparent ? 1 : 0);
    }
    if (config.freebind !== null) {
      setIntOption(fd, isV6 ? SOL_IPV6 : SOL_IP, isV6 ? IPV6_FREEBIND : IP_FREEBIND, config.freebind ? 1 : 0);
    }
    const version = isV6 ? 6 : 4;
    applyOptions(fd, address.socketOptions, "prebind", version);
    bindSocket(fd, family, { host: address.host, port });
    applyKeepalive(fd, address);
    if (config.tcpFastOpenQueueLength !== null) setIntOption(fd, SOL_TCP, TCP_FASTOPEN, config.tcpFastOpenQueueLength);
    applyOptions(fd, address.socketOptions, "bound", version);
    listenSocket(fd, config.tcpBacklogSize === 0 ? LARGEST_BACKLOG : config.tcpBacklogSize);
    applyOptions(fd, address.socketOptions, "listening", version);
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/** Removes what a former socket left at the path, as Envoy does; the file stays when the listener goes, another process may own it by then. */
function openPipe(config: ListenerConfig, address: ListenAddress): number {
  const fd = openStreamSocket(AF_UNIX);
  try {
    const isFile = !address.host.startsWith("@");
    applyOptions(fd, address.socketOptions, "prebind", null);
    if (isFile) unlinkPath(address.host);
    bindSocket(fd, AF_UNIX, { host: address.host, port: 0 });
    if (isFile && address.mode !== 0) changeMode(address.host, address.mode);
    applyOptions(fd, address.socketOptions, "bound", null);
    listenSocket(fd, config.tcpBacklogSize === 0 ? LARGEST_BACKLOG : config.tcpBacklogSize);
    applyOptions(fd, address.socketOptions, "listening", null);
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/** Set on the listen socket; accepted sockets inherit it. */
function applyKeepalive(fd: number, address: ListenAddress): void {
  const keepalive = address.keepalive;
  if (keepalive === null) return;
  setIntOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  if (keepalive.probes !== null) setIntOption(fd, SOL_TCP, TCP_KEEPCNT, keepalive.probes);
  if (keepalive.timeS !== null) setIntOption(fd, SOL_TCP, TCP_KEEPIDLE, keepalive.timeS);
  if (keepalive.intervalS !== null) setIntOption(fd, SOL_TCP, TCP_KEEPINTVL, keepalive.intervalS);
}

function applyOptions(
  fd: number,
  options: readonly SocketOptionConfig[],
  state: SocketOptionConfig["state"],
  version: 4 | 6 | null,
): void {
  for (const option of options) {
    if (option.state !== state || (option.ipVersion !== null && option.ipVersion !== version)) continue;
    if (option.value.kind === "int") setIntOption(fd, option.level, option.name, option.value.int);
    else setBytesOption(fd, option.level, option.name, Buffer.from(option.value.base64, "base64"));
  }
}
