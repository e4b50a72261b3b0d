// The last guard before the wire: text set by filters and configuration must not end a line or leave latin1 (CVE-2023-27493, CVE-2025-23167).

const UNSAFE_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const UNSAFE_TARGET = /[^\x21\x22\x24-\x7e]/;
const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;

/** `value` as it may be written: each control character becomes a space (RFC 9110 §5.5), each character beyond latin1 `?`. */
export function safeValue(value: string): string {
  return UNSAFE_VALUE.test(value) ? replaced(value) : value;
}

function replaced(value: string): string {
  let safe = "";
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    safe += c > 255 ? "?" : (c < 32 && c !== 9) || c === 127 ? " " : value[i];
  }
  return safe;
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
