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
/** The line is wrong from its first byte: no use to wait for its end (a TLS hello on a plaintext port). */
export const FIRST_LINE_REFUSED = -3;

/** Punctuation of a field line (colon, space, CRLF), which Envoy's size limit does not count. */
const LINE_OVERHEAD = 4;
/** Stands for the block until the first `begin`. */
export const NO_BLOCK: HeaderBlock = new HeaderBlock();
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

  /** `firstLine` is null for trailers; a section of more than `maxBytes` fails with `tooLarge`. */
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
    const length = end - pos;
    const copy = Buffer.allocUnsafeSlow(length * 2 < MIN_COPY_BYTES ? MIN_COPY_BYTES : length * 2);
    chunk.copy(copy, 0, pos, end);
    this.block.rebase(copy, -pos);
    this.copy = copy;
    this.copyLength = length;
    this.sectionStart = 0;
    this.lineStart -= pos;
    return end;
  }

  private readOn(chunk: Buffer, pos: number, end: number): number {
    let copy = this.copy!;
    const old = this.copyLength;
    const room = this.limit() - old;
    const stop = end - pos > room ? pos + room : end;
    const length = old + stop - pos;
    if (length > copy.length) {
      const bigger = Buffer.allocUnsafeSlow(length * 2);
      copy.copy(bigger, 0, 0, old);
      this.copy = copy = bigger;
      this.block.raw = bigger;
    }
    chunk.copy(copy, old, pos, stop);
    this.copyLength = length;
    const lf = chunk.indexOf(LF, pos);
    if (lf < 0 || lf >= stop) {
      if (room <= stop - pos) this.fail(this.tooLarge);
      return stop;
    }
    const next = this.parse(copy, length);
    if (this.result === Parse.done) this.copy = null;
    if (this.result === Parse.more) return stop === end ? end : this.readOn(chunk, stop, end);
    return pos + (next - old);
  }

  /** Offset, relative to the section's buffer, that the incomplete line may not reach. Fields read make it grow. */
  private limit(): number {
    return this.sectionStart + this.maxBytes + LINE_OVERHEAD * this.block.count;
  }

  private fail(error: Http1Error): void {
    this.result = Parse.failed;
    this.error = error;
  }

  /** Parses whole lines from `lineStart` on; returns the offset behind the section when it is done, else any offset. */
  private parse(buf: Buffer, end: number): number {
    const block = this.block, fields = this.fields;
    let limit = this.limit();
    let stop = end < limit ? end : limit;
    let pos = this.lineStart;
    if (!this.isFirstLineDone) {
      const next = this.firstLine!.parse(block, buf, pos, stop);
      if (next < 0) {
        const isWrong = next === FIRST_LINE_REFUSED || (next === FIRST_LINE_WRONG && hasLf(buf, pos, stop));
        if (isWrong) this.fail(this.firstLine!.error!);
        else if (stop === limit) this.fail(this.tooLarge);
        return pos;
      }
      this.isFirstLineDone = true;
      pos = next;
      this.lineStart = next;
      limit = this.limit();
      stop = end < limit ? end : limit;
    }
    for (;;) {
      pos = fields.parse(block, buf, pos, stop);
      if (fields.result === Parse.done) {
        this.result = Parse.done;
        return pos;
      }
      if (fields.result === Parse.failed) {
        if (hasLf(buf, pos, stop)) {
          this.fail(fields.error!);
          return pos;
        }
        fields.result = Parse.more;
        pos = fields.failedLine;
      }
      this.lineStart = pos;
      if (stop < limit) return pos;
      const grown = this.limit();
      if (grown === limit) {
        this.fail(this.tooLarge);
        return pos;
      }
      limit = grown;
      stop = end < limit ? end : limit;
    }
  }
}

function hasLf(buf: Buffer, start: number, end: number): boolean {
  const lf = buf.indexOf(LF, start);
  return lf >= 0 && lf < end;
}
