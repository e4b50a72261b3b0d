// Stats of a listener (Envoy: configuration/listeners/stats.rst).
import { defineStats } from "../stat-schema.ts";

/** Prefix `listener.<address or stat_prefix>.`. */
const listenerStat = defineStats("listener", {
  counters: [
    "downstream_cx_destroy",
    "downstream_cx_overflow",
    "downstream_cx_overload_reject",
    "downstream_cx_total",
    "downstream_cx_transport_socket_connect_timeout",
    "downstream_global_cx_overflow",
    "downstream_listener_filter_error",
    "downstream_listener_filter_remote_close",
    "downstream_pre_cx_timeout",
    "extension_config_missing",
    "network_extension_config_missing",
    "no_filter_chain_match",
  ],
  gauges: [
    "downstream_cx_active",
    "downstream_pre_cx_active",
  ],
  histograms: [
    "connections_accepted_per_socket_event",
    "downstream_cx_length_ms",
  ],
});
export const listenerStatSchema = listenerStat.schema;
export const ListenerStat = listenerStat.index;

/** Prefix `listener.<address or stat_prefix>.worker_<index>.`. */
const listenerWorkerStat = defineStats("listener worker", {
  counters: [
    "downstream_cx_total",
  ],
  gauges: [
    "downstream_cx_active",
  ],
});
export const listenerWorkerStatSchema = listenerWorkerStat.schema;
export const ListenerWorkerStat = listenerWorkerStat.index;
