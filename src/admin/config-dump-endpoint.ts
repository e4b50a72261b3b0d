// /config_dump: the configuration in force as envoy.admin.v3.ConfigDump, with the parameters resource, mask, name_regex, include_eds.
import { addressJson } from "./address-json.ts";
import type { AdminSource, ClusterStatus, HostStatus, JsonObject } from "./admin-source.ts";
import { compileFullMatch, type Endpoint, jsonResponse, textResponse } from "./endpoint.ts";

const ADMIN = "type.googleapis.com/envoy.admin.v3.";
const HCM = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/** Repeated fields of the sections and the message of their items (envoy.admin.v3.*). */
const RESOURCES: Readonly<Record<string, string>> = {
  static_clusters: "ClustersConfigDump.StaticCluster",
  dynamic_active_clusters: "ClustersConfigDump.DynamicCluster",
  dynamic_warming_clusters: "ClustersConfigDump.DynamicCluster",
  static_endpoint_configs: "EndpointsConfigDump.StaticEndpointConfig",
  dynamic_endpoint_configs: "EndpointsConfigDump.DynamicEndpointConfig",
  static_listeners: "ListenersConfigDump.StaticListener",
  dynamic_listeners: "ListenersConfigDump.DynamicListener",
  inline_scoped_route_configs: "ScopedRoutesConfigDump.InlineScopedRouteConfigs",
  dynamic_scoped_route_configs: "ScopedRoutesConfigDump.DynamicScopedRouteConfigs",
  static_route_configs: "RoutesConfigDump.StaticRouteConfig",
  dynamic_route_configs: "RoutesConfigDump.DynamicRouteConfig",
  static_secrets: "SecretsConfigDump.StaticSecret",
  dynamic_active_secrets: "SecretsConfigDump.DynamicSecret",
  dynamic_warming_secrets: "SecretsConfigDump.DynamicSecret",
};

const typed = (type: string, message: JsonObject): JsonObject => ({
  "@type": `type.googleapis.com/${type}`,
  ...message,
});

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value)
    ? value.filter((item): item is JsonObject => typeof item === "object" && item !== null)
    : [];
}

function field(object: unknown, ...path: string[]): unknown {
  let value = object;
  for (const name of path) {
    value = typeof value === "object" && value !== null ? (value as JsonObject)[name] : undefined;
  }
  return value;
}

/** Route configurations written inside connection managers. */
function inlineRoutes(listener: JsonObject): JsonObject[] {
  const chains = [...objects(listener["filter_chains"]), ...objects([listener["default_filter_chain"]])];
  return chains.flatMap((chain) => objects(chain["filters"]))
    .map((filter) => filter["typed_config"])
    .filter((config) => field(config, "@type") === HCM)
    .flatMap((config) => objects([field(config, "route_config")]));
}

function createSections(source: AdminSource, includeEds: boolean, matches: (name: string) => boolean): JsonObject[] {
  const { bootstrap, lastUpdatedMs } = source.config();
  const last_updated = new Date(lastUpdatedMs).toISOString();
  const named = (list: JsonObject[]) => list.filter((item) => matches(String(item["name"] ?? "")));
  const listeners = objects(field(bootstrap, "static_resources", "listeners"));
  const clusters = named(objects(field(bootstrap, "static_resources", "clusters")));
  const routes = named(listeners.flatMap(inlineRoutes));
  const section = (name: string, fields: JsonObject): JsonObject => {
    const set = Object.entries(fields).filter(([, value]) => !Array.isArray(value) || value.length > 0);
    return { "@type": `${ADMIN}${name}`, ...Object.fromEntries(set) };
  };
  return [
    section("BootstrapConfigDump", { bootstrap, last_updated }),
    section("ClustersConfigDump", {
      static_clusters: clusters.map((cluster) => ({
        cluster: typed("envoy.config.cluster.v3.Cluster", cluster),
        last_updated,
      })),
    }),
    ...(includeEds
      ? [section("EndpointsConfigDump", {
        static_endpoint_configs: source.clusters().filter((cluster) => matches(cluster.name)).map((cluster) => ({
          endpoint_config: endpoints(cluster),
        })),
      })]
      : []),
    section("ListenersConfigDump", {
      static_listeners: named(listeners).map((listener) => ({
        listener: typed("envoy.config.listener.v3.Listener", listener),
        last_updated,
      })),
    }),
    section("ScopedRoutesConfigDump", {}),
    section("RoutesConfigDump", {
      static_route_configs: routes.map((route) => ({
        route_config: typed("envoy.config.route.v3.RouteConfiguration", route),
        last_updated,
      })),
    }),
    section("SecretsConfigDump", {}),
  ];
}

