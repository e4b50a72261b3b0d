// A listener in a worker: takes accepted sockets through limits, listener filters and chain choice to a connection. Envoy: ActiveTcpListener.
import {
  ListenerStat,
  listenerStatSchema,
  ListenerWorkerStat,
  listenerWorkerStatSchema,
} from "../observe/schemas/listener.ts";
import type { StatBlock } from "../observe/stats.ts";
import type { RawSocket, SocketOwner } from "../platform/socket.ts";
import { clock } from "../platform/turn.ts";
import {
  AcceptedSocket,
  type AcceptingListener,
  type FilterPhaseFailure,
  type ListenerFilterEntry,
} from "./accepted-socket.ts";
import type { NetAddress } from "./address.ts";
import { GLOBAL_SLOT } from "./connection-counts.ts";
import { logConnection, logUnmatchedSocket } from "./connection-log.ts";
import { DrainSequence, ListenerDrainParent } from "./drain-sequence.ts";
import { FilterChain, type FilterChainOwner } from "./filter-chain.ts";
import { FilterChainMatcher } from "./filter-chain-matcher.ts";
import type { FilterChainConfig, ListenerConfig } from "./listener-config.ts";
import type { ConnectionLogger, ListenerContext, ListenerExtensions } from "./listener-context.ts";
import type { ListenerInfo } from "./listener-info.ts";
import { ServerConnection } from "./server-connection.ts";

const NO_LIMIT = 0x7fffffff;
const GLOBAL_LIMIT_KEY = "overload.global_downstream_max_connections";

/** Finds the listener for an address, for `use_original_dst`. */
export interface ListenerDirectory {
  findByAddress(address: NetAddress): Listener | null;
}

/** Everything that an update replaces as one. */
interface Compiled {
  readonly listenerFilters: readonly ListenerFilterEntry[];
  readonly chains: readonly FilterChain[];
  readonly defaultChain: FilterChain | null;
  readonly matcher: FilterChainMatcher;
  /** Set when a connection needs no decision at all: no listener filters, one chain for all. */
  readonly straightChain: FilterChain | null;
  readonly accessLoggers: readonly ConnectionLogger[];
}

export class Listener implements AcceptingListener, FilterChainOwner {
  config: ListenerConfig;
  readonly stats: StatBlock;
  /** Started by `startDrain` (`/drain_listeners`, removal). */
  readonly drain: DrainSequence;
  activeConnections = 0;
  private compiled: Compiled;
  private readonly workerStats: StatBlock;
  private readonly context: ListenerContext;
  private readonly extensions: ListenerExtensions;
  private readonly directory: ListenerDirectory;
  private readonly countSlot: number;
  private readonly limitKey: string;
  /** Chains that are not gone yet, draining ones too. */
  private readonly liveChains: Set<FilterChain> = new Set();
  /** Sockets in the listener-filter phase. */
  private readonly waiting: Set<AcceptedSocket> = new Set();
  private isRetired = false;
  /** Removed, and its last connection has ended. */
  isGone = false;

  /** `countSlot`: cell of the listener's connection count. Throws what an extension throws on a bad configuration. */
  constructor(
    config: ListenerConfig,
    countSlot: number,
    context: ListenerContext,
    extensions: ListenerExtensions,
    directory: ListenerDirectory,
  ) {
    this.config = config;
    this.countSlot = countSlot;
    this.context = context;
    this.extensions = extensions;
    this.directory = directory;
    this.limitKey = `envoy.resource_limits.listener.${config.name}.connection_limit`;
    this.drain = new DrainSequence(
      new ListenerDrainParent(context.drain, config.drainType === "default"),
      context.drainSettings,
    );
    this.compiled = this.compile(config, []);
    const prefix = `listener.${config.statPrefix}.`;
    this.stats = context.stats.block(prefix, listenerStatSchema);
    this.workerStats = context.stats.block(`${prefix}worker_${context.workerIndex}.`, listenerWorkerStatSchema);
  }

  get listenerFilters(): readonly ListenerFilterEntry[] {
    return this.compiled.listenerFilters;
  }

  /**
   * Takes a new configuration of the same name, stat prefix and drain type. Chains whose configuration did not change live on with
   * their connections, the others drain. Throws, with nothing changed, when an extension refuses its configuration.
   */
  update(config: ListenerConfig): void {
    const old = this.compiled;
    const oldChains = old.defaultChain === null ? old.chains : [...old.chains, old.defaultChain];
    const compiled = this.compile(config, oldChains);
    this.config = config;
    this.compiled = compiled;
    const kept = new Set(compiled.chains);
    if (compiled.defaultChain !== null) kept.add(compiled.defaultChain);
    for (const chain of oldChains) if (!kept.has(chain)) chain.startDrain();
  }

