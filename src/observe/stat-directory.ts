// The control thread's view of all stats: which name lies in which shared slot of which thread, and the merged values.
import { chunkSlots, HistogramData, MAX_CHUNKS } from "./histogram-buckets.ts";
import { StatKind, type StatSchema } from "./stat-schema.ts";
import type { StatBatch } from "./stats.ts";

/** One histogram decade of one thread. */
interface Chunk {
  readonly index: number;
  readonly chunk: number;
  readonly page: Float64Array;
  readonly slot: number;
}

/** A thread's part of a group. */
interface Member {
  readonly source: number;
  readonly page: Float64Array;
  readonly base: number;
  readonly chunks: Chunk[];
}

/** What a store told about itself. */
interface Source {
  readonly pages: (Float64Array | undefined)[];
  readonly schemas: StatSchema[];
  /** Block number → its group and member. */
  readonly blocks: Map<number, { group: Group; member: Member }>;
  processed: Int32Array | null;
}

/** Stats of one schema under one prefix, over all threads. */
class Group {
  readonly prefix: string;
  readonly schema: StatSchema;
  readonly members: Member[] = [];
  /** Whether Stat objects exist for it. */
  isListed = false;
  /** Values of threads that are gone (counters and sample counts; -0 = never touched), or null when none is. */
  private retired: Float64Array | null = null;
  /** Histogram buckets of threads that are gone: index → chunk → counts. */
  private retiredChunks: Map<number, (Float64Array | undefined)[]> | null = null;
  /** Subtracted from counters: their values at the last `resetCounters`. */
  private baseline: Float64Array | null = null;

  constructor(prefix: string, schema: StatSchema) {
    this.prefix = prefix;
    this.schema = schema;
  }

  /** Some histogram has samples. */
  get hasSamples(): boolean {
    return this.retiredChunks !== null || this.members.some((member) => member.chunks.length > 0);
  }

  /** -0 when no thread touched it. */
  raw(k: number): number {
    let value = this.retired?.[k] ?? -0;
    if (this.schema.kinds[k] === StatKind.sharedGauge) {
      for (const member of this.members) {
        const own = member.page[member.base + k]!;
        if (Object.is(own, -0)) continue;
        value = Object.is(value, -0) ? own : Math.max(value, own);
      }
      return value;
    }
    for (const member of this.members) value += member.page[member.base + k]!;
    return value;
  }

  value(k: number): number {
    return this.raw(k) - (this.baseline?.[k] ?? 0) + 0;
  }

  /** Touched in any thread. */
  isUsed(k: number): boolean {
    if (this.retired !== null && !Object.is(this.retired[k]!, -0)) return true;
    for (const member of this.members) if (!Object.is(member.page[member.base + k]!, -0)) return true;
    return false;
  }

  /** Adds the buckets of histogram `k` to `into` (one array a decade). */
  addBuckets(k: number, into: (Float64Array | undefined)[]): void {
    const gone = this.retiredChunks?.get(k);
    if (gone !== undefined) {
      for (let chunk = 0; chunk < gone.length; chunk++) {
        const counts = gone[chunk];
        if (counts !== undefined) addCounts(into, chunk, counts, 0);
      }
    }
    for (const member of this.members) {
      for (const chunk of member.chunks) {
        if (chunk.index === k) addCounts(into, chunk.chunk, chunk.page, chunk.slot);
      }
    }
  }

  resetCounters(): void {
    const baseline = this.baseline ??= new Float64Array(this.schema.names.length);
    for (let k = 0; k < this.schema.kinds.length; k++) {
      if (this.schema.kinds[k] === StatKind.counter) baseline[k] = this.raw(k);
    }
  }

  /** Keeps what a leaving thread counted. Its gauges fall away. */
  retire(member: Member): void {
    const at = this.members.indexOf(member);
    if (at < 0) return;
    this.members.splice(at, 1);
    const retired = this.retired ??= new Float64Array(this.schema.names.length).fill(-0);
    for (let k = 0; k < this.schema.kinds.length; k++) {
      const kind = this.schema.kinds[k], value = member.page[member.base + k]!;
      if (Object.is(value, -0)) continue;
      if (kind === StatKind.counter || kind === StatKind.histogram) retired[k] = retired[k]! + value;
      else if (kind === StatKind.gauge) retired[k] = retired[k]! + 0;
    }
    for (const chunk of member.chunks) {
      const all = this.retiredChunks ??= new Map();
      let chunks = all.get(chunk.index);
      if (chunks === undefined) all.set(chunk.index, chunks = []);
      addCounts(chunks, chunk.chunk, chunk.page, chunk.slot);
    }
  }
}

