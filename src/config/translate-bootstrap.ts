// Translates a whole bootstrap (envoy.config.bootstrap.v3.Bootstrap) into its runtime form.
import type { JsonObject } from "@bufbuild/protobuf";
import type { Bootstrap, Bootstrap_ApplicationLogConfig } from "../gen/envoy/config/bootstrap/v3/bootstrap_pb.ts";
import type { Cluster } from "../gen/envoy/config/cluster/v3/cluster_pb.ts";
import type { Node } from "../gen/envoy/config/core/v3/base_pb.ts";
import type { Listener } from "../gen/envoy/config/listener/v3/listener_pb.ts";
import type { ExtensionConfig } from "../base/extension-config.ts";
import type { ListenerConfig } from "../net/listener-config.ts";
import type { ClusterConfig } from "../upstream/cluster-config.ts";
import { ConfigError } from "./config-error.ts";
import type { FieldTable } from "./field-table.ts";
import { makeProblem, type ProblemSink } from "./problem-sink.ts";
import type { ApplicationLogFormat, NodeConfig, RuntimeBootstrap, StatsConfig } from "./runtime-bootstrap.ts";
import { adminFieldTables, type TranslateAccessLogs, translateAdmin } from "./translate-admin.ts";
import type { ExtensionCategory, TranslateContext } from "./translate-context.ts";
import { durationMs } from "./translate-protocol-options.ts";
import { runtimeLayerFieldTables, translateRuntimeLayers } from "./translate-runtime-layers.ts";
import {
  statsConfigFieldTables,
  translateHistogramBuckets,
  translateStatsMatcher,
  translateTags,
} from "./translate-stats-config.ts";

/** Translators of the resources that other folders know more about. */
export interface ResourceTranslators {
  readonly listener: (proto: Listener, ctx: TranslateContext) => ListenerConfig;
  readonly cluster: (proto: Cluster, ctx: TranslateContext) => ClusterConfig;
  readonly accessLogs: TranslateAccessLogs;
}

/**
 * Translates part by part: the problems of one listener do not hide those of the next. They go to `sink`; the result counts only
 * when there are none.
 */
export function translateBootstrap(
  proto: Bootstrap,
  ctx: TranslateContext,
  translators: ResourceTranslators,
  sink: ProblemSink,
): RuntimeBootstrap {
  const attempt = <T>(at: TranslateContext, translate: (at: TranslateContext) => T, otherwise: T): T =>
    attemptTranslation(sink, at, translate, otherwise);
  const resources = ctx.field("static_resources");
  const listeners: ListenerConfig[] = [];
  proto.staticResources?.listeners.forEach((listener, i) => {
    const config = attempt<ListenerConfig | null>(
      resources.field("listeners").index(i),
      (at) => translators.listener(listener, at),
      null,
    );
    if (config !== null) listeners.push(config);
  });
  const clusters: ClusterConfig[] = [];
  proto.staticResources?.clusters.forEach((cluster, i) => {
    const config = attempt<ClusterConfig | null>(
      resources.field("clusters").index(i),
      (at) => translators.cluster(cluster, at),
      null,
    );
    if (config !== null) clusters.push(config);
  });
  refuseSameName(
    sink,
    "cluster",
    (proto.staticResources?.clusters ?? []).map((c) => c.name),
    resources.field("clusters"),
  );
  refuseSameName(
    sink,
    "listener",
    (proto.staticResources?.listeners ?? []).map((l) => l.name),
    resources.field("listeners"),
  );
  const admin = proto.admin;
  return {
    node: translateNode(proto.node),
    admin: admin === undefined
      ? null
      : attempt(ctx.field("admin"), (at) => translateAdmin(admin, at, translators.accessLogs), null),
    listeners,
    clusters,
    localClusterName: attempt(ctx.field("cluster_manager"), (at) => localClusterName(proto, clusters, at), ""),
    runtimeLayers: attempt(ctx.field("layered_runtime"), (at) => translateRuntimeLayers(proto.layeredRuntime, at), []),
    stats: translateStats(proto, ctx, attempt),
    applicationLog: translateApplicationLog(proto.applicationLogConfig),
    resourceMonitors: attempt(
      ctx.field("overload_manager").field("resource_monitors"),
      (at) =>
        extensionList(
          "resource_monitor",
          proto.overloadManager?.resourceMonitors.map((m) => ({ name: m.name, typedConfig: m.configType.value })) ?? [],
          at,
        ),
      [],
    ),
    bootstrapExtensions: attempt(
      ctx.field("bootstrap_extensions"),
      (at) => extensionList("bootstrap_extension", proto.bootstrapExtensions, at),
      [],
    ),
  };
}

