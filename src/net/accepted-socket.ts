// An accepted socket in its listener-filter phase: runs the filters, keeps the bytes they look at, then goes to a filter chain.
import { Timer } from "../base/timer-wheel.ts";
import type { RawSocket, SocketOwner } from "../platform/socket.ts";
import type { NetAddress } from "./address.ts";
import type { MatchInput } from "./filter-chain-matcher.ts";
import type { ListenerFilterPredicate } from "./listener-config.ts";
import {
  isPredicateMet,
  type ListenerFilter,
  type ListenerFilterCallbacks,
  ListenerFilterStatus,
} from "./listener-filter.ts";

/** A listener filter with its `filter_disabled` condition. */
export interface ListenerFilterEntry {
  readonly filter: ListenerFilter;
  readonly disabledWhen: ListenerFilterPredicate | null;
}

/** The listener that a socket is with; changes at a hand-over. */
export interface AcceptingListener {
  readonly listenerFilters: readonly ListenerFilterEntry[];
  /** 0 = none. */
  readonly filterTimeoutMs: number;
  /** All filters are done: choose a chain or hand over. */
  onFiltersDone(accepted: AcceptedSocket): void;
  /** The phase failed and the socket is closed. */
  onFiltersFailed(accepted: AcceptedSocket, reason: FilterPhaseFailure): void;
  onFiltersTimeout(accepted: AcceptedSocket): void;
}

export type FilterPhaseFailure = "rejected" | "remoteClose" | "error" | "timeout";

const noProtocols: readonly string[] = [];
const INITIAL_STORAGE_BYTES = 512;

export class AcceptedSocket implements SocketOwner, ListenerFilterCallbacks, MatchInput {
  readonly socket: RawSocket;
  listener: AcceptingListener;
  localAddress: NetAddress;
  remoteAddress: NetAddress;
  readonly directLocalAddress: NetAddress;
  readonly directRemoteAddress: NetAddress;
  transportProtocol = "";
  applicationProtocols: readonly string[] = noProtocols;
  requestedServerName = "";
  isLocalAddressRestored = false;
  dynamicMetadata: Map<string, Record<string, unknown>> | null = null;
  filterState: Map<string, unknown> | null = null;
  /** Another listener accepted it and gave it to the one for its original destination. */
  isHandedOver = false;
  /** The phase is over; events that still arrive are not for us. */
  isDone = false;
  readonly timer: Timer;
  /** Received and not consumed: `storage[start, end)`. */
  private storage: Buffer | null = null;
  private start = 0;
  private end = 0;
  private filterIndex = 0;

  constructor(socket: RawSocket, listener: AcceptingListener, localAddress: NetAddress, remoteAddress: NetAddress) {
    this.socket = socket;
    this.listener = listener;
    this.localAddress = this.directLocalAddress = localAddress;
    this.remoteAddress = this.directRemoteAddress = remoteAddress;
    this.timer = new Timer(() => this.listener.onFiltersTimeout(this));
  }

  get descriptor(): number {
    return this.socket.fd ?? -1;
  }

  /** Runs the filters of the current listener from the first. */
  runFilters(): void {
    this.filterIndex = 0;
    this.acceptFrom(0);
  }

  private acceptFrom(index: number): void {
    const filters = this.listener.listenerFilters;
    for (let i = index; i < filters.length; i++) {
      this.filterIndex = i;
      const entry = filters[i]!;
      if (entry.disabledWhen !== null && isPredicateMet(entry.disabledWhen, this.localAddress.port)) continue;
      let status = entry.filter.onAccept(this);
      if (status === ListenerFilterStatus.needMore) {
        if (this.end === this.start) return;
        status = this.giveData(entry.filter);
        if (status === ListenerFilterStatus.needMore) return;
      }
      if (status === ListenerFilterStatus.close) return this.fail("rejected");
    }
    this.filterIndex = filters.length;
    this.listener.onFiltersDone(this);
  }

  /** Status of the filter after it saw what is there; at its limit, undecided means close. */
  private giveData(filter: ListenerFilter): ListenerFilterStatus {
    const status = filter.onData(this, this.storage!.subarray(this.start, this.end));
    if (status === ListenerFilterStatus.needMore && this.end - this.start >= filter.maxReadBytes) {
      return ListenerFilterStatus.close;
    }
    return status;
  }

  onData(chunk: Buffer): void {
    if (this.isDone) return;
    this.append(chunk);
    const filter = this.listener.listenerFilters[this.filterIndex]!.filter;
    const status = this.giveData(filter);
    if (status === ListenerFilterStatus.continue) this.acceptFrom(this.filterIndex + 1);
    else if (status === ListenerFilterStatus.close) this.fail("rejected");
  }

  /** Grows by doubling, so that a sender of single bytes costs linear time. */
  private append(chunk: Buffer): void {
    const storage = this.storage;
    if (storage === null) {
      // Most sockets decide on their first chunk: it is kept as it came.
      this.storage = chunk;
      this.start = 0;
      this.end = chunk.length;
      return;
    }
    const needed = this.end + chunk.length;
    if (needed > storage.length) {
      const grown = Buffer.allocUnsafe(Math.max(INITIAL_STORAGE_BYTES, needed * 2));
      storage.copy(grown, 0, 0, this.end);
      this.storage = grown;
    }
    chunk.copy(this.storage!, this.end);
    this.end = needed;
  }

  /** Bytes for the connection; null when there are none. Afterwards the socket holds nothing. */
  takeReceived(): Buffer | null {
    const storage = this.storage;
    if (storage === null || this.start === this.end) return null;
    this.storage = null;
    const received = storage.subarray(this.start, this.end);
    this.start = this.end = 0;
    return received;
  }

  restoreLocalAddress(address: NetAddress): void {
    this.localAddress = address;
    this.isLocalAddressRestored = true;
  }

  setProxiedAddresses(local: NetAddress, remote: NetAddress): void {
    this.restoreLocalAddress(local);
    this.remoteAddress = remote;
  }

  setTransportProtocol(protocol: string): void {
    this.transportProtocol = protocol;
  }

  setApplicationProtocols(protocols: readonly string[]): void {
    this.applicationProtocols = protocols;
  }

  setRequestedServerName(name: string): void {
    this.requestedServerName = name;
  }

  setDynamicMetadata(namespace: string, values: Readonly<Record<string, unknown>>): void {
    this.dynamicMetadata ??= new Map();
    const known = this.dynamicMetadata.get(namespace);
    this.dynamicMetadata.set(namespace, known === undefined ? values : { ...known, ...values });
  }

  setFilterState(key: string, value: unknown): void {
    (this.filterState ??= new Map()).set(key, value);
  }

  consume(bytes: number): void {
    this.start = Math.min(this.start + bytes, this.end);
  }

  fail(reason: FilterPhaseFailure): void {
    if (this.isDone) return;
    this.isDone = true;
    this.listener.onFiltersFailed(this, reason);
    this.socket.end();
  }

  onOpen(): SocketOwner {
    return this;
  }

  onDrain(): void {}

  onEnd(): void {
    this.fail("remoteClose");
  }

  onClose(error: Error | undefined): void {
    this.fail(error === undefined ? "remoteClose" : "error");
  }

  onThrow(): void {
    this.fail("error");
  }
}
