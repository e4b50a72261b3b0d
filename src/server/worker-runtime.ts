// A data-plane worker: applies the control thread's messages to its clusters and listeners (the worker half of server/).
import type { ExtensionConfig } from "../base/extension-config.ts";
import type { TimerWheel } from "../base/timer-wheel.ts";
import { ConnectionCounts } from "../net/connection-counts.ts";
import { onConnectionThrow } from "../net/connection.ts";
import { DrainSequence, type DrainSettings, type ProcessDrain } from "../net/drain-sequence.ts";
import type { ListenerContext, ListenerExtensions } from "../net/listener-context.ts";
import { WorkerListeners } from "../net/worker-listeners.ts";
import { AccessLogFiles } from "../observe/access-log-file.ts";
import type { AccessLogConfig } from "../observe/access-log-config.ts";
import { type AccessLogger, createAccessLogger } from "../observe/access-log.ts";
import { StatStore } from "../observe/stats.ts";
import { randomUint32 } from "../platform/random.ts";
import { beginTurn, endTurn } from "../platform/turn.ts";
import type { WorkerContext } from "../proxy/worker-context.ts";
import { ClusterManager } from "../upstream/cluster-manager.ts";
import type { ExtensionFactories } from "../extensions/index.ts";
import type { ControlMessage, ExplainRequest, WorkerMessage, WorkerSettings } from "./messages.ts";
import { RuntimeValues } from "./runtime-values.ts";
import { startTimerWheel } from "./turn-timers.ts";
import { explainRequest } from "./explain.ts";

const NO_PARENT: ProcessDrain = { shouldClose: () => false, isHealthCheckFailed: () => false };

/** The process's drain as this worker knows it. */
class WorkerDrain implements ProcessDrain {
  isFailed = false;
  private readonly sequence: DrainSequence;

  constructor(settings: DrainSettings) {
    this.sequence = new DrainSequence(NO_PARENT, settings);
  }

  start(): void {
    this.sequence.start();
  }

  shouldClose(): boolean {
    return this.sequence.shouldClose();
  }

  isHealthCheckFailed(): boolean {
    return this.isFailed;
  }
}

export class WorkerRuntime implements WorkerContext, ListenerContext {
  readonly workerIndex: number;
  readonly nodeId: string;
  readonly nodeCluster: string;
  readonly timers: TimerWheel = startTimerWheel();
  readonly stats: StatStore;
  readonly clusters: ClusterManager;
  readonly runtime: RuntimeValues = new RuntimeValues();
  readonly drain: WorkerDrain;
  readonly drainSettings: DrainSettings;
  readonly connectionCounts: ConnectionCounts;
  readonly extensions: WorkerRuntime = this;
  readonly listeners: WorkerListeners;
  readonly accessLogFiles: AccessLogFiles;
  private readonly factories: ExtensionFactories;
  private readonly send: (message: WorkerMessage) => void;

  constructor(settings: WorkerSettings, factories: ExtensionFactories, send: (message: WorkerMessage) => void) {
    this.workerIndex = settings.workerIndex;
    this.nodeId = settings.nodeId;
    this.nodeCluster = settings.nodeCluster;
    this.factories = factories;
    this.send = send;
    this.stats = new StatStore((batch) => send({ kind: "stats", batch }));
    this.drainSettings = { timeMs: settings.drainTimeMs, strategy: settings.drainStrategy };
    this.drain = new WorkerDrain(this.drainSettings);
    this.connectionCounts = new ConnectionCounts(settings.connectionCounts, settings.workerCount, settings.workerIndex);
    this.accessLogFiles = new AccessLogFiles(this.stats, {
      flushIntervalMs: settings.fileFlushIntervalMs,
      minFlushBytes: settings.fileFlushMinBytes,
    });
    this.clusters = new ClusterManager({
      workerIndex: settings.workerIndex,
      workerCount: settings.workerCount,
      timers: this.timers,
      stats: this.stats,
      random: randomUint32,
      loadBalancers: factories.loadBalancers,
    });
    this.listeners = new WorkerListeners(this, this.listenerExtensions());
    onConnectionThrow((error) => this.reportThrow(error));
  }

  /** A throw inside a connection's handlers is a bug that costs that connection; it is counted and told. */
  reportThrow(error: unknown): void {
    this.stats.counter("server.worker_exceptions").inc();
    this.log(
      "error",
      "main",
      `exception in a connection handler: ${error instanceof Error ? error.stack ?? error.message : String(error)}`,
    );
  }

  log(level: string, component: string, message: string): void {
    this.send({ kind: "log", level, component, message });
  }

  apply(message: ControlMessage): void {
    beginTurn();
    try {
      this.dispatch(message);
    } catch (error) {
      this.send({
        kind: "failed",
        what: `${message.kind}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`,
      });
    }
    endTurn();
  }

  private dispatch(message: ControlMessage): void {
    switch (message.kind) {
      case "countPage":
      case "upsertCluster":
      case "updateHosts":
      case "removeCluster":
        return this.clusters.apply(message);
      case "upsertListener":
        return this.listeners.apply(JSON.parse(message.config), message.placement);
      case "removeListener":
        return this.listeners.remove(message.name);
      case "start":
        return this.send({ kind: "started" });
      case "runtime":
        return this.runtime.replace(message.values);
      case "reopenLogs":
        return this.accessLogFiles.reopen();
      case "healthCheck":
        this.drain.isFailed = message.isFailed;
        return;
      case "drain":
        if (!message.inboundOnly) this.drain.start();
        return this.listeners.startDrain(message.inboundOnly);
      case "stopListening":
        return this.listeners.stopAccepting(message.inboundOnly);
      case "stop":
        this.accessLogFiles.close();
        return this.send({ kind: "stopped" });
      case "ask":
        return this.send({ kind: "answer", id: message.id, value: this.explain(message.question.request) });
      case "init":
      case "logLevels":
        return;
    }
  }

  private explain(request: ExplainRequest): unknown {
    try {
      return explainRequest(request, this.listeners.configs(), this.clusters, this.runtime);
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  httpFilter(config: ExtensionConfig, statPrefix: string) {
    return find(this.factories.httpFilters, config).materialise(config.config, this, statPrefix);
  }

  routeConfig(config: ExtensionConfig): unknown {
    const factory = find(this.factories.httpFilters, config);
    if (factory.materialiseRoute === undefined) throw new Error(`${factory.name} takes no per-route configuration`);
    return factory.materialiseRoute(config.config, this);
  }

  accessLoggers(configs: readonly AccessLogConfig[]): AccessLogger[] {
    return configs.map((config) => this.accessLogger(config));
  }

  private accessLogger(config: AccessLogConfig): AccessLogger {
    return createAccessLogger(config, {
      runtime: this.runtime,
      accessLogFiles: this.accessLogFiles,
      accessLoggerFactories: this.factories.accessLoggers,
    });
  }

  private listenerExtensions(): ListenerExtensions {
    const { factories } = this;
    return {
      networkFilter: (config, info) => find(factories.networkFilters, config).materialise(config.config, this, info),
      listenerFilter: (config, info) => find(factories.listenerFilters, config).materialise(config.config, this, info),
      transportSocket: (config, info) =>
        find(factories.transportSockets, config).materialise(config.config, this, info),
      accessLogger: (config) => this.accessLogger(config),
    };
  }
}

function find<T>(factories: ReadonlyMap<string, T>, config: ExtensionConfig): T {
  const factory = factories.get(config.factory);
  if (factory === undefined) throw new Error(`no extension ${config.factory} in this build`);
  return factory;
}