/** Runs one translator; its refusal goes to the sink, a throw of another kind is an internal error with the place that caused it. */
export function attemptTranslation<T>(
  sink: ProblemSink,
  at: TranslateContext,
  translate: (at: TranslateContext) => T,
  otherwise: T,
): T {
  try {
    return translate(at);
  } catch (error) {
    if (error instanceof ConfigError) {
      sink.absorb(error);
    } else {
      const text = error instanceof Error ? error.stack ?? error.message : String(error);
      sink.push(makeProblem("CFG901", at.path, `internal error while this was translated: ${text}`));
    }
    return otherwise;
  }
}

function refuseSameName(sink: ProblemSink, label: string, names: readonly string[], ctx: TranslateContext): void {
  const seen = new Set<string>();
  names.forEach((name, i) => {
    if (name !== "" && seen.has(name)) {
      sink.add("CFG037", ctx.index(i).field("name").path, `another ${label} before has the same name`, { value: name });
    }
    seen.add(name);
  });
}

function translateNode(proto: Node | undefined): NodeConfig {
  return {
    id: proto?.id ?? "",
    cluster: proto?.cluster ?? "",
    metadata: (proto?.metadata ?? {}) as NodeConfig["metadata"],
    region: proto?.locality?.region ?? "",
    zone: proto?.locality?.zone ?? "",
    subZone: proto?.locality?.subZone ?? "",
  };
}

function localClusterName(proto: Bootstrap, clusters: readonly ClusterConfig[], ctx: TranslateContext): string {
  const name = proto.clusterManager?.localClusterName ?? "";
  if (name !== "" && !clusters.some((cluster) => cluster.name === name)) {
    ctx.field("local_cluster_name").refuse("CFG038", "must name a cluster of static_resources", { value: name });
  }
  return name;
}

type Attempt = <T>(at: TranslateContext, translate: (at: TranslateContext) => T, otherwise: T) => T;

function translateStats(proto: Bootstrap, ctx: TranslateContext, attempt: Attempt): StatsConfig {
  const config = proto.statsConfig;
  const at = ctx.field("stats_config");
  const isOnAdmin = proto.statsFlush.case === "statsFlushOnAdmin";
  attempt(ctx.field("stats_flush_on_admin"), (here) => {
    if (isOnAdmin && proto.statsFlushInterval !== undefined) {
      here.refuse("CFG014", "cannot be set together with stats_flush_interval");
    }
  }, undefined);
  const sinks = proto.statsSinks.map((sink) => ({ name: sink.name, typedConfig: sink.configType.value }));
  return {
    tags: attempt(at, (here) => translateTags(config, here), []),
    useAllDefaultTags: config?.useAllDefaultTags ?? true,
    allowDefaultTagOverrides: config?.allowDefaultTagOverrides ?? false,
    matcher: attempt(at.field("stats_matcher"), (here) => translateStatsMatcher(config?.statsMatcher, here), {
      kind: "acceptAll",
    }),
    histogramBuckets: attempt(at, (here) => translateHistogramBuckets(config, here), []),
    flushIntervalMs: isOnAdmin ? 0 : durationMs(proto.statsFlushInterval, 5000),
    sinks: attempt(ctx.field("stats_sinks"), (here) => extensionList("stats_sink", sinks, here), []),
    serverVersionOverride: proto.statsServerVersionOverride === undefined
      ? null
      : Number(proto.statsServerVersionOverride),
  };
}

function translateApplicationLog(proto: Bootstrap_ApplicationLogConfig | undefined): ApplicationLogFormat | null {
  const format = proto?.logFormat?.logFormat;
  if (format?.case === "textFormat") return { kind: "text", format: format.value };
  if (format?.case === "jsonFormat") {
    return {
      kind: "json",
      fields: format.value as JsonObject as Extract<ApplicationLogFormat, { kind: "json" }>["fields"],
    };
  }
  return null;
}

type NamedAny = { name: string; typedConfig?: Parameters<TranslateContext["extension"]>[2] };

function extensionList(
  category: ExtensionCategory,
  protos: readonly NamedAny[],
  ctx: TranslateContext,
): ExtensionConfig[] {
  return protos.map((proto, i) =>
    ctx.index(i).field("typed_config").extension(category, proto.name, proto.typedConfig)
  );
}

const needsXds = "xDS arrives in a later release; list the resources in static_resources";