/** The hosts in force as a ClusterLoadAssignment. */
function endpoints(cluster: ClusterStatus): JsonObject {
  const groups = new Map<string, HostStatus[]>();
  for (const host of cluster.hosts) {
    const key = JSON.stringify([host.priority, host.region, host.zone, host.subZone]);
    groups.set(key, [...groups.get(key) ?? [], host]);
  }
  const set = (fields: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "" && value !== 0));
  return typed("envoy.config.endpoint.v3.ClusterLoadAssignment", {
    cluster_name: cluster.name,
    endpoints: [...groups.values()].map((hosts) => ({
      locality: set({ region: hosts[0]!.region, zone: hosts[0]!.zone, sub_zone: hosts[0]!.subZone }),
      lb_endpoints: hosts.map((host) => ({
        endpoint: { address: addressJson(host.address), health_check_config: {}, ...set({ hostname: host.hostname }) },
        health_status: host.healthFlags.length === 0 ? "HEALTHY" : "UNHEALTHY",
        load_balancing_weight: host.weight,
      })),
      ...set({ priority: hosts[0]!.priority }),
    })),
  });
}

/** Keeps what the paths of a FieldMask name; null when none of them names anything. Paths do not lead into lists. */
function masked(message: JsonObject, paths: readonly string[]): JsonObject | null {
  const kept: JsonObject = {};
  let isHit = false;
  for (const path of paths) {
    const [name = "", ...rest] = path.split(".");
    if (!Object.hasOwn(message, name)) continue;
    const value = message[name];
    if (rest.length === 0) kept[name] = value;
    else {
      const inner = typeof value === "object" && value !== null && !Array.isArray(value)
        ? masked(value as JsonObject, [rest.join(".")])
        : null;
      if (inner === null) continue;
      kept[name] = { ...(kept[name] as JsonObject | undefined), ...inner };
    }
    isHit = true;
  }
  if (!isHit) return null;
  return Object.hasOwn(message, "@type") ? { "@type": message["@type"], ...kept } : kept;
}

export const configDumpEndpoint: Endpoint = {
  path: "/config_dump",
  help: "the configuration in force, secrets redacted",
  mutates: false,
  parameters: [
    { name: "resource", help: "only the items of this list, e.g. static_clusters" },
    {
      name: "mask",
      help: "fields to keep (a FieldMask), of every item when resource is given too",
    },
    {
      name: "name_regex",
      help: "only resources whose whole name matches this RE2 pattern",
    },
    {
      name: "include_eds",
      help: "with the endpoints of every cluster",
    },
  ],
  handle(request, source) {
    const pattern = request.get("name_regex") ?? "";
    const matches = pattern === "" ? () => true : compileFullMatch(pattern);
    if (typeof matches === "string") {
      return textResponse(`INVALID_ARGUMENT: Error while parsing name_regex from ${pattern}: ${matches}\n`, 400);
    }
    let configs = createSections(source, request.has("include_eds"), matches);
    const resource = request.get("resource") ?? "", mask = request.get("mask") ?? "";
    if (resource !== "") {
      const holder = configs.find((section) => Object.hasOwn(section, resource));
      const type = Object.hasOwn(RESOURCES, resource) ? RESOURCES[resource] : undefined;
      if (type === undefined) {
        return holder === undefined || resource === "@type"
          ? textResponse(`${resource} not found in config dump\n`, 404)
          : textResponse(`${resource} is not a repeated field. Use ?mask=${resource} to get only this field\n`, 400);
      }
      configs = objects(holder?.[resource]).map((item) => ({ "@type": `${ADMIN}${type}`, ...item }));
    }
    if (mask !== "") {
      const paths = mask.split(",");
      const kept = configs.map((config) => masked(config, paths)).filter((config) => config !== null);
      if (kept.length === 0) {
        return textResponse(`FieldMask ${mask} could not be successfully applied to any configs.\n`, 400);
      }
      configs = kept;
    }
    return jsonResponse(configs.length === 0 ? {} : { configs });
  },
};
