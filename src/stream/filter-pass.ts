// One direction of a filter chain: who has seen headers, body and trailers, what is held back, and how iteration stops and goes on (Envoy: FilterManager).
import type { HeaderBlock } from "../base/header-block.ts";
import { DataStatus, HeadersStatus, TrailersStatus } from "./filter.ts";

const NOT_STOPPED = -1;
const EMPTY = new Uint8Array(0);

/**
 * Drives `count` filters in order and then the end of the pass. Subclasses bind it to a direction. A filter callback may end
 * the stream (local reply, reset): `isDone` then turns true and iteration returns at once.
 */
export abstract class FilterPass {
  /** Number of filters; set before the first call of a stream. */
  count = 0;
  /** The pass will call no filter any more. */
  isDone = false;
  /** Most body bytes that may be held back for this stream. */
  bufferLimitBytes = 0;
  bufferedBytes = 0;
  private headers: HeaderBlock | null = null;
  private trailers: HeaderBlock | null = null;
  private headersEndStream = false;
  private dataEndStream = false;
  /** Filter at which iteration stopped, or NOT_STOPPED. */
  private stoppedAt = NOT_STOPPED;
  /** The stopped filter takes nothing until it continues (stopAll…). */
  private isStoppedForAll = false;
  /** Headers went on past the stopped filter (it stopped at data or trailers). */
  private headersPassed = true;
  private isAboveWatermark = false;
  private usesWatermark = false;
  private held: Uint8Array[] = [];

  protected abstract callHeaders(i: number, headers: HeaderBlock, endStream: boolean): HeadersStatus;
  protected abstract callData(i: number, data: Uint8Array, endStream: boolean): DataStatus;
  protected abstract callTrailers(i: number, trailers: HeaderBlock): TrailersStatus;
  /** After the last filter. */
  protected abstract endHeaders(headers: HeaderBlock, endStream: boolean): void;
  protected abstract endData(data: Uint8Array, endStream: boolean): void;
  protected abstract endTrailers(trailers: HeaderBlock): void;
  /** A buffering filter's body outgrew the limit: 413 or 500. */
  protected abstract onBufferOverflow(): void;
  /** Held bytes crossed the limit (true) or drained (false) under a watermark status. */
  protected abstract onWatermark(isAbove: boolean): void;

  reset(): void {
    this.count = 0;
    this.isDone = false;
    this.headers = this.trailers = null;
    this.headersEndStream = this.dataEndStream = false;
    this.stoppedAt = NOT_STOPPED;
    this.isStoppedForAll = false;
    this.headersPassed = true;
    this.isAboveWatermark = false;
    this.usesWatermark = false;
    this.bufferedBytes = 0;
    if (this.held.length > 0) this.held.length = 0;
  }

  onHeaders(headers: HeaderBlock, endStream: boolean): void {
    this.headers = headers;
    this.headersEndStream = endStream;
    this.runHeaders(0);
  }

  onData(data: Uint8Array, endStream: boolean): void {
    if (endStream) this.dataEndStream = true;
    this.runData(0, data, endStream);
  }

  onTrailers(trailers: HeaderBlock): void {
    this.trailers = trailers;
    this.runTrailers(0);
  }

  /** Filter `i` continues after a stop. Ignored unless the pass stopped there. */
  continueAfter(i: number): void {
    if (this.isDone || this.stoppedAt !== i) return;
    // A filter that stopped everything has not seen the held body or the trailers yet; one that buffered has.
    const next = this.isStoppedForAll ? i : i + 1;
    this.resume(i, next);
  }

  /** Appends to the held body of the filter that is deciding (Envoy: addDecodedData before iteration goes on). */
  addData(data: Uint8Array): void {
    if (data.length > 0) this.hold(data, true);
  }

  /** The held body in one piece, or null. */
  heldBody(): Uint8Array | null {
    if (this.held.length === 0) return null;
    if (this.held.length > 1) this.held = [Buffer.concat(this.held)];
    return this.held[0]!;
  }

  /** Headers may not carry endStream on while body or trailers are held for the next filters. */
  private headersEnd(): boolean {
    return this.headersEndStream && this.held.length === 0 && this.trailers === null;
  }

