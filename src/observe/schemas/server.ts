// Stats of the process, written by the control thread only (Envoy: configuration/observability/statistics.rst, server.*, runtime.*, managers).
import { defineStats } from "../stat-schema.ts";

/** Prefix `server.`. */
const serverStat = defineStats("server", {
  counters: [
    "debug_assertion_failures",
    "dropped_stat_flushes",
    "dynamic_unknown_fields",
    "envoy_bug_failures",
    "envoy_notifications",
    "static_unknown_fields",
    "wip_protos",
  ],
  gauges: [
    "concurrency",
    "days_until_first_cert_expiring",
    "hot_restart_epoch",
    "live",
    "memory_allocated",
    "memory_heap_size",
    "memory_physical_size",
    "parent_connections",
    "seconds_until_first_ocsp_response_expiring",
    "state",
    "stats_recent_lookups",
    "total_connections",
    "uptime",
    "version",
  ],
  histograms: [
    "initialization_time_ms",
  ],
});
export const serverStatSchema = serverStat.schema;
export const ServerStat = serverStat.index;

/** Prefix `listener_manager.`. */
const listenerManagerStat = defineStats("listener manager", {
  counters: [
    "listener_added",
    "listener_create_failure",
    "listener_create_success",
    "listener_in_place_updated",
    "listener_modified",
    "listener_removed",
    "listener_stopped",
  ],
  gauges: [
    "total_filter_chains_draining",
    "total_listeners_active",
    "total_listeners_draining",
    "total_listeners_warming",
    "workers_pinned",
    "workers_started",
  ],
});
export const listenerManagerStatSchema = listenerManagerStat.schema;
export const ListenerManagerStat = listenerManagerStat.index;

/** Prefix `cluster_manager.`. */
const clusterManagerStat = defineStats("cluster manager", {
  counters: [
    "cluster_added",
    "cluster_modified",
    "cluster_removed",
    "cluster_updated",
    "cluster_updated_via_merge",
    "update_merge_cancelled",
    "update_out_of_merge_window",
  ],
  gauges: [
    "active_clusters",
    "warming_clusters",
  ],
});
export const clusterManagerStatSchema = clusterManagerStat.schema;
export const ClusterManagerStat = clusterManagerStat.index;

/** Prefix `runtime.`. */
const runtimeStat = defineStats("runtime", {
  counters: [
    "deprecated_feature_use",
    "load_error",
    "load_success",
    "override_dir_exists",
    "override_dir_not_exists",
  ],
  gauges: [
    "admin_overrides_active",
    "deprecated_feature_seen_since_process_start",
    "num_keys",
    "num_layers",
  ],
});
export const runtimeStatSchema = runtimeStat.schema;
export const RuntimeStat = runtimeStat.index;

/** Prefix `filesystem.`: buffered files, i.e. access logs. */
const filesystemStat = defineStats("filesystem", {
  counters: [
    "flushed_by_timer",
    // Ours: lines lost because a disk or a reader stalled (Envoy would wait).
    "lines_dropped",
    "reopen_failed",
    "write_buffered",
    "write_completed",
    "write_failed",
  ],
  gauges: [
    "write_total_buffered",
  ],
});
export const filesystemStatSchema = filesystemStat.schema;
export const FilesystemStat = filesystemStat.index;
