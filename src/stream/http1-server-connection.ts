// HTTP/1 server engine: one exchange at a time over a downstream connection; binds the request decoder and the head encoder to the socket (RFC 9112).
import type { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";
import { Timer, type TimerWheel } from "../base/timer-wheel.ts";
import type { CloseEvent, Connection, ConnectionReader } from "../net/connection.ts";
import { clock } from "../platform/turn.ts";
import { encodeData, encodeLastChunk, encodeTrailers } from "../protocol/http1/chunk-encoder.ts";
import type { Http1Error } from "../protocol/http1/errors.ts";
import type { Http1HeadEncoder } from "../protocol/http1/head-encoder.ts";
import { Framing } from "../protocol/http1/message.ts";
import { Method } from "../protocol/http1/methods.ts";
import type { Http1DecoderOptions } from "../protocol/http1/options.ts";
import { Http1RequestDecoder, type Http1RequestListener } from "../protocol/http1/request-decoder.ts";
import type { ServerConnectionCallbacks, ServerStreamDecoder, ServerStreamEncoder } from "./server-connection.ts";
import { ResetReason } from "./stream.ts";

export interface Http1ServerOptions {
  readonly decoder: Http1DecoderOptions;
  readonly encoder: Http1HeadEncoder;
  /** How long to wait for the peer's FIN after the last response before the socket is closed; 0 = close at once. */
  readonly delayedCloseTimeoutMs: number;
}

/** Most input kept while a response is under way: one received chunk (≤ 512 KiB, Bun) besides what the kernel holds. */
export class Http1ServerConnection implements ConnectionReader, Http1RequestListener, ServerStreamEncoder {
  private readonly connection: Connection;
  private readonly callbacks: ServerConnectionCallbacks;
  private readonly options: Http1ServerOptions;
  private readonly timers: TimerWheel;
  private readonly decoder: Http1RequestDecoder;
  /** Receiver of the active exchange; null between exchanges. */
  private stream: ServerStreamDecoder | null = null;
  private isRequestComplete = true;
  private isTunnel = false;
  private streamReadDisables = 0;
  private closesAfterResponse = false;
  private bodyFraming: Framing = Framing.none;
  /** Input not decoded yet: pipelined requests wait here while reading is paused. */
  private input: Buffer | null = null;
  private inputOffset = 0;
  private isInputPaused = false;
  private isDecoding = false;
  private isFailed = false;
  private isDelayedClosing = false;
  private readonly closeTimer: Timer = new Timer(() => this.connection.close("noFlush"));

  constructor(
    connection: Connection,
    callbacks: ServerConnectionCallbacks,
    options: Http1ServerOptions,
    timers: TimerWheel,
  ) {
    this.connection = connection;
    this.callbacks = callbacks;
    this.options = options;
    this.timers = timers;
    this.decoder = new Http1RequestDecoder(options.decoder, this);
  }

  // Facts of the request, for the connection manager.

  get protocolName(): string {
    return this.decoder.message.versionMinor === 0 ? "HTTP/1.0" : "HTTP/1.1";
  }
  get isLastOnConnection(): boolean {
    return this.closesAfterResponse || !this.decoder.message.keepAlive;
  }
  get upgradeToken(): string {
    const message = this.decoder.message;
    if (message.method === Method.connect) return "connect";
    return message.isUpgrade ? (this.stream!.requestHeaders.get(Header.upgrade) ?? "").toLowerCase() : "";
  }
  get requestScheme(): string {
    return this.decoder.message.scheme;
  }
  get expectsContinue(): boolean {
    return this.decoder.message.expectContinue;
  }

  // Input.

  onData(chunk: Buffer): void {
    this.callbacks.onBytesReceived(chunk.length);
    if (this.isFailed || this.isDelayedClosing) return;
    if (this.input !== null) {
      this.input = Buffer.concat([this.input.subarray(this.inputOffset), chunk]);
      this.inputOffset = 0;
      return;
    }
    this.input = chunk;
    this.inputOffset = 0;
    this.pump();
  }

  /** Decodes what is there, one request after the other, each only when the one before is answered. */
  private pump(): void {
    if (this.isDecoding) return;
    this.isDecoding = true;
    while (this.input !== null && !this.isFailed && !this.connection.isClosed) {
      if (this.stream === null) this.beginExchange();
      else if (this.isRequestComplete || this.decoder.isWaiting) break;
      const input: Buffer = this.input;
      this.inputOffset = this.decoder.decode(input, this.inputOffset);
      if (this.inputOffset >= input.length) this.input = null;
    }
    this.isDecoding = false;
    this.setInputPaused(this.input !== null);
  }

  private setInputPaused(paused: boolean): void {
    if (paused === this.isInputPaused) return;
    this.isInputPaused = paused;
    this.connection.readDisable(paused);
  }

  private beginExchange(): void {
    this.isRequestComplete = false;
    const stream = this.callbacks.newStream(this);
    this.stream = stream;
    this.decoder.begin(stream.requestHeaders, stream.requestTrailers);
  }

  onHeaders(headers: HeaderBlock, endStream: boolean): void {
    if (endStream) this.isRequestComplete = true;
    this.stream?.decodeHeaders(headers, endStream);
  }

  onBody(data: Buffer, endStream: boolean): void {
    if (endStream) this.isRequestComplete = true;
    this.stream?.decodeData(data, endStream);
  }

  onTrailers(trailers: HeaderBlock): void {
    this.isRequestComplete = true;
    this.stream?.decodeTrailers(trailers);
  }

  /** The end came with the event before it. */
  onComplete(): void {}

  onError(error: Http1Error): void {
    this.isFailed = true;
    this.input = null;
    this.closesAfterResponse = true;
    if (this.stream !== null) this.stream.onCodecError(error);
    else this.finishConnection();
  }

  onEndOfInput(): void {
    // Half-close is not part of HTTP/1 towards a proxy: the peer gave up the exchange (Envoy does the same).
    if (this.isTunnel && this.stream !== null) return this.decoder.onEof();
    this.connection.close(this.stream === null ? "flush" : "noFlush");
    if (this.stream !== null) this.loseExchange("downstream_remote_disconnect");
  }

  onClose(event: CloseEvent): void {
    this.timers.disarm(this.closeTimer);
    this.input = null;
    if (this.stream !== null) {
      this.loseExchange(event.remote ? "downstream_remote_disconnect" : "downstream_local_disconnect");
    }
    this.callbacks.onConnectionClose(event.remote || this.connection.isReadEof, event.detail);
  }

  private loseExchange(details: string): void {
    const stream = this.stream!;
    this.stream = null;
    stream.onReset(ResetReason.connectionTermination, details);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.stream?.onAboveWriteBufferHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    this.stream?.onBelowWriteBufferLowWatermark();
  }

  // Output.

  encode1xxHeaders(headers: HeaderBlock): void {
    // HTTP/1.0 knows no informational responses (RFC 9110 §15.2).
    if (this.decoder.message.versionMinor > 0) {
      this.options.encoder.encodeInformational(this.connection.turnOutput(), headers);
    }
  }

  encodeHeaders(headers: HeaderBlock, endStream: boolean): void {
    const message = this.decoder.message;
    this.bodyFraming = this.options.encoder.encodeResponse(
      this.connection.turnOutput(),
      headers,
      message,
      this.isLastOnConnection,
      endStream,
    );
    if (this.bodyFraming === Framing.tunnel) this.startTunnel();
    else if (this.bodyFraming === Framing.untilClose) this.closesAfterResponse = true;
    if (endStream) this.completeResponse();
  }

  private startTunnel(): void {
    this.isTunnel = true;
    this.isRequestComplete = false;
    this.decoder.startTunnel();
    if (this.input !== null) this.pump();
  }

  encodeData(data: Uint8Array, endStream: boolean): void {
    if (data.length > 0) {
      if (this.bodyFraming === Framing.chunked) encodeData(this.connection, data);
      else this.connection.write(data);
    }
    if (endStream) {
      if (this.bodyFraming === Framing.chunked) encodeLastChunk(this.connection.turnOutput());
      this.completeResponse();
    }
  }

  encodeTrailers(trailers: HeaderBlock): void {
    if (this.bodyFraming === Framing.chunked) {
      encodeTrailers(this.connection.turnOutput(), trailers, this.options.encoder);
    }
    this.completeResponse();
  }

  private completeResponse(): void {
    this.stream = null;
    if (this.streamReadDisables > 0) this.releaseReadDisables();
    if (this.isTunnel) return this.connection.close("flush");
    if (!this.isRequestComplete || this.isLastOnConnection || this.isFailed) return this.finishConnection();
    if (this.input !== null) this.pump();
    else this.callbacks.onIdle();
  }

  /** Sends what is buffered, then FIN, and waits a while for the peer's: a close with unread input would destroy the response (RFC 9112 §9.6). */
  private finishConnection(): void {
    const delayMs = this.options.delayedCloseTimeoutMs;
    if (delayMs === 0 || this.connection.isReadEof) return this.connection.close("flush");
    this.isDelayedClosing = true;
    this.input = null;
    this.setInputPaused(false);
    this.connection.shutdownWrite();
    this.timers.arm(this.closeTimer, clock.nowMs, delayMs);
  }

  closeAfterResponse(): void {
    this.closesAfterResponse = true;
  }

  reset(_reason: ResetReason): void {
    this.stream = null;
    this.connection.close("noFlush");
  }

  readDisable(disable: boolean): void {
    this.streamReadDisables += disable ? 1 : -1;
    this.connection.readDisable(disable);
  }

  /** An exchange that ends while its body was held back leaves the connection readable for the next one. */
  private releaseReadDisables(): void {
    for (; this.streamReadDisables > 0; this.streamReadDisables--) this.connection.readDisable(false);
  }

  drain(): void {
    this.closesAfterResponse = true;
    if (this.stream === null && this.input === null) this.finishConnection();
  }

  close(): void {
    this.connection.close("flush");
  }
}