  private runHeaders(from: number): void {
    const headers = this.headers!;
    for (let i = from; i < this.count; i++) {
      const status = this.callHeaders(i, headers, this.headersEnd());
      if (this.isDone) return;
      if (status === HeadersStatus.continue) continue;
      this.stoppedAt = i;
      this.headersPassed = false;
      this.isStoppedForAll = status !== HeadersStatus.stopIteration;
      this.usesWatermark = status === HeadersStatus.stopAllAndWatermark;
      return;
    }
    this.endHeaders(headers, this.headersEnd());
    // A filter added a body to a message that had none: it follows the headers.
    if (from === 0 && this.headersEndStream && this.held.length > 0 && !this.isDone) this.flushHeld(this.count);
  }

  private runData(from: number, data: Uint8Array, endStream: boolean): void {
    for (let i = from; i < this.count; i++) {
      const isStopped = i === this.stoppedAt;
      if (isStopped && this.isStoppedForAll) return this.hold(data, false);
      const status = this.callData(i, data, endStream && this.trailers === null);
      if (this.isDone) return;
      if (status === DataStatus.continue) {
        if (!isStopped) continue;
        this.hold(data, true);
        return this.resume(i, i + 1);
      }
      if (!isStopped) {
        this.stoppedAt = i;
        this.headersPassed = true;
        this.isStoppedForAll = false;
      }
      if (status === DataStatus.stopNoBuffer) return;
      this.usesWatermark = status === DataStatus.stopAndWatermark;
      return this.hold(data, false);
    }
    this.endData(data, endStream);
  }

  private runTrailers(from: number): void {
    const trailers = this.trailers!;
    for (let i = from; i < this.count; i++) {
      const isStopped = i === this.stoppedAt;
      if (isStopped && this.isStoppedForAll) return;
      const status = this.callTrailers(i, trailers);
      if (this.isDone) return;
      if (status === TrailersStatus.continue) {
        if (isStopped) return this.resume(i, i + 1);
        continue;
      }
      if (!isStopped) {
        this.stoppedAt = i;
        this.headersPassed = true;
        this.isStoppedForAll = false;
      }
      return;
    }
    this.endTrailers(trailers);
  }

  /** Goes on past filter `i`: headers if it held them, then the held body and trailers from filter `next`. */
  private resume(i: number, next: number): void {
    const passHeaders = !this.headersPassed;
    this.stoppedAt = NOT_STOPPED;
    this.isStoppedForAll = false;
    this.headersPassed = true;
    if (passHeaders) {
      this.runHeaders(i + 1);
      if (this.isDone) return;
      // Stopped again further on: what is held waits there, once more in front of the filters between.
      if (this.stoppedAt !== NOT_STOPPED && this.isStoppedForAll && next > this.stoppedAt) return;
    }
    this.flushHeld(next);
  }

  private flushHeld(next: number): void {
    const hadBody = this.held.length > 0;
    if (hadBody) {
      const data = this.heldBody()!;
      this.held.length = 0;
      this.bufferedBytes = 0;
      this.updateWatermark();
      this.runData(next, data, (this.dataEndStream || this.headersEndStream) && this.trailers === null);
    } else if (this.dataEndStream && this.trailers === null) this.runData(next, EMPTY, true);
    if (!this.isDone && this.trailers !== null) this.runTrailers(next);
  }

  private hold(data: Uint8Array, isExempt: boolean): void {
    if (data.length === 0) return;
    this.held.push(data);
    this.bufferedBytes += data.length;
    if (isExempt) return;
    if (this.usesWatermark) this.updateWatermark();
    else if (this.bufferLimitBytes > 0 && this.bufferedBytes > this.bufferLimitBytes) this.onBufferOverflow();
  }

  private updateWatermark(): void {
    const isAbove = this.bufferLimitBytes > 0 && this.bufferedBytes > this.bufferLimitBytes;
    if (isAbove === this.isAboveWatermark) return;
    this.isAboveWatermark = isAbove;
    this.onWatermark(isAbove);
  }
}
