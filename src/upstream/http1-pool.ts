// HTTP/1 connection pool of one host and priority in one worker: idle connections are reused last-in first-out, excess requests wait in order (Envoy: Http1::ConnPoolImpl).
import { Timer } from "../base/timer-wheel.ts";
import type { CloseEvent, Connection } from "../net/connection.ts";
import { ClusterStat } from "../observe/schemas/cluster.ts";
import { clock } from "../platform/turn.ts";
import type { ClientConnectionCallbacks, ClientStreamDecoder } from "../stream/client-connection.ts";
import { Http1ClientConnection, type Http1ClientOptions } from "../stream/http1-client-connection.ts";
import { ResetReason, type StreamEncoder } from "../stream/stream.ts";
import type { Cluster } from "./cluster.ts";
import { type Host, type HostPool, PoolSlot } from "./host.ts";
import { http1ClientOptions } from "./http1-client-options.ts";
import { BreakerCount } from "./shared-counts.ts";
import { type ConnectFailure, UpstreamConnection, type UpstreamConnectionOwner } from "./upstream-connection.ts";

export interface Cancellable {
  cancel(): void;
}

/** Told once: either a connection is ready for the stream, or there will be none. */
export interface HttpPoolCallbacks {
  onPoolReady(encoder: StreamEncoder, connection: Http1ClientConnection): void;
  /** `detail` is the transport failure reason; empty for overflow. */
  onPoolFailure(reason: ResetReason, detail: string): void;
}

export type PoolStream = ClientStreamDecoder & HttpPoolCallbacks;

/** The pool that leads to `host` in this worker, made on first use. */
export function http1PoolOf(cluster: Cluster, host: Host, priority: number): Http1Pool {
  const slot = PoolSlot.http1 + priority;
  let pool = host.pools[slot] as Http1Pool | null;
  if (pool === null) host.pools[slot] = pool = new Http1Pool(cluster, host, priority);
  return pool;
}

/** A connection of the pool, from its connect to its end, with its idle clock. */
class PooledConnection implements UpstreamConnectionOwner, ClientConnectionCallbacks<Http1ClientConnection> {
  /** Null until connected. */
  client: Http1ClientConnection | null = null;
  readonly idleTimer: Timer = new Timer(() => this.pool.onIdleTimeout(this));
  readonly transport: UpstreamConnection;
  private readonly pool: Http1Pool;

  constructor(pool: Http1Pool) {
    this.pool = pool;
    this.transport = new UpstreamConnection(pool.cluster, pool.host, pool.priority, this);
  }

  onConnected(connection: Connection): void {
    this.client = new Http1ClientConnection(connection, this, this.pool.options);
    this.pool.onConnected(this);
  }
  onConnectFailure(failure: ConnectFailure, transportFailureReason: string): void {
    this.pool.onConnectFailure(this, failure, transportFailureReason);
  }
  onData(chunk: Buffer): void {
    this.client!.onData(chunk);
  }
  onEndOfInput(): void {
    this.client!.onEndOfInput();
  }
  onClose(event: CloseEvent): void {
    this.client!.onClose(event);
  }
  onAboveWriteBufferHighWatermark(): void {
    this.client!.onAboveWriteBufferHighWatermark();
  }
  onBelowWriteBufferLowWatermark(): void {
    this.client!.onBelowWriteBufferLowWatermark();
  }
  onStreamComplete(_client: Http1ClientConnection, isReusable: boolean): void {
    this.pool.onStreamComplete(this, isReusable);
  }
  onConnectionClose(): void {
    this.pool.onConnectionClose(this);
  }
}

/** A request waiting for a connection. */
class PendingStream implements Cancellable {
  readonly stream: PoolStream;
  private readonly pool: Http1Pool;

  constructor(pool: Http1Pool, stream: PoolStream) {
    this.pool = pool;
    this.stream = stream;
  }

  cancel(): void {
    this.pool.cancelPending(this);
  }
}

export class Http1Pool implements HostPool {
  readonly cluster: Cluster;
  readonly host: Host;
  readonly priority: number;
  readonly options: Http1ClientOptions;
  private readonly idle: PooledConnection[] = [];
  private readonly busy: Set<PooledConnection> = new Set();
  private readonly connecting: Set<PooledConnection> = new Set();
  private readonly pending: PendingStream[] = [];
  private isDraining = false;

  constructor(cluster: Cluster, host: Host, priority: number) {
    this.cluster = cluster;
    this.host = host;
    this.priority = priority;
    this.options = http1ClientOptions(cluster.config.http);
  }

  /** Begins a stream; null when it was settled at once (a connection was idle, or a breaker refused). */
  newStream(stream: PoolStream): Cancellable | null {
    const breaker = this.cluster.breaker(this.priority), stats = this.cluster.stats;
    const idle = this.takeIdle();
    if (idle !== null) {
      if (!breaker.tryAcquire(BreakerCount.requests)) {
        this.idle.push(idle);
        return this.refuse(stream);
      }
      this.attach(idle, stream);
      return null;
    }
    if (!breaker.tryAcquire(BreakerCount.pending)) return this.refuse(stream);
    stats.inc(ClusterStat.upstreamRqPendingTotal);
    stats.inc(ClusterStat.upstreamRqPendingActive);
    const pending = new PendingStream(this, stream);
    this.pending.push(pending);
    this.connectMore();
    return pending;
  }

  private refuse(stream: PoolStream): null {
    this.cluster.stats.inc(ClusterStat.upstreamRqPendingOverflow);
    stream.onPoolFailure(ResetReason.overflow, "");
    return null;
  }

