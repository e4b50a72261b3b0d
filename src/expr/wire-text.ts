// Wire text: header bytes are held as latin1 strings (one char a byte), so configured text becomes its UTF-8 bytes in that form once, at configuration time.

/** UTF-8 bytes of `text` as a latin1 string, the form in which HeaderBlock holds header bytes. */
export function toWireText(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return Buffer.from(text, "utf8").toString("latin1");
  }
  return text;
}

/** Lower-cases A–Z only; bytes above 0x7F stay what they are (RFC 9110 compares host names and the like in ASCII). */
export function toAsciiLowerCase(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return lowerMixedText(text);
  }
  return text.toLowerCase();
}

function lowerMixedText(text: string): string {
  let lower = "";
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    lower += c >= 0x41 && c <= 0x5a ? String.fromCharCode(c + 32) : text[i];
  }
  return lower;
}
