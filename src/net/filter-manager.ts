// Drives a chain of two or more network filters: passes events on, keeps what stopped filters hold back. Envoy: FilterManagerImpl.
import type { CloseEvent, ConnectionReader } from "./connection.ts";
import {
  type NetworkFilter,
  type NetworkFilterCallbacks,
  type NetworkFilterFactory,
  NetworkFilterStatus,
} from "./network-filter.ts";
import type { ServerConnection } from "./server-connection.ts";

/** One filter's place in a chain. */
class FilterSlot implements NetworkFilterCallbacks {
  readonly connection: ServerConnection;
  filter: NetworkFilter | null = null;
  /** Takes the events in the filter's place; set by terminal filters. */
  reader: ConnectionReader | null = null;
  isInitialized = false;
  /** The filter said `stop`: later filters wait. */
  isStopped = false;
  /** For the next filter, once this one continues. */
  held: Buffer[] = [];
  heldBytes = 0;
  /** The held data ends with the end of input. */
  holdsEnd = false;
  private readonly manager: FilterManager;
  private readonly index: number;

  constructor(manager: FilterManager, index: number, connection: ServerConnection) {
    this.manager = manager;
    this.index = index;
    this.connection = connection;
  }

  continueReading(): void {
    this.manager.continueAfter(this.index);
  }

  injectReadData(chunk: Buffer): void {
    this.manager.dataFrom(this.index + 1, chunk);
  }

  setReader(reader: ConnectionReader): void {
    this.reader = reader;
  }
}

export class FilterManager implements ConnectionReader {
  private readonly connection: ServerConnection;
  private readonly slots: FilterSlot[] = [];
  private readonly limitBytes: number;
  private heldBytes = 0;
  private isReadPaused = false;

  /** Becomes the connection's reader. At least one factory, the last one terminal. */
  constructor(connection: ServerConnection, factories: readonly NetworkFilterFactory[]) {
    this.connection = connection;
    this.limitBytes = connection.listener.bufferLimitBytes;
    for (let i = 0; i < factories.length; i++) {
      const slot = new FilterSlot(this, i, connection);
      slot.filter = factories[i]!.create(slot);
      this.slots.push(slot);
    }
    connection.setReader(this);
  }

  /** Starts the filters in order, up to the first that stops. */
  onNewConnection(): void {
    this.initialize(0);
  }

  /** Starts the filters from `index` on, up to one that stops. */
  private initialize(index: number): void {
    for (let i = index; i < this.slots.length; i++) {
      const slot = this.slots[i]!;
      if (slot.isInitialized) continue;
      slot.isInitialized = true;
      const status = slot.filter!.onNewConnection();
      if (this.connection.isClosed) return;
      if (status === NetworkFilterStatus.stop && i < this.slots.length - 1) {
        slot.isStopped = true;
        return;
      }
    }
  }

  /** Filter `index` stopped before: the next ones start and get what it kept. */
  continueAfter(index: number): void {
    const slot = this.slots[index]!;
    slot.isStopped = false;
    if (this.connection.isClosed) return;
    this.initialize(index + 1);
    if (this.connection.isClosed) return;
    const held = slot.held, holdsEnd = slot.holdsEnd;
    slot.held = [];
    slot.holdsEnd = false;
    this.heldBytes -= slot.heldBytes;
    slot.heldBytes = 0;
    for (let i = 0; i < held.length && !this.connection.isClosed; i++) this.dataFrom(index + 1, held[i]!);
    if (holdsEnd && !this.connection.isClosed) this.endFrom(index + 1);
    this.updatePause();
  }

  /** Gives `chunk` to filter `index` and on. */
  dataFrom(index: number, chunk: Buffer): void {
    for (let i = index; i < this.slots.length; i++) {
      const slot = this.slots[i]!;
      if (slot.reader !== null) {
        slot.reader.onData(chunk);
        return;
      }
      if (!slot.isInitialized) {
        // Data injected by a filter that stopped before starts the next one.
        this.initialize(i);
        if (this.connection.isClosed) return;
      }
      const status = slot.filter!.onData(chunk);
      if (this.connection.isClosed || i === this.slots.length - 1) return;
      if (status === NetworkFilterStatus.stop) slot.isStopped = true;
      else if (slot.isStopped || slot.held.length > 0) {
        // It stopped earlier and goes on by its return value: what it kept goes first.
        slot.held.push(chunk);
        slot.heldBytes += chunk.length;
        this.heldBytes += chunk.length;
        this.continueAfter(i);
        return;
      }
      if (slot.isStopped) return this.hold(slot, chunk);
    }
  }

  private endFrom(index: number): void {
    for (let i = index; i < this.slots.length; i++) {
      const slot = this.slots[i]!;
      if (slot.reader !== null) {
        slot.reader.onEndOfInput();
        return;
      }
      const status = slot.filter!.onEndOfInput();
      if (this.connection.isClosed || i === this.slots.length - 1) return;
      if (status === NetworkFilterStatus.stop) {
        slot.isStopped = slot.holdsEnd = true;
        return;
      }
      if (slot.isStopped || slot.held.length > 0) {
        slot.holdsEnd = true;
        this.continueAfter(i);
        return;
      }
    }
  }

  private hold(slot: FilterSlot, chunk: Buffer): void {
    slot.held.push(chunk);
    slot.heldBytes += chunk.length;
    this.heldBytes += chunk.length;
    this.updatePause();
  }

  /** Reading stops while more than the buffer limit is held. */
  private updatePause(): void {
    const mustPause = this.limitBytes > 0 && this.heldBytes > this.limitBytes;
    if (mustPause === this.isReadPaused) return;
    this.isReadPaused = mustPause;
    this.connection.readDisable(mustPause);
  }

  onData(chunk: Buffer): void {
    this.dataFrom(0, chunk);
  }

  onEndOfInput(): void {
    this.endFrom(0);
  }

  onClose(event: CloseEvent): void {
    for (const slot of this.slots) {
      slot.held = [];
      (slot.reader ?? slot.filter!).onClose(event);
    }
  }

  onAboveWriteBufferHighWatermark(): void {
    for (const slot of this.slots) (slot.reader ?? slot.filter!).onAboveWriteBufferHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    for (const slot of this.slots) (slot.reader ?? slot.filter!).onBelowWriteBufferLowWatermark();
  }
}
