// One upstream attempt of a request: waits for a connection, sends the request, hands the response to the router filter (Envoy: UpstreamRequest).
import { HeaderBlock } from "../base/header-block.ts";
import { Timer } from "../base/timer-wheel.ts";
import { clock } from "../platform/turn.ts";
import type { ClientStreamDecoder } from "../stream/client-connection.ts";
import type { Http1ClientConnection } from "../stream/http1-client-connection.ts";
import { ResetReason, type StreamEncoder } from "../stream/stream.ts";
import type { Cancellable, HttpPoolCallbacks } from "../upstream/http1-pool.ts";
import type { Host } from "../upstream/host.ts";
import type { RouterFilter } from "./router-filter.ts";

const EMPTY = new Uint8Array(0);

/** Blocks of finished attempts, for reuse in later turns. */
const spareBlocks: HeaderBlock[] = [];

export class UpstreamRequest implements ClientStreamDecoder, HttpPoolCallbacks {
  readonly responseHeaders: HeaderBlock = spareBlocks.pop() ?? new HeaderBlock();
  readonly responseTrailers: HeaderBlock = new HeaderBlock();
  readonly host: Host;
  /** Response head went to the router: the attempt is the one that answers. */
  isAwaitingHeaders = true;
  private readonly router: RouterFilter;
  private encoder: StreamEncoder | null = null;
  private pending: Cancellable | null = null;
  private isOver = false;
  private perTryTimer: Timer | null = null;
  private isHeld = false;

  constructor(router: RouterFilter, host: Host) {
    this.router = router;
    this.host = host;
  }

  start(pending: Cancellable | null): void {
    if (this.encoder === null && !this.isOver) this.pending = pending;
  }

  get isConnected(): boolean {
    return this.encoder !== null;
  }

  // Pool.

  onPoolReady(encoder: StreamEncoder, connection: Http1ClientConnection): void {
    this.pending = null;
    this.encoder = encoder;
    this.router.onUpstreamReady(this, connection);
  }

  onPoolFailure(reason: ResetReason, details: string): void {
    this.pending = null;
    if (this.isOver) return;
    this.isOver = true;
    this.disarm();
    this.router.onUpstreamFailure(this, reason, details);
  }

  // Request.

  sendHeaders(headers: HeaderBlock, endStream: boolean): void {
    this.encoder!.encodeHeaders(headers, endStream);
  }

  sendData(data: Uint8Array, endStream: boolean): void {
    if (this.encoder !== null && !this.isOver) this.encoder.encodeData(data, endStream);
  }

  sendTrailers(trailers: HeaderBlock): void {
    if (this.encoder !== null && !this.isOver) this.encoder.encodeTrailers(trailers);
  }

  /** Stops (true) or resumes the response body: the downstream peer is slow. */
  holdResponse(hold: boolean): void {
    if (hold === this.isHeld || this.encoder === null || this.isOver) return;
    this.isHeld = hold;
    this.encoder.readDisable(hold);
  }

  armPerTryTimeout(ms: number): void {
    this.perTryTimer = new Timer(() => this.router.onPerTryTimeout(this));
    this.router.timers.arm(this.perTryTimer, clock.nowMs, ms);
  }

  private disarm(): void {
    if (this.perTryTimer !== null) this.router.timers.disarm(this.perTryTimer);
  }

  /** Gives the attempt up: leaves the pool's queue or resets the stream. Nothing is reported afterwards. */
  cancel(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.disarm();
    this.pending?.cancel();
    this.pending = null;
    this.encoder?.reset(ResetReason.localReset);
    this.encoder = null;
  }

  /** Gives the head's memory back once nobody reads it any more. */
  release(): void {
    if (spareBlocks.length >= 64) return;
    this.responseHeaders.reset();
    spareBlocks.push(this.responseHeaders);
  }

  // Response.

  decode1xxHeaders(headers: HeaderBlock): void {
    if (!this.isOver) this.router.onUpstream1xx(headers);
  }

  decodeHeaders(headers: HeaderBlock, endStream: boolean): void {
    if (this.isOver) return;
    this.disarm();
    if (endStream) this.finish();
    this.router.onUpstreamHeaders(this, headers, endStream);
  }

  decodeData(data: Uint8Array, endStream: boolean): void {
    if (this.isOver) return;
    if (endStream) this.finish();
    this.router.onUpstreamData(this, data, endStream);
  }

  decodeTrailers(trailers: HeaderBlock): void {
    if (this.isOver) return;
    this.finish();
    this.router.onUpstreamTrailers(this, trailers);
  }

  private finish(): void {
    this.isOver = true;
    this.disarm();
    this.encoder = null;
  }

  onReset(reason: ResetReason, details: string): void {
    if (this.isOver) return;
    this.finish();
    this.router.onUpstreamFailure(this, reason, details);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.router.onUpstreamWatermark(true);
  }

  onBelowWriteBufferLowWatermark(): void {
    this.router.onUpstreamWatermark(false);
  }
}

export { EMPTY as NO_DATA };
