// A connection manager materialised in a worker: compiled routes, filter factories, stats, access loggers, the pool of stream objects.
import type { HeaderBlock } from "../base/header-block.ts";
import type { ExtensionConfig } from "../base/extension-config.ts";
import type { ListenerInfo } from "../net/listener-info.ts";
import type { StreamInfo } from "../expr/stream-info.ts";
import type { AccessLogger } from "../observe/access-log.ts";
import {
  HttpListenerStat,
  httpListenerStatSchema,
  HttpStat,
  httpStatSchema,
} from "../observe/schemas/http-connection-manager.ts";
import type { StatBlock } from "../observe/stats.ts";
import { clock } from "../platform/turn.ts";
import { PathNormalizer } from "../router/path-normalization.ts";
import type { RouteEntry } from "../router/route-entry.ts";
import { RouteTable } from "../router/route-table.ts";
import type { LocalReply } from "../stream/filter.ts";
import type { Http1ServerOptions } from "../stream/http1-server-connection.ts";
import { ActiveStream } from "./active-stream.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import type { HttpConnection } from "./http-connection.ts";
import type { HttpFilterFactory } from "./http-filter.ts";
import { createHttp1Options } from "./http1-server-options.ts";
import { InternalAddresses } from "./internal-addresses.ts";
import { LocalReplyWriter } from "./local-reply-writer.ts";
import type { WorkerContext } from "./worker-context.ts";

/** A filter of the chain, ready to make instances. */
export interface ChainFactory {
  readonly name: string;
  readonly isDisabled: boolean;
  readonly factory: HttpFilterFactory;
}

function createChain(filters: readonly ExtensionConfig[], context: WorkerContext, statPrefix: string): ChainFactory[] {
  return filters.map((filter) => ({
    name: filter.name,
    isDisabled: filter.disabled === true,
    factory: context.extensions.httpFilter(filter, statPrefix),
  }));
}

export class ManagerRuntime {
  readonly config: ConnectionManagerConfig;
  readonly context: WorkerContext;
  readonly stats: StatBlock;
  readonly filterFactories: readonly ChainFactory[];
  readonly internalAddresses: InternalAddresses;
  readonly normalizer: PathNormalizer;
  readonly editsAuthority: boolean;
  readonly connections: Set<HttpConnection> = new Set();
  readonly http1Options: Http1ServerOptions;
  private readonly listenerStats: StatBlock;
  private readonly routes: RouteTable;
  private readonly upgrades: Map<string, readonly ChainFactory[] | null> = new Map();
  private readonly routeConfigs: WeakMap<object, unknown> = new WeakMap();
  private readonly accessLoggers: readonly AccessLogger[];
  private readonly localReplies: LocalReplyWriter;
  private retired: ActiveStream[] = [];

  constructor(
    config: ConnectionManagerConfig,
    context: WorkerContext,
    listener: ListenerInfo,
  ) {
    this.config = config;
    this.context = context;
    this.routes = new RouteTable(config.routeConfig, context.runtime);
    this.listenerStats = context.stats.block(
      `${listener.statPrefix}http.${config.statPrefix}.`,
      httpListenerStatSchema,
    );
    this.http1Options = createHttp1Options(config);
    this.accessLoggers = context.extensions.accessLoggers(config.accessLogs);
    const prefix = `http.${config.statPrefix}.`;
    this.stats = context.stats.block(prefix, httpStatSchema);
    this.internalAddresses = new InternalAddresses(config.internalCidrs, config.internalUnixSockets);
    this.normalizer = new PathNormalizer(config);
    this.editsAuthority = config.stripAnyHostPort || config.stripMatchingHostPort || config.stripTrailingHostDot;
    this.filterFactories = createChain(config.httpFilters, context, prefix);
    for (const upgrade of config.upgradeConfigs) {
      const own = upgrade.filters === null ? this.filterFactories : createChain(upgrade.filters, context, prefix);
      this.upgrades.set(upgrade.upgradeType, upgrade.enabled ? own : null);
    }
    this.localReplies = new LocalReplyWriter(config.localReply, context);
  }

  /** Whether any route carries overrides; without them the chain needs no look-up. */
  get hasRouteFilterConfig(): boolean {
    return this.routes.hasFilterConfig;
  }

  allowsUpgrade(token: string): boolean {
    return (this.upgrades.get(token) ?? null) !== null;
  }

  upgradeFactories(token: string): readonly ChainFactory[] {
    return this.upgrades.get(token)!;
  }

  findRoute(headers: HeaderBlock, info: StreamInfo): RouteEntry | null {
    return this.routes.find(headers, info);
  }

  routeFilterConfig(config: ExtensionConfig | null, _filterName: string): unknown {
    if (config === null) return null;
    let compiled = this.routeConfigs.get(config);
    if (compiled === undefined) {
      compiled = this.context.extensions.routeConfig(config);
      this.routeConfigs.set(config, compiled);
    }
    return compiled;
  }

  /** Fills `head` with the reply; returns its body, null when there is none. */
  writeLocalReply(head: HeaderBlock, reply: LocalReply, info: StreamInfo, isGrpc: boolean): Uint8Array | null {
    return this.localReplies.write(head, reply, info, isGrpc);
  }

  countResponse(status: number): void {
    const { stats, listenerStats } = this;
    if (status >= 200 && status < 300) {
      stats.inc(HttpStat.downstreamRq2xx);
      listenerStats.inc(HttpListenerStat.downstreamRq2xx);
    } else if (status >= 300 && status < 400) {
      stats.inc(HttpStat.downstreamRq3xx);
      listenerStats.inc(HttpListenerStat.downstreamRq3xx);
    } else if (status >= 400 && status < 500) {
      stats.inc(HttpStat.downstreamRq4xx);
      listenerStats.inc(HttpListenerStat.downstreamRq4xx);
    } else if (status >= 500) {
      stats.inc(HttpStat.downstreamRq5xx);
      listenerStats.inc(HttpListenerStat.downstreamRq5xx);
    } else {
      stats.inc(HttpStat.downstreamRq1xx);
      listenerStats.inc(HttpListenerStat.downstreamRq1xx);
    }
    stats.inc(HttpStat.downstreamRqCompleted);
    listenerStats.inc(HttpListenerStat.downstreamRqCompleted);
  }

  /** The chain of this manager is gone. */
  release(): void {
    for (const logger of this.accessLoggers) logger.release();
    this.stats.release();
    this.listenerStats.release();
  }

  logStream(info: StreamInfo): void {
    const loggers = this.accessLoggers;
    for (let i = 0; i < loggers.length; i++) loggers[i]!.log(info);
  }

  /** A stream object for a new exchange: the warmest retired one that no caller up the stack can still be looking at, or a new one. */
  takeStream(): ActiveStream {
    const retired = this.retired, now = clock.nowMs, last = retired.length - 1;
    let stream: ActiveStream | undefined;
    if (last >= 0 && retired[last]!.retiredMs !== now) stream = retired.pop();
    else if (last >= 0 && retired[0]!.retiredMs !== now) stream = retired.shift();
    if (stream === undefined) return new ActiveStream(this);
    stream.recycle();
    return stream;
  }

  retireStream(stream: ActiveStream): void {
    if (this.retired.length < 256) this.retired.push(stream);
  }
}
