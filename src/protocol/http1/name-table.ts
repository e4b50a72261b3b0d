// Look-up of a header name's id from its bytes: an open-addressing table over all interned names, verified byte by byte.
import { findHeaderId, type HeaderId, onHeaderInterned } from "../../base/header-names.ts";
import { TOKEN_LOWER } from "./tables.ts";

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
export const nameBytes: Uint8Array = new Uint8Array(MAX_NAME_BYTES);
/** Ids that can be guessed by `NameOrder`: those below. */
const MAX_GUESSED_ID = 2048;
/** Per id: the name's place in `nameBytes` as in `places`, 0 when the name cannot be guessed. */
export const guessPlaces: Uint32Array = new Uint32Array(MAX_GUESSED_ID);
export const PLACE_LENGTH_MASK = MAX_NAME_LENGTH;
export const PLACE_OFFSET_SHIFT = LENGTH_BITS;
let bytesUsed = 1;
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
  if (id < MAX_GUESSED_ID && isGuessable(name)) guessPlaces[id] = place;
  let hash = 0;
  for (let i = 0; i < name.length; i++) {
    nameBytes[bytesUsed++] = name.charCodeAt(i);
    hash = hashByte(hash, name.charCodeAt(i));
  }
  let slot = slotOf(hash, name.length);
  while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
  slots[slot] = id;
  places[slot] = place;
}

/** Names of letters, digits and `-` only: setting bit 5 of a byte compares them in any case (see `NameOrder`). */
function isGuessable(name: string): boolean {
  return /^[a-z0-9-]+$/.test(name);
}

/**
 * Which interned name followed which the last time. Peers send their fields in the same order again and again, so the next name
 * is guessed from the one before and compared, which costs a third of scanning, hashing and looking it up. Shared by all
 * decoders of a kind in a thread; a wrong guess costs a comparison.
 */
export class NameOrder {
  private readonly next: Uint16Array = new Uint16Array(MAX_GUESSED_ID);

  /** Id of the name expected after `previous` (0 at the start of a section or after a name that is not interned). */
  guess(previous: HeaderId): HeaderId {
    return this.next[previous]!;
  }

  /** Remembers that `id` followed `previous`. */
  learn(previous: HeaderId, id: HeaderId): void {
    this.next[previous] = this.carry(id);
  }

  /** What is `previous` for the field after one called `id`. */
  carry(id: HeaderId): HeaderId {
    return id < MAX_GUESSED_ID ? id : 0;
  }
}

function isSameLetter(byte: number, lower: number): boolean {
  return byte === lower || TOKEN_LOWER[byte] === lower;
}

/** Id of the name `buf[start, end)`, a token whose lower-case bytes hash to `hash`; 0 when nobody interned it. */
export function findName(buf: Uint8Array, start: number, end: number, hash: number): HeaderId {
  const length = end - start;
  let slot = slotOf(hash, length);
  for (let id = slots[slot]!; id !== 0; id = slots[slot]!) {
    const place = places[slot]!;
    if ((place & MAX_NAME_LENGTH) === length) {
      const shift = (place >>> LENGTH_BITS) - start;
      let i = start;
      while (i < end && isSameLetter(buf[i]!, nameBytes[i + shift]!)) i++;
      if (i === end) return id;
    }
    slot = (slot + 1) & ((1 << SLOT_BITS) - 1);
  }
  return hasOverflow ? findOverflow(buf, start, end) : 0;
}

function findOverflow(buf: Uint8Array, start: number, end: number): HeaderId {
  let name = "";
  for (let i = start; i < end; i++) name += String.fromCharCode(TOKEN_LOWER[buf[i]!]!);
  return findHeaderId(name);
}

onHeaderInterned(add);
