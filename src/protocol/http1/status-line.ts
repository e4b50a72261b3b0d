// Parses a status line (RFC 9112 §4): `HTTP/1.x`, one space, three digits, an optional reason phrase, CRLF.
import type { HeaderBlock } from "../../base/header-block.ts";
import { type Http1Error, Http1Errors } from "./errors.ts";
import { FIRST_LINE_MORE, FIRST_LINE_REFUSED, FIRST_LINE_WRONG, type FirstLine } from "./section-reader.ts";
import { CR, FIELD_VALUE, LF, SP } from "./tables.ts";

/** Bytes of `HTTP/1.1 200`. */
const FIXED_BYTES = 12;
const ZERO = 48;
const UPPER_H = 72;

export class StatusLine implements FirstLine {
  error: Http1Error | null = null;
  versionMinor = 1;
  /** Range of the reason phrase in the block's raw bytes. */
  reasonStart = 0;
  reasonEnd = 0;

  private wrong(error: Http1Error): number {
    this.error = error;
    return FIRST_LINE_WRONG;
  }

  parse(block: HeaderBlock, buf: Buffer, start: number, end: number): number {
    if (start < end && buf[start] !== UPPER_H) {
      this.error = Http1Errors.invalidStatusLine;
      return FIRST_LINE_REFUSED;
    }
    let pos = start + FIXED_BYTES;
    if (pos + 2 > end) return this.wrong(Http1Errors.invalidStatusLine);
    const minor = buf[start + 7]! - ZERO;
    const a = buf[start + 9]! - ZERO, b = buf[start + 10]! - ZERO, c = buf[start + 11]! - ZERO;
    if (
      buf[start + 1] !== 84 || buf[start + 2] !== 84 || buf[start + 3] !== 80 || buf[start + 4] !== 47 ||
      buf[start + 5] !== 49 ||
      buf[start + 6] !== 46 || minor < 0 || minor > 1 || buf[start + 8] !== SP || a < 1 || a > 9 || b < 0 || b > 9 ||
      c < 0 || c > 9
    ) {
      return this.wrong(Http1Errors.invalidStatusLine);
    }
    // The space before an empty reason phrase is often left out; nothing depends on it.
    if (buf[pos] === SP) pos++;
    else if (buf[pos] !== CR) return this.wrong(Http1Errors.invalidStatusLine);
    this.reasonStart = pos;
    while (pos < end && FIELD_VALUE[buf[pos]!] === 1) pos++;
    if (pos === end || (buf[pos] === CR && pos + 1 === end)) return FIRST_LINE_MORE;
    if (buf[pos] !== CR) return this.wrong(buf[pos] === LF ? Http1Errors.bareLf : Http1Errors.invalidStatusLine);
    if (buf[pos + 1] !== LF) return this.wrong(Http1Errors.bareCr);
    this.reasonEnd = pos;
    this.versionMinor = minor;
    block.status = a * 100 + b * 10 + c;
    return pos + 2;
  }
}
