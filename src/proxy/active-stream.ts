// One HTTP exchange in the connection manager: request in, filters, response out, its timers, stats and access log (Envoy: ConnectionManagerImpl::ActiveStream).
import { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";
import { Timer, type TimerWheel } from "../base/timer-wheel.ts";
import { ResponseFlag, StreamInfo } from "../expr/stream-info.ts";
import { HttpStat } from "../observe/schemas/http-connection-manager.ts";
import { clock } from "../platform/turn.ts";
import type { RouteEntry } from "../router/route-entry.ts";
import type { LocalReply } from "../stream/filter.ts";
import type { CodecError, ServerStreamDecoder, ServerStreamEncoder } from "../stream/server-connection.ts";
import { ResetReason } from "../stream/stream.ts";
import { type ChainEntry, DecodePass, EncodePass } from "./filter-chain.ts";
import { FilterCallbacks } from "./filter-callbacks.ts";
import type { HttpConnection } from "./http-connection.ts";
import type { DownstreamWatermarkListener } from "./http-filter.ts";
import { isGrpcRequest } from "./local-reply.ts";
import type { ManagerRuntime } from "./manager-runtime.ts";
import { checkRequest } from "./request-check.ts";
import { prepareRequestHeaders } from "./request-headers.ts";
import { prepareResponseHeaders } from "./response-headers.ts";

/** Pooled: `start` begins an exchange, `destroy` ends it; in between `connection` is set. */
export class ActiveStream implements ServerStreamDecoder {
  readonly requestHeaders: HeaderBlock = new HeaderBlock();
  readonly requestTrailers: HeaderBlock = new HeaderBlock();
  readonly info: StreamInfo = new StreamInfo();
  readonly decoding: DecodePass = new DecodePass(this);
  readonly encoding: EncodePass = new EncodePass(this);
  readonly manager: ManagerRuntime;
  readonly timers: TimerWheel;
  /** Accepted upgrade token (`websocket`, `connect`), or empty. */
  upgradeToken = "";
  connection: HttpConnection | null = null;
  /** Turn in which the stream ended: the object is reused only in a later one. */
  retiredMs = 0;
  private readonly localHeaders: HeaderBlock = new HeaderBlock();
  private encoder: ServerStreamEncoder | null = null;
  private chain: ChainEntry[] = [];
  private route: RouteEntry | null = null;
  private isRouteResolved = false;
  private requestId: string | null = null;
  private isRequestComplete = false;
  private isResponseStarted = false;
  private isResponseHeadSent = false;
  private isLocalReply = false;
  private isHeadRequest = false;
  private idleTimeoutMs = 0;
  private lastActivityMs = 0;
  private watermarkListener: DownstreamWatermarkListener | null = null;
  private isAboveDownstreamWatermark = false;
  private readonly idleTimer: Timer = new Timer(() => this.onIdleTimer());
  private readonly requestTimer: Timer = new Timer(() => this.onRequestTimer());
  private readonly headersTimer: Timer = new Timer(() => this.onHeadersTimer());
  private readonly durationTimer: Timer = new Timer(() => this.onDurationTimer());

  constructor(manager: ManagerRuntime) {
    this.manager = manager;
    this.timers = manager.context.timers;
  }

  start(connection: HttpConnection, encoder: ServerStreamEncoder): void {
    const config = this.manager.config;
    this.connection = connection;
    this.encoder = encoder;
    const info = this.info;
    info.startMs = this.lastActivityMs = clock.nowMs;
    info.startWallMs = clock.wallMs;
    info.requestHeaders = this.requestHeaders;
    connection.describe(info);
    this.idleTimeoutMs = config.streamIdleTimeoutMs;
    this.decoding.bufferLimitBytes = this.encoding.bufferLimitBytes = connection.bufferLimitBytes;
    if (this.idleTimeoutMs > 0) this.timers.arm(this.idleTimer, clock.nowMs, this.idleTimeoutMs);
    if (config.requestTimeoutMs > 0) this.timers.arm(this.requestTimer, clock.nowMs, config.requestTimeoutMs);
    if (config.requestHeadersTimeoutMs > 0) {
      this.timers.arm(this.headersTimer, clock.nowMs, config.requestHeadersTimeoutMs);
    }
    if (config.maxStreamDurationMs > 0) this.timers.arm(this.durationTimer, clock.nowMs, config.maxStreamDurationMs);
  }

  // Request direction, from the codec.

  decodeHeaders(headers: HeaderBlock, endStream: boolean): void {
    const manager = this.manager, info = this.info, encoder = this.encoder!;
    this.lastActivityMs = clock.nowMs;
    this.timers.disarm(this.headersTimer);
    if (endStream) this.completeRequest();
    info.protocol = encoder.protocolName;
    info.requestHeaderBytes = headers.byteSize;
    this.isHeadRequest = headers.get(Header.method) === "HEAD";
    const connection = this.connection!;
    const refusal = checkRequest(headers, manager, encoder, connection);
    this.upgradeToken = refusal === null && encoder.upgradeToken !== "" && manager.allowsUpgrade(encoder.upgradeToken)
      ? encoder.upgradeToken
      : "";
    const isUpgrade = this.upgradeToken !== "";
    this.requestId = prepareRequestHeaders(
      headers,
      info,
      manager.config,
      manager.internalAddresses,
      connection.origin,
      encoder.requestScheme,
      isUpgrade,
    );
    if (refusal !== null) return this.sendLocalReply(refusal);
    if (encoder.upgradeToken !== "" && !isUpgrade && this.refusesUpgrade(encoder.upgradeToken)) return;
    if (encoder.expectsContinue && !manager.config.proxy100Continue) {
      headers.remove(Header.expect);
      if (!endStream) this.continueNow(encoder);
    }
    this.createChain();
    const route = this.resolveRoute();
    if (route !== null) this.applyRouteTimeouts(route);
    this.decoding.onHeaders(headers, endStream);
  }

  decodeData(data: Uint8Array, endStream: boolean): void {
    this.lastActivityMs = clock.nowMs;
    this.info.bytesReceived += data.length;
    if (endStream) this.completeRequest();
    if (!this.decoding.isDone) this.decoding.onData(data, endStream);
  }

  decodeTrailers(trailers: HeaderBlock): void {
    this.lastActivityMs = clock.nowMs;
    this.completeRequest();
    if (!this.decoding.isDone) this.decoding.onTrailers(trailers);
  }

  private completeRequest(): void {
    this.isRequestComplete = true;
    this.info.requestCompleteMs = clock.nowMs;
    this.timers.disarm(this.requestTimer);
  }

  /** Answers 100 at once: the proxy takes the expectation on itself unless it forwards it. */
  private continueNow(encoder: ServerStreamEncoder): void {
    const head = this.localHeaders;
    head.reset();
    head.status = 100;
    head.append(Header.status, "100");
    encoder.encode1xxHeaders(head);
  }

  /** CONNECT that nobody allows is refused; any other upgrade that is not configured is refused as Envoy does (403). */
  private refusesUpgrade(token: string): boolean {
    const isConnect = token === "connect";
    this.manager.stats.inc(isConnect ? HttpStat.downstreamRqWsOnNonWsRoute : HttpStat.downstreamRqWsOnNonWsRoute);
    this.sendLocalReply({
      status: isConnect ? 404 : 403,
      body: "",
      details: isConnect ? "connect_not_allowed" : "upgrade_failed",
      flags: isConnect ? ResponseFlag.noRouteFound : 0,
      modifyHeaders: null,
      grpcStatus: null,
    });
    return true;
  }

  onCodecError(error: CodecError): void {
    this.timers.disarm(this.headersTimer);
    this.info.setFlag(ResponseFlag.downstreamProtocolError);
    this.encoder?.closeAfterResponse();
    if (this.isResponseHeadSent) return this.resetFromFilter(error.details);
    this.isRequestComplete = true;
    this.decoding.isDone = true;
    this.sendLocalReply({
      status: error.status,
      body: error.message,
      details: error.details,
      flags: 0,
      modifyHeaders: null,
      grpcStatus: null,
    });
  }

  /** The codec lost the exchange: the peer went away or the connection broke. */
  onReset(reason: ResetReason, details: string): void {
    if (this.connection === null) return;
    if (reason === ResetReason.connectionTermination || reason === ResetReason.remoteReset) {
      this.info.setFlag(ResponseFlag.downstreamConnectionTermination);
      this.manager.stats.inc(HttpStat.downstreamRqRxReset);
    }
    if (this.info.responseCodeDetails === "") this.info.responseCodeDetails = details;
    this.encoder = null;
    this.destroy();
  }

  // Filters.

  private createChain(): void {
    const factories = this.upgradeToken === ""
      ? this.manager.filterFactories
      : this.manager.upgradeFactories(this.upgradeToken);
    const connection = this.connection!.l4;
    const decoding = this.decoding, encoding = this.encoding;
    let used = 0;
    for (let i = 0; i < factories.length; i++) {
      const entry = factories[i]!;
      if (!this.isFilterEnabled(entry.name, entry.isDisabled)) continue;
      const callbacks = new FilterCallbacks(this, connection, used);
      const instance = entry.factory.create(callbacks);
      this.chain.push({ instance, callbacks });
      decoding.filters[used++] = instance.decoder;
    }
    decoding.count = encoding.count = used;
    for (let i = 0; i < used; i++) {
      const link = this.chain[used - 1 - i]!;
      link.callbacks.encodeIndex = i;
      encoding.filters[i] = link.instance.encoder;
    }
  }

  private isFilterEnabled(name: string, isDisabledByDefault: boolean): boolean {
    if (!this.manager.hasRouteFilterConfig && !isDisabledByDefault) return true;
    const override = this.resolveRoute()?.isFilterDisabled(name) ?? null;
    return override === null ? !isDisabledByDefault : !override;
  }

  resolveRoute(): RouteEntry | null {
    if (!this.isRouteResolved) {
      this.isRouteResolved = true;
      const route = this.manager.findRoute(this.requestHeaders, this.info);
      this.route = route;
      if (route !== null) {
        this.info.routeName = route.name;
        this.info.virtualHostName = route.virtualHostName;
        this.info.routeMetadata = route.metadata;
      }
    }
    return this.route;
  }

  clearRouteCache(): void {
    this.isRouteResolved = false;
    this.route = null;
  }

  mostSpecificRouteConfig(filterName: string): unknown {
    const route = this.resolveRoute();
    return route === null
      ? null
      : this.manager.routeFilterConfig(route.mostSpecificFilterConfig(filterName), filterName);
  }

  routeConfigs(filterName: string): unknown[] {
    const route = this.resolveRoute();
    if (route === null) return [];
    return route.filterConfigs(filterName).map((config) => this.manager.routeFilterConfig(config, filterName));
  }

  private applyRouteTimeouts(route: RouteEntry): void {
    if (route.idleTimeoutMs !== null) this.setIdleTimeout(route.idleTimeoutMs);
    const duration = route.streamDurationMs(this.requestHeaders);
    if (duration !== null) {
      if (duration > 0) this.timers.arm(this.durationTimer, this.info.startMs, duration);
      else this.timers.disarm(this.durationTimer);
    }
  }

  setIdleTimeout(ms: number): void {
    this.idleTimeoutMs = ms;
    if (ms > 0) this.timers.arm(this.idleTimer, clock.nowMs, ms);
    else this.timers.disarm(this.idleTimer);
  }

  readDisable(disable: boolean): void {
    this.encoder?.readDisable(disable);
  }

  setDownstreamWatermarkListener(listener: DownstreamWatermarkListener | null): void {
    this.watermarkListener = listener;
    if (listener !== null && this.isAboveDownstreamWatermark) listener.onAboveWriteBufferHighWatermark();
  }

  onAboveWriteBufferHighWatermark(): void {
    this.isAboveDownstreamWatermark = true;
    this.watermarkListener?.onAboveWriteBufferHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    this.isAboveDownstreamWatermark = false;
    this.lastActivityMs = clock.nowMs;
    this.watermarkListener?.onBelowWriteBufferLowWatermark();
  }

  onResponseWatermark(isAbove: boolean): void {
    if (isAbove) this.watermarkListener?.onAboveWriteBufferHighWatermark();
    else this.watermarkListener?.onBelowWriteBufferLowWatermark();
  }

  onRequestBufferOverflow(): void {
    this.manager.stats.inc(HttpStat.downstreamRqTooLarge);
    this.sendLocalReply({
      status: 413,
      body: "Payload Too Large",
      details: "request_payload_too_large",
      flags: 0,
      modifyHeaders: null,
      grpcStatus: null,
    });
  }

  onResponseBufferOverflow(): void {
    this.manager.stats.inc(HttpStat.rsTooLarge);
    this.encoding.reset();
    this.isResponseStarted = false;
    this.sendLocalReply({
      status: 500,
      body: "Internal Server Error",
      details: "response_payload_too_large",
      flags: 0,
      modifyHeaders: null,
      grpcStatus: null,
    });
  }

  /** The chain ended without an answer: there is no terminal filter (refused at load, so a filter set that a route emptied). */
  onUnansweredRequest(): void {
    this.sendLocalReply({
      status: 404,
      body: "",
      details: "filter_chain_not_found",
      flags: ResponseFlag.noRouteFound,
      modifyHeaders: null,
      grpcStatus: null,
    });
  }

  // Response direction.

  startResponse(headers: HeaderBlock, endStream: boolean): void {
    if (this.connection === null) return;
    this.isResponseStarted = true;
    this.encoding.onHeaders(headers, endStream);
  }

  encode1xxHeaders(headers: HeaderBlock): void {
    if (this.encoder === null || this.isResponseHeadSent) return;
    this.encoder.encode1xxHeaders(headers);
  }

  sendLocalReply(reply: LocalReply): void {
    if (this.connection === null) return;
    this.info.setFlag(reply.flags);
    this.info.responseCodeDetails = reply.details;
    if (this.isResponseHeadSent) return this.resetFromFilter(reply.details);
    this.isLocalReply = true;
    this.decoding.isDone = true;
    const head = this.localHeaders;
    const body = this.manager.writeLocalReply(head, reply, this.info, isGrpcRequest(this.requestHeaders));
    if (this.isResponseStarted) {
      // A response filter replaced a response under way: what it held is dropped and the reply goes out past the filters.
      this.encoding.isDone = true;
      this.finishHeaders(head, body === null || this.isHeadRequest);
      if (body !== null && !this.isHeadRequest) this.finishData(body, true);
      return;
    }
    const noBody = body === null || this.isHeadRequest;
    this.startResponse(head, noBody);
    if (!noBody && this.connection !== null && !this.encoding.isDone) this.encoding.onData(body, true);
  }

  finishHeaders(headers: HeaderBlock, endStream: boolean): void {
    const encoder = this.encoder!, info = this.info, manager = this.manager;
    this.lastActivityMs = clock.nowMs;
    const status = headers.status;
    const isUpgradeAnswer = this.upgradeToken !== "" &&
      (status === 101 || (this.upgradeToken === "connect" && status >= 200 && status < 300));
    prepareResponseHeaders(headers, manager.config, this.requestId, isUpgradeAnswer);
    if (!this.isRequestComplete || this.connection!.shouldCloseAfterResponse()) {
      if (!isUpgradeAnswer) encoder.closeAfterResponse();
    }
    info.responseCode = status;
    info.responseHeaders = headers;
    info.responseHeaderBytes = headers.byteSize;
    this.isResponseHeadSent = true;
    manager.countResponse(status);
    info.downstreamFirstTxMs = clock.nowMs;
    encoder.encodeHeaders(headers, endStream);
    if (endStream) this.completeResponse();
  }

  finishData(data: Uint8Array, endStream: boolean): void {
    this.lastActivityMs = clock.nowMs;
    this.info.bytesSent += data.length;
    this.encoder!.encodeData(data, endStream);
    if (endStream) this.completeResponse();
  }

  finishTrailers(trailers: HeaderBlock): void {
    this.info.responseTrailers = trailers;
    this.encoder!.encodeTrailers(trailers);
    this.completeResponse();
  }

  /** The response is out. A request that is still coming in is abandoned: its connection closes after the response. */
  private completeResponse(): void {
    this.manager.stats.record(HttpStat.downstreamRqTime, clock.nowMs - this.info.startMs);
    this.encoder = null;
    this.destroy();
  }

  /** Ends the exchange when no proper answer is possible any more. */
  resetFromFilter(details: string): void {
    const encoder = this.encoder;
    if (this.connection === null) return;
    if (this.info.responseCodeDetails === "" || this.isLocalReply) this.info.responseCodeDetails = details;
    this.manager.stats.inc(HttpStat.downstreamRqTxReset);
    this.encoder = null;
    this.destroy();
    encoder?.reset(ResetReason.localReset);
  }

  private destroy(): void {
    const connection = this.connection!;
    const info = this.info;
    info.endMs = clock.nowMs;
    const timers = this.timers;
    timers.disarm(this.idleTimer);
    timers.disarm(this.requestTimer);
    timers.disarm(this.headersTimer);
    timers.disarm(this.durationTimer);
    this.decoding.isDone = this.encoding.isDone = true;
    const chain = this.chain;
    for (let i = 0; i < chain.length; i++) chain[i]!.instance.onStreamComplete(info);
    this.connection = null;
    connection.onStreamEnd(this);
    for (let i = 0; i < chain.length; i++) {
      chain[i]!.callbacks.detach();
      chain[i]!.instance.onDestroy();
    }
    this.retire();
  }

  /** Forgets the exchange; nothing of it stays reachable from the pooled object. */
  private retire(): void {
    this.retiredMs = clock.nowMs;
    this.chain.length = 0;
    this.route = null;
    this.isRouteResolved = false;
    this.watermarkListener = null;
    this.manager.retireStream(this);
  }

  /** Makes a retired object ready for its next exchange (not at once: callers up the stack may still look at it). */
  recycle(): void {
    this.requestHeaders.reset();
    this.requestTrailers.reset();
    this.localHeaders.reset();
    this.info.reset();
    this.decoding.reset();
    this.encoding.reset();
    this.upgradeToken = "";
    this.requestId = null;
    this.isRequestComplete = this.isResponseStarted = this.isResponseHeadSent = false;
    this.isLocalReply = this.isHeadRequest = false;
    this.isAboveDownstreamWatermark = false;
  }

  // Timers.

  private onIdleTimer(): void {
    const quietMs = clock.nowMs - this.lastActivityMs;
    if (quietMs < this.idleTimeoutMs) return this.timers.arm(this.idleTimer, clock.nowMs, this.idleTimeoutMs - quietMs);
    this.manager.stats.inc(HttpStat.downstreamRqIdleTimeout);
    this.info.setFlag(ResponseFlag.streamIdleTimeout);
    if (this.isResponseHeadSent) return this.resetFromFilter("stream_idle_timeout");
    // 408 while the request is unfinished; a silent upstream is the proxy's gateway timeout.
    this.timeOut(this.isRequestComplete ? 504 : 408, "stream timeout", "stream_idle_timeout");
  }

  private onRequestTimer(): void {
    this.manager.stats.inc(HttpStat.downstreamRqTimeout);
    this.timeOut(408, "request timeout", "request_overall_timeout");
  }

  private onHeadersTimer(): void {
    this.manager.stats.inc(HttpStat.downstreamRqHeaderTimeout);
    this.timeOut(408, "request header timeout", "request_header_timeout");
  }

  private onDurationTimer(): void {
    this.manager.stats.inc(HttpStat.downstreamRqMaxDurationReached);
    this.info.setFlag(ResponseFlag.durationTimeout);
    if (this.isResponseHeadSent) return this.resetFromFilter("max_duration_timeout");
    this.timeOut(408, "downstream duration timeout", "max_duration_timeout");
  }

  private timeOut(status: number, body: string, details: string): void {
    this.sendLocalReply({ status, body, details, flags: 0, modifyHeaders: null, grpcStatus: null });
  }
}
