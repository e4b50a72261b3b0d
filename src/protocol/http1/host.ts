// Checks of host and port in `host` fields and request targets (RFC 3986 §3.2, RFC 9110 §7.2).
import { COLON, HOST } from "./tables.ts";

const OPEN_BRACKET = 91, CLOSE_BRACKET = 93;

/** Whether `buf[start, end)` is `uri-host [":" port]`: a name, an IPv4 address or a bracketed literal; may be empty, never has userinfo. */
export function isValidHost(buf: Uint8Array, start: number, end: number): boolean {
  let pos = start;
  if (pos < end && buf[pos] === OPEN_BRACKET) {
    while (pos < end && buf[pos] !== CLOSE_BRACKET) {
      if (HOST[buf[pos]!] === 0) return false;
      pos++;
    }
    if (pos === end || pos === start + 1) return false;
    pos++;
    if (pos < end && buf[pos] !== COLON) return false;
  } else {
    for (; pos < end; pos++) {
      const c = buf[pos]!;
      if (c === COLON) break;
      if (HOST[c] === 0 || c === OPEN_BRACKET || c === CLOSE_BRACKET) return false;
    }
  }
  if (pos === end) return true;
  return isValidPort(buf, pos + 1, end);
}

/** Digits of a port, at most 65535; empty is allowed (RFC 3986 §3.2.3). */
function isValidPort(buf: Uint8Array, start: number, end: number): boolean {
  let port = 0;
  for (let pos = start; pos < end; pos++) {
    const digit = buf[pos]! - 48;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
    if (port > 65_535) return false;
  }
  return true;
}
