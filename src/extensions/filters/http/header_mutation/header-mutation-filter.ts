// The filter envoy.filters.http.header_mutation: edits headers, trailers and the query by the filter's steps, then by those of the route's levels.
import type { HeaderBlock } from "../../../../base/header-block.ts";
import { Header } from "../../../../base/header-names.ts";
import type { HttpFilterCallbacks } from "../../../../proxy/http-filter.ts";
import {
  DataStatus,
  HeadersStatus,
  type StreamDecoderFilter,
  type StreamEncoderFilter,
  type StreamFilterInstance,
  TrailersStatus,
} from "../../../../stream/filter.ts";
import type { MutationsConfig } from "./header-mutation-config.ts";
import { HeaderSteps } from "./header-steps.ts";
import { QuerySteps } from "./query-steps.ts";

/** Compiled steps of one level. */
export class Mutations {
  readonly requestHeaders: HeaderSteps;
  readonly queryParameters: QuerySteps;
  readonly requestTrailers: HeaderSteps;
  readonly responseHeaders: HeaderSteps;
  readonly responseTrailers: HeaderSteps;

  constructor(config: MutationsConfig) {
    this.requestHeaders = new HeaderSteps(config.requestHeaders);
    this.queryParameters = new QuerySteps(config.queryParameters);
    this.requestTrailers = new HeaderSteps(config.requestTrailers);
    this.responseHeaders = new HeaderSteps(config.responseHeaders);
    this.responseTrailers = new HeaderSteps(config.responseTrailers);
  }
}

export class HeaderMutationFilter implements StreamFilterInstance, StreamDecoderFilter, StreamEncoderFilter {
  readonly decoder: StreamDecoderFilter = this;
  readonly encoder: StreamEncoderFilter = this;
  private readonly own: Mutations;
  private readonly mostSpecificWins: boolean;
  private readonly name: string;
  private readonly callbacks: HttpFilterCallbacks;
  /** Own level, then the route's in the order in which they run; null until first needed. */
  private levels: readonly Mutations[] | null = null;

  constructor(own: Mutations, mostSpecificWins: boolean, name: string, callbacks: HttpFilterCallbacks) {
    this.own = own;
    this.mostSpecificWins = mostSpecificWins;
    this.name = name;
    this.callbacks = callbacks;
  }

  decodeHeaders(headers: HeaderBlock, _endStream: boolean): HeadersStatus {
    const info = this.callbacks.streamInfo;
    for (const level of this.resolveLevels()) {
      level.requestHeaders.apply(headers, info);
      const target = level.queryParameters.isEmpty ? null : headers.get(Header.path);
      if (target !== null) headers.set(Header.path, level.queryParameters.rewrite(target, info));
    }
    return HeadersStatus.continue;
  }

  decodeData(_data: Uint8Array, _endStream: boolean): DataStatus {
    return DataStatus.continue;
  }

  decodeTrailers(trailers: HeaderBlock): TrailersStatus {
    for (const level of this.resolveLevels()) level.requestTrailers.apply(trailers, this.callbacks.streamInfo);
    return TrailersStatus.continue;
  }

  encodeHeaders(headers: HeaderBlock, _endStream: boolean): HeadersStatus {
    const info = this.callbacks.streamInfo;
    // Formats may speak of the response (%RESP()%, %RESPONSE_CODE%), which the manager records only when the head goes out.
    info.responseHeaders = headers;
    info.responseCode = headers.status;
    for (const level of this.resolveLevels()) level.responseHeaders.apply(headers, info);
    return HeadersStatus.continue;
  }

  encodeData(_data: Uint8Array, _endStream: boolean): DataStatus {
    return DataStatus.continue;
  }

  encodeTrailers(trailers: HeaderBlock): TrailersStatus {
    const info = this.callbacks.streamInfo;
    info.responseTrailers = trailers;
    for (const level of this.resolveLevels()) level.responseTrailers.apply(trailers, info);
    return TrailersStatus.continue;
  }

  /** Looked up once per stream: a later change of the route does not change the levels. */
  private resolveLevels(): readonly Mutations[] {
    if (this.levels !== null) return this.levels;
    const overrides = this.callbacks.routeConfigs(this.name) as Mutations[];
    this.levels = [this.own, ...(this.mostSpecificWins ? overrides : overrides.toReversed())];
    return this.levels;
  }

  onStreamComplete(): void {}

  onDestroy(): void {}
}