function addCounts(into: (Float64Array | undefined)[], chunk: number, page: Float64Array, slot: number): void {
  const counts = into[chunk] ??= new Float64Array(chunkSlots(chunk));
  for (let i = 0; i < counts.length; i++) counts[i] = counts[i]! + page[slot + i]!;
}

export type StatType = "counter" | "gauge" | "histogram";

/** One named stat, merged over threads. The object lives as long as the stat does: caches may hang on it. */
export class Stat {
  readonly name: string;
  readonly type: StatType;
  /** What an output worked out once for this stat (its Prometheus labels). */
  rendering: unknown = null;
  private group: Group | null = null;
  private k = 0;
  /** Further groups that write the same name; rare, hence apart. */
  private others: { group: Group; k: number }[] | null = null;
  /** State at the end of the last flush interval. */
  private previous: HistogramData | null = null;
  private lastInterval: HistogramData | null = null;

  constructor(name: string, type: StatType) {
    this.name = name;
    this.type = type;
  }

  /** Directory only. */
  addPart(group: Group, k: number): void {
    if (this.group === null) {
      this.group = group;
      this.k = k;
    } else (this.others ??= []).push({ group, k });
  }

  /** Directory only; true when no part is left. */
  dropPart(group: Group, k: number): boolean {
    if (this.group === group && this.k === k) {
      const next = this.others?.pop();
      this.group = next?.group ?? null;
      this.k = next?.k ?? 0;
    } else if (this.others !== null) this.others = this.others.filter((part) => part.group !== group || part.k !== k);
    return this.group === null;
  }

  /** Counter or gauge value; for a histogram its number of samples. */
  value(): number {
    let value = this.group?.value(this.k) ?? 0;
    if (this.others !== null) { for (const part of this.others) value += part.group.value(part.k); }
    return value;
  }

  /** Whether it was ever written. */
  isUsed(): boolean {
    return this.group?.isUsed(this.k) === true || this.others?.some((part) => part.group.isUsed(part.k)) === true;
  }

  /** All samples since the start. */
  histogram(): HistogramData {
    const chunks: (Float64Array | undefined)[] = [];
    this.group?.addBuckets(this.k, chunks);
    if (this.others !== null) { for (const part of this.others) part.group.addBuckets(part.k, chunks); }
    const data = new HistogramData();
    for (let chunk = 0; chunk < MAX_CHUNKS; chunk++) {
      const counts = chunks[chunk];
      if (counts === undefined) continue;
      for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) data.append(chunk, i, counts[i]!);
    }
    return data;
  }

  /** Samples of the last complete flush interval. */
  interval(): HistogramData {
    return this.lastInterval ?? new HistogramData();
  }

  /** Ends a flush interval. */
  rollInterval(): void {
    if (!this.isUsed()) return;
    const now = this.histogram();
    this.lastInterval = this.previous === null ? now : now.since(this.previous);
    this.previous = now;
  }
}

/** Merges the stores of all threads, the control thread's own included. */
export class StatDirectory {
  private readonly sources: (Source | null)[] = [];
  private readonly groups = new Map<string, Group>();
  /** Groups without Stat objects: a mesh has thousands of clusters, and most stats are looked at once a scrape or never. */
  private readonly unlisted = new Set<Group>();
  private readonly stats: Readonly<Record<StatType, Map<string, Stat>>> = {
    counter: new Map(),
    gauge: new Map(),
    histogram: new Map(),
  };
  private readonly textValues = new Map<string, string>();
  private readonly isRejected: (name: string) => boolean;
  private sorted: readonly Stat[] | null = null;

  /** `isRejected` is the stats_matcher: names it holds true for are never shown (they cost their slot only). */
  constructor(isRejected: (name: string) => boolean = () => false) {
    this.isRejected = isRejected;
  }

  /** Registers a store (a thread's start); give its batches to `apply` with this number. */
  addSource(): number {
    this.sources.push({ pages: [], schemas: [], blocks: new Map(), processed: null });
    return this.sources.length - 1;
  }