  private takeIdle(): PooledConnection | null {
    for (let entry = this.idle.pop(); entry !== undefined; entry = this.idle.pop()) {
      this.cluster.services.timers.disarm(entry.idleTimer);
      if (entry.client!.isIdle) return entry;
    }
    return null;
  }

  /** The `requests` permit was taken by the caller. */
  private attach(entry: PooledConnection, stream: PoolStream): void {
    const stats = this.cluster.stats;
    entry.transport.hasActiveRequest = true;
    this.busy.add(entry);
    stats.inc(ClusterStat.upstreamRqTotal);
    stats.inc(ClusterStat.upstreamRqActive);
    this.host.onRequestStart();
    const client = entry.client!;
    stream.onPoolReady(client.newStream(stream), client);
  }

  cancelPending(pending: PendingStream): void {
    const i = this.pending.indexOf(pending);
    if (i < 0) return;
    this.pending.splice(i, 1);
    this.leavePending();
    this.cluster.stats.inc(ClusterStat.upstreamRqCancelled);
    // A connection nobody waits for any more is still made: the next request will want it (Envoy keeps it too).
  }

  private leavePending(): void {
    this.cluster.breaker(this.priority).release(BreakerCount.pending);
    this.cluster.stats.dec(ClusterStat.upstreamRqPendingActive);
  }

  /** Makes connections until each waiting request has one to wait for, as far as the breaker allows. */
  private connectMore(): void {
    const breaker = this.cluster.breaker(this.priority);
    while (this.connecting.size < this.pending.length) {
      if (!breaker.tryAcquire(BreakerCount.connections)) {
        this.cluster.stats.inc(ClusterStat.upstreamCxOverflow);
        // A pool without any connection gets its first one, or its requests would wait for ever.
        if (this.busy.size + this.connecting.size > 0) return;
        breaker.acquire(BreakerCount.connections);
      }
      this.connecting.add(new PooledConnection(this));
    }
  }

  onConnected(entry: PooledConnection): void {
    this.connecting.delete(entry);
    this.cluster.stats.inc(ClusterStat.upstreamCxHttp1Total);
    this.serve(entry);
  }

  /** Gives a free connection to the longest waiting request, or keeps it idle. */
  private serve(entry: PooledConnection): void {
    const pending = this.pending.shift();
    if (pending === undefined) return this.keepIdle(entry);
    this.leavePending();
    if (!this.cluster.breaker(this.priority).tryAcquire(BreakerCount.requests)) {
      this.refuse(pending.stream);
      return this.keepIdle(entry);
    }
    this.attach(entry, pending.stream);
  }

  private keepIdle(entry: PooledConnection): void {
    if (this.isDraining) return entry.client!.close();
    this.idle.push(entry);
    const idleMs = this.cluster.config.http.idleTimeoutMs;
    if (idleMs > 0) this.cluster.services.timers.arm(entry.idleTimer, clock.nowMs, idleMs);
  }

  onConnectFailure(entry: PooledConnection, failure: ConnectFailure, transportFailureReason: string): void {
    this.connecting.delete(entry);
    const reason = failure === "timeout"
      ? ResetReason.connectionTimeout
      : failure === "local"
      ? ResetReason.localConnectionFailure
      : ResetReason.connectionFailure;
    // Everyone who waits learns of it (Envoy: purgePendingStreams): each decides by its retry policy.
    for (const pending of this.pending.splice(0)) {
      this.leavePending();
      this.cluster.stats.inc(ClusterStat.upstreamRqPendingFailureEject);
      pending.stream.onPoolFailure(reason, transportFailureReason);
    }
  }

  onStreamComplete(entry: PooledConnection, isReusable: boolean): void {
    this.endStream(entry);
    const { maxRequestsPerConnection, maxConnectionDurationMs } = this.cluster.config.http;
    const isWorn = maxRequestsPerConnection > 0 && entry.client!.streamCount >= maxRequestsPerConnection;
    const isOld = maxConnectionDurationMs > 0 && clock.nowMs - entry.transport.connectedMs >= maxConnectionDurationMs;
    if (isWorn) this.cluster.stats.inc(ClusterStat.upstreamCxMaxRequests);
    if (isOld) this.cluster.stats.inc(ClusterStat.upstreamCxMaxDurationReached);
    if (!isReusable || isWorn || isOld || this.isDraining) entry.client!.close();
    else this.serve(entry);
  }

  private endStream(entry: PooledConnection): void {
    if (!this.busy.delete(entry)) return;
    entry.transport.hasActiveRequest = false;
    this.host.onRequestEnd();
    this.cluster.stats.dec(ClusterStat.upstreamRqActive);
    this.cluster.breaker(this.priority).release(BreakerCount.requests);
  }

  onConnectionClose(entry: PooledConnection): void {
    this.endStream(entry);
    this.cluster.services.timers.disarm(entry.idleTimer);
    const i = this.idle.indexOf(entry);
    if (i >= 0) this.idle.splice(i, 1);
    if (this.pending.length > 0) this.connectMore();
  }

  onIdleTimeout(entry: PooledConnection): void {
    this.cluster.stats.inc(ClusterStat.upstreamCxIdleTimeout);
    entry.client!.close();
  }

  drain(): void {
    this.isDraining = true;
    for (const entry of this.idle.splice(0)) {
      this.cluster.services.timers.disarm(entry.idleTimer);
      entry.client!.close();
    }
  }

  closeConnections(): void {
    this.drain();
    for (const entry of [...this.busy]) entry.client!.close();
    this.isDraining = false;
  }
}
