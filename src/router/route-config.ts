// Runtime configuration of a route table (proto: envoy.config.route.v3.RouteConfiguration), JSON-safe; times in milliseconds.
import type { ExtensionConfig } from "../base/extension-config.ts";
import type { HeaderMatchConfig } from "../expr/header-matcher.ts";
import type { RegexRewriteConfig } from "../expr/regex.ts";
import type { StringMatchConfig } from "../expr/string-matcher.ts";
import type { FractionConfig } from "./route-runtime.ts";

/** `filter_metadata` of a resource: namespace → plain JSON. */
export type FilterMetadata = Record<string, Record<string, unknown>>;

export interface RouteConfig {
  readonly name: string;
  readonly virtualHosts: readonly VirtualHostConfig[];
  /** Lower-case names removed from requests that come from outside. */
  readonly internalOnlyHeaders: readonly string[];
  readonly requestHeaders: HeaderMutationsConfig;
  readonly responseHeaders: HeaderMutationsConfig;
  /** Header operations run configuration → route instead of route → configuration, so that the route has the last word. */
  readonly mostSpecificHeaderMutationsWins: boolean;
  /** Refuse the configuration when a cluster is unknown; null = only when it is part of a listener. */
  readonly validateClusters: boolean | null;
  readonly ignorePortInHostMatching: boolean;
  readonly ignorePathParameters: boolean;
  /** Header whose value chooses the virtual host instead of `:authority`; "" = none. A request without it finds no route. */
  readonly hostHeader: string;
  readonly mirrors: readonly MirrorPolicyConfig[];
  readonly filterConfigs: readonly RouteFilterConfig[];
  readonly metadata: FilterMetadata | null;
}

export interface VirtualHostConfig {
  readonly name: string;
  /** `a.com`, `*.a.com`, `a.*` or `*`, as configured. */
  readonly domains: readonly string[];
  readonly routes: readonly RouteRuleConfig[];
  /** Which plaintext requests are sent to https instead: none, those from outside, all. */
  readonly requireTls: "none" | "externalOnly" | "all";
  readonly requestHeaders: HeaderMutationsConfig;
  readonly responseHeaders: HeaderMutationsConfig;
  readonly retryPolicy: RetryPolicyConfig | null;
  readonly includesAttemptCount: boolean;
  readonly includesAttemptCountInResponse: boolean;
  /** Most request body bytes kept for retries and mirrors; null = the connection's buffer limit. */
  readonly retryBufferLimitBytes: number | null;
  readonly mirrors: readonly MirrorPolicyConfig[];
  readonly filterConfigs: readonly RouteFilterConfig[];
  readonly metadata: FilterMetadata | null;
}

/** One route: what it matches and what happens then. */
export interface RouteRuleConfig {
  readonly name: string;
  readonly match: RouteMatchConfig;
  readonly action: RouteActionConfig;
  readonly requestHeaders: HeaderMutationsConfig;
  readonly responseHeaders: HeaderMutationsConfig;
  readonly retryBufferLimitBytes: number | null;
  readonly filterConfigs: readonly RouteFilterConfig[];
  readonly metadata: FilterMetadata | null;
}

export interface RouteMatchConfig {
  readonly path: PathMatchConfig;
  readonly fraction: FractionConfig | null;
  readonly headers: readonly HeaderMatchConfig[];
  readonly queryParameters: readonly QueryMatchConfig[];
  /** Only gRPC requests (content-type `application/grpc` or `application/grpc+…`). */
  readonly grpcOnly: boolean;
}

/** `value` is a path or prefix or an RE2 pattern; empty for `connect`. `caseSensitive` has no meaning for `regex` and `connect`. */
export interface PathMatchConfig {
  readonly kind: "prefix" | "exact" | "separatedPrefix" | "regex" | "connect";
  readonly value: string;
  readonly caseSensitive: boolean;
}

/** `match` null: presence decides, wanted when `present`. */
export interface QueryMatchConfig {
  readonly name: string;
  readonly match: StringMatchConfig | null;
  readonly present: boolean;
}

export type RouteActionConfig =
  | ClusterActionConfig
  | RedirectConfig
  | DirectResponseConfig
  | { readonly kind: "nonForwarding" };

export interface ClusterActionConfig {
  readonly kind: "cluster";
  readonly cluster: ClusterChoiceConfig;
  /** 503, 404 or 500. */
  readonly clusterNotFoundStatus: number;
  readonly pathRewrite: PathRewriteConfig | null;
  readonly hostRewrite: HostRewriteConfig | null;
  readonly appendXForwardedHost: boolean;
  /** Time for the whole response incl. retries; 0 = none. */
  readonly timeoutMs: number;
  /** Stream idle timeout; null = the connection manager's, 0 = none. */
  readonly idleTimeoutMs: number | null;
  /** Longest life of a stream; null = the connection manager's, 0 = none. */
  readonly maxStreamDurationMs: number | null;
  /** Upper bound of `grpc-timeout` as stream duration; null = the header is not looked at, 0 = no bound. */
  readonly grpcTimeoutHeaderMaxMs: number | null;
  readonly grpcTimeoutHeaderOffsetMs: number;
  readonly retryPolicy: RetryPolicyConfig | null;
  readonly mirrors: readonly MirrorPolicyConfig[];
  /** 0 = default, 1 = high. */
  readonly priority: number;
  /** Upgrades that the route allows or forbids against the connection manager's list. */
  readonly upgrades: readonly { readonly type: string; readonly enabled: boolean }[];
}

