// A filter chain in a worker: compiled filters and transport, and its live connections; drains when its configuration goes away.
import { Timer } from "../base/timer-wheel.ts";
import { clock } from "../platform/turn.ts";
import { DrainSequence } from "./drain-sequence.ts";
import { FilterManager } from "./filter-manager.ts";
import type { FilterChainConfig } from "./listener-config.ts";
import type { ListenerContext, ListenerExtensions } from "./listener-context.ts";
import type { ListenerInfo } from "./listener-info.ts";
import type { NetworkFilterFactory } from "./network-filter.ts";
import type { ConnectionTracker, ServerConnection } from "./server-connection.ts";
import type { TransportSocketFactory } from "./transport-socket.ts";

/** The listener's part in a chain's life. */
export interface FilterChainOwner {
  onConnectionGone(connection: ServerConnection): void;
  /** The chain was drained and has no connection left. */
  onChainGone(chain: FilterChain): void;
}

export class FilterChain implements ConnectionTracker {
  /** Equal keys mean equal configuration: the chain lives through an update. */
  readonly key: string;
  readonly info: ListenerInfo;
  readonly transport: TransportSocketFactory | null;
  activeConnections = 0;
  private readonly factories: NetworkFilterFactory[];
  private readonly owner: FilterChainOwner;
  private readonly context: ListenerContext;
  private readonly drain: DrainSequence;
  private readonly drainTimer: Timer = new Timer(() => this.closeAll("filter_chain_is_being_removed"));
  private first: ServerConnection | null = null;

  /** `info.drain` is the listener's decision; the chain's own is put on top of it. */
  constructor(
    config: FilterChainConfig,
    key: string,
    info: ListenerInfo,
    owner: FilterChainOwner,
    context: ListenerContext,
    extensions: ListenerExtensions,
  ) {
    this.key = key;
    this.owner = owner;
    this.context = context;
    this.drain = new DrainSequence(info.drain, context.drainSettings);
    this.info = { ...info, filterChainName: config.name, filterChainMetadata: config.metadata, drain: this.drain };
    this.transport = config.transportSocket === null
      ? null
      : extensions.transportSocket(config.transportSocket, this.info);
    this.factories = config.networkFilters.map((filter) => extensions.networkFilter(filter, this.info));
  }

  /** Builds the filters of a new connection and starts them. The connection may be closed when this returns. */
  open(connection: ServerConnection): void {
    this.activeConnections++;
    connection.next = this.first;
    if (this.first !== null) this.first.previous = connection;
    this.first = connection;
    const factories = this.factories;
    if (factories.length === 1) {
      const filter = factories[0]!.create(connection);
      connection.setReader(filter);
      filter.onNewConnection();
    } else if (factories.length === 0) {
      connection.close("noFlush", "no_filters");
    } else {
      new FilterManager(connection, factories).onNewConnection();
    }
  }

  onConnectionGone(connection: ServerConnection): void {
    if (connection.previous !== null) connection.previous.next = connection.next;
    else this.first = connection.next;
    if (connection.next !== null) connection.next.previous = connection.previous;
    connection.next = connection.previous = null;
    this.activeConnections--;
    this.owner.onConnectionGone(connection);
    if (this.activeConnections === 0 && this.drain.isStarted) this.finish();
  }

  /** The configuration went away: connections are asked to end, and closed when the drain time is over. */
  startDrain(): void {
    if (this.drain.isStarted) return;
    this.drain.start();
    if (this.activeConnections === 0) this.finish();
    else this.context.timers.arm(this.drainTimer, clock.nowMs, this.context.drainSettings.timeMs);
  }

  closeAll(detail: string): void {
    let connection = this.first;
    while (connection !== null) {
      const next: ServerConnection | null = connection.next;
      connection.close("noFlush", detail);
      connection = next;
    }
  }

  /** Live connections, e.g. for the admin interface. */
  forEachConnection(visit: (connection: ServerConnection) => void): void {
    for (let connection = this.first; connection !== null; connection = connection.next) visit(connection);
  }

  private finish(): void {
    this.context.timers.disarm(this.drainTimer);
    this.discard();
    this.owner.onChainGone(this);
  }

  /** Gives the filters' resources back; for a chain without connections that will not be used. */
  discard(): void {
    for (const factory of this.factories) factory.release?.();
  }
}
