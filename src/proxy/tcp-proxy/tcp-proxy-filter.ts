// TCP proxy: one downstream connection, one upstream connection, bytes, ends and resets passed on both ways (Envoy: network_filters/tcp_proxy_filter).
import { Timer } from "../../base/timer-wheel.ts";
import { ResponseFlag, type SocketAddress, type StreamInfo } from "../../expr/stream-info.ts";
import type { CloseEvent, Connection } from "../../net/connection.ts";
import { type NetworkFilter, NetworkFilterStatus } from "../../net/network-filter.ts";
import type { ServerConnection } from "../../net/server-connection.ts";
import { ClusterStat } from "../../observe/schemas/cluster.ts";
import { TcpProxyStat } from "../../observe/schemas/tcp-proxy.ts";
import { clock } from "../../platform/turn.ts";
import type { Cluster } from "../../upstream/cluster.ts";
import type { Host } from "../../upstream/host.ts";
import type { LoadBalancerContext } from "../../upstream/load-balancer.ts";
import { BreakerCount } from "../../upstream/shared-counts.ts";
import { type TcpLease, tcpPoolOf, type TcpPoolUser } from "../../upstream/tcp-pool.ts";
import type { ConnectFailure } from "../../upstream/upstream-connection.ts";
import { createStreamInfo, recordAttempt, recordBytes } from "./tcp-proxy-log.ts";
import type { TcpProxyShared } from "./tcp-proxy-shared.ts";

/** Numbers behind Envoy's local close reason `tcp_initializion_failure:` (its spelling). */
const InitFailure = { connectFailed: 0, noHealthyUpstream: 1, resourceLimit: 2, noRoute: 3 } as const;

/** The downstream end: a terminal network filter. */
export class TcpProxyFilter implements NetworkFilter, LoadBalancerContext {
  readonly hostSelectionAttempts = 0;
  readonly requestHeaders = null;
  readonly originalDestination: SocketAddress | null;
  private readonly shared: TcpProxyShared;
  private readonly downstream: ServerConnection;
  private readonly info: StreamInfo;
  private readonly upstreamEnd: UpstreamEnd;
  private clusterName = "";
  private cluster: Cluster | null = null;
  private lease: TcpLease | null = null;
  /** Set while connected. */
  private upstream: Connection | null = null;
  /** The connection after it is gone, for the last byte counts. */
  private lastUpstream: Connection | null = null;
  /** Data that came before the upstream connection: what earlier filters had read. */
  private early: Buffer[] = [];
  private isDownstreamEnded = false;
  private isUpstreamEnded = false;
  private isFlushingUpstream = false;
  private isLogged = false;
  private lastActivityMs = 0;
  private lastProgress = 0;
  private readonly idleTimer: Timer | null;
  private readonly durationTimer: Timer | null;
  private readonly retryTimer: Timer | null;
  private readonly flushTimer: Timer | null;

  constructor(shared: TcpProxyShared, downstream: ServerConnection) {
    const { config } = shared;
    this.shared = shared;
    this.downstream = downstream;
    this.originalDestination = downstream.isLocalAddressRestored ? downstream.localAddress : null;
    this.info = createStreamInfo(downstream);
    this.upstreamEnd = new UpstreamEnd(this);
    this.idleTimer = config.idleTimeoutMs > 0 ? new Timer(() => this.onIdleTimer()) : null;
    this.durationTimer = config.maxDownstreamConnectionDurationMs > 0 ? new Timer(() => this.onMaxDuration()) : null;
    this.retryTimer = config.connectBackoff !== null ? new Timer(() => this.connect()) : null;
    this.flushTimer = config.accessLogFlushIntervalMs > 0 ? new Timer(() => this.onFlushInterval()) : null;
  }

  shouldSelectAnotherHost(_host: Host): boolean {
    return false;
  }

  onNewConnection(): NetworkFilterStatus {
    const { config, context, stats } = this.shared;
    stats.inc(TcpProxyStat.downstreamCxTotal);
    // Nothing is read before it can be sent on.
    this.downstream.readDisable(true);
    if (this.durationTimer !== null) {
      context.timers.arm(this.durationTimer, clock.nowMs, config.maxDownstreamConnectionDurationMs);
    }
    this.armFlushTimer();
    this.clusterName = this.shared.chooseClusterName();
    this.connect();
    return NetworkFilterStatus.stop;
  }

  /** One attempt: choose a host, ask its pool. */
  private connect(): void {
    const { context, stats } = this.shared;
    const cluster = context.clusters.get(this.clusterName);
    this.cluster = cluster;
    if (cluster === null) {
      stats.inc(TcpProxyStat.downstreamCxNoRoute);
      return this.fail(ResponseFlag.noClusterFound, InitFailure.noRoute);
    }
    this.info.clusterName = cluster.name;
    if (!cluster.breaker(0).canAcquire(BreakerCount.connections)) {
      cluster.stats.inc(ClusterStat.upstreamCxOverflow);
      return this.fail(ResponseFlag.upstreamOverflow, InitFailure.resourceLimit);
    }
    const host = cluster.chooseHost(this);
    if (host === null) return this.fail(ResponseFlag.noHealthyUpstream, InitFailure.noHealthyUpstream);
    recordAttempt(this.info, cluster, host);
    this.info.upstreamConnectBeginMs = clock.nowMs;
    this.lease = tcpPoolOf(cluster, host, 0).connect(this.upstreamEnd);
  }