  /** Applies a store's batch; batches come in order. */
  apply(source: number, batch: StatBatch): void {
    const from = this.sources[source];
    if (from === null || from === undefined) return;
    if (batch.processed !== null) from.processed = new Int32Array(batch.processed);
    for (const { page, buffer } of batch.pages) from.pages[page] = new Float64Array(buffer);
    from.schemas.push(...batch.schemas);
    for (const change of batch.changes) {
      switch (change.kind) {
        case "add": {
          const schema = from.schemas[change.schema]!;
          const group = this.group(change.prefix, schema);
          const member = { source, page: from.pages[change.page]!, base: change.slot, chunks: [] };
          group.members.push(member);
          from.blocks.set(change.block, { group, member });
          break;
        }
        case "chunk": {
          const { index, chunk, slot } = change;
          from.blocks.get(change.block)?.member.chunks.push({ index, chunk, page: from.pages[change.page]!, slot });
          break;
        }
        case "remove": {
          const block = from.blocks.get(change.block);
          if (block === undefined) break;
          from.blocks.delete(change.block);
          block.group.retire(block.member);
          if (block.group.members.length === 0) this.dropGroup(block.group);
          break;
        }
      }
    }
    for (const { name, text } of batch.texts) {
      if (text === null) this.textValues.delete(name);
      else if (!this.isRejected(name)) this.textValues.set(name, text);
    }
    if (from.processed !== null) Atomics.store(from.processed, 0, batch.sequence);
  }

  /** A thread died: what it counted stays, its gauges fall away. */
  removeSource(source: number): void {
    const from = this.sources[source];
    if (from === null || from === undefined) return;
    for (const { group, member } of from.blocks.values()) group.retire(member);
    this.sources[source] = null;
  }

  /** All stats sorted by name. The array is replaced, never changed, when stats come or go. */
  list(): readonly Stat[] {
    for (const group of this.unlisted) this.listGroup(group);
    const { counter, gauge, histogram } = this.stats;
    return this.sorted ??= [...counter.values(), ...gauge.values(), ...histogram.values()].sort((a, b) =>
      a.name < b.name ? -1 : a.name > b.name ? 1 : 0
    );
  }

  /** Text values sorted by name. */
  texts(): { name: string; text: string }[] {
    const texts = [...this.textValues].map(([name, text]) => ({ name, text }));
    return texts.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  find(name: string): Stat | undefined {
    for (const group of this.unlisted) this.listGroup(group);
    return this.stats.counter.get(name) ?? this.stats.gauge.get(name) ?? this.stats.histogram.get(name);
  }

  /** `/reset_counters`. Threads go on counting; the values at this moment are subtracted. */
  resetCounters(): void {
    for (const group of this.groups.values()) group.resetCounters();
  }

  /** Ends a flush interval (stats_flush_interval, 5 s): histograms show their last interval beside all time. */
  rollInterval(): void {
    for (const group of this.unlisted) if (group.hasSamples) this.listGroup(group);
    for (const stat of this.stats.histogram.values()) stat.rollInterval();
  }

  private group(prefix: string, schema: StatSchema): Group {
    const key = `${schema.name}\0${prefix}`;
    let group = this.groups.get(key);
    if (group !== undefined) return group;
    group = new Group(prefix, schema);
    this.groups.set(key, group);
    this.unlisted.add(group);
    return group;
  }

  /** Makes the Stat objects of a group. */
  private listGroup(group: Group): void {
    this.unlisted.delete(group);
    group.isListed = true;
    this.sorted = null;
    for (let k = 0; k < group.schema.names.length; k++) {
      const name = group.prefix + group.schema.names[k]!;
      if (this.isRejected(name)) continue;
      const type = typeOf(group.schema.kinds[k]!);
      let stat = this.stats[type].get(name);
      if (stat === undefined) this.stats[type].set(name, stat = new Stat(name, type));
      stat.addPart(group, k);
    }
  }

  private dropGroup(group: Group): void {
    this.groups.delete(`${group.schema.name}\0${group.prefix}`);
    this.unlisted.delete(group);
    if (!group.isListed) return;
    for (let k = 0; k < group.schema.names.length; k++) {
      const stats = this.stats[typeOf(group.schema.kinds[k]!)];
      const name = group.prefix + group.schema.names[k]!;
      if (stats.get(name)?.dropPart(group, k)) {
        stats.delete(name);
        this.sorted = null;
      }
    }
  }
}

function typeOf(kind: StatKind): StatType {
  return kind === StatKind.counter ? "counter" : kind === StatKind.histogram ? "histogram" : "gauge";
}
