// Mirrored requests (request_mirror_policies): a copy of the request goes to another cluster, its response is dropped (Envoy: ShadowWriter).
import { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";
import { Timer } from "../base/timer-wheel.ts";
import { clock } from "../platform/turn.ts";
import type { ClientStreamDecoder } from "../stream/client-connection.ts";
import { ResetReason, type StreamEncoder } from "../stream/stream.ts";
import type { Cluster } from "../upstream/cluster.ts";
import { type Cancellable, http1PoolOf, type HttpPoolCallbacks } from "../upstream/http1-pool.ts";
import type { WorkerContext } from "./worker-context.ts";

/** One copy under way. It lives on after the original: only its own timeout or the mirror's answer ends it. */
export class MirrorRequest implements ClientStreamDecoder, HttpPoolCallbacks {
  readonly responseHeaders: HeaderBlock = new HeaderBlock();
  readonly responseTrailers: HeaderBlock = new HeaderBlock();
  private readonly headers: HeaderBlock = new HeaderBlock();
  private readonly context: WorkerContext;
  private readonly timer: Timer = new Timer(() => this.abandon());
  private encoder: StreamEncoder | null = null;
  private pending: Cancellable | null = null;
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private readonly limitBytes: number;
  private isRequestComplete: boolean;
  private trailers: HeaderBlock | null = null;
  private isOver = false;

  /** Copies `headers`; a body that waits for the connection is bounded by `limitBytes` (CVE-2024-34364: never without a bound). */
  constructor(
    context: WorkerContext,
    headers: HeaderBlock,
    appendsSuffix: boolean,
    endStream: boolean,
    timeoutMs: number,
    limitBytes: number,
  ) {
    this.context = context;
    this.limitBytes = limitBytes;
    this.isRequestComplete = endStream;
    this.headers.copyFrom(headers);
    if (appendsSuffix) this.headers.set(Header.authority, shadowHost(this.headers.get(Header.authority) ?? ""));
    if (timeoutMs > 0) context.timers.arm(this.timer, clock.nowMs, timeoutMs);
  }

  start(cluster: Cluster): void {
    const host = cluster.chooseHost(null);
    if (host === null) return this.abandon();
    const pending = http1PoolOf(cluster, host, 0).newStream(this);
    if (this.encoder === null && !this.isOver) this.pending = pending;
  }

  onPoolReady(encoder: StreamEncoder): void {
    this.pending = null;
    this.encoder = encoder;
    const body = this.waiting, last = body.length - 1;
    encoder.encodeHeaders(this.headers, this.isRequestComplete && last < 0 && this.trailers === null);
    for (let i = 0; i <= last; i++) {
      encoder.encodeData(body[i]!, i === last && this.isRequestComplete && this.trailers === null);
    }
    if (this.trailers !== null) encoder.encodeTrailers(this.trailers);
    this.waiting = [];
  }

  onPoolFailure(): void {
    this.pending = null;
    this.abandon();
  }

  sendData(data: Uint8Array, endStream: boolean): void {
    if (endStream) this.isRequestComplete = true;
    if (this.isOver) return;
    if (this.encoder !== null) return this.encoder.encodeData(data, endStream);
    if (data.length === 0 && !endStream) return;
    this.waiting.push(data);
    this.waitingBytes += data.length;
    if (this.limitBytes > 0 && this.waitingBytes > this.limitBytes) this.abandon();
  }

  sendTrailers(trailers: HeaderBlock): void {
    this.isRequestComplete = true;
    if (this.isOver) return;
    const copy = new HeaderBlock();
    copy.copyFrom(trailers);
    if (this.encoder !== null) this.encoder.encodeTrailers(copy);
    else this.trailers = copy;
  }

  /** The original ended before its request was complete: the copy cannot be completed. */
  onOriginalEnd(): void {
    if (!this.isRequestComplete) this.abandon();
  }

  private abandon(): void {
    if (this.isOver) return;
    this.finish();
    this.pending?.cancel();
    this.encoder?.reset(ResetReason.localReset);
  }

  private finish(): void {
    this.isOver = true;
    this.waiting = [];
    this.context.timers.disarm(this.timer);
  }

  decode1xxHeaders(): void {}
  decodeHeaders(_headers: HeaderBlock, endStream: boolean): void {
    if (endStream) this.finish();
  }
  decodeData(_data: Uint8Array, endStream: boolean): void {
    if (endStream) this.finish();
  }
  decodeTrailers(): void {
    this.finish();
  }
  onReset(): void {
    this.finish();
  }
  onAboveWriteBufferHighWatermark(): void {
    // A mirror that does not read must not slow the original down: give it up.
    this.abandon();
  }
  onBelowWriteBufferLowWatermark(): void {}
}

/** `www.example.com:80` → `www.example.com-shadow:80`. */
function shadowHost(authority: string): string {
  const colon = authority.lastIndexOf(":");
  return colon > 0 && colon > authority.lastIndexOf("]")
    ? `${authority.slice(0, colon)}-shadow${authority.slice(colon)}`
    : `${authority}-shadow`;
}
