// Control side and worker side of listeners in one thread, with little filters, for tests over real sockets.
import type { ExtensionConfig } from "../../src/base/extension-config.ts";
import { TimerWheel } from "../../src/base/timer-wheel.ts";
import type { StreamInfo } from "../../src/expr/stream-info.ts";
import { ConnectionCounts, createConnectionCountMemory } from "../../src/net/connection-counts.ts";
import { ListenDescriptors } from "../../src/net/listen-descriptors.ts";
import type {
  FilterChainConfig,
  FilterChainMatchConfig,
  ListenAddress,
  ListenerConfig,
} from "../../src/net/listener-config.ts";
import type { ListenerContext } from "../../src/net/listener-context.ts";
import type { ListenerFilter } from "../../src/net/listener-filter.ts";
import {
  type NetworkFilter,
  type NetworkFilterCallbacks,
  type NetworkFilterFactory,
  NetworkFilterStatus,
} from "../../src/net/network-filter.ts";
import { WorkerListeners } from "../../src/net/worker-listeners.ts";
import { StatStore } from "../../src/observe/stats.ts";
import { beginTurn, clock, endTurn } from "../../src/platform/turn.ts";

export const anyMatch: FilterChainMatchConfig = {
  destinationPort: null,
  prefixRanges: [],
  serverNames: [],
  transportProtocol: "",
  applicationProtocols: [],
  directSourcePrefixRanges: [],
  sourceType: "any",
  sourcePrefixRanges: [],
  sourcePorts: [],
};

export function filterConfig(factory: string, config: unknown = {}): ExtensionConfig {
  return { factory, name: factory, config };
}

export function chain(name: string, overrides: Partial<FilterChainConfig> = {}): FilterChainConfig {
  return {
    name,
    match: anyMatch,
    transportSocket: null,
    transportSocketConnectTimeoutMs: 0,
    networkFilters: [filterConfig("tell", { text: `${name}\n` })],
    metadata: {},
    ...overrides,
  };
}

export function ipListenAddress(host: string, port = 0, overrides: Partial<ListenAddress> = {}): ListenAddress {
  return { kind: "ip", host, port, ipv4Compat: false, mode: 0, socketOptions: [], keepalive: null, ...overrides };
}

export function listenerConfig(overrides: Partial<ListenerConfig> = {}): ListenerConfig {
  return {
    name: "l",
    statPrefix: "l",
    addresses: [ipListenAddress("127.0.0.1")],
    bindToPort: true,
    useOriginalDst: false,
    transparent: null,
    freebind: null,
    tcpBacklogSize: 0,
    tcpFastOpenQueueLength: null,
    perConnectionBufferLimitBytes: 1024 * 1024,
    listenerFilters: [],
    listenerFiltersTimeoutMs: 15_000,
    continueOnListenerFiltersTimeout: false,
    filterChains: [chain("first")],
    defaultFilterChain: null,
    trafficDirection: "unspecified",
    accessLogs: [],
    ignoreGlobalConnectionLimit: false,
    drainType: "default",
    metadata: {},
    ...overrides,
  };
}

export interface HarnessOptions {
  listenerFilters?: Record<string, (config: unknown) => ListenerFilter>;
  networkFilters?: Record<string, (config: unknown) => NetworkFilterFactory>;
  drainTimeMs?: number;
}

export class ListenerHarness {
  readonly descriptors: ListenDescriptors = new ListenDescriptors(1);
  readonly worker: WorkerListeners;
  readonly runtime: Map<string, number> = new Map();
  readonly logged: StreamInfo[] = [];
  readonly messages: string[] = [];
  readonly stats: StatStore = new StatStore(() => {});
  private readonly timers: TimerWheel = new TimerWheel(performance.now(), 5);
  private readonly ticker: ReturnType<typeof setInterval>;

