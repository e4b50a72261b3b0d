// Stats of one thread: handles over shared-memory slots that only this thread writes; the control thread sums threads on a scrape (design §5).
import { chunkSlots, MAX_CHUNKS } from "./histogram-buckets.ts";
import {
  counterSchema,
  gaugeSchema,
  histogramSchema,
  sharedGaugeSchema,
  StatKind,
  type StatSchema,
} from "./stat-schema.ts";

/** Slots of an ordinary page (8 KiB). A larger group gets a page of its own size. */
const PAGE_SLOTS = 1024;
/** What an untouched slot holds; -0 + n is n, so "used" costs nothing to keep. */
export const UNTOUCHED = -0;

/** Unit of a histogram's samples; documentation, the numbers are stored as they come. */
export type StatUnit = "ms" | "us" | "bytes" | "count" | "percent";

/** Where something lies: page number and first slot. */
interface Span {
  readonly page: number;
  readonly slot: number;
}

/** What changed in a store's directory since the last batch; sent to the control thread in order, structured-clone safe. */
export interface StatBatch {
  /** 1, 2, 3, …; the control thread writes it to `processed` when it has applied the batch. */
  readonly sequence: number;
  /** In the first batch only: the Int32 cell through which the control thread says how far it got. */
  readonly processed: SharedArrayBuffer | null;
  readonly pages: { page: number; buffer: SharedArrayBuffer }[];
  readonly schemas: StatSchema[];
  /** Additions and removals in the order they happened; `schema` counts schemas in the order sent. */
  readonly changes: StatChange[];
  readonly texts: { name: string; text: string | null }[];
}

export type StatChange =
  | { kind: "add"; block: number; prefix: string; schema: number; page: number; slot: number }
  | { kind: "chunk"; block: number; index: number; chunk: number; page: number; slot: number }
  | { kind: "remove"; block: number };

/** A number that only grows. */
export class Counter {
  private readonly page: Float64Array;
  private readonly slot: number;

  constructor(page: Float64Array, slot: number) {
    this.page = page;
    this.slot = slot;
  }

  inc(): void {
    this.page[this.slot] = this.page[this.slot]! + 1;
  }

  add(n: number): void {
    this.page[this.slot] = this.page[this.slot]! + n;
  }

  /** This thread's part. */
  get value(): number {
    return this.page[this.slot]!;
  }
}

/** A number that rises and falls. */
export class Gauge {
  private readonly page: Float64Array;
  private readonly slot: number;

  constructor(page: Float64Array, slot: number) {
    this.page = page;
    this.slot = slot;
  }

  inc(): void {
    this.page[this.slot] = this.page[this.slot]! + 1;
  }

  dec(): void {
    this.page[this.slot] = this.page[this.slot]! - 1;
  }

  add(n: number): void {
    this.page[this.slot] = this.page[this.slot]! + n;
  }

  sub(n: number): void {
    this.page[this.slot] = this.page[this.slot]! - n;
  }

  set(value: number): void {
    this.page[this.slot] = value + 0;
  }

  /** This thread's part. */
  get value(): number {
    return this.page[this.slot]! + 0;
  }
}

/** Samples in log-linear buckets; a decade's buckets take memory when its first sample comes. */
export class Histogram {
  private readonly store: StatStore;
  private readonly block: number;
  private readonly index: number;
  private readonly page: Float64Array;
  /** Slot of the sample count. */
  private readonly slot: number;
  private readonly chunks: (Float64Array | null)[] = [null];
  private readonly chunkBase: number[] = [0];
  readonly spans: { span: Span; slots: number }[] = [];

  constructor(store: StatStore, block: number, index: number, page: Float64Array, slot: number) {
    this.store = store;
    this.block = block;
    this.index = index;
    this.page = page;
    this.slot = slot;
  }

  /** Records one sample, rounded down; negative counts as 0, beyond 2^53 as 2^53. */
  record(value: number): void {
    let digits = value > 0 ? Math.floor(Math.min(value, Number.MAX_SAFE_INTEGER)) : 0;
    let chunk = 0;
    while (digits >= 100) {
      digits = Math.floor(digits / 10);
      chunk++;
    }
    let page = chunk < this.chunks.length ? this.chunks[chunk]! : null;
    if (page === null) page = this.allocate(chunk);
    const slot = this.chunkBase[chunk]! + (chunk === 0 ? digits : digits - 10);
    page[slot] = page[slot]! + 1;
    this.page[this.slot] = this.page[this.slot]! + 1;
  }

  private allocate(chunk: number): Float64Array {
    if (chunk >= MAX_CHUNKS) throw new RangeError(`histogram chunk ${chunk} out of range`);
    while (this.chunks.length <= chunk) {
      this.chunks.push(null);
      this.chunkBase.push(0);
    }
    const slots = chunkSlots(chunk);
    const span = this.store.allocateChunk(this.block, this.index, chunk, slots);
    const page = this.store.pageOf(span.page);
    this.chunks[chunk] = page;
    this.chunkBase[chunk] = span.slot;
    this.spans.push({ span, slots });
    return page;
  }
}