export type ClusterChoiceConfig =
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "header"; readonly header: string }
  | {
    readonly kind: "weighted";
    readonly clusters: readonly WeightedClusterConfig[];
    /** Weights may be overridden by runtime `<prefix>.<cluster>`; "" = never. */
    readonly runtimeKeyPrefix: string;
    /** Request header whose unsigned integer value decides instead of chance; "" = none. */
    readonly randomHeader: string;
  };

/** Exactly one of `name` and `header` is not empty. */
export interface WeightedClusterConfig {
  readonly name: string;
  readonly header: string;
  readonly weight: number;
  readonly requestHeaders: HeaderMutationsConfig;
  readonly responseHeaders: HeaderMutationsConfig;
  /** New `:authority`; "" = unchanged. */
  readonly hostRewrite: string;
  readonly filterConfigs: readonly RouteFilterConfig[];
}

/** `prefix`: the matched part of the path becomes `value`. `regex`: every match in the path is replaced. The query stays. */
export type PathRewriteConfig =
  | { readonly kind: "prefix"; readonly value: string }
  | { readonly kind: "regex"; readonly rewrite: RegexRewriteConfig };

export type HostRewriteConfig =
  | { readonly kind: "literal"; readonly value: string }
  /** The host name of the chosen upstream host. */
  | { readonly kind: "upstream" }
  | { readonly kind: "header"; readonly header: string }
  /** The path without query, after the replacement, is the new host. */
  | { readonly kind: "pathRegex"; readonly rewrite: RegexRewriteConfig };

export interface RedirectConfig {
  readonly kind: "redirect";
  readonly status: number;
  /** New scheme; "" = the request's. */
  readonly scheme: string;
  /** New host; "" = the request's. */
  readonly host: string;
  /** New port; 0 = the request's. */
  readonly port: number;
  /** New path, may hold a query; "" = the request's. */
  readonly path: string;
  readonly pathRewrite: PathRewriteConfig | null;
  readonly stripQuery: boolean;
}

export interface DirectResponseConfig {
  readonly kind: "directResponse";
  readonly status: number;
  readonly body: string;
}

/** A per-route override of the HTTP filter called `name` in the connection manager. */
export interface RouteFilterConfig {
  readonly name: string;
  readonly disabled: boolean;
  readonly config: ExtensionConfig | null;
}

export interface HeaderMutationsConfig {
  /** Lower-case names, removed before anything is added. */
  readonly removes: readonly string[];
  readonly adds: readonly HeaderAddConfig[];
}

export type HeaderAppendAction =
  | "appendIfExistsOrAdd"
  | "addIfAbsent"
  | "overwriteIfExistsOrAdd"
  | "overwriteIfExists";

export interface HeaderAddConfig {
  readonly name: string;
  /** Substitution format (`%REQ(x)%`). */
  readonly value: string;
  readonly action: HeaderAppendAction;
  /** Add the header also when the value turns out empty. */
  readonly keepEmptyValue: boolean;
}

export interface RetryPolicyConfig {
  /** Names of conditions, comma separated, as configured. */
  readonly retryOn: string;
  readonly numRetries: number;
  /** 0 = none. */
  readonly perTryTimeoutMs: number;
  readonly perTryIdleTimeoutMs: number;
  readonly retriableStatusCodes: readonly number[];
  readonly retriableHeaders: readonly HeaderMatchConfig[];
  readonly retriableRequestHeaders: readonly HeaderMatchConfig[];
  readonly backOffBaseMs: number;
  readonly backOffMaxMs: number;
  readonly rateLimitedBackOff: RateLimitedBackOffConfig | null;
  /** How often another host is asked for when a predicate refuses the chosen one. */
  readonly hostSelectionAttempts: number;
  /** A retry avoids hosts that were tried (`previous_hosts`). */
  readonly avoidsPreviousHosts: boolean;
}

export interface RateLimitedBackOffConfig {
  readonly resetHeaders: readonly { readonly name: string; readonly format: "seconds" | "unixTimestamp" }[];
  /** Longer waits than this are not taken from the header. */
  readonly maxIntervalMs: number;
}

/** Exactly one of `cluster` and `clusterHeader` is not empty. */
export interface MirrorPolicyConfig {
  readonly cluster: string;
  readonly clusterHeader: string;
  readonly fraction: FractionConfig | null;
  /** Append `-shadow` to the host of the copy. */
  readonly appendsShadowSuffix: boolean;
}
