// Look-up of a header name's id from its bytes: an open-addressing table over all interned names, verified byte by byte.
import { findHeaderId, type HeaderId, onHeaderInterned } from "../../base/header-names.ts";

/**
 * The table never moves, so the compiler may treat its arrays as constants. Names beyond its capacity, which only a configuration
 * of thousands of different names reaches, are found by `findHeaderId` with a string made for the purpose.
 */
const SLOT_BITS = 12;
const MAX_NAMES = (1 << SLOT_BITS) / 2;
const MAX_NAME_BYTES = 64 * 1024;
const LENGTH_BITS = 8;
const MAX_NAME_LENGTH = (1 << LENGTH_BITS) - 1;

/** Ids by hash slot, 0 = free. At most half full. */
const slots = new Uint16Array(1 << SLOT_BITS);
/** Per slot: offset of the name in `bytes` << LENGTH_BITS | length. */
const places = new Uint32Array(1 << SLOT_BITS);
/** All names, one after the other. */
const bytes = new Uint8Array(MAX_NAME_BYTES);
let bytesUsed = 0;
let nameCount = 0;
let hasOverflow = false;

/** Folds one more lower-case byte into a name's hash; start with 0. The table mixes it well, so two operations a byte are enough. */
export function hashByte(hash: number, lower: number): number {
  return (hash << 2) ^ lower;
}

function slotOf(hash: number, length: number): number {
  return Math.imul(hash ^ (length << 24), 0x9e3779b1) >>> (32 - SLOT_BITS);
}

function add(canonicalName: string, id: HeaderId): void {
  // Pseudo fields never come as HTTP/1 lines; `:authority` does, as `host`.
  if (canonicalName.startsWith(":") && canonicalName !== ":authority") return;
  const name = canonicalName === ":authority" ? "host" : canonicalName;
  if (nameCount === MAX_NAMES || bytesUsed + name.length > MAX_NAME_BYTES || name.length > MAX_NAME_LENGTH) {
    hasOverflow = true;
    return;
  }
  nameCount++;
  const place = (bytesUsed << LENGTH_BITS) | name.length;
  let hash = 0;
  for (let i = 0; i < name.length; i++) {
    bytes[bytesUsed++] = name.charCodeAt(i);
    hash = hashByte(hash, name.charCodeAt(i));
  }
  let slot = slotOf(hash, name.length);
  while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
  slots[slot] = id;
  places[slot] = place;
}

/** Id of the lower-case name `buf[start, end)` whose bytes hash to `hash`; 0 when nobody interned it. */
export function findName(buf: Uint8Array, start: number, end: number, hash: number): HeaderId {
  const length = end - start;
  let slot = slotOf(hash, length);
  for (let id = slots[slot]!; id !== 0; id = slots[slot]!) {
    const place = places[slot]!;
    if ((place & MAX_NAME_LENGTH) === length) {
      const shift = (place >>> LENGTH_BITS) - start;
      let i = start;
      while (i < end && buf[i] === bytes[i + shift]) i++;
      if (i === end) return id;
    }
    slot = (slot + 1) & ((1 << SLOT_BITS) - 1);
  }
  return hasOverflow ? findOverflow(buf, start, end) : 0;
}

function findOverflow(buf: Uint8Array, start: number, end: number): HeaderId {
  let name = "";
  for (let i = start; i < end; i++) name += String.fromCharCode(buf[i]!);
  return findHeaderId(name);
}

onHeaderInterned(add);
