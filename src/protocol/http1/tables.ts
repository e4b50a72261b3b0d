// Byte classes of HTTP/1 syntax (RFC 9110 §5, RFC 9112 §3, RFC 3986) as 256-entry tables.

export const CR = 13, LF = 10, SP = 32, HTAB = 9, COLON = 58, COMMA = 44, SEMICOLON = 59, SLASH = 47, ASTERISK = 42;

function tableOf(allowed: (byte: number) => boolean): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) table[byte] = allowed(byte) ? 1 : 0;
  return table;
}

function isAlphaNumeric(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122);
}

function isToken(byte: number): boolean {
  return isAlphaNumeric(byte) || (byte > 32 && byte < 127 && "!#$%&'*+-.^_`|~".includes(String.fromCharCode(byte)));
}

/** 1 for a tchar. */
export const TOKEN = tableOf(isToken);

/** Lower-case form of a tchar, 0 for every other byte. */
export const TOKEN_LOWER = TOKEN.map((isTchar, byte) =>
  isTchar === 0 ? 0 : byte >= 65 && byte <= 90 ? byte + 32 : byte
);

/** 1 for what a field value may hold: HTAB, SP, VCHAR, obs-text. */
export const FIELD_VALUE = tableOf((byte) => byte === HTAB || (byte >= 32 && byte !== 127));

/** 1 for what a request target may hold: visible ASCII but `#`, which no target form has (fragments stay with the client). */
export const TARGET = tableOf((byte) => byte > 32 && byte < 127 && byte !== 35);

/** 1 for what a host with port may hold (RFC 3986 §3.2.2: reg-name, IP literal, port). `@` is none of them: no userinfo. */
export const HOST = tableOf((byte) =>
  isAlphaNumeric(byte) || (byte > 32 && byte < 127 && "-._~%!$&'()*+,;=[]:".includes(String.fromCharCode(byte)))
);

/** A control character (RFC 5234 CTL) that ends or separates nothing: any but HTAB, CR and LF. */
export function isControl(byte: number): boolean {
  return byte === 127 || (byte < 32 && byte !== HTAB && byte !== CR && byte !== LF);
}

/** Value of a hexadecimal digit, 255 for every other byte. */
export const HEX = new Uint8Array(256).map((_, byte) =>
  byte >= 48 && byte <= 57
    ? byte - 48
    : byte >= 65 && byte <= 70
    ? byte - 55
    : byte >= 97 && byte <= 102
    ? byte - 87
    : 255
);
