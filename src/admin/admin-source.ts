// What the admin endpoints need from the server: one narrow interface that server/ implements and tests fake.
import type { ProcessLog } from "../observe/log.ts";
import type { StatDirectory } from "../observe/stat-directory.ts";
import type { HistogramBounds } from "../observe/stat-selection.ts";
import type { TagExtractors } from "../observe/stat-tags.ts";

export type JsonObject = { [key: string]: unknown };

/** envoy.admin.v3.ServerInfo.State */
export type ServerState = "LIVE" | "DRAINING" | "PRE_INITIALIZING" | "INITIALIZING";

export interface ServerInfo {
  /** `sha/1.2.3/Clean/RELEASE/…` as `--version` prints it. */
  readonly version: string;
  readonly uptimeSeconds: number;
  /** envoy.admin.v3.CommandLineOptions in proto JSON. */
  readonly commandLineOptions: JsonObject;
  /** envoy.config.core.v3.Node in proto JSON. */
  readonly node: JsonObject;
  /** Values of the configuration that were accepted without effect: path and why that is safe. */
  readonly configNotes: readonly { readonly path: string; readonly message: string }[];
}

/** An address as `/listeners` and `/clusters` show it; `port` 0 with a path for UNIX sockets. */
export interface AddressStatus {
  readonly host: string;
  readonly port: number;
}

export interface ListenerStatus {
  readonly name: string;
  /** The first is the listener's own address, the others its additional ones. Real ports. */
  readonly addresses: readonly AddressStatus[];
}

/** Limits of one priority. */
export interface BreakerStatus {
  readonly maxConnections: number;
  readonly maxPendingRequests: number;
  readonly maxRequests: number;
  readonly maxRetries: number;
}

/** Flags of `health_flags`; none is healthy. */
export type HealthFlag =
  | "failed_active_hc"
  | "failed_outlier_check"
  | "failed_eds_health"
  | "degraded_active_hc"
  | "degraded_eds_health"
  | "pending_dynamic_removal"
  | "pending_active_hc"
  | "excluded_via_immediate_hc_fail"
  | "active_hc_timeout"
  | "eds_status_draining";

/** Counts of one host over all workers. */
export interface HostCounts {
  readonly cxActive: number;
  readonly cxConnectFail: number;
  readonly cxTotal: number;
  readonly rqActive: number;
  readonly rqError: number;
  readonly rqPendingActive: number;
  readonly rqSuccess: number;
  readonly rqTimeout: number;
  readonly rqTotal: number;
}

export interface HostStatus {
  readonly address: AddressStatus;
  readonly hostname: string;
  readonly counts: HostCounts;
  readonly healthFlags: readonly HealthFlag[];
  /** envoy.config.core.v3.HealthStatus from the configuration or EDS: `HEALTHY`, `UNHEALTHY`, … */
  readonly edsHealthStatus: string;
  readonly weight: number;
  readonly priority: number;
  readonly canary: boolean;
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  /** Percent; -1 when there is none. */
  readonly successRate: number;
  readonly localOriginSuccessRate: number;
}

/** Averages of outlier detection; -1 when there is none. */
export interface OutlierStatus {
  readonly successRateAverage: number;
  readonly successRateEjectionThreshold: number;
  readonly localOriginSuccessRateAverage: number;
  readonly localOriginSuccessRateEjectionThreshold: number;
}

export interface ClusterStatus {
  readonly name: string;
  readonly observabilityName: string;
  readonly addedViaApi: boolean;
  /** Null without outlier detection. */
  readonly outlier: OutlierStatus | null;
  readonly defaultBreaker: BreakerStatus;
  readonly highBreaker: BreakerStatus;
  readonly hosts: readonly HostStatus[];
}

/** What `/config_dump` is made from: proto JSON with secrets redacted. */
export interface ConfigSnapshot {
  /** envoy.config.bootstrap.v3.Bootstrap. */
  readonly bootstrap: JsonObject;
  readonly lastUpdatedMs: number;
}

export interface RuntimeLayerStatus {
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
}

export interface ExplainQuestion {
  readonly method: string;
  readonly url: string;
  readonly headers: [string, string][];
  /** Name of the listener, or empty for the one that the URL's port picks. */
  readonly listener: string;
}

export interface DrainRequest {
  readonly inboundOnly: boolean;
  /** Wait for the drain period before the listeners stop. */
  readonly graceful: boolean;
  /** Drain, but never stop the listeners. */
  readonly skipExit: boolean;
}

export interface StatsSettings {
  readonly tags: TagExtractors;
  readonly bounds: HistogramBounds;
  /** Namespaces that print without `envoy_`. */
  readonly customNamespaces: readonly string[];
}

export interface AdminSource {
  readonly stats: StatDirectory;
  readonly statsSettings: StatsSettings;
  readonly log: ProcessLog;
  state(): ServerState;
  serverInfo(): ServerInfo;
  listeners(): ListenerStatus[];
  /** In configuration order. */
  clusters(): ClusterStatus[];
  config(): ConfigSnapshot;
  /** Names of targets that the server still waits for, by kind (`listener`, …). */
  unreadyTargets(): { readonly name: string; readonly targets: readonly string[] }[];
  runtimeLayers(): readonly RuntimeLayerStatus[];
  /** Empty values delete. False when no admin layer is configured. */
  modifyRuntime(changes: readonly (readonly [string, string])[]): boolean;
  /** The levels of `log` were changed: workers are to know. */
  onLogLevelsChanged(): void;
  setHealthCheckFailed(isFailed: boolean): void;
  drainListeners(request: DrainRequest): void;
  reopenLogs(): void;
  quit(): void;
  /** JSON-safe explanation. Throws Error for a question that cannot be asked (a bad URL). */
  explain(question: ExplainQuestion): Promise<unknown>;
}
