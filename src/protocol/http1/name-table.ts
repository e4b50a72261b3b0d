// Look-up of a header name's id from its bytes: an open-addressing table over all interned names, verified byte by byte.
import { type HeaderId, onHeaderInterned } from "../../base/header-names.ts";

let slotBits = 10;
/** Ids by hash slot, 0 = free. At most half full. */
let slots = new Uint16Array(1 << slotBits);
let used = 0;
/** Bytes of all names, one after the other; name `id` is `bytes[offsets[id], offsets[id + 1])`… kept apart so that look-ups touch flat memory. */
let bytes = new Uint8Array(8192);
let bytesUsed = 0;
let offsets = new Int32Array(1024);
let lengths = new Int32Array(1024);

/** Folds one more lower-case byte into a name's hash; start with 0. The table mixes it well, so two operations a byte are enough. */
export function hashByte(hash: number, lower: number): number {
  return (hash << 2) ^ lower;
}

function slotOf(hash: number, length: number): number {
  return Math.imul(hash ^ (length << 24), 0x9e3779b1) >>> (32 - slotBits);
}

function insert(id: HeaderId): void {
  let hash = 0;
  const start = offsets[id]!, length = lengths[id]!;
  for (let i = 0; i < length; i++) hash = hashByte(hash, bytes[start + i]!);
  let slot = slotOf(hash, length);
  while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
  slots[slot] = id;
}

function add(canonicalName: string, id: HeaderId): void {
  // Pseudo fields never come as HTTP/1 lines; `:authority` does, as `host`.
  if (canonicalName.startsWith(":") && canonicalName !== ":authority") return;
  const name = canonicalName === ":authority" ? "host" : canonicalName;
  if (bytesUsed + name.length > bytes.length) bytes = grown(bytes, new Uint8Array((bytes.length + name.length) * 2));
  if (id >= offsets.length) {
    offsets = grown(offsets, new Int32Array(Math.max(offsets.length * 2, id + 1)));
    lengths = grown(lengths, new Int32Array(offsets.length));
  }
  offsets[id] = bytesUsed;
  lengths[id] = name.length;
  for (let i = 0; i < name.length; i++) bytes[bytesUsed++] = name.charCodeAt(i);
  used++;
  if (used * 2 > slots.length) {
    slotBits++;
    const old = slots;
    slots = new Uint16Array(1 << slotBits);
    for (const other of old) if (other !== 0) insert(other);
  }
  insert(id);
}

function grown<T extends Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Id of the lower-case name `buf[start, end)` whose bytes hash to `hash`; 0 when nobody interned it. */
export function findName(buf: Uint8Array, start: number, end: number, hash: number): HeaderId {
  const length = end - start;
  let slot = slotOf(hash, length);
  for (let id = slots[slot]!; id !== 0; id = slots[slot]!) {
    if (lengths[id] === length) {
      let at = offsets[id]!, i = start;
      while (i < end && buf[i] === bytes[at]) {
        i++;
        at++;
      }
      if (i === end) return id;
    }
    slot = (slot + 1) & (slots.length - 1);
  }
  return 0;
}

onHeaderInterned(add);
