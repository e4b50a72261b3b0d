// The callbacks of one filter on one stream. They outlive the stream: after `detach` every call is ignored, so late answers of side calls are harmless.
import type { HeaderBlock } from "../base/header-block.ts";
import { Timer } from "../base/timer-wheel.ts";
import type { StreamInfo } from "../expr/stream-info.ts";
import type { Connection } from "../net/connection.ts";
import { clock } from "../platform/turn.ts";
import type { RouteEntry } from "../router/route-entry.ts";
import type { FilterTimer, LocalReply } from "../stream/filter.ts";
import type { ActiveStream } from "./active-stream.ts";
import type { DownstreamWatermarkListener, HttpFilterCallbacks } from "./http-filter.ts";

const NO_TIMER: FilterTimer = { cancel() {} };

export class FilterCallbacks implements HttpFilterCallbacks {
  readonly streamInfo: StreamInfo;
  readonly requestHeaders: HeaderBlock;
  readonly downstreamConnection: Connection;
  readonly upgradeToken: string;
  private stream: ActiveStream | null;
  /** Place in the decode pass and in the (reversed) encode pass. */
  private readonly decodeIndex: number;
  encodeIndex = -1;
  private timers: Timer[] | null = null;

  constructor(stream: ActiveStream, connection: Connection, decodeIndex: number) {
    this.stream = stream;
    this.streamInfo = stream.info;
    this.requestHeaders = stream.requestHeaders;
    this.downstreamConnection = connection;
    this.upgradeToken = stream.upgradeToken;
    this.decodeIndex = decodeIndex;
  }

  /** The stream is over. */
  detach(): void {
    const stream = this.stream;
    if (stream === null) return;
    if (this.timers !== null) { for (const timer of this.timers) stream.timers.disarm(timer); }
    this.stream = null;
  }

  get nowMs(): number {
    return clock.nowMs;
  }

  route(): RouteEntry | null {
    return this.stream === null ? null : this.stream.resolveRoute();
  }

  clearRouteCache(): void {
    this.stream?.clearRouteCache();
  }

  routeConfig(filterName: string): unknown {
    return this.stream?.mostSpecificRouteConfig(filterName) ?? null;
  }

  routeConfigs(filterName: string): unknown[] {
    return this.stream?.routeConfigs(filterName) ?? [];
  }

  continueDecoding(): void {
    this.stream?.decoding.continueAfter(this.decodeIndex);
  }

  continueEncoding(): void {
    this.stream?.encoding.continueAfter(this.encodeIndex);
  }

  sendLocalReply(reply: LocalReply): void {
    this.stream?.sendLocalReply(reply);
  }

  addDecodedData(data: Uint8Array): void {
    this.stream?.decoding.addData(data);
  }

  addEncodedData(data: Uint8Array): void {
    this.stream?.encoding.addData(data);
  }

  decodingBuffer(): Uint8Array | null {
    return this.stream === null ? null : this.stream.decoding.heldBody();
  }

  encodingBuffer(): Uint8Array | null {
    return this.stream === null ? null : this.stream.encoding.heldBody();
  }

  setDecoderBufferLimitBytes(bytes: number): void {
    if (this.stream !== null) this.stream.decoding.bufferLimitBytes = bytes;
  }

  setEncoderBufferLimitBytes(bytes: number): void {
    if (this.stream !== null) this.stream.encoding.bufferLimitBytes = bytes;
  }

  encodeHeaders(headers: HeaderBlock, endStream: boolean): void {
    this.stream?.startResponse(headers, endStream);
  }

  encodeData(data: Uint8Array, endStream: boolean): void {
    this.stream?.encoding.onData(data, endStream);
  }

  encodeTrailers(trailers: HeaderBlock): void {
    this.stream?.encoding.onTrailers(trailers);
  }

  encode1xxHeaders(headers: HeaderBlock): void {
    this.stream?.encode1xxHeaders(headers);
  }

  armTimer(delayMs: number, onExpire: () => void): FilterTimer {
    const stream = this.stream;
    if (stream === null) return NO_TIMER;
    const timer = new Timer(onExpire);
    stream.timers.arm(timer, clock.nowMs, delayMs);
    (this.timers ??= []).push(timer);
    return { cancel: () => this.stream?.timers.disarm(timer) };
  }

  onDecoderFilterAboveWriteBufferHighWatermark(): void {
    this.stream?.readDisable(true);
  }

  onDecoderFilterBelowWriteBufferLowWatermark(): void {
    this.stream?.readDisable(false);
  }

  setDownstreamWatermarkListener(listener: DownstreamWatermarkListener | null): void {
    this.stream?.setDownstreamWatermarkListener(listener);
  }

  setStreamIdleTimeout(ms: number): void {
    this.stream?.setIdleTimeout(ms);
  }

  resetStream(details: string): void {
    this.stream?.resetFromFilter(details);
  }
}
