// The last guard before the wire: text set by filters and configuration must not end a line or leave latin1 (CVE-2023-27493, CVE-2025-23167).
import type { OutputBuffer } from "../../base/output-buffer.ts";
import { HTAB, SP } from "./tables.ts";

const QUESTION_MARK = 63, DEL = 127;
const UNSAFE_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const UNSAFE_TARGET = /[^\x21\x22\x24-\x7e]/;
const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
/** Up to this length a loop over the characters is cheaper than a check and a native write. */
const MAX_LOOP_LENGTH = 64;

/** Appends a field value: each control character as a space (RFC 9110 §5.5), each character beyond latin1 as `?`. */
export function writeValue(out: OutputBuffer, value: string): void {
  const n = value.length;
  if (n > MAX_LOOP_LENGTH && !UNSAFE_VALUE.test(value)) return out.writeLatin1(value);
  out.reserve(n);
  const bytes = out.bytes;
  let at = out.length;
  for (let i = 0; i < n; i++) {
    const c = value.charCodeAt(i);
    bytes[at++] = c >= 32 && c < 127 ? c : safeByte(c);
  }
  out.length = at;
}

function safeByte(code: number): number {
  if (code > 255) return QUESTION_MARK;
  return (code < SP && code !== HTAB) || code === DEL ? SP : code;
}

/** `path` as a request target: what may not stand in one is percent-encoded, as UTF-8 beyond latin1. */
export function safeTarget(path: string): string {
  if (path === "") return "/";
  if (!UNSAFE_TARGET.test(path)) return path;
  let safe = "";
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i);
    if (c > 32 && c < 127 && c !== 35) safe += path[i];
    else if (c < 256) safe += percent(c);
    else for (const byte of new TextEncoder().encode(path[i])) safe += percent(byte);
  }
  return safe;
}

function percent(byte: number): string {
  return `%${byte < 16 ? "0" : ""}${byte.toString(16).toUpperCase()}`;
}

export function isToken(text: string): boolean {
  return text !== "" && !NOT_TOKEN.test(text);
}
