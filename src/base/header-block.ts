// The header block: one message's fields as byte ranges of the received head plus edits as text; values become strings only when read.
import { findHeaderId, type HeaderId, headerNameOf } from "./header-names.ts";

/** Ints a field occupies in `slots`: nameStart, nameEnd, valueStart, valueEnd, id, flags. */
export const SLOT = 6;
/** Offsets inside a slot. */
export const NAME_START = 0, NAME_END = 1, VALUE_START = 2, VALUE_END = 3, ID = 4, FLAGS = 5;
/** `id` of a removed field: no id matches it, encoders skip it. */
export const REMOVED = -1;
/** Flag: the raw line is exactly `name: value CRLF`, so an HTTP/1 encoder may copy the bytes from nameStart to valueEnd + 2. */
export const RAW_LINE = 1;

const EMPTY = Buffer.alloc(0);
/** Fields a block has room for before it grows. */
const INITIAL_FIELDS = 32;

/**
 * Fields of one head or trailer section, in order of arrival. Names are lower-case (RFC 9110 §5.1), values latin1 text.
 * A field is either *raw* (`valueStart >= 0`: bytes in `raw`) or *text* (`values[i]` is its value, `valueStart` is -1).
 * Pseudo fields (`:method`, `:path`, `:authority`, `:scheme`, `:status`) are ordinary fields; an HTTP/1 `host` line is `:authority`.
 * Blocks are pooled: `reset()` makes one ready for the next message; nothing of the old message stays reachable.
 */
export class HeaderBlock {
  /** Bytes that raw fields point into. */
  raw: Buffer = EMPTY;
  /** Fields incl. removed ones. */
  count = 0;
  slots: Int32Array = new Int32Array(INITIAL_FIELDS * SLOT);
  /** Decoded or edited value of field i; null while only raw. As long as `slots` has room. */
  values: (string | null)[] = new Array<string | null>(INITIAL_FIELDS).fill(null);
  /** Text of the name of field i when it is not interned; null while only raw. */
  names: (string | null)[] = new Array<string | null>(INITIAL_FIELDS).fill(null);
  /** Status code of a response head; 0 in a request or trailers. */
  status = 0;
  /** Bytes of names and values as received, incl. 4 of punctuation a field (what Envoy's header size limits count). */
  byteSize = 0;
  /** Bit (id & 31) is set when a field with such an id was added: makes look-ups of absent names cheap. */
  private mask = 0;
  /** Every text in `values` and `names` is below this index. */
  private textEnd = 0;

  reset(): void {
    this.raw = EMPTY;
    for (let i = 0, n = this.textEnd; i < n; i++) {
      this.values[i] = null;
      this.names[i] = null;
    }
    this.textEnd = 0;
    this.count = 0;
    this.status = 0;
    this.byteSize = 0;
    this.mask = 0;
  }

  /** Adds a field that stays bytes; for codecs. The ranges lie in `raw`. */
  addRaw(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number, id: HeaderId, flags: number): void {
    const o = this.count++ * SLOT;
    if (o === this.slots.length) this.grow();
    const s = this.slots;
    s[o] = nameStart;
    s[o + 1] = nameEnd;
    s[o + 2] = valueStart;
    s[o + 3] = valueEnd;
    s[o + 4] = id;
    s[o + 5] = flags;
    this.mask |= 1 << (id & 31);
    this.byteSize += nameEnd - nameStart + (valueEnd - valueStart) + 4;
  }

  /** Renames field i, keeping its value; for codecs. */
  replaceId(i: number, id: HeaderId): void {
    const o = i * SLOT;
    this.slots[o + ID] = id;
    this.slots[o + FLAGS] = 0;
    this.mask |= 1 << (id & 31);
  }

  /** Moves the raw ranges by `delta` into `raw`, which holds the same bytes elsewhere; for codecs, before anything was edited. */
  rebase(raw: Buffer, delta: number): void {
    this.raw = raw;
    const s = this.slots;
    for (let o = 0, n = this.count * SLOT; o < n; o += SLOT) {
      s[o] = s[o]! + delta;
      s[o + 1] = s[o + 1]! + delta;
      s[o + 2] = s[o + 2]! + delta;
      s[o + 3] = s[o + 3]! + delta;
    }
  }

  /** Makes a raw field `id` of `textBytes` name and value bytes and returns the offset of its slot, which the caller fills; for codecs. */
  claimRaw(id: HeaderId, textBytes: number): number {
    const o = this.count++ * SLOT;
    if (o === this.slots.length) this.grow();
    this.mask |= 1 << (id & 31);
    this.byteSize += textBytes + 4;
    return o;
  }

  /** Appends a field with an interned name. */
  append(id: HeaderId, value: string): void {
    this.addText(id, null, value, headerNameOf(id).length);
  }

  /** Appends a field by name; `lowerName` may be one that nobody interned. */
  appendNamed(lowerName: string, value: string): void {
    const id = findHeaderId(lowerName);
    this.addText(id, id === 0 ? lowerName : null, value, lowerName.length);
  }

  private addText(id: HeaderId, name: string | null, value: string, nameLength: number): void {
    const i = this.count++, o = i * SLOT;
    if (o === this.slots.length) this.grow();
    const s = this.slots;
    s[o] = -1;
    s[o + 1] = -1;
    s[o + 2] = -1;
    s[o + 3] = -1;
    s[o + 4] = id;
    s[o + 5] = 0;
    this.values[i] = value;
    this.names[i] = name;
    this.textEnd = i + 1;
    this.mask |= 1 << (id & 31);
    this.byteSize += nameLength + value.length + 4;
  }