  constructor(options: HarnessOptions = {}) {
    const context: ListenerContext = {
      workerIndex: 0,
      timers: this.timers,
      stats: this.stats,
      runtime: { getInteger: (key, defaultValue) => this.runtime.get(key) ?? defaultValue },
      drain: { shouldClose: () => false, isHealthCheckFailed: () => false },
      drainSettings: { timeMs: options.drainTimeMs ?? 600_000, strategy: "gradual" },
      connectionCounts: new ConnectionCounts(createConnectionCountMemory(1), 1, 0),
      log: (_level, _component, message) => void this.messages.push(message),
    };
    const networkFilters = { ...builtinFilters, ...options.networkFilters };
    this.worker = new WorkerListeners(context, {
      networkFilter: (config) => take(networkFilters, config),
      listenerFilter: (config) => take(options.listenerFilters ?? {}, config),
      transportSocket: () => null,
      accessLogger: () => ({ log: (info) => void this.logged.push(info) }),
    });
    this.ticker = setInterval(() => {
      beginTurn();
      this.timers.advance(clock.nowMs);
      endTurn();
    }, 5);
  }

  /** Adds or updates a listener; returns the port of its first address. */
  apply(config: ListenerConfig): number {
    this.descriptors.apply(config);
    this.worker.apply(config, this.descriptors.placementFor(config.name, 0));
    return this.descriptors.portsOf(config.name)[0] ?? 0;
  }

  remove(name: string): void {
    this.worker.remove(name);
    this.descriptors.remove(name);
  }

  /** Value of a listener stat. */
  stat(listener: string, k: number): number {
    return this.worker.get(listener)!.stats.get(k);
  }

  stop(): void {
    clearInterval(this.ticker);
    this.worker.forEachConnection((connection) => connection.close("noFlush"));
    this.worker.stopAccepting(false);
    this.descriptors.closeAll();
  }
}

function take<T>(table: Record<string, (config: unknown) => T>, config: ExtensionConfig): T {
  const make = table[config.factory];
  if (make === undefined) throw new Error(`unknown extension ${config.factory}`);
  return make(config.config);
}

/** Base of test filters: passes everything on. */
export class PlainFilter implements NetworkFilter {
  protected readonly callbacks: NetworkFilterCallbacks;

  constructor(callbacks: NetworkFilterCallbacks) {
    this.callbacks = callbacks;
  }

  onNewConnection(): NetworkFilterStatus {
    return NetworkFilterStatus.continue;
  }
  onData(_chunk: Buffer): NetworkFilterStatus {
    return NetworkFilterStatus.continue;
  }
  onEndOfInput(): NetworkFilterStatus {
    return NetworkFilterStatus.continue;
  }
  onClose(): void {}
  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}
}

/** Says its text, then echoes; ends when the peer ends. */
class TellFilter extends PlainFilter {
  private readonly text: string;

  constructor(callbacks: NetworkFilterCallbacks, text: string) {
    super(callbacks);
    this.text = text;
  }

  override onNewConnection(): NetworkFilterStatus {
    const { connection } = this.callbacks;
    const text = this.text.replace(/%(\w+)%/g, (_, what: string) => {
      switch (what) {
        case "local":
          return connection.localAddress.text;
        case "remote":
          return connection.remoteAddress.text;
        case "direct":
          return connection.directRemoteAddress.text;
        case "protocols":
          return connection.applicationProtocols.join(",");
        case "metadata":
          return JSON.stringify(Object.fromEntries(connection.dynamicMetadata ?? []));
        default:
          return "?";
      }
    });
    connection.write(Buffer.from(text));
    return NetworkFilterStatus.stop;
  }

  override onData(chunk: Buffer): NetworkFilterStatus {
    this.callbacks.connection.write(chunk);
    return NetworkFilterStatus.stop;
  }

  override onEndOfInput(): NetworkFilterStatus {
    this.callbacks.connection.close("flush");
    return NetworkFilterStatus.stop;
  }
}

const builtinFilters: Record<string, (config: unknown) => NetworkFilterFactory> = {
  tell: (config) => ({
    isTerminal: true,
    create: (callbacks) => new TellFilter(callbacks, (config as { text: string }).text),
  }),
};
