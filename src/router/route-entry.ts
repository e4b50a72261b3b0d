// A route as the connection manager and the router filter use it: names, timeouts, policies, and the edits of headers on the way up and down.
import type { ExtensionConfig } from "../base/extension-config.ts";
import type { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";
import type { StreamInfo } from "../expr/stream-info.ts";
import type { ClusterName } from "./cluster-choice.ts";
import type { FilterOverrides } from "./filter-overrides.ts";
import type { HeaderMutations } from "./header-mutations.ts";
import type { HostRewrite } from "./host-rewrite.ts";
import type { MirrorPolicy } from "./mirror-policy.ts";
import type { PathRewrite } from "./path-rewrite.ts";
import type { Redirect } from "./redirect.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import type { FilterMetadata } from "./route-config.ts";

/** What becomes of a request: `cluster` goes upstream, the others are answered here. */
export type RouteActionKind = "cluster" | "redirect" | "directResponse";

/** Compiled parts of a route; made by `compileRoute`. */
export interface RouteParts {
  readonly name: string;
  readonly virtualHostName: string;
  readonly action: RouteActionKind;
  readonly cluster: ClusterName;
  readonly clusterNotFoundStatus: number;
  readonly redirect: Redirect | null;
  readonly directStatus: number;
  readonly directBody: string;
  /** Edits in the order in which they run. */
  readonly requestMutations: readonly HeaderMutations[];
  readonly responseMutations: readonly HeaderMutations[];
  /** Edits of the chosen weighted cluster run before all others, then its new `:authority` ("" = unchanged) is set. */
  readonly weightedRequestMutations: HeaderMutations | null;
  readonly weightedHostRewrite: string;
  readonly hostRewrite: HostRewrite | null;
  readonly pathRewrite: PathRewrite | null;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number | null;
  readonly maxStreamDurationMs: number | null;
  readonly grpcTimeoutHeaderMaxMs: number | null;
  readonly grpcTimeoutHeaderOffsetMs: number;
  readonly retryPolicy: RetryPolicy | null;
  readonly retryBufferLimitBytes: number | null;
  readonly mirrors: readonly MirrorPolicy[];
  readonly priority: number;
  readonly upgrades: ReadonlyMap<string, boolean> | null;
  readonly includesAttemptCount: boolean;
  readonly includesAttemptCountInResponse: boolean;
  readonly overrides: FilterOverrides;
  readonly metadata: FilterMetadata | null;
}

/** Times in milliseconds; 0 = none, null = the connection manager's value counts. */
export class RouteEntry {
  readonly name: string;
  readonly virtualHostName: string;
  readonly action: RouteActionKind;
  readonly clusterNotFoundStatus: number;
  readonly redirectStatus: number;
  readonly directStatus: number;
  readonly directBody: string;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number | null;
  readonly maxStreamDurationMs: number | null;
  readonly retryPolicy: RetryPolicy | null;
  /** Most request body bytes kept for retries; null = the connection's buffer limit. */
  readonly retryBufferLimitBytes: number | null;
  readonly mirrors: readonly MirrorPolicy[];
  /** 0 = default, 1 = high: which circuit breakers count. */
  readonly priority: number;
  readonly includesAttemptCount: boolean;
  readonly includesAttemptCountInResponse: boolean;
  /** auto_host_rewrite: `rewriteHost` is due with the name of the chosen upstream host. */
  readonly rewritesHostToUpstream: boolean;
  readonly metadata: FilterMetadata | null;
  private readonly cluster: ClusterName;
  private readonly redirect: Redirect | null;
  private readonly weightedRequestMutations: HeaderMutations | null;
  private readonly weightedHostRewrite: string;
  private readonly requestMutations: readonly HeaderMutations[];
  private readonly responseMutations: readonly HeaderMutations[];
  private readonly hostRewrite: HostRewrite | null;
  private readonly pathRewrite: PathRewrite | null;
  private readonly grpcTimeoutHeaderMaxMs: number | null;
  private readonly grpcTimeoutHeaderOffsetMs: number;
  private readonly upgrades: ReadonlyMap<string, boolean> | null;
  private readonly overrides: FilterOverrides;

  constructor(parts: RouteParts) {
    this.name = parts.name;
    this.virtualHostName = parts.virtualHostName;
    this.action = parts.action;
    this.cluster = parts.cluster;
    this.clusterNotFoundStatus = parts.clusterNotFoundStatus;
    this.redirect = parts.redirect;
    this.redirectStatus = parts.redirect === null ? 0 : parts.redirect.status;
    this.directStatus = parts.directStatus;
    this.directBody = parts.directBody;
    this.weightedRequestMutations = parts.weightedRequestMutations;
    this.weightedHostRewrite = parts.weightedHostRewrite;
    this.requestMutations = parts.requestMutations;
    this.responseMutations = parts.responseMutations;
    this.hostRewrite = parts.hostRewrite;
    this.rewritesHostToUpstream = parts.hostRewrite !== null && parts.hostRewrite.usesUpstreamHost;
    this.pathRewrite = parts.pathRewrite;
    this.timeoutMs = parts.timeoutMs;
    this.idleTimeoutMs = parts.idleTimeoutMs;
    this.maxStreamDurationMs = parts.maxStreamDurationMs;
    this.grpcTimeoutHeaderMaxMs = parts.grpcTimeoutHeaderMaxMs;
    this.grpcTimeoutHeaderOffsetMs = parts.grpcTimeoutHeaderOffsetMs;
    this.retryPolicy = parts.retryPolicy;
    this.retryBufferLimitBytes = parts.retryBufferLimitBytes;
    this.mirrors = parts.mirrors;
    this.priority = parts.priority;
    this.upgrades = parts.upgrades;
    this.includesAttemptCount = parts.includesAttemptCount;
    this.includesAttemptCountInResponse = parts.includesAttemptCountInResponse;
    this.overrides = parts.overrides;
    this.metadata = parts.metadata;
  }

  /** Name of the cluster for this request (weights have been decided already); empty when the header that should name it is absent. */
  clusterName(headers: HeaderBlock, _info?: StreamInfo): string {
    return this.cluster.resolve(headers);
  }

  /** The cluster in words, for explanations. */
  describeCluster(): string {
    return this.cluster.describe();
  }

  /**
   * Edits a request on its way upstream: weighted cluster, then route, virtual host, configuration (or the reverse), then host, then path.
   * `keepsOriginals`: tell rewritten host and path in x-envoy-original-host and -path (not with suppress_envoy_headers).
   */
  finalizeRequestHeaders(headers: HeaderBlock, info: StreamInfo, keepsOriginals = true): void {
    if (this.weightedRequestMutations !== null) this.weightedRequestMutations.apply(headers, info);
    if (this.weightedHostRewrite !== "") headers.set(Header.authority, this.weightedHostRewrite);
    const mutations = this.requestMutations;
    for (let i = 0; i < mutations.length; i++) mutations[i]!.apply(headers, info);
    if (this.hostRewrite !== null) this.hostRewrite.apply(headers, keepsOriginals);
    if (this.pathRewrite !== null) this.rewritePath(this.pathRewrite, headers, keepsOriginals);
  }

  private rewritePath(rewrite: PathRewrite, headers: HeaderBlock, keepsOriginal: boolean): void {
    const i = headers.indexOf(Header.path);
    if (i < 0) return;
    const path = headers.valueAt(i), rewritten = rewrite.apply(path);
    if (rewritten === path) return;
    if (keepsOriginal) headers.set(Header.xEnvoyOriginalPath, path);
    headers.setAt(i, rewritten);
  }

  /** auto_host_rewrite, once the upstream host called `host` was chosen. Call once for an exchange: the first host counts as replaced. */
  rewriteHost(headers: HeaderBlock, host: string, keepsOriginals = true): void {
    if (this.hostRewrite !== null && host !== "") this.hostRewrite.replace(headers, host, keepsOriginals);
  }

  /** Edits a response, also one that the proxy made itself for this route. */
  finalizeResponseHeaders(headers: HeaderBlock, info: StreamInfo): void {
    const mutations = this.responseMutations;
    for (let i = 0; i < mutations.length; i++) mutations[i]!.apply(headers, info);
  }

  /** `location` of a redirect (action `redirect`). */
  redirectLocation(headers: HeaderBlock): string {
    return this.redirect!.location(headers);
  }

  /** `location` that goes with a direct response of status 201 or 3xx, as Envoy sends it: the request's own URL. Null with other statuses. */
  directLocation(headers: HeaderBlock): string | null {
    const status = this.directStatus;
    if (status !== 201 && (status < 300 || status > 399)) return null;
    const scheme = headers.get(Header.scheme) ?? "http", host = headers.get(Header.authority) ?? "";
    return `${scheme}://${host}${headers.get(Header.path) ?? ""}`;
  }

  /** Longest life of this stream: `grpc-timeout` where the route looks at it, else the route's duration; null = the manager's. */
  streamDurationMs(headers: HeaderBlock): number | null {
    if (this.grpcTimeoutHeaderMaxMs === null) return this.maxStreamDurationMs;
    const asked = grpcTimeoutMs(headers.get(Header.grpcTimeout));
    if (asked < 0) return this.maxStreamDurationMs;
    const max = this.grpcTimeoutHeaderMaxMs, offset = this.grpcTimeoutHeaderOffsetMs;
    const bounded = max > 0 && (asked === 0 || asked > max) ? max : asked;
    return offset < bounded ? bounded - offset : bounded;
  }

  /** Whether the route allows (true) or forbids (false) upgrade `token` (lower case); null = the manager's list counts. */
  allowsUpgrade(token: string): boolean | null {
    return this.upgrades === null ? null : this.upgrades.get(token) ?? null;
  }

  /** Whether the HTTP filter called `name` is switched off (true) or on (false) here; null when nothing is said. */
  isFilterDisabled(name: string): boolean | null {
    return this.overrides.isDisabled(name);
  }

  mostSpecificFilterConfig(name: string): ExtensionConfig | null {
    return this.overrides.mostSpecific(name);
  }

  /** Overrides of the filter at all levels, least specific first. */
  filterConfigs(name: string): readonly ExtensionConfig[] {
    return this.overrides.all(name);
  }
}

/** Milliseconds per unit of grpc-timeout: hours, minutes, seconds, milli-, micro-, nanoseconds. */
const GRPC_UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Value of a grpc-timeout field (1 to 8 digits and a unit), rounded up to whole milliseconds; -1 when absent or malformed. */
function grpcTimeoutMs(text: string | null): number {
  if (text === null || !/^\d{1,8}[HMSmun]$/.test(text)) return -1;
  return Math.ceil(Number(text.slice(0, -1)) * GRPC_UNIT_MS[text.slice(-1)]!);
}
