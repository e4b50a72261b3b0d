// Reads `connection` fields: the tokens that steer persistence and upgrades as bits, the names they nominate only when asked (RFC 9110 §7.6.1).
import { type HeaderBlock, SLOT, VALUE_END, VALUE_START } from "../../base/header-block.ts";
import { Header } from "../../base/header-names.ts";
import { ConnectionToken } from "./message.ts";
import { COMMA, HTAB, SP } from "./tables.ts";
import { isTokenEqual, tokenBytes } from "./token.ts";

const KEEP_ALIVE = tokenBytes("keep-alive"),
  CLOSE = tokenBytes("close"),
  UPGRADE = tokenBytes("upgrade"),
  TE = tokenBytes("te");

const KNOWN = new Set(["close", "keep-alive", "upgrade", "te"]);

/** ConnectionToken bits of the raw `connection` field i of a freshly decoded head, which is the only one. */
export function connectionTokensAt(block: HeaderBlock, i: number): number {
  const o = i * SLOT, buf = block.raw;
  const start = block.slots[o + VALUE_START]!, end = block.slots[o + VALUE_END]!;
  // What nearly every peer sends needs no list parsing.
  if (isTokenEqual(buf, start, end, KEEP_ALIVE)) return ConnectionToken.keepAlive;
  return tokensIn(buf, start, end);
}

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
  switch (end - start) {
    case 10:
      if (isTokenEqual(buf, start, end, KEEP_ALIVE)) return ConnectionToken.keepAlive;
      break;
    case 5:
      if (isTokenEqual(buf, start, end, CLOSE)) return ConnectionToken.close;
      break;
    case 7:
      if (isTokenEqual(buf, start, end, UPGRADE)) return ConnectionToken.upgrade;
      break;
    case 2:
      if (isTokenEqual(buf, start, end, TE)) return ConnectionToken.te;
  }
  return ConnectionToken.other;
}

/** Fields whose removal would hide where a request comes from: nominating one is an attack (Envoy refuses these too). */
const REFUSED = new Set(["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"]);
/**
 * Fields that frame, route or authenticate a message: they stay although nominated (CVE-2021-33197, §5.2 item 28). Envoy removes
 * `authorization` and `content-length`; no sender has a reason to ask for it.
 */
const KEPT = new Set([
  "content-length",
  "transfer-encoding",
  "host",
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "content-type",
  "content-encoding",
  "cache-control",
  "x-forwarded-port",
  "x-forwarded-client-cert",
  "x-request-id",
  "forwarded",
  "via",
  "connection",
]);

function namesIn(block: HeaderBlock): string[] {
  return block.getAll(Header.connection).flatMap((value) => value.split(",")).map((name) => name.trim().toLowerCase());
}

/** Whether a `connection` field nominates a field that no hop may remove: the request is to be refused. */
export function hasProtectedNomination(block: HeaderBlock): boolean {
  return namesIn(block).some((name) => REFUSED.has(name) || name.startsWith(":"));
}

/** Lower-case names of the fields that the `connection` fields of `block` ask to remove, without protected ones and other tokens. */
export function nominatedNames(block: HeaderBlock): string[] {
  return namesIn(block).filter((name) => name !== "" && !KEPT.has(name) && !KNOWN.has(name));
}