export const bootstrapFieldTables: readonly FieldTable[] = [
  ...adminFieldTables,
  ...runtimeLayerFieldTables,
  ...statsConfigFieldTables,
  {
    message: "envoy.config.bootstrap.v3.Bootstrap",
    honoured: [
      "node",
      "static_resources",
      "dynamic_resources",
      "cluster_manager",
      "stats_sinks",
      "stats_config",
      "stats_flush_interval",
      "stats_flush_on_admin",
      "layered_runtime",
      "admin",
      "overload_manager",
      "stats_server_version_override",
      "bootstrap_extensions",
      "application_log_config",
    ],
    accepted: {
      node_context_params: "they are sent with xdstp:// subscriptions only, which a static bootstrap has none of",
      deferred_stat_options: "statistics cost no memory before their first use in any case",
      stats_eviction_interval: "unused series are kept; they cost memory only",
      enable_dispatcher_stats: "there are no libevent dispatchers to measure",
      inline_headers: "header look-ups are by number for every configured name in any case",
      perf_tracing_file_path: "there are no Perfetto trace points to write",
      grpc_async_client_manager_config: "it tunes a cache of gRPC clients that does not exist here",
      memory_allocator_manager: "it tunes tcmalloc, which is not used",
      enable_worker_cpu_affinity: "worker threads are placed by the kernel; placement does not change behaviour",
    },
    refused: {
      hds_config: "health discovery is not supported; configure health checks on the clusters",
      flags_path: "give flags on the command line",
      watchdog: "remove it; there is no watchdog that kills a stuck thread",
      watchdogs: "remove it; there is no watchdog that kills a stuck thread",
      tracing: "configure the provider in the connection manager's tracing block",
      header_prefix: "the prefix of Envoy's own headers is always x-envoy",
      use_tcp_for_dns_lookups: "name servers are asked as the system's resolver configuration says",
      dns_resolution_config: "set the resolvers on each cluster",
      typed_dns_resolver_config: "set the resolver on each cluster",
      fatal_actions: "remove them; there are no handlers that run on a crash",
      config_sources: needsXds,
      default_config_source: needsXds,
      default_socket_interface: "sockets are the kernel's in any case",
      certificate_provider_instances: "give certificates in the transport sockets",
      default_regex_engine: "remove it; expressions always have RE2's syntax and linear time",
      xds_delegate_extension: needsXds,
      xds_config_tracker_extension: needsXds,
      listener_manager: "remove it; there is one listener manager",
    },
  },
  {
    message: "envoy.config.bootstrap.v3.Bootstrap.StaticResources",
    honoured: ["listeners", "clusters"],
    accepted: {},
    refused: { secrets: "TLS arrives in a later release" },
  },
  {
    message: "envoy.config.bootstrap.v3.Bootstrap.DynamicResources",
    honoured: [],
    accepted: {},
    refused: {
      lds_config: needsXds,
      lds_resources_locator: needsXds,
      cds_config: needsXds,
      cds_resources_locator: needsXds,
      ads_config: needsXds,
    },
  },
  {
    message: "envoy.config.bootstrap.v3.Bootstrap.ApplicationLogConfig",
    honoured: ["log_format"],
    accepted: {},
    refused: {},
  },
  {
    message: "envoy.config.bootstrap.v3.Bootstrap.ApplicationLogConfig.LogFormat",
    honoured: ["json_format", "text_format"],
    accepted: {},
    refused: {},
  },
  {
    message: "envoy.config.bootstrap.v3.ClusterManager",
    honoured: ["local_cluster_name"],
    accepted: { enable_deferred_cluster_creation: "clusters that no request uses cost little in any case" },
    refused: {
      outlier_detection: "the event log of ejections is not written; remove it",
      upstream_bind_config: "set upstream_bind_config on each cluster",
      load_stats_config: "load reporting is not supported",
    },
  },
  {
    message: "envoy.config.core.v3.Node",
    honoured: ["id", "cluster", "metadata", "locality"],
    accepted: {
      dynamic_parameters: "they are sent with xdstp:// subscriptions only, which a static bootstrap has none of",
      user_agent_name: "Lamina tells its own name and version",
      user_agent_version: "Lamina tells its own name and version",
      user_agent_build_version: "Lamina tells its own name and version",
      extensions: "Lamina lists its own extensions",
      client_features: "Lamina tells its own features",
      listening_addresses: "it is informative",
    },
    refused: {},
  },
  {
    message: "envoy.config.overload.v3.OverloadManager",
    honoured: ["resource_monitors"],
    accepted: { refresh_interval: "monitors here count events themselves and need no polling" },
    refused: {
      actions: "overload actions are not supported",
      loadshed_points: "load shed points are not supported",
      buffer_factory_config: "buffers are not accounted by stream; remove it",
    },
  },
  {
    message: "envoy.config.overload.v3.ResourceMonitor",
    honoured: ["name", "typed_config"],
    accepted: {},
    refused: {},
  },
];
