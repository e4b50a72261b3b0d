// Compares tokens of header values with known ones, in any case and without making strings.

/** Bytes of a known token; lower-case letters and digits, `-` and `.` only. */
export function tokenBytes(lowerToken: string): Uint8Array {
  return Uint8Array.from(lowerToken, (character) => character.charCodeAt(0));
}

/** Whether `buf[start, end)`, bytes of a checked field value, is `token` in any case. */
export function isTokenEqual(buf: Uint8Array, start: number, end: number, token: Uint8Array): boolean {
  if (end - start !== token.length) return false;
  // Setting bit 5 makes letters lower-case; what it makes of other visible characters is no character of a known token.
  for (let i = 0; i < token.length; i++) if ((buf[start + i]! | 32) !== token[i]) return false;
  return true;
}
