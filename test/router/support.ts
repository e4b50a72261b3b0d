// Builders for router tests: header blocks, and route configurations of which a test states only what matters to it.
import { HeaderBlock } from "../../src/base/header-block.ts";
import { StreamInfo } from "../../src/expr/stream-info.ts";
import type {
  ClusterActionConfig,
  PathMatchConfig,
  RouteActionConfig,
  RouteConfig,
  RouteMatchConfig,
  RouteRuleConfig,
  VirtualHostConfig,
} from "../../src/router/route-config.ts";
import type { RouteEntry } from "../../src/router/route-entry.ts";
import type { RouteRuntime } from "../../src/router/route-runtime.ts";
import { RouteTable } from "../../src/router/route-table.ts";

export const NO_EDITS = { removes: [], adds: [] } as const;

/** Runtime layers that set nothing. */
export const emptyRuntime: RouteRuntime = {
  getInteger: (_key, defaultValue) => defaultValue,
  isEnabled: (_key, numerator, denominator, random) => random % denominator < numerator,
};

/** A request for `path` on host `h.test`; `fields` are name, value, name, value, … */
export function request(path: string, ...fields: string[]): HeaderBlock {
  const headers = new HeaderBlock();
  headers.appendNamed(":method", "GET");
  headers.appendNamed(":path", path);
  if (!fields.includes(":authority")) headers.appendNamed(":authority", "h.test");
  headers.appendNamed(":scheme", "http");
  for (let i = 0; i < fields.length; i += 2) headers.appendNamed(fields[i]!, fields[i + 1]!);
  return headers;
}

/** `name: value` lines of a block, in order. */
export function lines(headers: HeaderBlock): string[] {
  const found: string[] = [];
  for (let i = 0; i < headers.count; i++) {
    if (headers.isLive(i)) found.push(`${headers.nameAt(i)}: ${headers.valueAt(i)}`);
  }
  return found;
}

export function infoOf(headers: HeaderBlock, random = 0): StreamInfo {
  const info = new StreamInfo();
  info.requestHeaders = headers;
  info.routeRandom = random;
  info.protocol = "HTTP/1.1";
  return info;
}

export function match(
  kind: PathMatchConfig["kind"],
  value: string,
  more: Partial<RouteMatchConfig> & { caseSensitive?: boolean } = {},
): RouteMatchConfig {
  const { caseSensitive = true, ...rest } = more;
  return {
    path: { kind, value, caseSensitive },
    fraction: null,
    headers: [],
    queryParameters: [],
    grpcOnly: false,
    ...rest,
  };
}

export function toCluster(name: string, more: Partial<ClusterActionConfig> = {}): ClusterActionConfig {
  return {
    kind: "cluster",
    cluster: { kind: "named", name },
    clusterNotFoundStatus: 503,
    pathRewrite: null,
    hostRewrite: null,
    appendXForwardedHost: false,
    timeoutMs: 15_000,
    idleTimeoutMs: null,
    maxStreamDurationMs: null,
    grpcTimeoutHeaderMaxMs: null,
    grpcTimeoutHeaderOffsetMs: 0,
    retryPolicy: null,
    mirrors: [],
    priority: 0,
    upgrades: [],
    ...more,
  };
}

export function rule(
  matches: RouteMatchConfig,
  action: RouteActionConfig | string,
  more: Partial<RouteRuleConfig> = {},
): RouteRuleConfig {
  return {
    name: typeof action === "string" ? action : "",
    match: matches,
    action: typeof action === "string" ? toCluster(action) : action,
    requestHeaders: NO_EDITS,
    responseHeaders: NO_EDITS,
    retryBufferLimitBytes: null,
    filterConfigs: [],
    metadata: null,
    ...more,
  };
}

export function virtualHost(
  name: string,
  domains: string[],
  routes: RouteRuleConfig[],
  more: Partial<VirtualHostConfig> = {},
): VirtualHostConfig {
  return {
    name,
    domains,
    routes,
    requireTls: "none",
    requestHeaders: NO_EDITS,
    responseHeaders: NO_EDITS,
    retryPolicy: null,
    includesAttemptCount: false,
    includesAttemptCountInResponse: false,
    retryBufferLimitBytes: null,
    mirrors: [],
    filterConfigs: [],
    metadata: null,
    ...more,
  };
}

export function routeConfig(virtualHosts: VirtualHostConfig[], more: Partial<RouteConfig> = {}): RouteConfig {
  return {
    name: "test",
    virtualHosts,
    internalOnlyHeaders: [],
    requestHeaders: NO_EDITS,
    responseHeaders: NO_EDITS,
    mostSpecificHeaderMutationsWins: false,
    validateClusters: null,
    ignorePortInHostMatching: false,
    ignorePathParameters: false,
    hostHeader: "",
    mirrors: [],
    filterConfigs: [],
    metadata: null,
    ...more,
  };
}

/** A table of one virtual host for all domains. */
export function tableOf(
  routes: RouteRuleConfig[],
  more: Partial<RouteConfig> = {},
  runtime = emptyRuntime,
): RouteTable {
  return new RouteTable(routeConfig([virtualHost("all", ["*"], routes)], more), runtime);
}

/** The route for a request; fails the test when there is none. */
export function routeOf(table: RouteTable, headers: HeaderBlock, random = 0): RouteEntry {
  const route = table.find(headers, infoOf(headers, random));
  if (route === null) throw new Error(`no route for ${headers.getNamed(":path")}`);
  return route;
}
