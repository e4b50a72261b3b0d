// One connection to a host: connect with time limit, counts and stats of its life (Envoy: ActiveClient of ConnPoolImplBase).
import { Timer } from "../base/timer-wheel.ts";
import type { SocketAddress } from "../expr/stream-info.ts";
import { anonymousPipe, ipAddress, pipeAddress } from "../net/address.ts";
import { type CloseEvent, Connection, type ConnectionReader } from "../net/connection.ts";
import { ClusterStat } from "../observe/schemas/cluster.ts";
import type { StatBlock } from "../observe/stats.ts";
import { SystemError } from "../platform/errno.ts";
import { localAddressOf } from "../platform/native-socket.ts";
import { connectFd, type PendingConnect, type RawSocket, type SocketOwner } from "../platform/socket.ts";
import { beginTurn, clock, endTurn } from "../platform/turn.ts";
import type { Cluster } from "./cluster.ts";
import { addressText } from "./cluster-config.ts";
import { bindError, delayedConnectError, immediateConnectError } from "./connect-error.ts";
import type { Host } from "./host.ts";
import { bindAddressFor, startHostConnect } from "./host-socket.ts";
import { BreakerCount, HostTotal } from "./shared-counts.ts";

/** `local`: the local address could not be bound; `remote`: everything else but a timeout. (Envoy: "local/remote connection failure".) */
export type ConnectFailure = "timeout" | "remote" | "local";

/** Told of the connect's outcome, then the reader of the connection. */
export interface UpstreamConnectionOwner extends ConnectionReader {
  onConnected(connection: Connection): void;
  /** `transportFailureReason` is Envoy's text, empty for a timeout. Nothing follows. */
  onConnectFailure(failure: ConnectFailure, transportFailureReason: string): void;
}

const CONNECTING = 0;
const CONNECTED = 1;
const DONE = 2;

/**
 * Starts connecting when made; the outcome never comes before the constructor returns. Holds one connection of the cluster's
 * breaker (`priority`), which the maker has acquired, and gives it back at the end. After `onConnected` the owner gets the
 * connection's events; this object counts bytes and lifetimes on the way.
 */
export class UpstreamConnection implements ConnectionReader {
  readonly cluster: Cluster;
  readonly host: Host;
  readonly priority: number;
  /** Null until connected. */
  connection: Connection | null = null;
  /** Something is under way: its loss counts as `…_with_active_rq`. Kept by the pool. */
  hasActiveRequest = false;
  /** When connected; on the worker's monotonic clock. */
  connectedMs = 0;
  private readonly owner: UpstreamConnectionOwner;
  private readonly stats: StatBlock;
  private readonly startMs: number;
  private readonly connectTimer: Timer;
  private state = CONNECTING;
  private countedTxBytes = 0;
  /** Descriptor while connecting; -1 when the connect failed at once. */
  private fd = -1;
  private pending: PendingConnect | null = null;

  constructor(cluster: Cluster, host: Host, priority: number, owner: UpstreamConnectionOwner) {
    this.cluster = cluster;
    this.host = host;
    this.priority = priority;
    this.owner = owner;
    this.stats = cluster.stats;
    this.startMs = clock.nowMs;
    this.connectTimer = new Timer(() => this.onConnectTimeout());
    this.stats.inc(ClusterStat.upstreamCxTotal);
    this.stats.inc(ClusterStat.upstreamCxActive);
    host.onConnectionStart();
    cluster.services.timers.arm(this.connectTimer, this.startMs, cluster.config.connectTimeoutMs);
    this.start();
  }

  private start(): void {
    try {
      this.fd = startHostConnect(this.cluster.config, this.host.address);
    } catch (error) {
      // The outcome never comes before the constructor returns.
      queueMicrotask(() => {
        beginTurn();
        this.onImmediateError(error instanceof SystemError ? error : null);
        endTurn();
      });
      return;
    }
    this.pending = connectFd(this.fd, new ConnectingSocket(this));
  }

  get isConnecting(): boolean {
    return this.state === CONNECTING;
  }

  /** Gives up a connect that is under way; the owner hears nothing. */
  cancelConnect(): void {
    if (this.state !== CONNECTING) return;
    this.giveUp(false);
  }

  /** For ConnectingSocket: the socket is connected. Null when nobody wants it any more. */
  onSocketConnected(socket: RawSocket): Connection | null {
    if (this.state !== CONNECTING) return null;
    this.state = CONNECTED;
    this.connectedMs = clock.nowMs;
    this.cluster.services.timers.disarm(this.connectTimer);
    this.stats.record(ClusterStat.upstreamCxConnectMs, this.connectedMs - this.startMs);
    const { address } = this.host;
    const connection = new Connection(
      socket,
      this,
      address.port === 0 ? anonymousPipe : localIpAddress(this.fd),
      address.port === 0 ? pipeAddress(address.host) : ipAddress(address.host, address.port),
      this.cluster.config.perConnectionBufferLimitBytes,
    );
    this.pending = null;
    this.connection = connection;
    this.owner.onConnected(connection);
    return connection;
  }