  onPoolFailure(failure: ConnectFailure | "overflow", transportFailureReason: string): void {
    const { config, context } = this.shared;
    this.lease = null;
    this.info.upstream!.transportFailureReason = transportFailureReason;
    if (failure === "remote" || failure === "timeout") this.info.setFlag(ResponseFlag.upstreamConnectionFailure);
    if (this.info.attemptCount >= config.maxConnectAttempts) {
      this.cluster!.stats.inc(ClusterStat.upstreamCxConnectAttemptsExceeded);
      return this.fail(ResponseFlag.upstreamRetryLimitExceeded, InitFailure.connectFailed);
    }
    if (this.retryTimer === null) return this.connect();
    const { baseMs, maxMs } = config.connectBackoff!;
    const ceiling = Math.min(maxMs, baseMs * Math.pow(2, this.info.attemptCount - 1));
    context.timers.arm(this.retryTimer, clock.nowMs, Math.random() * ceiling);
  }

  private fail(flag: number, reason: number): void {
    this.info.setFlag(flag);
    this.closeDownstream("noFlush", `tcp_initializion_failure:${reason}`);
  }

  onPoolReady(upstream: Connection): void {
    const { info } = this;
    this.upstream = this.lastUpstream = upstream;
    info.upstreamConnectEndMs = info.upstreamPoolReadyMs = clock.nowMs;
    info.upstream!.localAddress = upstream.localAddress;
    info.upstream!.connectionId = upstream.id;
    for (const chunk of this.early) this.forward(upstream, chunk);
    this.early.length = 0;
    if (this.isDownstreamEnded) upstream.shutdownWrite();
    this.startIdleTimer();
    if (this.shared.config.flushAccessLogOnConnected) this.log("TcpUpstreamConnected");
    this.downstream.readDisable(false);
  }

  onData(chunk: Buffer): NetworkFilterStatus {
    const { shared, upstream } = this;
    shared.stats.add(TcpProxyStat.downstreamCxRxBytesTotal, chunk.length);
    this.info.bytesReceived += chunk.length;
    if (upstream !== null) this.forward(upstream, chunk);
    else if (this.lastUpstream === null) this.early.push(chunk);
    return NetworkFilterStatus.stop;
  }

  private forward(upstream: Connection, chunk: Buffer): void {
    this.lastActivityMs = clock.nowMs;
    upstream.write(chunk);
    this.lease!.upstream.countTxBytes();
  }

  onUpstreamData(chunk: Buffer): void {
    this.shared.stats.add(TcpProxyStat.downstreamCxTxBytesTotal, chunk.length);
    this.info.bytesSent += chunk.length;
    this.lastActivityMs = clock.nowMs;
    this.downstream.write(chunk);
  }

  onEndOfInput(): NetworkFilterStatus {
    this.isDownstreamEnded = true;
    const { upstream } = this;
    if (upstream === null) return NetworkFilterStatus.stop;
    if (this.isUpstreamEnded) this.closeBoth();
    else upstream.shutdownWrite();
    return NetworkFilterStatus.stop;
  }

  onUpstreamEndOfInput(): void {
    this.isUpstreamEnded = true;
    if (this.isDownstreamEnded) this.closeBoth();
    else this.downstream.shutdownWrite();
  }

  /** Both peers have ended their output: what is buffered goes out, then both connections close. */
  private closeBoth(): void {
    this.upstream?.close("flush");
    this.downstream.close("flush");
  }

  /** The downstream connection is gone. */
  onClose(event: CloseEvent): void {
    const { info, upstream } = this;
    const { timers } = this.shared.context;
    if (info.downstreamDetectedCloseType === "") {
      info.downstreamDetectedCloseType = !event.reset ? "Normal" : event.remote ? "RemoteReset" : "LocalReset";
    }
    if (this.durationTimer !== null) timers.disarm(this.durationTimer);
    if (this.retryTimer !== null) timers.disarm(this.retryTimer);
    if (this.flushTimer !== null) timers.disarm(this.flushTimer);
    this.early.length = 0;
    this.logEnd();
    if (upstream === null) {
      this.lease?.cancel();
      this.lease = null;
      return;
    }
    if (event.reset) return upstream.close("reset");
    if (upstream.bufferedBytes > 0) {
      this.isFlushingUpstream = true;
      this.shared.stats.inc(TcpProxyStat.upstreamFlushTotal);
      this.shared.stats.inc(TcpProxyStat.upstreamFlushActive);
    }
    upstream.close("flush");
  }

