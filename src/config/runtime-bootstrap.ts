// Runtime form of envoy.config.bootstrap.v3.Bootstrap: JSON-safe, what the server starts from.
import type { ExtensionConfig } from "../base/extension-config.ts";
import type { StringMatchConfig } from "../expr/string-matcher.ts";
import type { ListenerConfig } from "../net/listener-config.ts";
import type { AccessLogConfig } from "../observe/access-log-config.ts";
import type { ClusterConfig } from "../upstream/cluster-config.ts";
import type { JsonValue } from "./message-to-json.ts";

export interface RuntimeBootstrap {
  node: NodeConfig;
  /** Null: no admin server. */
  admin: AdminConfig | null;
  listeners: ListenerConfig[];
  clusters: ClusterConfig[];
  /** Name of the cluster that this proxy belongs to (zone-aware routing), or "". */
  localClusterName: string;
  /** Later layers win. Empty when none is configured: then /runtime_modify has nowhere to write, as in Envoy. */
  runtimeLayers: RuntimeLayerConfig[];
  stats: StatsConfig;
  /** Null: Envoy's default text format, or the one of `--log-format`. */
  applicationLog: ApplicationLogFormat | null;
  resourceMonitors: ExtensionConfig[];
  bootstrapExtensions: ExtensionConfig[];
}

export interface NodeConfig {
  id: string;
  cluster: string;
  metadata: { [key: string]: JsonValue };
  region: string;
  zone: string;
  subZone: string;
}

export type AdminAddress =
  | { kind: "ip"; host: string; port: number }
  /** `mode` are the permission bits of the socket file; 0 leaves them to the umask. */
  | { kind: "pipe"; path: string; mode: number };

export interface AdminConfig {
  /** Null when an `admin` block gives none: then nothing listens, as in Envoy. */
  address: AdminAddress | null;
  accessLogs: AccessLogConfig[];
  /** Deprecated `access_log_path`: admin requests in the default format; "" = off. */
  accessLogPath: string;
  /** Paths outside of these are answered 403; empty allows all. */
  allowPaths: StringMatchConfig[];
}

export type RuntimeLayerConfig =
  | { kind: "static"; name: string; entries: RuntimeEntry[] }
  | { kind: "admin"; name: string };

/** Keys are flat: nested objects of a static layer join with dots. */
export interface RuntimeEntry {
  key: string;
  value: string | number | boolean | RuntimeFraction;
}

export interface RuntimeFraction {
  numerator: number;
  /** 100, 10,000 or 1,000,000. */
  denominator: number;
}

export interface StatsConfig {
  tags: TagSpecifierConfig[];
  useAllDefaultTags: boolean;
  allowDefaultTagOverrides: boolean;
  matcher: StatsMatcherConfig;
  histogramBuckets: HistogramBucketConfig[];
  /** Sinks are flushed and rates rolled this often; 0 = only when /stats is read (`stats_flush_on_admin`). */
  flushIntervalMs: number;
  sinks: ExtensionConfig[];
  /** Shown as `server.version`; null = the build's own. */
  serverVersionOverride: number | null;
}

/** Both null: a default tag of that name. */
export interface TagSpecifierConfig {
  name: string;
  regex: string | null;
  fixedValue: string | null;
}

export type StatsMatcherConfig =
  | { kind: "acceptAll" }
  | { kind: "rejectAll" }
  | { kind: "exclusion"; patterns: StringMatchConfig[] }
  | { kind: "inclusion"; patterns: StringMatchConfig[] };

export interface HistogramBucketConfig {
  match: StringMatchConfig;
  /** Upper bounds, ascending; empty = Envoy's default buckets. */
  buckets: number[];
  /** Bins of a linear-log histogram, or null. */
  bins: number | null;
}

export type ApplicationLogFormat = { kind: "json"; fields: { [key: string]: JsonValue } } | {
  kind: "text";
  format: string;
};
