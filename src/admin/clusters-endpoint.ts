// /clusters: state of every cluster and host, as text or as envoy.admin.v3.Clusters.
import { addressJson, addressText } from "./address-json.ts";
import type { BreakerStatus, ClusterStatus, HostCounts, HostStatus, JsonObject } from "./admin-source.ts";
import { compileSearch, type Endpoint, jsonResponse, textResponse } from "./endpoint.ts";

/** In the order of the text form. */
const COUNTS: readonly (readonly [string, keyof HostCounts, "COUNTER" | "GAUGE"])[] = [
  ["cx_active", "cxActive", "GAUGE"],
  ["cx_connect_fail", "cxConnectFail", "COUNTER"],
  ["cx_total", "cxTotal", "COUNTER"],
  ["rq_active", "rqActive", "GAUGE"],
  ["rq_error", "rqError", "COUNTER"],
  ["rq_pending_active", "rqPendingActive", "GAUGE"],
  ["rq_success", "rqSuccess", "COUNTER"],
  ["rq_timeout", "rqTimeout", "COUNTER"],
  ["rq_total", "rqTotal", "COUNTER"],
];

function breakerText(name: string, priority: string, breaker: BreakerStatus): string {
  return `${name}::${priority}::max_connections::${breaker.maxConnections}\n` +
    `${name}::${priority}::max_pending_requests::${breaker.maxPendingRequests}\n` +
    `${name}::${priority}::max_requests::${breaker.maxRequests}\n` +
    `${name}::${priority}::max_retries::${breaker.maxRetries}\n`;
}

function clusterText(cluster: ClusterStatus): string {
  const { name, outlier } = cluster;
  let text = `${name}::observability_name::${cluster.observabilityName}\n`;
  if (outlier !== null) {
    text += `${name}::outlier::success_rate_average::${outlier.successRateAverage}\n` +
      `${name}::outlier::success_rate_ejection_threshold::${outlier.successRateEjectionThreshold}\n` +
      `${name}::outlier::local_origin_success_rate_average::${outlier.localOriginSuccessRateAverage}\n` +
      `${name}::outlier::local_origin_success_rate_ejection_threshold::${outlier.localOriginSuccessRateEjectionThreshold}\n`;
  }
  text += breakerText(name, "default_priority", cluster.defaultBreaker) +
    breakerText(name, "high_priority", cluster.highBreaker);
  text += `${name}::added_via_api::${cluster.addedViaApi}\n`;
  return text + cluster.hosts.map((host) => hostText(name, host)).join("");
}

function hostText(cluster: string, host: HostStatus): string {
  const stem = `${cluster}::${addressText(host.address)}::`;
  const flags = host.healthFlags.length === 0 ? "healthy" : host.healthFlags.map((flag) => `/${flag}`).join("");
  const lines: [string, unknown][] = [
    ...COUNTS.map(([name, key]): [string, unknown] => [name, host.counts[key]]),
    ["hostname", host.hostname],
    ["health_flags", flags],
    ["weight", host.weight],
    ["region", host.region],
    ["zone", host.zone],
    ["sub_zone", host.subZone],
    ["canary", host.canary],
    ["priority", host.priority],
    ["success_rate", host.successRate],
    ["local_origin_success_rate", host.localOriginSuccessRate],
  ];
  return lines.map(([name, value]) => `${stem}${name}::${value}\n`).join("");
}

/** Proto JSON leaves default values out. */
function sparse(fields: Record<string, unknown>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== 0 && value !== "" && value !== false && value !== null),
  );
}

const percent = (value: number) => value < 0 ? null : { value };

function clusterJson(cluster: ClusterStatus): JsonObject {
  const { outlier } = cluster;
  const breaker = (status: BreakerStatus, priority: string | null) =>
    sparse({
      priority,
      max_connections: status.maxConnections,
      max_pending_requests: status.maxPendingRequests,
      max_requests: status.maxRequests,
      max_retries: status.maxRetries,
    });
  return sparse({
    name: cluster.name,
    added_via_api: cluster.addedViaApi,
    success_rate_ejection_threshold: outlier === null ? null : percent(outlier.successRateEjectionThreshold),
    host_statuses: cluster.hosts.length === 0 ? null : cluster.hosts.map(hostJson),
    local_origin_success_rate_ejection_threshold: outlier === null
      ? null
      : percent(outlier.localOriginSuccessRateEjectionThreshold),
    circuit_breakers: { thresholds: [breaker(cluster.defaultBreaker, null), breaker(cluster.highBreaker, "HIGH")] },
    observability_name: cluster.observabilityName,
  });
}

function hostJson(host: HostStatus): JsonObject {
  const stat = (wanted: string) =>
    COUNTS.filter(([, , type]) => type === wanted).map(([name, key, type]) =>
      sparse({
        type: type === "GAUGE" ? type : null,
        name,
        value: host.counts[key] === 0 ? null : `${host.counts[key]}`,
      })
    );
  const has = (flag: HostStatus["healthFlags"][number]) => host.healthFlags.includes(flag);
  return sparse({
    address: addressJson(host.address),
    stats: [...stat("COUNTER"), ...stat("GAUGE")],
    health_status: sparse({
      failed_active_health_check: has("failed_active_hc"),
      failed_outlier_check: has("failed_outlier_check"),
      failed_active_degraded_check: has("degraded_active_hc"),
      pending_dynamic_removal: has("pending_dynamic_removal"),
      pending_active_hc: has("pending_active_hc"),
      excluded_via_immediate_hc_fail: has("excluded_via_immediate_hc_fail"),
      active_hc_timeout: has("active_hc_timeout"),
      eds_health_status: host.edsHealthStatus,
    }),
    success_rate: percent(host.successRate),
    weight: host.weight,
    hostname: host.hostname,
    priority: host.priority,
    local_origin_success_rate: percent(host.localOriginSuccessRate),
    locality: sparse({ region: host.region, zone: host.zone, sub_zone: host.subZone }),
  });
}

export const clustersEndpoint: Endpoint = {
  path: "/clusters",
  help: "clusters, their limits, their hosts and the counts of each",
  mutates: false,
  parameters: [{ name: "filter", help: "only clusters in whose name this RE2 pattern is found" }],
  handle(request, source) {
    const pattern = request.get("filter") ?? "";
    const search = pattern === "" ? () => true : compileSearch(pattern);
    if (typeof search === "string") return textResponse("Invalid re2 regex\n", 400);
    const clusters = source.clusters().filter((cluster) => search(cluster.name));
    if (request.get("format") !== "json") return textResponse(clusters.map(clusterText).join(""));
    return jsonResponse(clusters.length === 0 ? {} : { cluster_statuses: clusters.map(clusterJson) });
  },
};