  onUpstreamClose(event: CloseEvent): void {
    this.upstream = null;
    this.lease = null;
    if (this.idleTimer !== null) this.shared.context.timers.disarm(this.idleTimer);
    if (this.isFlushingUpstream) this.shared.stats.dec(TcpProxyStat.upstreamFlushActive);
    if (this.downstream.isClosed) return;
    if (event.reset && event.remote) {
      this.info.setFlag(ResponseFlag.upstreamRemoteReset);
      this.downstream.close("reset");
    } else this.downstream.close("flush");
  }

  /** Upstream does not keep up with downstream. */
  onUpstreamBackedUp(isBackedUp: boolean): void {
    this.shared.stats.inc(
      isBackedUp
        ? TcpProxyStat.downstreamFlowControlPausedReadingTotal
        : TcpProxyStat.downstreamFlowControlResumedReadingTotal,
    );
    this.downstream.readDisable(isBackedUp);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.pauseUpstream(true);
  }

  onBelowWriteBufferLowWatermark(): void {
    this.pauseUpstream(false);
  }

  private pauseUpstream(isPaused: boolean): void {
    if (this.upstream === null) return;
    this.cluster!.stats.inc(
      isPaused ? ClusterStat.upstreamFlowControlPausedReadingTotal : ClusterStat.upstreamFlowControlResumedReadingTotal,
    );
    this.upstream.readDisable(isPaused);
  }

  private startIdleTimer(): void {
    this.lastActivityMs = clock.nowMs;
    if (this.idleTimer === null) return;
    this.shared.context.timers.arm(this.idleTimer, clock.nowMs, this.shared.config.idleTimeoutMs);
  }

  /** Chunks only note the time; whether the connection was idle is found out here. Bytes that the kernel took count as activity too. */
  private onIdleTimer(): void {
    const { config, context, stats } = this.shared;
    const progress = sentBytes(this.downstream) + (this.upstream === null ? 0 : sentBytes(this.upstream));
    if (progress !== this.lastProgress && this.isBuffering()) this.lastActivityMs = clock.nowMs;
    this.lastProgress = progress;
    const leftMs = config.idleTimeoutMs - (clock.nowMs - this.lastActivityMs);
    if (leftMs > 0) return context.timers.arm(this.idleTimer!, clock.nowMs, leftMs);
    stats.inc(TcpProxyStat.idleTimeout);
    this.closeNow("tcp_session_idle_timeout");
  }

  private isBuffering(): boolean {
    return this.downstream.bufferedBytes > 0 || (this.upstream !== null && this.upstream.bufferedBytes > 0);
  }

  private onMaxDuration(): void {
    this.info.setFlag(ResponseFlag.durationTimeout);
    this.shared.stats.inc(TcpProxyStat.maxDownstreamConnectionDuration);
    this.closeNow("max_connection_duration_reached");
  }

  private closeNow(reason: string): void {
    this.upstream?.close("noFlush", reason);
    this.closeDownstream("noFlush", reason);
  }

  private closeDownstream(mode: "noFlush" | "flush", reason: string): void {
    if (this.downstream.isClosed) return;
    this.info.downstreamLocalCloseReason = reason;
    this.downstream.close(mode, reason);
  }

  private armFlushTimer(): void {
    if (this.flushTimer === null) return;
    this.shared.context.timers.arm(this.flushTimer, clock.nowMs, this.shared.config.accessLogFlushIntervalMs);
  }

  private onFlushInterval(): void {
    this.log("TcpPeriodic");
    this.armFlushTimer();
  }

  private logEnd(): void {
    if (this.isLogged) return;
    this.isLogged = true;
    this.info.endMs = clock.nowMs;
    this.log("TcpConnectionEnd");
  }

  private log(accessLogType: string): void {
    if (!this.shared.hasAccessLog) return;
    this.info.accessLogType = accessLogType;
    recordBytes(this.info, this.downstream, this.lastUpstream);
    this.shared.log(this.info);
  }
}

/** Bytes that the kernel has taken. */
function sentBytes(connection: Connection): number {
  return connection.bytesWritten - connection.bufferedBytes;
}

/** The upstream end: passes the events of the upstream connection to the filter. */
class UpstreamEnd implements TcpPoolUser {
  private readonly filter: TcpProxyFilter;

  constructor(filter: TcpProxyFilter) {
    this.filter = filter;
  }

  onPoolReady(connection: Connection): void {
    this.filter.onPoolReady(connection);
  }
  onPoolFailure(failure: ConnectFailure | "overflow", transportFailureReason: string): void {
    this.filter.onPoolFailure(failure, transportFailureReason);
  }
  onData(chunk: Buffer): void {
    this.filter.onUpstreamData(chunk);
  }
  onEndOfInput(): void {
    this.filter.onUpstreamEndOfInput();
  }
  onClose(event: CloseEvent): void {
    this.filter.onUpstreamClose(event);
  }
  onAboveWriteBufferHighWatermark(): void {
    this.filter.onUpstreamBackedUp(true);
  }
  onBelowWriteBufferLowWatermark(): void {
    this.filter.onUpstreamBackedUp(false);
  }
}
