// The HTTP filter chain of one stream: its filters, bound to the two passes; decode runs in configured order, encode in reverse.
import type { HeaderBlock } from "../base/header-block.ts";
import { FilterPass } from "../stream/filter-pass.ts";
import type {
  DataStatus,
  HeadersStatus,
  StreamDecoderFilter,
  StreamEncoderFilter,
  StreamFilterInstance,
  TrailersStatus,
} from "../stream/filter.ts";
import type { ActiveStream } from "./active-stream.ts";
import type { FilterCallbacks } from "./filter-callbacks.ts";

/** Request direction; the last filter (router) ends it, so the end of the pass is never reached with a complete chain. */
export class DecodePass extends FilterPass {
  readonly filters: (StreamDecoderFilter | null)[] = [];
  private readonly stream: ActiveStream;

  constructor(stream: ActiveStream) {
    super();
    this.stream = stream;
  }

  protected callHeaders(i: number, headers: HeaderBlock, endStream: boolean): HeadersStatus {
    const filter = this.filters[i]!;
    return filter === null ? 0 : filter.decodeHeaders(headers, endStream);
  }
  protected callData(i: number, data: Uint8Array, endStream: boolean): DataStatus {
    const filter = this.filters[i]!;
    return filter === null ? 0 : filter.decodeData(data, endStream);
  }
  protected callTrailers(i: number, trailers: HeaderBlock): TrailersStatus {
    const filter = this.filters[i]!;
    return filter === null ? 0 : filter.decodeTrailers(trailers);
  }
  protected endHeaders(): void {
    this.stream.onUnansweredRequest();
  }
  protected endData(): void {}
  protected endTrailers(): void {}
  protected onBufferOverflow(): void {
    this.stream.onRequestBufferOverflow();
  }
  protected onWatermark(isAbove: boolean): void {
    this.stream.readDisable(isAbove);
  }
}

/** Response direction; ends in the connection manager's own edits and the codec. */
export class EncodePass extends FilterPass {
  readonly filters: (StreamEncoderFilter | null)[] = [];
  private readonly stream: ActiveStream;

  constructor(stream: ActiveStream) {
    super();
    this.stream = stream;
  }

  protected callHeaders(i: number, headers: HeaderBlock, endStream: boolean): HeadersStatus {
    const filter = this.filters[i]!;
    return filter === null ? 0 : filter.encodeHeaders(headers, endStream);
  }
  protected callData(i: number, data: Uint8Array, endStream: boolean): DataStatus {
    const filter = this.filters[i]!;
    return filter === null ? 0 : filter.encodeData(data, endStream);
  }
  protected callTrailers(i: number, trailers: HeaderBlock): TrailersStatus {
    const filter = this.filters[i]!;
    return filter === null ? 0 : filter.encodeTrailers(trailers);
  }
  protected endHeaders(headers: HeaderBlock, endStream: boolean): void {
    this.stream.finishHeaders(headers, endStream);
  }
  protected endData(data: Uint8Array, endStream: boolean): void {
    this.stream.finishData(data, endStream);
  }
  protected endTrailers(trailers: HeaderBlock): void {
    this.stream.finishTrailers(trailers);
  }
  protected onBufferOverflow(): void {
    this.stream.onResponseBufferOverflow();
  }
  protected onWatermark(isAbove: boolean): void {
    this.stream.onResponseWatermark(isAbove);
  }
}

/** One filter of a stream with its callbacks. */
export interface ChainEntry {
  readonly instance: StreamFilterInstance;
  readonly callbacks: FilterCallbacks;
}
