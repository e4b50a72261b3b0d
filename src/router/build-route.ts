// Compiles the routes of one virtual host: RuntimeConfig of three levels (configuration, virtual host, route) becomes route entries.
import { toWireText } from "../expr/wire-text.ts";
import { ClusterName, WeightedChoice } from "./cluster-choice.ts";
import { FilterOverrides } from "./filter-overrides.ts";
import { HeaderMutations } from "./header-mutations.ts";
import { HostRewrite } from "./host-rewrite.ts";
import { MirrorPolicy } from "./mirror-policy.ts";
import { PathRewrite } from "./path-rewrite.ts";
import { Redirect } from "./redirect.ts";
import { RetryPolicy } from "./retry-policy.ts";
import type {
  ClusterActionConfig,
  MirrorPolicyConfig,
  RouteConfig,
  RouteRuleConfig,
  VirtualHostConfig,
  WeightedClusterConfig,
} from "./route-config.ts";
import { RouteEntry, type RouteParts } from "./route-entry.ts";
import { RouteMatcher } from "./route-matcher.ts";
import type { RouteRuntime } from "./route-runtime.ts";

/** One compiled route: its conditions and its entry, or one entry for each weighted cluster. */
export interface CompiledRoute {
  readonly matcher: RouteMatcher;
  /** Entries by weighted cluster; a single one when there are no weights. */
  readonly entries: readonly RouteEntry[];
  /** Null when there is one entry. */
  readonly weighted: WeightedChoice | null;
}

/** What the routes of one table share, compiled once. */
export interface TableLevel {
  readonly config: RouteConfig;
  readonly runtime: RouteRuntime;
  readonly requestHeaders: HeaderMutations | null;
  readonly responseHeaders: HeaderMutations | null;
  readonly mirrors: readonly MirrorPolicy[];
  readonly overrides: FilterOverrides;
}

/** What the routes of one virtual host share, compiled once. */
export interface VirtualHostLevel {
  readonly table: TableLevel;
  readonly config: VirtualHostConfig;
  readonly requestHeaders: HeaderMutations | null;
  readonly responseHeaders: HeaderMutations | null;
  readonly retryPolicy: RetryPolicy | null;
  readonly mirrors: readonly MirrorPolicy[];
  readonly overrides: FilterOverrides;
}

/** Throws Error when a format or regex is bad. */
export function compileTableLevel(config: RouteConfig, runtime: RouteRuntime): TableLevel {
  return {
    config,
    runtime,
    requestHeaders: HeaderMutations.compile(config.requestHeaders),
    responseHeaders: HeaderMutations.compile(config.responseHeaders),
    mirrors: compileMirrors(config.mirrors, []),
    overrides: FilterOverrides.none.with(config.filterConfigs),
  };
}

export function compileVirtualHostLevel(config: VirtualHostConfig, table: TableLevel): VirtualHostLevel {
  return {
    table,
    config,
    requestHeaders: HeaderMutations.compile(config.requestHeaders),
    responseHeaders: HeaderMutations.compile(config.responseHeaders),
    retryPolicy: config.retryPolicy === null ? null : new RetryPolicy(config.retryPolicy),
    mirrors: compileMirrors(config.mirrors, table.mirrors),
    overrides: table.overrides.with(config.filterConfigs),
  };
}

/** A level without policies of its own has those of the level above. */
function compileMirrors(
  own: readonly MirrorPolicyConfig[],
  inherited: readonly MirrorPolicy[],
): readonly MirrorPolicy[] {
  return own.length === 0 ? inherited : own.map((policy) => new MirrorPolicy(policy));
}

const NO_CLUSTER = new ClusterName("", "");
const NO_UPSTREAM = {
  cluster: NO_CLUSTER,
  clusterNotFoundStatus: 503,
  redirect: null,
  directStatus: 0,
  directBody: "",
  weightedRequestMutations: null,
  weightedHostRewrite: "",
  hostRewrite: null,
  pathRewrite: null,
  timeoutMs: 0,
  idleTimeoutMs: null,
  maxStreamDurationMs: null,
  grpcTimeoutHeaderMaxMs: null,
  grpcTimeoutHeaderOffsetMs: 0,
  retryPolicy: null,
  priority: 0,
  upgrades: null,
} as const;

