// Reads one head or trailer section from chunks: in place when it comes whole, from a bounded copy when it comes in pieces.
import { HeaderBlock } from "../../base/header-block.ts";
import type { Http1Error } from "./errors.ts";
import { type FieldParser, Parse } from "./field-parser.ts";
import { LF } from "./tables.ts";

/** Parses the line before the fields; implemented by the request line and the status line. */
export interface FirstLine {
  /** What was wrong with the line, when `parse` returned FIRST_LINE_WRONG. */
  error: Http1Error | null;
  /** Reads the line at `pos` into `block` and returns the offset behind it, FIRST_LINE_MORE or FIRST_LINE_WRONG. */
  parse(block: HeaderBlock, buf: Buffer, pos: number, end: number): number;
}

/** The line has no end yet and nothing wrong so far. */
export const FIRST_LINE_MORE = -1;
/** The line is wrong, or, when its LF has not come yet, incomplete. */
export const FIRST_LINE_WRONG = -2;

/** Punctuation of a field line (colon, space, CRLF), which Envoy's size limit does not count. */
const LINE_OVERHEAD = 4;
const NO_BLOCK = new HeaderBlock();
const MIN_COPY_BYTES = 1024;

/**
 * Work stays linear however the input is cut: a line is parsed when its LF has come, every byte is copied at most once.
 * For the same reason a wrong line is reported when its LF has come, so any split of the input gives the same events.
 */
export class SectionReader {
  result: Parse = Parse.more;
  error: Http1Error | null = null;
  readonly fields: FieldParser;
  private readonly firstLine: FirstLine | null;
  private readonly maxBytes: number;
  private readonly tooLarge: Http1Error;
  private block: HeaderBlock = NO_BLOCK;
  /** Copy of a section that came in pieces, from its first byte on; null while it is read from the chunk. */
  private copy: Buffer | null = null;
  private copyLength = 0;
  private sectionStart = 0;
  /** Where the first incomplete line begins. */
  private lineStart = 0;
  private isFirstLineDone = false;

  constructor(fields: FieldParser, firstLine: FirstLine | null, maxBytes: number, tooLarge: Http1Error) {
    this.fields = fields;
    this.firstLine = firstLine;
    this.maxBytes = maxBytes;
    this.tooLarge = tooLarge;
  }

  begin(block: HeaderBlock): void {
    this.result = Parse.more;
    this.error = null;
    this.block = block;
    this.copy = null;
    this.copyLength = 0;
    this.isFirstLineDone = this.firstLine === null;
    this.fields.begin();
  }

  /** Bytes of an incomplete section are waiting. */
  hasPartial(): boolean {
    return this.copy !== null;
  }

  /** Reads from `chunk[pos, end)`; returns the offset behind what was consumed. `result` tells how it ended. */
  read(chunk: Buffer, pos: number, end: number): number {
    if (this.copy !== null) return this.readOn(chunk, pos, end);
    this.block.raw = chunk;
    this.sectionStart = pos;
    this.lineStart = pos;
    const next = this.parse(chunk, end);
    if (this.result !== Parse.more) return next;
    this.keep(chunk, pos, end);
    return end;
  }

  private parse(buf: Buffer, end: number): number {
    const block = this.block;
    let limit = this.sectionStart + this.maxBytes + LINE_OVERHEAD * block.count;
    let pos = this.lineStart;
    if (!this.isFirstLineDone) {
      const next = this.firstLine!.parse(block, buf, pos, end < limit ? end : limit);
      if (next < 0) return this.incomplete(buf, pos, end, limit, next === FIRST_LINE_WRONG ? this.firstLine!.error : null);
      this.isFirstLineDone = true;
      pos = next;
    }
    // The limit grows with the fields read; a section far below it, the usual case, is parsed in one go.
    const fields = this.fields;
    for (;;) {
      const stop = end < limit ? end : limit;
      pos = fields.parse(block, buf, pos, stop);
      if (fields.result === Parse.done) {
        this.result = Parse.done;
        return pos;
      }
      if (fields.result === Parse.failed) return pos;
      const grown = this.sectionStart + this.maxBytes + LINE_OVERHEAD * block.count;
      if (stop === end || grown === limit) return this.incomplete(buf, pos, end, limit, null);
      limit = grown;
    }
  }
}
