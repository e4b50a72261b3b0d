// Parses the lines of a header or trailer section (RFC 9112 §5) into raw fields of a HeaderBlock; nothing is allocated for a field.
import { type HeaderBlock, RAW_LINE } from "../../base/header-block.ts";
import { Header } from "../../base/header-names.ts";
import { type Http1Error, Http1Errors } from "./errors.ts";
import { findName, hashByte } from "./name-table.ts";
import { UnderscoreAction } from "./options.ts";
import { COLON, CR, FIELD_VALUE, HTAB, isControl, LF, SP, TOKEN_LOWER } from "./tables.ts";

/** How a call ended: the last line lacks bytes; the empty line was read; a line was refused (see `error`). */
export const Parse = { more: 0, done: 1, failed: 2 } as const;
export type Parse = typeof Parse[keyof typeof Parse];

const UNDERSCORE = 95;
/** Ids below this are counted in `seen` and `repeated`. */
const SEEN_IDS = 32;

export class FieldParser {
  result: Parse = Parse.more;
  error: Http1Error | null = null;
  /** Where the refused line begins. */
  failedLine = 0;
  /** Bit `1 << id` for each field read whose id is below 32: the ones that framing, routing and persistence depend on. */
  seen = 0;
  /** The same for fields read more than once. */
  repeated = 0;
  private readonly maxCount: number;
  private readonly tooMany: Http1Error;
  private readonly underscores: UnderscoreAction;
  private readonly preserveCase: boolean;

  constructor(maxCount: number, tooMany: Http1Error, underscores: UnderscoreAction, preserveCase: boolean) {
    this.maxCount = maxCount;
    this.tooMany = tooMany;
    this.underscores = underscores;
    this.preserveCase = preserveCase;
  }

  begin(): void {
    this.result = Parse.more;
    this.error = null;
    this.seen = 0;
    this.repeated = 0;
  }

  private fail(error: Http1Error, lineStart: number, at: number): number {
    this.result = Parse.failed;
    this.error = error;
    this.failedLine = lineStart;
    return at;
  }

  /**
   * Reads whole lines of `buf[pos, end)` into `block` (whose `raw` is `buf`) and returns where the first line that is not whole
   * begins, or the offset behind the section. When a line is wrong it returns where, and `failedLine` is where the line begins.
   * Names become lower-case in `buf` itself unless case is preserved.
   */
  parse(block: HeaderBlock, buf: Buffer, pos: number, end: number): number {
    const lower = TOKEN_LOWER, valueBytes = FIELD_VALUE, preserve = this.preserveCase;
    for (;;) {
      const lineStart = pos;
      let c = 0, hash = 0;
      while (pos < end) {
        c = buf[pos]!;
        const l = lower[c]!;
        if (l === 0) break;
        hash = hashByte(hash, l);
        if (l !== c && !preserve) buf[pos] = l;
        pos++;
      }
      if (pos === end) return lineStart;
      const nameEnd = pos;
      if (c !== COLON || nameEnd === lineStart) {
        if (c !== CR || nameEnd !== lineStart) return this.failName(c, lineStart, pos);
        if (pos + 1 === end) return lineStart;
        if (buf[pos + 1] !== LF) return this.fail(Http1Errors.bareCr, lineStart, pos);
        this.result = Parse.done;
        return pos + 2;
      }
      pos++;
      while (pos < end && ((c = buf[pos]!) === SP || c === HTAB)) pos++;
      const valueStart = pos;
      while (pos < end && valueBytes[c = buf[pos]!] === 1) pos++;
      if (pos + 1 >= end) {
        if (pos === end || c === CR) return lineStart;
        return this.failValue(c, lineStart, pos);
      }
      if (c !== CR) return this.failValue(c, lineStart, pos);
      if (buf[pos + 1] !== LF) return this.fail(Http1Errors.bareCr, lineStart, pos);
      let valueEnd = pos;
      while (valueEnd > valueStart && ((c = buf[valueEnd - 1]!) === SP || c === HTAB)) valueEnd--;
      const flags = valueEnd === pos && valueStart === nameEnd + 2 && buf[nameEnd + 1] === SP ? RAW_LINE : 0;
      pos += 2;
      const id = findName(buf, lineStart, nameEnd, hash);
      if (id < SEEN_IDS && id !== 0) {
        const bit = 1 << id;
        this.repeated |= this.seen & bit;
        this.seen |= bit;
      } else if (id === 0 && this.underscores !== UnderscoreAction.allow && hasUnderscore(buf, lineStart, nameEnd)) {
        if (this.underscores === UnderscoreAction.reject) {
          return this.fail(Http1Errors.underscoreInName, lineStart, lineStart);
        }
        continue;
      }
      if (block.count >= this.maxCount) return this.fail(this.tooMany, lineStart, lineStart);
      block.addRaw(lineStart, nameEnd, valueStart, valueEnd, id, flags);
    }
  }

  private failName(c: number, lineStart: number, at: number): number {
    let error: Http1Error = Http1Errors.invalidHeaderName;
    if (c === LF) error = Http1Errors.bareLf;
    else if (c === SP || c === HTAB) error = at === lineStart ? Http1Errors.obsFold : error;
    else if (c === COLON) error = Http1Errors.emptyHeaderName;
    else if (c !== CR && isControl(c)) error = Http1Errors.invalidCharacter;
    return this.fail(error, lineStart, at);
  }

  private failValue(c: number, lineStart: number, at: number): number {
    return this.fail(c === LF ? Http1Errors.bareLf : Http1Errors.invalidCharacter, lineStart, at);
  }

  hasSeen(id: number): boolean {
    return (this.seen & (1 << id)) !== 0;
  }

  hasRepeated(id: number): boolean {
    return (this.repeated & (1 << id)) !== 0;
  }
}

function hasUnderscore(buf: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (buf[i] === UNDERSCORE) return true;
  return false;
}

/** Fields that are safe to look up in `seen`. */
export const SEEN = {
  connection: 1 << Header.connection,
  contentLength: 1 << Header.contentLength,
  transferEncoding: 1 << Header.transferEncoding,
  host: 1 << Header.authority,
  expect: 1 << Header.expect,
  upgrade: 1 << Header.upgrade,
} as const;