/** A text value, e.g. a version. */
export class TextReadout {
  private readonly onSet: (text: string) => void;

  constructor(onSet: (text: string) => void) {
    this.onSet = onSet;
  }

  set(text: string): void {
    this.onSet(text);
  }
}

/** The stats of one schema under one prefix: one object instead of a handle per stat. `k` is an index constant of the schema. */
export class StatBlock {
  readonly prefix: string;
  readonly schema: StatSchema;
  private readonly page: Float64Array;
  private readonly base: number;
  private readonly store: StatStore;
  /** Number of the block in its store. */
  readonly id: number;
  private readonly histograms: (Histogram | null)[];

  constructor(store: StatStore, id: number, prefix: string, schema: StatSchema, page: Float64Array, base: number) {
    this.store = store;
    this.id = id;
    this.prefix = prefix;
    this.schema = schema;
    this.page = page;
    this.base = base;
    this.histograms = [];
  }

  inc(k: number): void {
    const i = this.base + k;
    this.page[i] = this.page[i]! + 1;
  }

  add(k: number, n: number): void {
    const i = this.base + k;
    this.page[i] = this.page[i]! + n;
  }

  dec(k: number): void {
    const i = this.base + k;
    this.page[i] = this.page[i]! - 1;
  }

  set(k: number, value: number): void {
    this.page[this.base + k] = value + 0;
  }

  /** This thread's part. */
  get(k: number): number {
    return this.page[this.base + k]! + 0;
  }

  /** Records a sample of histogram `k`. */
  record(k: number, value: number): void {
    const histogram = k < this.histograms.length ? this.histograms[k]! : null;
    (histogram ?? this.histogramAt(k)).record(value);
  }

  /** Handle of counter `k`. */
  counterAt(k: number): Counter {
    return new Counter(this.page, this.base + k);
  }

  gaugeAt(k: number): Gauge {
    return new Gauge(this.page, this.base + k);
  }

  /** Handle of histogram `k`. */
  histogramAt(k: number): Histogram {
    if (this.schema.kinds[k] !== StatKind.histogram) {
      throw new TypeError(`${this.schema.name}[${k}] is not a histogram`);
    }
    while (this.histograms.length <= k) this.histograms.push(null);
    return this.histograms[k] ??= new Histogram(this.store, this.id, k, this.page, this.base + k);
  }

  /** Memory held by the histograms, for the store when the block is removed. */
  chunkSpans(): { span: Span; slots: number }[] {
    return this.histograms.flatMap((histogram) => histogram?.spans ?? []);
  }

  /** Gives the block back (one `release` for each `StatStore.block`); after the last one the stats vanish. */
  release(): void {
    this.store.release(this);
  }
}

interface BlockEntry {
  readonly block: StatBlock;
  readonly span: Span;
  readonly key: string;
  references: number;
}

interface FreedSpan {
  readonly slots: number;
  readonly span: Span;
  /** May be used again once the control thread has applied this batch. */
  readonly sequence: number;
}

/**
 * All stats that one thread writes. Asking twice for the same name gives the same memory. Handles are made when configuration is
 * materialised; the hot path only touches slots. `send` gets the directory's changes, batched per microtask turn.
 */
export class StatStore {
  private readonly send: (batch: StatBatch) => void;
  private readonly pages: Float64Array[] = [];
  private bumpPage = -1;
  private bumpSlot = 0;
  private readonly freeSpans = new Map<number, Span[]>();
  private quarantine: FreedSpan[] = [];
  private readonly entries = new Map<string, BlockEntry>();
  private readonly schemaNumbers = new Map<string, number>();
  private readonly textReadouts = new Map<string, TextReadout>();
  private nextBlock = 0;
  private sequence = 0;
  private isFlushQueued = false;
  private readonly processed = new Int32Array(new SharedArrayBuffer(4));
  private pending: StatBatch;

  constructor(send: (batch: StatBatch) => void) {
    this.send = send;
    this.pending = this.newBatch();
  }

  /** A counter that stands alone. `name` is the full stat name. */
  counter(name: string): Counter {
    return this.block(name, counterSchema).counterAt(0);
  }

  /** A gauge that is the sum over the threads. */
  gauge(name: string): Gauge {
    return this.block(name, gaugeSchema).gaugeAt(0);
  }

  /** A gauge of which every thread sets the same process-wide value. */
  sharedGauge(name: string): Gauge {
    return this.block(name, sharedGaugeSchema).gaugeAt(0);
  }

  histogram(name: string, _unit: StatUnit): Histogram {
    return this.block(name, histogramSchema).histogramAt(0);
  }

  textReadout(name: string): TextReadout {
    let readout = this.textReadouts.get(name);
    if (readout === undefined) {
      readout = new TextReadout((text) => {
        this.pending.texts.push({ name, text });
        this.queueFlush();
      });
      this.textReadouts.set(name, readout);
    }
    return readout;
  }

