// TCP pool of one host and priority in one worker: one new connection for each user, with Envoy's accounting of pending and active requests (Envoy: Tcp::ConnPoolImpl).
import type { CloseEvent, Connection, ConnectionReader } from "../net/connection.ts";
import { ClusterStat } from "../observe/schemas/cluster.ts";
import type { Cluster } from "./cluster.ts";
import { type Host, type HostPool, PoolSlot } from "./host.ts";
import { BreakerCount } from "./shared-counts.ts";
import { type ConnectFailure, UpstreamConnection, type UpstreamConnectionOwner } from "./upstream-connection.ts";

/** Told once how the connect ended; then the reader of the connection. */
export interface TcpPoolUser extends ConnectionReader {
  onPoolReady(connection: Connection): void;
  /** `transportFailureReason` is Envoy's text; empty for overflow and timeout. */
  onPoolFailure(failure: ConnectFailure | "overflow", transportFailureReason: string): void;
}

/** The pool that leads to `host` in this worker, made on first use. */
export function tcpPoolOf(cluster: Cluster, host: Host, priority: number): TcpPool {
  const slot = PoolSlot.tcp + priority;
  const pool = host.pools[slot];
  if (pool instanceof TcpPool) return pool;
  return host.pools[slot] = new TcpPool(cluster, host, priority);
}

export class TcpPool implements HostPool {
  private readonly cluster: Cluster;
  private readonly host: Host;
  private readonly priority: number;
  private readonly leases: Set<TcpLease> = new Set();

  constructor(cluster: Cluster, host: Host, priority: number) {
    this.cluster = cluster;
    this.host = host;
    this.priority = priority;
  }

  /**
   * Starts a connection for `user`. Null when the pending-request breaker refused; the user has then been told already.
   * Otherwise the outcome comes later.
   */
  connect(user: TcpPoolUser): TcpLease | null {
    const { cluster } = this;
    const breaker = cluster.breaker(this.priority);
    if (!breaker.canAcquire(BreakerCount.pending)) {
      cluster.stats.inc(ClusterStat.upstreamRqPendingOverflow);
      user.onPoolFailure("overflow", "");
      return null;
    }
    if (!breaker.tryAcquire(BreakerCount.connections)) {
      cluster.stats.inc(ClusterStat.upstreamCxOverflow);
      // Nothing of this pool could ever serve the user otherwise.
      if (this.leases.size > 0) {
        user.onPoolFailure("overflow", "");
        return null;
      }
      breaker.acquire(BreakerCount.connections);
    }
    const lease = new TcpLease(this.leases, cluster, this.host, this.priority, user);
    this.leases.add(lease);
    return lease;
  }

  /** The host left: who is connected stays (as in Envoy); nobody new comes. */
  drain(): void {}

  closeConnections(): void {
    for (const lease of [...this.leases]) lease.close();
  }
}

/** One user's connection, from the request for it to its end. */
export class TcpLease implements UpstreamConnectionOwner {
  readonly upstream: UpstreamConnection;
  private readonly leases: Set<TcpLease>;
  private readonly cluster: Cluster;
  private readonly host: Host;
  private readonly priority: number;
  private readonly user: TcpPoolUser;
  private isPending = true;

  /** `leases` is the pool's set, which the lease leaves at its end. */
  constructor(leases: Set<TcpLease>, cluster: Cluster, host: Host, priority: number, user: TcpPoolUser) {
    this.leases = leases;
    this.cluster = cluster;
    this.host = host;
    this.priority = priority;
    this.user = user;
    cluster.breaker(priority).acquire(BreakerCount.pending);
    cluster.stats.inc(ClusterStat.upstreamRqPendingTotal);
    cluster.stats.inc(ClusterStat.upstreamRqPendingActive);
    this.upstream = new UpstreamConnection(cluster, host, priority, this);
  }

  /** Gives up: cancels a connect under way (the user hears nothing more). Established connections are closed by their user. */
  cancel(): void {
    if (!this.isPending) return;
    this.leavePending();
    this.leases.delete(this);
    this.cluster.stats.inc(ClusterStat.upstreamRqCancelled);
    this.upstream.cancelConnect();
  }

  /** Closes an established connection now; one under way fails. */
  close(): void {
    if (this.upstream.connection !== null) this.upstream.connection.close("noFlush");
    else if (this.isPending) {
      this.upstream.cancelConnect();
      this.onConnectFailure("local", "");
    }
  }

  onConnected(connection: Connection): void {
    const { stats } = this.cluster;
    this.leavePending();
    this.cluster.breaker(this.priority).acquire(BreakerCount.requests);
    stats.inc(ClusterStat.upstreamRqTotal);
    stats.inc(ClusterStat.upstreamRqActive);
    this.host.onRequestStart();
    this.upstream.hasActiveRequest = true;
    this.user.onPoolReady(connection);
  }

  onConnectFailure(failure: ConnectFailure, transportFailureReason: string): void {
    this.leavePending();
    this.leases.delete(this);
    this.cluster.stats.inc(ClusterStat.upstreamRqPendingFailureEject);
    this.user.onPoolFailure(failure, transportFailureReason);
  }

  onData(chunk: Buffer): void {
    this.user.onData(chunk);
  }
  onEndOfInput(): void {
    this.user.onEndOfInput();
  }
  onAboveWriteBufferHighWatermark(): void {
    this.user.onAboveWriteBufferHighWatermark();
  }
  onBelowWriteBufferLowWatermark(): void {
    this.user.onBelowWriteBufferLowWatermark();
  }

  onClose(event: CloseEvent): void {
    this.leases.delete(this);
    this.host.onRequestEnd();
    this.cluster.stats.dec(ClusterStat.upstreamRqActive);
    this.cluster.breaker(this.priority).release(BreakerCount.requests);
    this.user.onClose(event);
  }

  private leavePending(): void {
    this.isPending = false;
    this.cluster.breaker(this.priority).release(BreakerCount.pending);
    this.cluster.stats.dec(ClusterStat.upstreamRqPendingActive);
  }
}
