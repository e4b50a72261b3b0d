// The connection manager's view of one downstream connection: its streams, idle and duration timers, drain, stats (Envoy: ConnectionManagerImpl).
import { Timer } from "../base/timer-wheel.ts";
import type { StreamInfo } from "../expr/stream-info.ts";
import { isLoopbackHost } from "../net/address.ts";
import type { ServerConnection } from "../net/server-connection.ts";
import { HttpStat } from "../observe/schemas/http-connection-manager.ts";
import { clock } from "../platform/turn.ts";
import type {
  ServerConnectionCallbacks,
  ServerStreamDecoder,
  ServerStreamEncoder,
} from "../stream/server-connection.ts";
import type { ActiveStream } from "./active-stream.ts";
import type { ManagerRuntime } from "./manager-runtime.ts";
import type { RequestOrigin } from "./request-headers.ts";

/** How a protocol engine is told to stop; the engine owns the codec and the socket's input. */
export interface ServerEngine {
  /** Closes as soon as no stream is active; HTTP/2 announces it first. */
  drain(): void;
  /** Closes now, dropping streams. */
  close(): void;
}

export class HttpConnection implements ServerConnectionCallbacks {
  readonly l4: ServerConnection;
  readonly manager: ManagerRuntime;
  readonly origin: RequestOrigin;
  readonly bufferLimitBytes: number;
  /** Set right after construction: the engine needs the callbacks, the callbacks need the engine. */
  engine: ServerEngine | null = null;
  private requestCount = 0;
  private activeStreams = 0;
  private isDraining = false;
  private readonly openedMs = clock.nowMs;
  private readonly idleTimer: Timer = new Timer(() => this.onIdleTimeout());
  private readonly durationTimer: Timer = new Timer(() => this.onMaxDuration());

  constructor(l4: ServerConnection, manager: ManagerRuntime) {
    this.l4 = l4;
    this.manager = manager;
    this.bufferLimitBytes = l4.listener.bufferLimitBytes;
    const remote = l4.remoteAddress;
    this.origin = {
      remoteAddress: remote,
      isRemoteLoopback: isLoopbackHost(remote.host),
      isRemoteInternal: manager.internalAddresses.containsAddress(remote),
      isTls: false,
      localPort: l4.localAddress.port,
    };
    const config = manager.config, timers = manager.context.timers;
    if (config.maxConnectionDurationMs > 0) timers.arm(this.durationTimer, clock.nowMs, config.maxConnectionDurationMs);
    this.armIdleTimer();
    manager.stats.inc(HttpStat.downstreamCxTotal);
    manager.stats.inc(HttpStat.downstreamCxActive);
    manager.connections.add(this);
  }

  newStream(encoder: ServerStreamEncoder): ServerStreamDecoder {
    const manager = this.manager, stats = manager.stats;
    if (this.activeStreams++ === 0) manager.context.timers.disarm(this.idleTimer);
    this.requestCount++;
    stats.inc(HttpStat.downstreamRqTotal);
    stats.inc(HttpStat.downstreamRqActive);
    const stream = manager.takeStream();
    stream.start(this, encoder);
    return stream;
  }

  /** Connection-level facts of a stream's info. */
  describe(info: StreamInfo): void {
    const l4 = this.l4, listener = l4.listener;
    info.connectionId = l4.id;
    info.filterChainName = listener.filterChainName;
    info.listenerMetadata = listener.metadata;
    info.requestedServerName = l4.requestedServerName;
    info.downstreamRemoteAddress = l4.remoteAddress;
    info.downstreamDirectRemoteAddress = l4.directRemoteAddress;
    info.downstreamLocalAddress = l4.localAddress;
    info.downstreamDirectLocalAddress = l4.directLocalAddress;
    if (l4.dynamicMetadata !== null) info.dynamicMetadata = new Map(l4.dynamicMetadata);
    if (l4.filterState !== null) info.filterState = new Map(l4.filterState);
  }

  /** Asked once a response: whether this should be the connection's last one. */
  shouldCloseAfterResponse(): boolean {
    if (this.isDraining) return true;
    const max = this.manager.config.maxRequestsPerConnection;
    if (max > 0 && this.requestCount >= max) {
      this.manager.stats.inc(HttpStat.downstreamCxMaxRequestsReached);
      this.isDraining = true;
    } else if (this.l4.listener.drain.shouldClose()) {
      this.manager.stats.inc(HttpStat.downstreamCxDrainClose);
      this.isDraining = true;
    }
    return this.isDraining;
  }

  onStreamEnd(stream: ActiveStream): void {
    this.activeStreams--;
    this.manager.stats.dec(HttpStat.downstreamRqActive);
    this.manager.logStream(stream.info);
    if (this.activeStreams === 0) this.armIdleTimer();
  }

  private armIdleTimer(): void {
    const idleMs = this.manager.config.idleTimeoutMs;
    if (idleMs > 0) this.manager.context.timers.arm(this.idleTimer, clock.nowMs, idleMs);
  }

  onIdle(): void {
    if (this.isDraining && this.activeStreams === 0) this.engine?.drain();
  }

  onBytesReceived(bytes: number): void {
    this.manager.stats.add(HttpStat.downstreamCxRxBytesTotal, bytes);
  }

  onConnectionClose(remote: boolean, _detail: string): void {
    const { stats, context, connections } = this.manager;
    context.timers.disarm(this.idleTimer);
    context.timers.disarm(this.durationTimer);
    stats.dec(HttpStat.downstreamCxActive);
    stats.inc(HttpStat.downstreamCxDestroy);
    stats.inc(remote ? HttpStat.downstreamCxDestroyRemote : HttpStat.downstreamCxDestroyLocal);
    if (this.lostStreams > 0) {
      stats.inc(HttpStat.downstreamCxDestroyActiveRq);
      stats.inc(remote ? HttpStat.downstreamCxDestroyRemoteActiveRq : HttpStat.downstreamCxDestroyLocalActiveRq);
    }
    stats.add(HttpStat.downstreamCxTxBytesTotal, this.l4.bytesWritten);
    stats.record(HttpStat.downstreamCxLengthMs, clock.nowMs - this.openedMs);
    connections.delete(this);
  }

  /** Streams that were active when the connection went away; the engine reports it before `onConnectionClose`. */
  lostStreams = 0;

  /** The process or listener drains: idle connections close now, busy ones after their response. */
  startDrain(): void {
    this.isDraining = true;
    if (this.activeStreams === 0) this.engine?.drain();
  }

  private onIdleTimeout(): void {
    this.manager.stats.inc(HttpStat.downstreamCxIdleTimeout);
    this.engine?.close();
  }

  private onMaxDuration(): void {
    this.manager.stats.inc(HttpStat.downstreamCxMaxDurationReached);
    this.startDrain();
  }
}