  /** For ConnectingSocket: the connect failed with errno `code`. */
  onSocketFailed(code: string): void {
    if (this.state === CONNECTING) this.fail("remote", delayedConnectError(code));
  }

  private onImmediateError(error: SystemError | null): void {
    if (this.state !== CONNECTING) return;
    const code = error?.code ?? "";
    const local = bindAddressFor(this.cluster.config, this.host.address);
    if (error?.syscall === "bind" && local !== null) {
      this.stats.inc(ClusterStat.bindErrors);
      this.fail("local", bindError(code, addressText(local)));
    } else this.fail("remote", immediateConnectError(code, this.host.addressText));
  }

  private onConnectTimeout(): void {
    this.stats.inc(ClusterStat.upstreamCxConnectTimeout);
    this.fail("timeout", "");
  }

  private fail(failure: ConnectFailure, transportFailureReason: string): void {
    this.stats.inc(ClusterStat.upstreamCxConnectFail);
    this.host.record.incTotal(HostTotal.connectFailures);
    this.giveUp(failure === "remote");
    this.owner.onConnectFailure(failure, transportFailureReason);
  }

  /** Ends an unfinished connect. */
  private giveUp(isRemote: boolean): void {
    this.pending?.abandon();
    this.pending = null;
    this.countDestroy(isRemote);
    this.finish();
  }

  private countDestroy(isRemote: boolean): void {
    this.stats.record(ClusterStat.upstreamCxLengthMs, clock.nowMs - this.startMs);
    this.stats.inc(ClusterStat.upstreamCxDestroy);
    this.stats.inc(isRemote ? ClusterStat.upstreamCxDestroyRemote : ClusterStat.upstreamCxDestroyLocal);
  }

  onData(chunk: Buffer): void {
    this.stats.add(ClusterStat.upstreamCxRxBytesTotal, chunk.length);
    this.countTxBytes();
    this.owner.onData(chunk);
  }

  onEndOfInput(): void {
    this.owner.onEndOfInput();
  }

  onAboveWriteBufferHighWatermark(): void {
    this.stats.inc(ClusterStat.upstreamFlowControlBackedUpTotal);
    this.owner.onAboveWriteBufferHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    this.stats.inc(ClusterStat.upstreamFlowControlDrainedTotal);
    this.countTxBytes();
    this.owner.onBelowWriteBufferLowWatermark();
  }

  onClose(event: CloseEvent): void {
    const { stats } = this;
    this.countTxBytes();
    this.finish();
    this.countDestroy(event.remote);
    if (this.hasActiveRequest) {
      stats.inc(ClusterStat.upstreamCxDestroyWithActiveRq);
      stats.inc(
        event.remote ? ClusterStat.upstreamCxDestroyRemoteWithActiveRq : ClusterStat.upstreamCxDestroyLocalWithActiveRq,
      );
    }
    this.owner.onClose(event);
  }

  /** Brings `upstream_cx_tx_bytes_total` up to date; writes go to the connection directly. */
  countTxBytes(): void {
    const written = this.connection!.bytesWritten;
    if (written === this.countedTxBytes) return;
    this.stats.add(ClusterStat.upstreamCxTxBytesTotal, written - this.countedTxBytes);
    this.countedTxBytes = written;
  }

  private finish(): void {
    this.state = DONE;
    this.cluster.services.timers.disarm(this.connectTimer);
    this.cluster.breaker(this.priority).release(BreakerCount.connections);
    this.stats.dec(ClusterStat.upstreamCxActive);
    this.host.onConnectionEnd();
  }
}

function localIpAddress(fd: number): SocketAddress {
  const { host, port } = localAddressOf(fd);
  return ipAddress(host, port);
}

/** Owner of the socket until it is connected. */
class ConnectingSocket implements SocketOwner {
  private readonly target: UpstreamConnection;

  constructor(target: UpstreamConnection) {
    this.target = target;
  }

  onOpen(socket: RawSocket): SocketOwner {
    const connection = this.target.onSocketConnected(socket);
    if (connection !== null) return connection;
    socket.terminate();
    return this;
  }

  onClose(error: (Error & { code?: string }) | undefined): void {
    this.target.onSocketFailed(error?.code ?? "");
  }

  onData(): void {}
  onDrain(): void {}
  onEnd(): void {}
  onThrow(): void {
    this.target.onSocketFailed("");
  }
}
