// Parses the lines of a header or trailer section (RFC 9112 §5) into raw fields of a HeaderBlock; nothing is allocated for a field.
import { type HeaderBlock, RAW_LINE } from "../../base/header-block.ts";
import { Header } from "../../base/header-names.ts";
import { type Http1Error, Http1Errors } from "./errors.ts";
import {
  findName,
  guessPlaces,
  hashByte,
  nameBytes,
  type NameOrder,
  PLACE_LENGTH_MASK,
  PLACE_OFFSET_SHIFT,
} from "./name-table.ts";
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
  /** Index in the block of the last field with each of these ids; counts only where `seen` has the bit. */
  readonly lastIndex: Int32Array = new Int32Array(SEEN_IDS);
  private readonly maxCount: number;
  private readonly tooMany: Http1Error;
  private readonly underscores: UnderscoreAction;
  private readonly preserveCase: boolean;
  private readonly order: NameOrder;

  constructor(
    maxCount: number,
    tooMany: Http1Error,
    underscores: UnderscoreAction,
    preserveCase: boolean,
    order: NameOrder,
  ) {
    this.order = order;
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
    const order = this.order;
    let slots = block.slots, previous = 0;
    for (;;) {
      const lineStart = pos;
      let c = 0, id = order.guess(previous);
      const place = guessPlaces[id]!;
      const guessEnd = pos + (place & PLACE_LENGTH_MASK);
      if (place !== 0 && guessEnd < end) {
        for (let at = place >>> PLACE_OFFSET_SHIFT; pos < guessEnd; at++, pos++) {
          c = buf[pos]!;
          const l = c | 32;
          if (l !== nameBytes[at] || c < 33) break;
          if (l !== c && !preserve) buf[pos] = l;
        }
        c = buf[pos]!;
      }
      if (place === 0 || pos !== guessEnd || c !== COLON) {
        pos = lineStart;
        let hash = 0;
        while (pos < end) {
          c = buf[pos]!;
          const l = lower[c]!;
          if (l === 0) break;
          hash = hashByte(hash, l);
          if (l !== c && !preserve) buf[pos] = l;
          pos++;
        }
        if (pos === end) return lineStart;
        if (c !== COLON || pos === lineStart) {
          if (c !== CR || pos !== lineStart) return this.failName(c, lineStart, pos);
          if (pos + 1 === end) return lineStart;
          if (buf[pos + 1] !== LF) return this.fail(Http1Errors.bareCr, lineStart, pos);
          this.result = Parse.done;
          return pos + 2;
        }
        id = findName(buf, lineStart, pos, hash);
        order.learn(previous, id);
      }
      const nameEnd = pos;
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
      previous = order.carry(id);
      if (id < SEEN_IDS && id !== 0) {
        const bit = 1 << id;
        this.repeated |= this.seen & bit;
        this.seen |= bit;
        this.lastIndex[id] = block.count;
      } else if (this.underscores !== UnderscoreAction.allow && hasUnderscore(buf, lineStart, nameEnd)) {
        if (this.underscores === UnderscoreAction.reject) {
          return this.fail(Http1Errors.underscoreInName, lineStart, lineStart);
        }
        continue;
      }
      if (block.count >= this.maxCount) return this.fail(this.tooMany, lineStart, lineStart);
      const o = block.claimRaw(id, nameEnd - lineStart + valueEnd - valueStart);
      if (o === slots.length) slots = block.slots;
      slots[o] = lineStart;
      slots[o + 1] = nameEnd;
      slots[o + 2] = valueStart;
      slots[o + 3] = valueEnd;
      slots[o + 4] = id;
      slots[o + 5] = flags;
    }
  }

  private failName(c: number, lineStart: number, at: number): number {
    let error: Http1Error = Http1Errors.invalidHeaderName;
    if (c === LF) error = Http1Errors.bareLf;
    else if (c === SP || c === HTAB) error = at === lineStart ? Http1Errors.obsFold : error;
    else if (c === COLON) error = Http1Errors.emptyHeaderName;
    else if (isControl(c)) error = Http1Errors.invalidCharacter;
    return this.fail(error, lineStart, at);
  }

  private failValue(c: number, lineStart: number, at: number): number {
    return this.fail(c === LF ? Http1Errors.bareLf : Http1Errors.invalidCharacter, lineStart, at);
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
