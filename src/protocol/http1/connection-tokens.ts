// Reads `connection` fields: the tokens that steer persistence and upgrades as bits, the names they nominate only when asked (RFC 9110 §7.6.1).
import { type HeaderBlock, SLOT, VALUE_END, VALUE_START } from "../../base/header-block.ts";
import { Header } from "../../base/header-names.ts";
import { ConnectionToken } from "./message.ts";
import { COMMA, HTAB, SP } from "./tables.ts";

const KNOWN: readonly (readonly [string, number])[] = [
  ["close", ConnectionToken.close],
  ["keep-alive", ConnectionToken.keepAlive],
  ["upgrade", ConnectionToken.upgrade],
  ["te", ConnectionToken.te],
];

/** ConnectionToken bits of all raw `connection` fields of a freshly decoded head. */
export function connectionTokensOf(block: HeaderBlock): number {
  let tokens = 0;
  for (let i = block.indexOf(Header.connection); i >= 0; i = block.indexOf(Header.connection, i + 1)) {
    const o = i * SLOT;
    tokens |= tokensIn(block.raw, block.slots[o + VALUE_START]!, block.slots[o + VALUE_END]!);
  }
  return tokens;
}

function tokensIn(buf: Uint8Array, start: number, end: number): number {
  let tokens = 0, pos = start;
  while (pos < end) {
    let c = buf[pos]!;
    if (c === SP || c === HTAB || c === COMMA) {
      pos++;
      continue;
    }
    const tokenStart = pos;
    while (pos < end && (c = buf[pos]!) !== COMMA) pos++;
    let tokenEnd = pos;
    while ((c = buf[tokenEnd - 1]!) === SP || c === HTAB) tokenEnd--;
    tokens |= tokenBit(buf, tokenStart, tokenEnd);
  }
  return tokens;
}

function tokenBit(buf: Uint8Array, start: number, end: number): number {
  for (let k = 0; k < KNOWN.length; k++) {
    const known = KNOWN[k]!;
    if (isTokenEqual(buf, start, end, known[0])) return known[1];
  }
  return ConnectionToken.other;
}

/** Whether `buf[start, end)` is `lowerText` in any case. */
export function isTokenEqual(buf: Uint8Array, start: number, end: number, lowerText: string): boolean {
  if (end - start !== lowerText.length) return false;
  for (let i = 0; i < lowerText.length; i++) {
    const want = lowerText.charCodeAt(i), c = buf[start + i]!;
    if (c !== want && (c < 65 || c > 90 || c + 32 !== want)) return false;
  }
  return true;
}

/** Lower-case names that the `connection` fields of `block` nominate, without the tokens that have a meaning of their own. */
export function nominatedNames(block: HeaderBlock): string[] {
  const names: string[] = [];
  for (const value of block.getAll(Header.connection)) {
    for (const part of value.split(",")) {
      const name = part.trim().toLowerCase();
      if (name !== "" && !KNOWN.some(([token]) => token === name)) names.push(name);
    }
  }
  return names;
}