  private grow(): void {
    const bigger = new Int32Array(this.slots.length * 2);
    bigger.set(this.slots);
    this.slots = bigger;
    while (this.values.length * SLOT < bigger.length) {
      this.values.push(null);
      this.names.push(null);
    }
  }

  private keepValue(i: number, value: string): void {
    this.values[i] = value;
    if (i >= this.textEnd) this.textEnd = i + 1;
  }

  /** Index of the first live field `id` at or after `from`, or -1. */
  indexOf(id: HeaderId, from = 0): number {
    if ((this.mask & (1 << (id & 31))) === 0) return -1;
    const s = this.slots, n = this.count;
    for (let i = from, o = from * SLOT + ID; i < n; i++, o += SLOT) if (s[o] === id) return i;
    return -1;
  }

  has(id: HeaderId): boolean {
    return this.indexOf(id) >= 0;
  }

  /** First value of `id`, or null. */
  get(id: HeaderId): string | null {
    const i = this.indexOf(id);
    return i < 0 ? null : this.valueAt(i);
  }

  /** All values of `id` in order. */
  getAll(id: HeaderId): string[] {
    const found: string[] = [];
    for (let i = this.indexOf(id); i >= 0; i = this.indexOf(id, i + 1)) found.push(this.valueAt(i));
    return found;
  }

  /** First value of a name that may not be interned, or null. */
  getNamed(lowerName: string): string | null {
    const i = this.indexOfNamed(lowerName, 0);
    return i < 0 ? null : this.valueAt(i);
  }

  /** Index of the first live field called `lowerName` at or after `from`, or -1. */
  indexOfNamed(lowerName: string, from: number): number {
    const id = findHeaderId(lowerName);
    if (id !== 0) return this.indexOf(id, from);
    for (let i = this.indexOf(0, from); i >= 0; i = this.indexOf(0, i + 1)) if (this.nameAt(i) === lowerName) return i;
    return -1;
  }

  isLive(i: number): boolean {
    return this.slots[i * SLOT + ID] !== REMOVED;
  }

  idAt(i: number): HeaderId {
    return this.slots[i * SLOT + ID]!;
  }

  /** Lower-case name of live field i (a configured name may arrive before it was interned, hence ids win over bytes). */
  nameAt(i: number): string {
    const o = i * SLOT, id = this.slots[o + ID]!;
    if (id > 0) return headerNameOf(id);
    let name = this.names[i]!;
    if (name === null) {
      name = this.raw.latin1Slice(this.slots[o]!, this.slots[o + 1]!).toLowerCase();
      this.names[i] = name;
      if (i >= this.textEnd) this.textEnd = i + 1;
    }
    return name;
  }

  valueAt(i: number): string {
    let value = this.values[i]!;
    if (value === null) {
      const o = i * SLOT;
      value = this.raw.latin1Slice(this.slots[o + VALUE_START]!, this.slots[o + VALUE_END]!);
      this.keepValue(i, value);
    }
    return value;
  }

  /** Replaces the value of field i. */
  setAt(i: number, value: string): void {
    const o = i * SLOT;
    this.slots[o + VALUE_START] = -1;
    this.slots[o + VALUE_END] = -1;
    this.slots[o + FLAGS] = 0;
    this.keepValue(i, value);
  }

  removeAt(i: number): void {
    this.slots[i * SLOT + ID] = REMOVED;
  }

  /** Leaves exactly one field `id`, with `value`, at the place of the first one or at the end. */
  set(id: HeaderId, value: string): void {
    const i = this.indexOf(id);
    if (i < 0) return this.append(id, value);
    this.setAt(i, value);
    for (let j = this.indexOf(id, i + 1); j >= 0; j = this.indexOf(id, j + 1)) this.removeAt(j);
  }

  setNamed(lowerName: string, value: string): void {
    const id = findHeaderId(lowerName);
    if (id !== 0) return this.set(id, value);
    const i = this.indexOfNamed(lowerName, 0);
    if (i < 0) return this.appendNamed(lowerName, value);
    this.setAt(i, value);
    for (let j = this.indexOfNamed(lowerName, i + 1); j >= 0; j = this.indexOfNamed(lowerName, j + 1)) this.removeAt(j);
  }

  /** Removes every field `id`; returns how many. */
  remove(id: HeaderId): number {
    let removed = 0;
    for (let i = this.indexOf(id); i >= 0; i = this.indexOf(id, i + 1)) {
      this.removeAt(i);
      removed++;
    }
    return removed;
  }

  removeNamed(lowerName: string): number {
    let removed = 0;
    for (let i = this.indexOfNamed(lowerName, 0); i >= 0; i = this.indexOfNamed(lowerName, i + 1)) {
      this.removeAt(i);
      removed++;
    }
    return removed;
  }

  /** Becomes a copy of `other` (shares its immutable raw bytes): retries and mirrors start from the same fields. */
  copyFrom(other: HeaderBlock): void {
    this.reset();
    this.raw = other.raw;
    this.status = other.status;
    this.byteSize = other.byteSize;
    this.mask = other.mask;
    this.count = other.count;
    while (this.slots.length < other.count * SLOT) this.grow();
    for (let i = 0, n = other.count * SLOT; i < n; i++) this.slots[i] = other.slots[i]!;
    for (let i = 0; i < other.textEnd; i++) {
      this.values[i] = other.values[i]!;
      this.names[i] = other.names[i]!;
    }
    this.textEnd = other.textEnd;
  }
}
