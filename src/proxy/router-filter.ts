// The router: the terminal HTTP filter that sends a request to an upstream host and its response back; retries, timeouts, mirrors (Envoy: Router::Filter).
import type { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";
import { Timer, type TimerWheel } from "../base/timer-wheel.ts";
import { ResponseFlag, type SocketAddress, type StreamInfo } from "../expr/stream-info.ts";
import { ClusterStat } from "../observe/schemas/cluster.ts";
import { RouterStat } from "../observe/schemas/http-connection-manager.ts";
import { clock } from "../platform/turn.ts";
import type { RouteEntry } from "../router/route-entry.ts";
import {
  DataStatus,
  HeadersStatus,
  type LocalReply,
  type StreamDecoderFilter,
  type StreamFilterInstance,
  TrailersStatus,
} from "../stream/filter.ts";
import type { Http1ClientConnection } from "../stream/http1-client-connection.ts";
import { ResetReason } from "../stream/stream.ts";
import type { Cluster } from "../upstream/cluster.ts";
import type { Host } from "../upstream/host.ts";
import { http1PoolOf } from "../upstream/http1-pool.ts";
import { BreakerCount } from "../upstream/shared-counts.ts";
import type { LoadBalancerContext } from "../upstream/load-balancer.ts";
import type { HttpFilterCallbacks } from "./http-filter.ts";
import { type RequestTimeouts, resolveTimeouts } from "./request-timeouts.ts";
import { RetryState, RetryVerdict } from "./retry-state.ts";
import { MirrorRequest } from "./mirror.ts";
import type { RouterRuntime } from "./router-runtime.ts";
import { bodyOf, detailsOf, flagOf, statusOf } from "./upstream-failure.ts";
import { NO_DATA, UpstreamRequest } from "./upstream-request.ts";

export class RouterFilter implements StreamFilterInstance, StreamDecoderFilter, LoadBalancerContext {
  readonly decoder: StreamDecoderFilter = this;
  readonly encoder = null;
  readonly timers: TimerWheel;
  private readonly runtime: RouterRuntime;
  private readonly callbacks: HttpFilterCallbacks;
  private readonly info: StreamInfo;
  private headers: HeaderBlock | null = null;
  private trailers: HeaderBlock | null = null;
  private route: RouteEntry | null = null;
  private cluster: Cluster | null = null;
  private attempt: UpstreamRequest | null = null;
  private retryState: RetryState | null = null;
  private readonly timeouts: RequestTimeouts = { globalMs: 0, perTryMs: 0 };
  private responseTimer: Timer | null = null;
  private backOffTimer: Timer | null = null;
  private isRequestComplete = false;
  private isResponseStarted = false;
  private isOver = false;
  /** Request body kept for the first connection and for retries; dropped once neither needs it. */
  private body: Uint8Array[] = [];
  private bodyBytes = 0;
  private keepsBody = true;
  private isHeadSent = false;
  private triedHosts: Host[] | null = null;
  private isRequestHeldBack = false;
  private isDownstreamSlow = false;
  private hasRetryPermit = false;
  private mirrors: MirrorRequest[] | null = null;

  constructor(runtime: RouterRuntime, callbacks: HttpFilterCallbacks) {
    this.runtime = runtime;
    this.timers = runtime.context.timers;
    this.callbacks = callbacks;
    this.info = callbacks.streamInfo;
  }

  // Request.

  decodeHeaders(headers: HeaderBlock, endStream: boolean): HeadersStatus {
    const runtime = this.runtime, info = this.info;
    this.headers = headers;
    this.isRequestComplete = endStream;
    runtime.stats.inc(RouterStat.rqTotal);
    const route = this.callbacks.route();
    if (route === null) {
      runtime.stats.inc(RouterStat.noRoute);
      this.reply(404, "", "route_not_found", ResponseFlag.noRouteFound);
      return HeadersStatus.stopIteration;
    }
    this.route = route;
    if (route.action !== "cluster") {
      this.answerDirectly(route, headers);
      return HeadersStatus.stopIteration;
    }
    const clusterName = route.clusterName(headers, info);
    info.clusterName = clusterName;
    const cluster = runtime.context.clusters.get(clusterName);
    if (cluster === null) {
      runtime.stats.inc(RouterStat.noCluster);
      this.reply(route.clusterNotFoundStatus, "", "cluster_not_found", ResponseFlag.noClusterFound);
      return HeadersStatus.stopIteration;
    }
    this.cluster = cluster;
    info.clusterMetadata = cluster.config.metadata;
    resolveTimeouts(this.timeouts, route, headers, runtime.config);
    this.retryState =
      route.retryPolicy === null && !headers.has(Header.xEnvoyRetryOn) && !headers.has(Header.xEnvoyRetryGrpcOn)
        ? null
        : RetryState.create(route.retryPolicy, headers);
    route.finalizeRequestHeaders(headers, info, !runtime.config.suppressEnvoyHeaders);
    this.keepsBody = !endStream;
    this.callbacks.setDownstreamWatermarkListener(this);
    if (route.mirrors.length > 0) this.startMirrors(route, headers, endStream);
    if (!this.startAttempt()) return HeadersStatus.stopIteration;
    if (endStream) this.onRequestComplete();
    return HeadersStatus.stopIteration;
  }

  private answerDirectly(route: RouteEntry, headers: HeaderBlock): void {
    const runtime = this.runtime, info = this.info;
    if (route.action === "redirect") {
      runtime.stats.inc(RouterStat.rqRedirect);
      const location = route.redirectLocation(headers);
      this.send(route.redirectStatus, "", "direct_response", 0, (head) => {
        head.set(Header.location, location);
        route.finalizeResponseHeaders(head, info);
      });
      return;
    }
    runtime.stats.inc(RouterStat.rqDirectResponse);
    this.send(
      route.directStatus,
      route.directBody,
      "direct_response",
      0,
      (head) => route.finalizeResponseHeaders(head, info),
    );
  }

  decodeData(data: Uint8Array, endStream: boolean): DataStatus {
    if (endStream) this.isRequestComplete = true;
    if (this.isOver) return DataStatus.stopNoBuffer;
    const attempt = this.attempt;
    if (this.mirrors !== null) { for (const mirror of this.mirrors) mirror.sendData(data, endStream); }
    if (this.keepsBody && data.length > 0) this.keep(data);
    if (attempt !== null && this.isHeadSent) attempt.sendData(data, endStream);
    if (endStream) this.onRequestComplete();
    return DataStatus.stopNoBuffer;
  }

  decodeTrailers(trailers: HeaderBlock): TrailersStatus {
    this.isRequestComplete = true;
    if (this.isOver) return TrailersStatus.stopIteration;
    this.trailers = trailers;
    if (this.mirrors !== null) { for (const mirror of this.mirrors) mirror.sendTrailers(trailers); }
    if (this.attempt !== null && this.isHeadSent) this.attempt.sendTrailers(trailers);
    this.onRequestComplete();
    return TrailersStatus.stopIteration;
  }

  /** Keeps request body: until the head is sent under watermarks, afterwards for retries up to the buffer limit. */
  private keep(data: Uint8Array): void {
    this.body.push(data);
    this.bodyBytes += data.length;
    const limit = this.route!.retryBufferLimitBytes ?? this.callbacks.downstreamConnection.bufferLimitBytes;
    if (limit === 0 || this.bodyBytes <= limit) return;
    if (this.isHeadSent) {
      // Too large to repeat: no retry any more.
      this.retryState = null;
      this.dropBody();
      this.cluster!.stats.inc(ClusterStat.retryOrShadowAbandoned);
    } else this.holdRequest(true);
  }

  private dropBody(): void {
    this.keepsBody = false;
    this.body = [];
    this.bodyBytes = 0;
  }

  private onRequestComplete(): void {
    if (this.timeouts.globalMs > 0 && this.responseTimer === null && !this.isOver) {
      this.responseTimer = new Timer(() => this.onResponseTimeout());
      this.timers.arm(this.responseTimer, clock.nowMs, this.timeouts.globalMs);
    }
  }

  private startMirrors(route: RouteEntry, headers: HeaderBlock, endStream: boolean): void {
    const { context } = this.runtime;
    for (const policy of route.mirrors) {
      const cluster = policy.isChosen(context.runtime) ? context.clusters.get(policy.clusterName(headers)) : null;
      if (cluster === null) continue;
      const limit = this.callbacks.downstreamConnection.bufferLimitBytes;
      const mirror = new MirrorRequest(
        context,
        headers,
        policy.appendsShadowSuffix,
        endStream,
        this.timeouts.globalMs,
        limit,
      );
      (this.mirrors ??= []).push(mirror);
      mirror.start(cluster);
    }
  }

  // Attempts.

  private startAttempt(): boolean {
    const cluster = this.cluster!, info = this.info;
    const host = cluster.chooseHost(this);
    if (host === null) {
      this.reply(503, "no healthy upstream", "no_healthy_upstream", ResponseFlag.noHealthyUpstream);
      return false;
    }
    info.attemptCount++;
    if (this.route!.includesAttemptCount) this.headers!.set(Header.xEnvoyAttemptCount, String(info.attemptCount));
    if (this.retryState !== null) (this.triedHosts ??= []).push(host);
    const attempt = new UpstreamRequest(this, host);
    this.attempt = attempt;
    this.isHeadSent = false;
    attempt.start(http1PoolOf(cluster, host, this.route!.priority).newStream(attempt));
    return !this.isOver;
  }

  onUpstreamReady(attempt: UpstreamRequest, connection: Http1ClientConnection): void {
    const info = this.info, host = attempt.host;
    this.isHeadSent = true;
    info.upstreamFirstTxMs = clock.nowMs;
    this.describeUpstream(host, connection);
    if (this.timeouts.perTryMs > 0) attempt.armPerTryTimeout(this.timeouts.perTryMs);
    const endsWithHeaders = this.isRequestComplete && this.body.length === 0 && this.trailers === null;
    const route = this.route!;
    if (route.rewritesHostToUpstream && info.attemptCount === 1) {
      route.rewriteHost(this.headers!, host.hostname, !this.runtime.config.suppressEnvoyHeaders);
    }
    attempt.sendHeaders(this.headers!, endsWithHeaders);
    if (!endsWithHeaders) this.sendKeptBody(attempt);
    if (this.retryState === null) this.dropBody();
    this.holdRequest(false);
    if (this.isDownstreamSlow) attempt.holdResponse(true);
  }

  private describeUpstream(host: Host, connection: Http1ClientConnection): void {
    const info = this.info, cluster = this.cluster!;
    info.upstream = {
      clusterName: cluster.name,
      clusterStatName: cluster.config.statName,
      hostAddress: host.addressText,
      hostName: host.hostname,
      localAddress: connection.connection.localAddress,
      connectionId: connection.connection.id,
      transportFailureReason: "",
      protocol: "HTTP/1.1",
    };
    info.hostMetadata = host.metadata;
  }

  private sendKeptBody(attempt: UpstreamRequest): void {
    const body = this.body, last = body.length - 1;
    for (let i = 0; i <= last; i++) {
      attempt.sendData(body[i]!, i === last && this.isRequestComplete && this.trailers === null);
    }
    if (this.trailers !== null) attempt.sendTrailers(this.trailers);
    else if (last < 0 && this.isRequestComplete) attempt.sendData(NO_DATA, true);
  }

  private holdRequest(hold: boolean): void {
    if (hold === this.isRequestHeldBack) return;
    this.isRequestHeldBack = hold;
    if (hold) this.callbacks.onDecoderFilterAboveWriteBufferHighWatermark();
    else this.callbacks.onDecoderFilterBelowWriteBufferLowWatermark();
  }

  onUpstreamWatermark(isAbove: boolean): void {
    this.holdRequest(isAbove);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.isDownstreamSlow = true;
    this.attempt?.holdResponse(true);
  }

  onBelowWriteBufferLowWatermark(): void {
    this.isDownstreamSlow = false;
    this.attempt?.holdResponse(false);
  }

  // Response.

  onUpstream1xx(headers: HeaderBlock): void {
    this.callbacks.encode1xxHeaders(headers);
  }

  onUpstreamHeaders(attempt: UpstreamRequest, headers: HeaderBlock, endStream: boolean): void {
    const info = this.info, cluster = this.cluster!, status = headers.status;
    info.upstreamFirstRxMs = clock.nowMs;
    if (this.retryState !== null && !this.isResponseStarted) {
      const verdict = this.verdict(this.retryState.onHeaders(headers));
      if (verdict === RetryVerdict.yes) {
        cluster.retriedResponses.charge(status);
        attempt.cancel();
        return this.retryAfter(this.retryState.backOffMs(headers));
      }
    }
    this.retryState = null;
    this.dropBody();
    this.isResponseStarted = true;
    cluster.responses.charge(status);
    const route = this.route!;
    if (!this.runtime.config.suppressEnvoyHeaders) {
      headers.set(
        Header.xEnvoyUpstreamServiceTime,
        String(Math.max(0, Math.floor(clock.nowMs - (info.requestCompleteMs || info.startMs)))),
      );
    }
    if (route.includesAttemptCountInResponse) headers.set(Header.xEnvoyAttemptCount, String(info.attemptCount));
    info.responseCodeDetails = "via_upstream";
    route.finalizeResponseHeaders(headers, info);
    if (endStream) this.finishResponse();
    this.callbacks.encodeHeaders(headers, endStream);
  }

  onUpstreamData(_attempt: UpstreamRequest, data: Uint8Array, endStream: boolean): void {
    if (endStream) this.finishResponse();
    this.callbacks.encodeData(data, endStream);
  }

  onUpstreamTrailers(_attempt: UpstreamRequest, trailers: HeaderBlock): void {
    this.finishResponse();
    this.callbacks.encodeTrailers(trailers);
  }

  private finishResponse(): void {
    const info = this.info;
    info.upstreamLastRxMs = clock.nowMs;
    this.cluster!.stats.record(ClusterStat.upstreamRqTime, clock.nowMs - (info.requestCompleteMs || info.startMs));
    this.stopTimers();
    this.isOver = true;
  }

  // Failures.

  onUpstreamFailure(attempt: UpstreamRequest, reason: ResetReason, detail: string): void {
    if (this.isOver || attempt !== this.attempt) return;
    const info = this.info;
    info.setFlag(0);
    if (info.upstream === null) this.describeFailedUpstream(attempt.host, detail);
    if (!this.isResponseStarted && this.retryState !== null) {
      const verdict = this.verdict(this.retryState.onReset(reason, this.isHeadSent));
      if (verdict === RetryVerdict.yes) return this.retryAfter(this.retryState.backOffMs(null));
    }
    const flag = flagOf(reason);
    if (this.isResponseStarted) {
      info.setFlag(flag);
      this.runtime.stats.inc(RouterStat.rqResetAfterDownstreamResponseStarted);
      this.isOver = true;
      this.stopTimers();
      return this.callbacks.resetStream(detailsOf(reason, detail, true));
    }
    const retried = this.info.attemptCount > 1;
    const overloaded = reason === ResetReason.overflow;
    const status = statusOf(reason);
    if (!overloaded) this.cluster!.responses.charge(status);
    this.send(status, bodyOf(reason, detail, retried), detailsOf(reason, detail, false), flag, (head) => {
      if (overloaded) head.append(Header.xEnvoyOverloaded, "true");
      if (this.route!.includesAttemptCountInResponse) {
        head.set(Header.xEnvoyAttemptCount, String(this.info.attemptCount));
      }
    });
  }

  private describeFailedUpstream(host: Host, detail: string): void {
    const cluster = this.cluster!;
    this.info.upstream = {
      clusterName: cluster.name,
      clusterStatName: cluster.config.statName,
      hostAddress: host.addressText,
      hostName: host.hostname,
      localAddress: null,
      connectionId: 0,
      transportFailureReason: detail,
      protocol: "",
    };
  }

  private onResponseTimeout(): void {
    this.cluster!.stats.inc(ClusterStat.upstreamRqTimeout);
    this.timeOut("upstream_response_timeout");
  }

  onPerTryTimeout(attempt: UpstreamRequest): void {
    if (this.isOver || attempt !== this.attempt) return;
    this.cluster!.stats.inc(ClusterStat.upstreamRqPerTryTimeout);
    attempt.cancel();
    if (
      !this.isResponseStarted && this.retryState !== null &&
      this.verdict(this.retryState.onPerTryTimeout()) === RetryVerdict.yes
    ) {
      return this.retryAfter(this.retryState.backOffMs(null));
    }
    this.timeOut("upstream_per_try_timeout");
  }

  private timeOut(details: string): void {
    this.info.setFlag(ResponseFlag.upstreamRequestTimeout);
    this.attempt?.cancel();
    if (this.isResponseStarted) {
      this.isOver = true;
      return this.callbacks.resetStream(details);
    }
    this.cluster!.responses.charge(504);
    this.reply(504, "upstream request timeout", details, 0);
  }

  // Retries.

  /** Asks the cluster's retry breaker before a retry that the policy allows; counts what happens. */
  private verdict(verdict: RetryVerdict): RetryVerdict {
    const cluster = this.cluster!;
    this.releaseRetryPermit();
    if (verdict === RetryVerdict.exhausted) {
      cluster.stats.inc(ClusterStat.upstreamRqRetryLimitExceeded);
      this.info.setFlag(ResponseFlag.upstreamRetryLimitExceeded);
    } else if (verdict === RetryVerdict.yes) {
      if (!cluster.breaker(this.route!.priority).tryAcquire(BreakerCount.retries)) {
        cluster.stats.inc(ClusterStat.upstreamRqRetryOverflow);
        return RetryVerdict.no;
      }
      this.hasRetryPermit = true;
      cluster.stats.inc(ClusterStat.upstreamRqRetry);
    }
    return verdict;
  }

  private releaseRetryPermit(): void {
    if (!this.hasRetryPermit) return;
    this.hasRetryPermit = false;
    this.cluster!.breaker(this.route!.priority).release(BreakerCount.retries);
  }

  private retryAfter(delayMs: number): void {
    this.attempt = null;
    this.isHeadSent = false;
    this.info.upstream = null;
    this.cluster!.stats.inc(ClusterStat.upstreamRqRetryBackoffExponential);
    this.backOffTimer = new Timer(() => this.startAttempt());
    this.timers.arm(this.backOffTimer, clock.nowMs, delayMs);
  }

  // Load balancer context.

  get hostSelectionAttempts(): number {
    return this.triedHosts === null ? 0 : (this.route!.retryPolicy?.hostSelectionAttempts ?? 0);
  }

  shouldSelectAnotherHost(host: Host): boolean {
    return this.triedHosts !== null && this.route!.retryPolicy!.avoidsPreviousHosts && this.triedHosts.includes(host);
  }

  get requestHeaders(): HeaderBlock | null {
    return this.headers;
  }

  get originalDestination(): SocketAddress | null {
    return this.info.downstreamLocalAddress;
  }

  // Ends.

  private reply(status: number, body: string, details: string, flags: number): void {
    this.send(status, body, details, flags, null);
  }

  private send(
    status: number,
    body: string,
    details: string,
    flags: number,
    modifyHeaders: LocalReply["modifyHeaders"],
  ): void {
    this.isOver = true;
    this.stopTimers();
    this.callbacks.sendLocalReply({ status, body, details, flags, modifyHeaders, grpcStatus: null });
  }

  private stopTimers(): void {
    if (this.responseTimer !== null) this.timers.disarm(this.responseTimer);
    if (this.backOffTimer !== null) this.timers.disarm(this.backOffTimer);
  }

  onStreamComplete(info: StreamInfo): void {
    const loggers = this.runtime.upstreamLoggers;
    for (let i = 0; i < loggers.length; i++) loggers[i]!.log(info);
  }

  onDestroy(): void {
    this.isOver = true;
    this.stopTimers();
    this.releaseRetryPermit();
    this.callbacks.setDownstreamWatermarkListener(null);
    if (this.mirrors !== null) { for (const mirror of this.mirrors) mirror.onOriginalEnd(); }
    const attempt = this.attempt;
    if (attempt !== null) {
      attempt.cancel();
      attempt.release();
    }
  }
}
