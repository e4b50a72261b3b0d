// Decodes the body of a message in any framing into `onBody` and `onTrailers` events; shared by requests and responses.
import type { HeaderBlock } from "../../base/header-block.ts";
import { ChunkedDecoder, ChunkEvent } from "./chunked-decoder.ts";
import { type Http1Error, Http1Errors } from "./errors.ts";
import { FieldParser, Parse } from "./field-parser.ts";
import type { Http1Listener } from "./listener.ts";
import { Framing } from "./message.ts";
import { NameOrder } from "./name-table.ts";
import type { Http1DecoderOptions } from "./options.ts";
import { NO_BLOCK, SectionReader } from "./section-reader.ts";
import { CR, LF } from "./tables.ts";
import { dropForbiddenTrailers } from "./trailers.ts";

const EMPTY = Buffer.alloc(0);
/** A view is replaced by a copy when it keeps more than this many times its size alive (a body cut into tiny chunks). */
const MAX_PINNED_FACTOR = 2;
const MIN_PINNED_BYTES = 4096;

const TRAILER_ORDER = new NameOrder();

export class BodyDecoder {
  /** The body's last event was given, or it failed (`error` is set). */
  isFinished = true;
  error: Http1Error | null = null;
  private readonly listener: Http1Listener;
  private readonly options: Http1DecoderOptions;
  /** Made for the first chunked body: most connections never need one, and there may be thousands. */
  private chunks: ChunkedDecoder | null = null;
  private trailerReader: SectionReader | null = null;
  private readonly enableTrailers: boolean;
  private framing: Framing = Framing.none;
  private remaining = 0;
  private isInTrailers = false;
  private isStopped = false;
  private trailers: HeaderBlock = NO_BLOCK;

  constructor(options: Http1DecoderOptions, listener: Http1Listener) {
    this.listener = listener;
    this.options = options;
    this.enableTrailers = options.enableTrailers;
  }

  /** `contentLength` counts for `Framing.length` only; `trailers` is needed for `Framing.chunked`. */
  begin(framing: Framing, contentLength: number, trailers: HeaderBlock | null): void {
    this.isFinished = false;
    this.error = null;
    this.framing = framing;
    this.remaining = contentLength;
    this.isInTrailers = false;
    this.isStopped = false;
    if (framing === Framing.chunked) this.beginChunked(trailers!);
  }

  private beginChunked(trailers: HeaderBlock): void {
    const options = this.options;
    const chunks = this.chunks ??= new ChunkedDecoder(options.maxChunkExtensionBytes);
    const reader = this.trailerReader ??= new SectionReader(
      new FieldParser(
        options.maxHeaderCount,
        Http1Errors.tooManyTrailers,
        options.underscores,
        options.preserveCase,
        TRAILER_ORDER,
      ),
      null,
      options.maxHeaderBytes,
      Http1Errors.trailersTooLarge,
    );
    this.trailers = trailers;
    chunks.begin();
    reader.begin(trailers);
  }

  /** No more events, whatever the input; for a listener that gave up inside a callback. */
  stop(): void {
    this.isStopped = true;
    this.isFinished = true;
  }

  /** The connection's end is the body's end (`untilClose`, `tunnel`). */
  finishAtEof(): void {
    this.isFinished = true;
    this.listener.onBody(EMPTY, true);
  }

  /** Decodes `chunk[pos, end)`; returns the offset behind what was consumed, which is `end` unless the body finished. */
  decode(chunk: Buffer, pos: number, end: number): number {
    if (pos === end) return pos;
    if (this.framing === Framing.length) return this.decodeLength(chunk, pos, end);
    if (this.framing === Framing.chunked) return this.decodeChunked(chunk, pos, end);
    this.listener.onBody(viewOf(chunk, pos, end), false);
    return end;
  }

  private decodeLength(chunk: Buffer, pos: number, end: number): number {
    const size = end - pos;
    if (size < this.remaining) {
      this.remaining -= size;
      this.listener.onBody(viewOf(chunk, pos, end), false);
      return end;
    }
    const stop = pos + this.remaining;
    this.remaining = 0;
    this.isFinished = true;
    this.listener.onBody(viewOf(chunk, pos, stop), true);
    return stop;
  }

  private decodeChunked(chunk: Buffer, pos: number, end: number): number {
    const chunks = this.chunks!;
    if (!this.isInTrailers) {
      for (;;) {
        const from = pos;
        pos = chunks.decode(chunk, pos, end);
        if (chunks.event === ChunkEvent.last) break;
        if (chunks.runEnd > chunks.runStart) {
          this.listener.onBody(this.runOf(chunk, pos - from), false);
          if (this.isStopped) return pos;
        }
        if (chunks.event === ChunkEvent.failed) return this.fail(chunks.error!, pos);
        if (chunks.event === ChunkEvent.more) return pos;
      }
      this.isInTrailers = true;
    } else {
      chunks.runStart = 0;
      chunks.runEnd = 0;
    }
    return this.decodeTrailers(chunk, pos, end);
  }

  /** Data of the last chunks may still wait in the run: it goes out with the end of the body when that is known. */
  private decodeTrailers(chunk: Buffer, pos: number, end: number): number {
    const chunks = this.chunks!, reader = this.trailerReader!;
    const hasRun = chunks.runEnd > chunks.runStart;
    if (!reader.hasPartial() && pos + 2 <= end && chunk[pos] === CR && chunk[pos + 1] === LF) {
      this.isFinished = true;
      this.listener.onBody(hasRun ? this.runOf(chunk, end) : EMPTY, true);
      return pos + 2;
    }
    const next = pos === end ? pos : reader.read(chunk, pos, end);
    const isDone = reader.result === Parse.done;
    if (isDone && (dropForbiddenTrailers(this.trailers) === 0 || !this.enableTrailers)) {
      this.isFinished = true;
      this.trailers.reset();
      this.listener.onBody(hasRun ? this.runOf(chunk, end) : EMPTY, true);
      return next;
    }
    if (hasRun) {
      this.listener.onBody(this.runOf(chunk, end), false);
      if (this.isStopped) return next;
    }
    if (isDone) {
      this.isFinished = true;
      this.listener.onTrailers(this.trailers);
    } else if (reader.result === Parse.failed) return this.fail(reader.error!, next);
    return next;
  }

  private fail(error: Http1Error, at: number): number {
    this.isFinished = true;
    this.error = error;
    return at;
  }

  /** The run as a view; a small run that came with much framing is copied so that it does not keep the whole chunk. */
  private runOf(chunk: Buffer, wireBytes: number): Buffer {
    const start = this.chunks!.runStart, stop = this.chunks!.runEnd;
    const view = viewOf(chunk, start, stop);
    const isSparse = wireBytes > MIN_PINNED_BYTES && wireBytes > (stop - start) * MAX_PINNED_FACTOR;
    return isSparse ? Buffer.from(view) : view;
  }
}

function viewOf(chunk: Buffer, start: number, end: number): Buffer {
  return start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end);
}