export function compileRoute(config: RouteRuleConfig, host: VirtualHostLevel): CompiledRoute {
  const { table } = host, { action } = config;
  const matcher = new RouteMatcher(config.match, table.runtime);
  const shared = {
    ...NO_UPSTREAM,
    name: config.name,
    virtualHostName: host.config.name,
    requestMutations: inOrder(
      HeaderMutations.compile(config.requestHeaders),
      host.requestHeaders,
      table.requestHeaders,
      host,
    ),
    responseMutations: inOrder(
      HeaderMutations.compile(config.responseHeaders),
      host.responseHeaders,
      table.responseHeaders,
      host,
    ),
    retryBufferLimitBytes: config.retryBufferLimitBytes ?? host.config.retryBufferLimitBytes,
    mirrors: host.mirrors,
    includesAttemptCount: host.config.includesAttemptCount,
    includesAttemptCountInResponse: host.config.includesAttemptCountInResponse,
    overrides: host.overrides.with(config.filterConfigs),
    metadata: config.metadata,
  };
  switch (action.kind) {
    case "redirect":
      return single(matcher, { ...shared, action: "redirect", redirect: new Redirect(action, matcher.path) });
    case "directResponse":
      return single(matcher, {
        ...shared,
        action: "directResponse",
        directStatus: action.status,
        directBody: action.body,
      });
    case "nonForwarding":
      // Nobody but a filter may answer; a request that reaches the router finds no cluster (Envoy answers 503).
      return single(matcher, { ...shared, action: "cluster" });
    case "cluster":
      return compileClusterRoute(matcher, action, { ...shared, action: "cluster" }, host);
  }
}

function compileClusterRoute(
  matcher: RouteMatcher,
  action: ClusterActionConfig,
  shared: RouteParts,
  host: VirtualHostLevel,
): CompiledRoute {
  const parts: RouteParts = {
    ...shared,
    clusterNotFoundStatus: action.clusterNotFoundStatus,
    hostRewrite: action.hostRewrite === null ? null : new HostRewrite(action.hostRewrite, action.appendXForwardedHost),
    pathRewrite: action.pathRewrite === null ? null : new PathRewrite(action.pathRewrite, matcher.path),
    timeoutMs: action.timeoutMs,
    idleTimeoutMs: action.idleTimeoutMs,
    maxStreamDurationMs: action.maxStreamDurationMs,
    grpcTimeoutHeaderMaxMs: action.grpcTimeoutHeaderMaxMs,
    grpcTimeoutHeaderOffsetMs: action.grpcTimeoutHeaderOffsetMs,
    retryPolicy: action.retryPolicy === null ? host.retryPolicy : new RetryPolicy(action.retryPolicy),
    mirrors: compileMirrors(action.mirrors, host.mirrors),
    priority: action.priority,
    upgrades: action.upgrades.length === 0
      ? null
      : new Map(action.upgrades.map(({ type, enabled }) => [type, enabled])),
  };
  const { cluster } = action;
  switch (cluster.kind) {
    case "named":
      return single(matcher, { ...parts, cluster: new ClusterName(cluster.name, "") });
    case "header":
      return single(matcher, { ...parts, cluster: new ClusterName("", cluster.header) });
    case "weighted":
      return {
        matcher,
        entries: cluster.clusters.map((weighted) => new RouteEntry(withWeighted(parts, weighted))),
        weighted: new WeightedChoice(cluster, host.table.runtime),
      };
  }
}

/** Response edits of a weighted cluster come first, like its request edits. */
function withWeighted(parts: RouteParts, weighted: WeightedClusterConfig): RouteParts {
  const response = HeaderMutations.compile(weighted.responseHeaders);
  return {
    ...parts,
    cluster: new ClusterName(weighted.name, weighted.header),
    weightedRequestMutations: HeaderMutations.compile(weighted.requestHeaders),
    weightedHostRewrite: toWireText(weighted.hostRewrite),
    responseMutations: response === null ? parts.responseMutations : [response, ...parts.responseMutations],
    overrides: parts.overrides.with(weighted.filterConfigs),
  };
}

function single(matcher: RouteMatcher, parts: RouteParts): CompiledRoute {
  return { matcher, entries: [new RouteEntry(parts)], weighted: null };
}

function inOrder(
  route: HeaderMutations | null,
  virtualHost: HeaderMutations | null,
  table: HeaderMutations | null,
  host: VirtualHostLevel,
): readonly HeaderMutations[] {
  const levels = [route, virtualHost, table].filter((level) => level !== null);
  return host.table.config.mostSpecificHeaderMutationsWins ? levels.reverse() : levels;
}

/** The entry for plaintext requests to a virtual host with `require_tls`: 301 to the same URL with https. */
export function httpsRedirectEntry(host: VirtualHostLevel): RouteEntry {
  const path = { kind: "prefix", value: "", caseSensitive: true } as const;
  const matcher = new RouteMatcher(
    { path, fraction: null, headers: [], queryParameters: [], grpcOnly: false },
    host.table.runtime,
  );
  const redirect = new Redirect(
    {
      kind: "redirect",
      status: 301,
      scheme: "https",
      host: "",
      port: 0,
      path: "",
      pathRewrite: null,
      stripQuery: false,
    },
    matcher.path,
  );
  return new RouteEntry({
    ...NO_UPSTREAM,
    name: "",
    virtualHostName: host.config.name,
    action: "redirect",
    redirect,
    requestMutations: [],
    responseMutations: [],
    retryBufferLimitBytes: null,
    mirrors: [],
    includesAttemptCount: false,
    includesAttemptCountInResponse: false,
    overrides: FilterOverrides.none,
    metadata: null,
  });
}
