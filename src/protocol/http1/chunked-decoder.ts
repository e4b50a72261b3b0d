// Decodes chunked framing (RFC 9112 §7.1) up to the trailer section; small chunks are joined in place, so a body cut into bytes costs no view a byte.
import { type Http1Error, Http1Errors } from "./errors.ts";
import { CR, HEX, HTAB, LF, SEMICOLON, SP } from "./tables.ts";

/** Why `decode` returned. */
export const ChunkEvent = {
  /** All input is used; `runStart`, `runEnd` hold data that came with it. */
  more: 0,
  /** Data is ready in `runStart`, `runEnd` and more input follows. */
  data: 1,
  /** The last chunk's line was read: the trailer section follows. Data may be left in the run. */
  last: 2,
  failed: 3,
} as const;
export type ChunkEvent = typeof ChunkEvent[keyof typeof ChunkEvent];

/** Digits of a size, leading zeros included. */
const MAX_SIZE_DIGITS = 16;
/** A further digit would lift the size beyond 2^53 - 1. */
const MAX_SIZE_BEFORE_DIGIT = 2 ** 49 - 1;
/** Pieces up to this size are moved to join the run before them; larger ones become a run of their own. */
const MAX_JOIN_BYTES = 4096;
const DEL = 127;

const SIZE_FIRST = 0, SIZE = 1, EXTENSION = 2, SIZE_LF = 3, DATA = 4, DATA_CR = 5, DATA_LF = 6, SIZE_SPACE = 7;

export class ChunkedDecoder {
  event: ChunkEvent = ChunkEvent.more;
  error: Http1Error | null = null;
  /** Data of this call, contiguous in the chunk given; empty when equal. */
  runStart = 0;
  runEnd = 0;
  private state = SIZE_FIRST;
  /** Size being read, then data bytes still to come. */
  private remaining = 0;
  private digits = 0;
  /** Extension bytes read, less the data bytes since: extensions may not outweigh the body they decorate (CVE-2023-39326). */
  private extensionBytes = 0;
  private readonly maxExtensionBytes: number;

  constructor(maxExtensionBytes: number) {
    this.maxExtensionBytes = maxExtensionBytes;
  }

  begin(): void {
    this.event = ChunkEvent.more;
    this.error = null;
    this.state = SIZE_FIRST;
    this.remaining = 0;
    this.digits = 0;
    this.extensionBytes = 0;
    this.runStart = 0;
    this.runEnd = 0;
  }

  private fail(error: Http1Error, at: number): number {
    this.event = ChunkEvent.failed;
    this.error = error;
    return at;
  }

  private stop(event: ChunkEvent, at: number): number {
    this.event = event;
    return at;
  }

  /** Reads `chunk[pos, end)`, in which it may move data to lower offsets; returns the offset behind what was used. */
  decode(chunk: Buffer, pos: number, end: number): number {
    this.runStart = pos;
    this.runEnd = pos;
    while (pos < end) {
      if (this.state === DATA) {
        const size = this.remaining < end - pos ? this.remaining : end - pos;
        if (!this.join(chunk, pos, pos + size)) return this.stop(ChunkEvent.data, pos);
        pos += size;
        this.remaining -= size;
        if (this.extensionBytes > 0) this.extensionBytes = size < this.extensionBytes ? this.extensionBytes - size : 0;
        if (this.remaining === 0) this.state = DATA_CR;
        continue;
      }
      const c = chunk[pos]!;
      switch (this.state) {
        case SIZE_FIRST:
        case SIZE: {
          const digit = HEX[c]!;
          if (digit !== 255) {
            if (++this.digits > MAX_SIZE_DIGITS || this.remaining > MAX_SIZE_BEFORE_DIGIT) {
              return this.fail(Http1Errors.invalidChunkSize, pos);
            }
            this.remaining = this.remaining * 16 + digit;
            this.state = SIZE;
            break;
          }
          if (this.state === SIZE_FIRST) return this.fail(Http1Errors.invalidChunkSize, pos);
          if (c === CR) this.state = SIZE_LF;
          else if (c === SEMICOLON) this.state = EXTENSION;
          else if (c === SP || c === HTAB) this.state = SIZE_SPACE;
          else return this.fail(Http1Errors.invalidChunkSize, pos);
          break;
        }
        case SIZE_SPACE:
          // Bad whitespace before an extension is to be understood (RFC 9112 §7.1.1); before the line end it is an error.
          if (c === SEMICOLON) this.state = EXTENSION;
          else if (c !== SP && c !== HTAB) return this.fail(Http1Errors.invalidChunkSize, pos);
          if (++this.extensionBytes > this.maxExtensionBytes) return this.fail(Http1Errors.invalidChunkExtension, pos);
          break;
        case EXTENSION:
          if (c === CR) this.state = SIZE_LF;
          else if ((c < SP && c !== HTAB) || c === DEL || ++this.extensionBytes > this.maxExtensionBytes) {
            return this.fail(Http1Errors.invalidChunkExtension, pos);
          }
          break;
        case SIZE_LF:
          if (c !== LF) return this.fail(Http1Errors.bareCr, pos);
          if (this.remaining === 0) {
            this.state = SIZE_FIRST;
            return this.stop(ChunkEvent.last, pos + 1);
          }
          this.state = DATA;
          break;
        case DATA_CR:
          if (c !== CR) return this.fail(Http1Errors.invalidChunkEnd, pos);
          this.state = DATA_LF;
          break;
        default:
          if (c !== LF) return this.fail(Http1Errors.invalidChunkEnd, pos);
          this.state = SIZE_FIRST;
          this.digits = 0;
      }
      pos++;
    }
    return this.stop(ChunkEvent.more, pos);
  }

  /** Makes `chunk[start, end)` part of the run; false when the run has to be delivered first. */
  private join(chunk: Buffer, start: number, end: number): boolean {
    if (this.runEnd === this.runStart) {
      this.runStart = start;
      this.runEnd = end;
      return true;
    }
    if (end - start > MAX_JOIN_BYTES) return false;
    chunk.copyWithin(this.runEnd, start, end);
    this.runEnd += end - start;
    return true;
  }
}
