// HTTP/1 client engine: one exchange at a time over an upstream connection; binds the response decoder and the head encoder to the socket (RFC 9112).
import type { HeaderBlock } from "../base/header-block.ts";
import type { CloseEvent, Connection, ConnectionReader } from "../net/connection.ts";
import { encodeData, encodeLastChunk, encodeTrailers } from "../protocol/http1/chunk-encoder.ts";
import type { Http1Error } from "../protocol/http1/errors.ts";
import type { Http1HeadEncoder } from "../protocol/http1/head-encoder.ts";
import { Framing } from "../protocol/http1/message.ts";
import type { Http1DecoderOptions } from "../protocol/http1/options.ts";
import { Http1ResponseDecoder, type Http1ResponseListener } from "../protocol/http1/response-decoder.ts";
import type { ClientConnectionCallbacks, ClientStreamDecoder } from "./client-connection.ts";
import { ResetReason, type StreamEncoder } from "./stream.ts";

export interface Http1ClientOptions {
  readonly decoder: Http1DecoderOptions;
  readonly encoder: Http1HeadEncoder;
}

export class Http1ClientConnection implements ConnectionReader, Http1ResponseListener, StreamEncoder {
  readonly connection: Connection;
  /** Exchanges begun on this connection. */
  streamCount = 0;
  private readonly callbacks: ClientConnectionCallbacks<Http1ClientConnection>;
  private readonly options: Http1ClientOptions;
  private readonly decoder: Http1ResponseDecoder;
  private stream: ClientStreamDecoder | null = null;
  private bodyFraming: Framing = Framing.none;
  private isRequestComplete = false;
  private isResponseComplete = false;
  private isTunnel = false;
  private streamReadDisables = 0;
  /** The last exchange left the connection unusable. */
  private isSpent = false;

  constructor(
    connection: Connection,
    callbacks: ClientConnectionCallbacks<Http1ClientConnection>,
    options: Http1ClientOptions,
  ) {
    this.connection = connection;
    this.callbacks = callbacks;
    this.options = options;
    this.decoder = new Http1ResponseDecoder(options.decoder, this);
  }

  /** Begins an exchange; the caller encodes the request by the returned encoder. Only while no other exchange is active. */
  newStream(stream: ClientStreamDecoder): StreamEncoder {
    this.stream = stream;
    this.streamCount++;
    this.isRequestComplete = this.isResponseComplete = false;
    return this;
  }

  get isIdle(): boolean {
    return this.stream === null && !this.isSpent && !this.connection.isClosed;
  }

  // Request.

  encodeHeaders(headers: HeaderBlock, endStream: boolean): void {
    const stream = this.stream!;
    const method = this.options.encoder.encodeRequest(this.connection.turnOutput(), headers, endStream);
    this.bodyFraming = this.options.encoder.framing;
    this.decoder.begin(stream.responseHeaders, stream.responseTrailers, method, this.options.encoder.isUpgrade);
    if (endStream) this.completeRequest();
  }

  encodeData(data: Uint8Array, endStream: boolean): void {
    if (data.length > 0) {
      if (this.bodyFraming === Framing.chunked) encodeData(this.connection, data);
      else this.connection.write(data);
    }
    if (endStream) {
      if (this.bodyFraming === Framing.chunked) encodeLastChunk(this.connection.turnOutput());
      if (this.isTunnel) this.connection.shutdownWrite();
      this.completeRequest();
    }
  }

  encodeTrailers(trailers: HeaderBlock): void {
    if (this.bodyFraming === Framing.chunked) {
      encodeTrailers(this.connection.turnOutput(), trailers, this.options.encoder);
    }
    this.completeRequest();
  }

  private completeRequest(): void {
    this.isRequestComplete = true;
    if (this.isResponseComplete) this.finishExchange();
  }

  reset(_reason: ResetReason): void {
    this.stream = null;
    this.isSpent = true;
    this.connection.close("noFlush");
  }

  readDisable(disable: boolean): void {
    this.streamReadDisables += disable ? 1 : -1;
    this.connection.readDisable(disable);
  }

  // Response.

  onData(chunk: Buffer): void {
    if (this.isSpent) return;
    if (this.stream === null) return this.failIdle();
    const used = this.decoder.decode(chunk, 0);
    // Bytes after a complete response belong to nobody: the connection must not serve another exchange (§5.2 item 19).
    if (used < chunk.length && !this.connection.isClosed) this.failIdle();
  }

  private failIdle(): void {
    this.isSpent = true;
    this.connection.close("noFlush", "http1.extraneous_data");
  }

  onInformational(headers: HeaderBlock): void {
    this.stream?.decode1xxHeaders(headers);
  }

  onHeaders(headers: HeaderBlock, endStream: boolean): void {
    if (this.decoder.message.framing === Framing.tunnel) this.isTunnel = true;
    const stream = this.stream;
    if (stream === null) return;
    if (endStream) this.isResponseComplete = true;
    stream.decodeHeaders(headers, endStream);
    if (endStream) this.settle();
  }

  onBody(data: Buffer, endStream: boolean): void {
    const stream = this.stream;
    if (stream === null) return;
    if (endStream) this.isResponseComplete = true;
    stream.decodeData(data, endStream);
    if (endStream) this.settle();
  }

  onTrailers(trailers: HeaderBlock): void {
    const stream = this.stream;
    if (stream === null) return;
    this.isResponseComplete = true;
    stream.decodeTrailers(trailers);
    this.settle();
  }

  /** The end came with the event before it. */
  onComplete(): void {}

  /** After the decoder's last event: reuse needs a complete request too, else the connection is in an unknown state. */
  private settle(): void {
    if (this.isRequestComplete) this.finishExchange();
    else {
      this.stream = null;
      this.isSpent = true;
      this.connection.close("noFlush");
    }
  }

  private finishExchange(): void {
    if (this.isSpent) return;
    this.stream = null;
    for (; this.streamReadDisables > 0; this.streamReadDisables--) this.connection.readDisable(false);
    const isReusable = this.decoder.message.keepAlive && !this.isTunnel && !this.connection.isReadEof;
    if (!isReusable) this.isSpent = true;
    this.callbacks.onStreamComplete(this, isReusable);
  }

  onError(error: Http1Error): void {
    const stream = this.stream;
    this.stream = null;
    this.isSpent = true;
    this.connection.close("noFlush", error.details);
    stream?.onReset(ResetReason.protocolError, error.details);
  }

  onEndOfInput(): void {
    if (this.stream !== null && !this.isSpent) this.decoder.onEof();
    if (!this.connection.isClosed) this.connection.close("noFlush");
  }

  onClose(event: CloseEvent): void {
    const stream = this.stream;
    this.stream = null;
    this.isSpent = true;
    stream?.onReset(ResetReason.connectionTermination, event.detail);
    this.callbacks.onConnectionClose(this, event.remote || this.connection.isReadEof, event.detail);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.stream?.onAboveWriteBufferHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    this.stream?.onBelowWriteBufferLowWatermark();
  }

  close(): void {
    this.connection.close("noFlush");
  }
}