  private compile(config: ListenerConfig, reusable: readonly FilterChain[]): Compiled {
    const info: ListenerInfo = {
      name: config.name,
      statPrefix: `listener.${config.statPrefix}.`,
      trafficDirection: config.trafficDirection,
      isTransparent: config.transparent === true,
      bufferLimitBytes: config.perConnectionBufferLimitBytes,
      metadata: config.metadata,
      filterChainName: "",
      filterChainMetadata: {},
      drain: this.drain,
    };
    const infoKey = JSON.stringify({ ...info, drain: null });
    const free = new Map(reusable.map((chain) => [chain.key, chain]));
    const created: FilterChain[] = [];
    const chainFor = (chainConfig: FilterChainConfig): FilterChain => {
      // Conditions of the match belong to the matcher: changing them keeps the chain.
      const key = `${infoKey}\n${JSON.stringify({ ...chainConfig, match: null })}`;
      const known = free.get(key);
      if (known !== undefined) {
        free.delete(key);
        return known;
      }
      const chain = new FilterChain(chainConfig, key, info, this, this.context, this.extensions);
      created.push(chain);
      return chain;
    };
    try {
      const listenerFilters = config.listenerFilters.map(({ filter, disabledWhen }) => ({
        filter: this.extensions.listenerFilter(filter, info),
        disabledWhen,
      }));
      const accessLoggers = config.accessLogs.map((log) => this.extensions.accessLogger(log));
      const chains = config.filterChains.map(chainFor);
      const defaultChain = config.defaultFilterChain === null ? null : chainFor(config.defaultFilterChain);
      const matcher = new FilterChainMatcher(config.filterChains.map((chain) => chain.match));
      const onlyChain = chains.length === 0 ? defaultChain : matcher.isUnconditional ? chains[0]! : null;
      for (const chain of created) this.liveChains.add(chain);
      return {
        listenerFilters,
        chains,
        defaultChain,
        matcher,
        straightChain: listenerFilters.length === 0 ? onlyChain : null,
        accessLoggers,
      };
    } catch (error) {
      for (const chain of created) chain.discard();
      throw error;
    }
  }

  /** A new socket from a listen descriptor. Returns the owner of its events. */
  accept(socket: RawSocket, localAddress: NetAddress, remoteAddress: NetAddress): SocketOwner {
    const { runtime, connectionCounts } = this.context;
    if (
      connectionCounts.total(GLOBAL_SLOT) >= runtime.getInteger(GLOBAL_LIMIT_KEY, NO_LIMIT) &&
      !this.config.ignoreGlobalConnectionLimit
    ) {
      this.stats.inc(ListenerStat.downstreamGlobalCxOverflow);
      socket.end();
      return ignored;
    }
    if (connectionCounts.total(this.countSlot) >= runtime.getInteger(this.limitKey, NO_LIMIT)) {
      this.stats.inc(ListenerStat.downstreamCxOverflow);
      socket.end();
      return ignored;
    }
    connectionCounts.add(GLOBAL_SLOT, 1);
    connectionCounts.add(this.countSlot, 1);
    const chain = this.compiled.straightChain;
    if (chain !== null) return this.openConnection(socket, chain, localAddress, remoteAddress, null);
    const accepted = new AcceptedSocket(socket, this, localAddress, remoteAddress);
    socket.data = accepted;
    this.startFilters(accepted);
    return socket.data;
  }

  /** Takes over a socket that another listener accepted for an address of ours. */
  private takeOver(accepted: AcceptedSocket): void {
    accepted.listener = this;
    const { runtime, connectionCounts } = this.context;
    if (connectionCounts.total(this.countSlot) >= runtime.getInteger(this.limitKey, NO_LIMIT)) {
      connectionCounts.add(GLOBAL_SLOT, -1);
      this.stats.inc(ListenerStat.downstreamCxOverflow);
      accepted.isDone = true;
      accepted.socket.end();
      return;
    }
    connectionCounts.add(this.countSlot, 1);
    this.startFilters(accepted);
  }

  private startFilters(accepted: AcceptedSocket): void {
    this.stats.inc(ListenerStat.downstreamPreCxActive);
    this.waiting.add(accepted);
    accepted.runFilters();
    const timeoutMs = accepted.listener.filterTimeoutMs;
    if (!accepted.isDone && timeoutMs > 0) this.context.timers.arm(accepted.timer, clock.nowMs, timeoutMs);
  }

  get filterTimeoutMs(): number {
    return this.config.listenerFiltersTimeoutMs;
  }

  /** The socket leaves the listener-filter phase. */
  private leavePhase(accepted: AcceptedSocket): void {
    this.context.timers.disarm(accepted.timer);
    this.waiting.delete(accepted);
    this.stats.dec(ListenerStat.downstreamPreCxActive);
  }

  onFiltersDone(accepted: AcceptedSocket): void {
    this.leavePhase(accepted);
    if (this.config.useOriginalDst && accepted.isLocalAddressRestored && !accepted.isHandedOver) {
      const target = this.directory.findByAddress(accepted.localAddress);
      if (target !== null && target !== this) {
        accepted.isHandedOver = true;
        this.context.connectionCounts.add(this.countSlot, -1);
        target.takeOver(accepted);
        return;
      }
    }
    accepted.isDone = true;
    if (accepted.transportProtocol === "") accepted.transportProtocol = "raw_buffer";
    const { matcher, chains, defaultChain, accessLoggers } = this.compiled;
    const index = matcher.match(accepted);
    const chain = index < 0 ? defaultChain : chains[index]!;
    if (chain === null) {
      this.stats.inc(ListenerStat.noFilterChainMatch);
      this.uncount();
      logUnmatchedSocket(accepted, this.config.metadata, accessLoggers);
      accepted.socket.end();
      return;
    }
    this.openConnection(accepted.socket, chain, accepted.localAddress, accepted.remoteAddress, accepted);
  }