  /** The group `schema` under `prefix` (which ends with its dot, e.g. `cluster.web.`). The same group again gives the same block; pair with `release`. */
  block(prefix: string, schema: StatSchema): StatBlock {
    const key = `${schema.name}\0${prefix}`;
    const known = this.entries.get(key);
    if (known !== undefined) {
      known.references++;
      return known.block;
    }
    const span = this.allocate(schema.names.length);
    const id = this.nextBlock++;
    const block = new StatBlock(this, id, prefix, schema, this.pages[span.page]!, span.slot);
    this.entries.set(key, { block, span, key, references: 1 });
    this.pending.changes.push({
      kind: "add",
      block: id,
      prefix,
      schema: this.schemaNumber(schema),
      page: span.page,
      slot: span.slot,
    });
    this.queueFlush();
    return block;
  }

  /** See `StatBlock.release`. */
  release(block: StatBlock): void {
    const key = `${block.schema.name}\0${block.prefix}`;
    const entry = this.entries.get(key);
    if (entry === undefined || entry.block !== block) throw new Error(`stats of ${block.prefix} were released twice`);
    if (--entry.references > 0) return;
    this.entries.delete(key);
    this.pending.changes.push({ kind: "remove", block: block.id });
    const sequence = this.pending.sequence;
    this.quarantine.push({ slots: block.schema.names.length, span: entry.span, sequence });
    for (const { span, slots } of block.chunkSpans()) this.quarantine.push({ slots, span, sequence });
    this.queueFlush();
  }

  /** Gives back one `counter(name)`; the last one removes it. */
  releaseCounter(name: string): void {
    const entry = this.entries.get(`${counterSchema.name}\0${name}`);
    if (entry !== undefined) this.release(entry.block);
  }

  /** Removes a stat that stands alone (made by `counter`, `gauge`, `histogram` or `textReadout`), whatever its number of users. */
  remove(name: string): void {
    for (const schema of [counterSchema, gaugeSchema, sharedGaugeSchema, histogramSchema]) {
      const entry = this.entries.get(`${schema.name}\0${name}`);
      if (entry === undefined) continue;
      entry.references = 1;
      this.release(entry.block);
    }
    if (this.textReadouts.delete(name)) {
      this.pending.texts.push({ name, text: null });
      this.queueFlush();
    }
  }

  /** Sends pending directory changes now. */
  flush(): void {
    this.isFlushQueued = false;
    const batch = this.pending;
    if (batch.pages.length + batch.changes.length + batch.texts.length === 0) return;
    this.pending = this.newBatch();
    this.send(batch);
  }

  /** For Histogram: memory of one decade. */
  allocateChunk(block: number, index: number, chunk: number, slots: number): Span {
    const span = this.allocate(slots);
    this.pending.changes.push({ kind: "chunk", block, index, chunk, page: span.page, slot: span.slot });
    this.queueFlush();
    return span;
  }

  pageOf(page: number): Float64Array {
    return this.pages[page]!;
  }

  private newBatch(): StatBatch {
    this.sequence++;
    const processed = this.sequence === 1 ? this.processed.buffer as SharedArrayBuffer : null;
    return { sequence: this.sequence, processed, pages: [], schemas: [], changes: [], texts: [] };
  }

  private queueFlush(): void {
    if (this.isFlushQueued) return;
    this.isFlushQueued = true;
    queueMicrotask(() => {
      if (this.isFlushQueued) this.flush();
    });
  }

  private schemaNumber(schema: StatSchema): number {
    let number = this.schemaNumbers.get(schema.name);
    if (number === undefined) {
      number = this.schemaNumbers.size;
      this.schemaNumbers.set(schema.name, number);
      this.pending.schemas.push(schema);
    }
    return number;
  }

  private allocate(slots: number): Span {
    if (this.quarantine.length > 0) this.reclaim();
    const reused = this.freeSpans.get(slots)?.pop();
    if (reused !== undefined) return reused;
    if (slots > PAGE_SLOTS / 2) return { page: this.addPage(slots), slot: 0 };
    if (this.bumpPage < 0 || this.bumpSlot + slots > PAGE_SLOTS) {
      this.bumpPage = this.addPage(PAGE_SLOTS);
      this.bumpSlot = 0;
    }
    const span = { page: this.bumpPage, slot: this.bumpSlot };
    this.bumpSlot += slots;
    return span;
  }

  private addPage(slots: number): number {
    const buffer = new SharedArrayBuffer(slots * 8);
    const page = new Float64Array(buffer).fill(UNTOUCHED);
    this.pages.push(page);
    this.pending.pages.push({ page: this.pages.length - 1, buffer });
    return this.pages.length - 1;
  }

  /** Makes freed slots usable again, those whose removal the control thread has seen: it never reads a new value under an old name. */
  private reclaim(): void {
    const processed = Atomics.load(this.processed, 0);
    const waiting: FreedSpan[] = [];
    for (const freed of this.quarantine) {
      if (freed.sequence > processed) {
        waiting.push(freed);
        continue;
      }
      const { page, slot } = freed.span;
      this.pages[page]!.fill(UNTOUCHED, slot, slot + freed.slots);
      const list = this.freeSpans.get(freed.slots);
      if (list === undefined) this.freeSpans.set(freed.slots, [freed.span]);
      else list.push(freed.span);
    }
    this.quarantine = waiting;
  }
}