  onFiltersFailed(accepted: AcceptedSocket, reason: FilterPhaseFailure): void {
    this.leavePhase(accepted);
    this.uncount();
    if (reason === "remoteClose") this.stats.inc(ListenerStat.downstreamListenerFilterRemoteClose);
    else if (reason === "error") this.stats.inc(ListenerStat.downstreamListenerFilterError);
  }

  onFiltersTimeout(accepted: AcceptedSocket): void {
    this.stats.inc(ListenerStat.downstreamPreCxTimeout);
    if (this.config.continueOnListenerFiltersTimeout) this.onFiltersDone(accepted);
    else accepted.fail("timeout");
  }

  private uncount(): void {
    this.context.connectionCounts.add(GLOBAL_SLOT, -1);
    this.context.connectionCounts.add(this.countSlot, -1);
  }

  private openConnection(
    rawSocket: RawSocket,
    chain: FilterChain,
    localAddress: NetAddress,
    remoteAddress: NetAddress,
    accepted: AcceptedSocket | null,
  ): SocketOwner {
    let received = accepted === null ? null : accepted.takeReceived();
    let socket = rawSocket;
    if (chain.transport !== null) {
      const peer = accepted ?? new AcceptedSocket(rawSocket, this, localAddress, remoteAddress);
      const wrapped = chain.transport.start(rawSocket, received, peer);
      if (wrapped === null) {
        this.uncount();
        rawSocket.terminate();
        return ignored;
      }
      socket = wrapped;
      received = null;
      // The plain socket goes on reporting what the transport reads.
      rawSocket.data = ignored;
    }
    const connection = new ServerConnection(socket, localAddress, remoteAddress, chain.info, chain);
    if (accepted !== null) describe(connection, accepted);
    this.activeConnections++;
    this.stats.inc(ListenerStat.downstreamCxTotal);
    this.stats.inc(ListenerStat.downstreamCxActive);
    this.workerStats.inc(ListenerWorkerStat.downstreamCxTotal);
    this.workerStats.inc(ListenerWorkerStat.downstreamCxActive);
    // Before the filters run: a close from inside them must reach the connection.
    socket.data = connection;
    chain.open(connection);
    if (received !== null && !connection.isClosed) connection.onData(received);
    return rawSocket.data;
  }

  onConnectionGone(connection: ServerConnection): void {
    this.activeConnections--;
    this.uncount();
    this.stats.dec(ListenerStat.downstreamCxActive);
    this.stats.inc(ListenerStat.downstreamCxDestroy);
    this.stats.record(ListenerStat.downstreamCxLengthMs, clock.nowMs - connection.openedMs);
    this.workerStats.dec(ListenerWorkerStat.downstreamCxActive);
    if (this.compiled.accessLoggers.length > 0) logConnection(connection, this.compiled.accessLoggers);
  }

  onChainGone(chain: FilterChain): void {
    this.liveChains.delete(chain);
    this.releaseWhenGone();
  }

  /** The listener was removed: sockets without a connection are closed, connections drain. */
  retire(): void {
    this.drain.start();
    this.isRetired = true;
    for (const accepted of [...this.waiting]) accepted.fail("rejected");
    for (const chain of [...this.liveChains]) chain.startDrain();
    this.releaseWhenGone();
  }

  private releaseWhenGone(): void {
    if (!this.isRetired || this.liveChains.size > 0 || this.isGone) return;
    this.isGone = true;
    this.stats.release();
    this.workerStats.release();
  }

  /** Live connections, e.g. for the admin interface and for closing them at exit. */
  forEachConnection(visit: (connection: ServerConnection) => void): void {
    for (const chain of this.liveChains) chain.forEachConnection(visit);
  }
}

function describe(connection: ServerConnection, accepted: AcceptedSocket): void {
  connection.directLocalAddress = accepted.directLocalAddress;
  connection.directRemoteAddress = accepted.directRemoteAddress;
  connection.requestedServerName = accepted.requestedServerName;
  connection.transportProtocol = accepted.transportProtocol || "raw_buffer";
  connection.applicationProtocols = accepted.applicationProtocols;
  connection.isLocalAddressRestored = accepted.isLocalAddressRestored;
  connection.dynamicMetadata = accepted.dynamicMetadata;
  connection.filterState = accepted.filterState;
}

/** Owner of sockets that were closed at once, or whose events come by their transport socket. */
const ignored: SocketOwner = {
  onOpen: () => ignored,
  onData() {},
  onDrain() {},
  onEnd() {},
  onClose() {},
  onThrow() {},
};
