// Translates what a route does: send to a cluster, redirect, answer (envoy.config.route.v3 RouteAction, RedirectAction, DirectResponseAction).
import type {
  DirectResponseAction,
  RedirectAction,
  Route,
  RouteAction,
  RouteAction_RequestMirrorPolicy,
  RouteAction_UpgradeConfig,
  WeightedCluster,
} from "../gen/envoy/config/route/v3/route_components_pb.ts";
import type {
  ClusterActionConfig,
  ClusterChoiceConfig,
  DirectResponseConfig,
  HostRewriteConfig,
  MirrorPolicyConfig,
  PathRewriteConfig,
  RedirectConfig,
  RouteActionConfig,
} from "../router/route-config.ts";
import type { TranslateContext } from "./translate-context.ts";
import { translateHeaderMutations } from "./translate-header-mutation.ts";
import { durationMs } from "./translate-protocol-options.ts";
import { translateFilterConfigs } from "./translate-route-filters.ts";
import { translateRuntimeFraction } from "./translate-route-fraction.ts";
import { translateRetryPolicy } from "./translate-route-retry.ts";
import { translateRegexRewrite } from "./translate-string-match.ts";

const DEFAULT_TIMEOUT_MS = 15_000;
const MAX_TOTAL_WEIGHT = 0xffff_ffff;
/** ClusterNotFoundResponseCode and RedirectResponseCode by number. */
const NOT_FOUND_STATUS = [503, 404, 500] as const;
const REDIRECT_STATUS = [301, 302, 303, 307, 308] as const;

/** `maxBodyBytes` bounds the body of a direct response. */
export function translateAction(proto: Route, maxBodyBytes: number, ctx: TranslateContext): RouteActionConfig {
  const { action } = proto;
  switch (action.case) {
    case "route":
      return translateRouteAction(action.value, ctx.field("route"));
    case "redirect":
      return translateRedirect(action.value, ctx.field("redirect"));
    case "directResponse":
      return translateDirectResponse(action.value, maxBodyBytes, ctx.field("direct_response"));
    case "nonForwardingAction":
      return { kind: "nonForwarding" };
    default:
      return ctx.refuse("CFG012", "must have one of route, redirect, direct_response, non_forwarding_action");
  }
}

function translateRouteAction(proto: RouteAction, ctx: TranslateContext): ClusterActionConfig {
  const duration = proto.maxStreamDuration;
  return {
    kind: "cluster",
    cluster: translateClusterChoice(proto, ctx),
    clusterNotFoundStatus: NOT_FOUND_STATUS[proto.clusterNotFoundResponseCode] ?? 503,
    pathRewrite: translatePathRewrite(proto, ctx),
    hostRewrite: translateHostRewrite(proto, ctx),
    appendXForwardedHost: proto.appendXForwardedHost,
    timeoutMs: durationMs(proto.timeout, DEFAULT_TIMEOUT_MS),
    idleTimeoutMs: proto.idleTimeout === undefined ? null : durationMs(proto.idleTimeout, 0),
    maxStreamDurationMs: duration?.maxStreamDuration === undefined ? null : durationMs(duration.maxStreamDuration, 0),
    grpcTimeoutHeaderMaxMs: duration?.grpcTimeoutHeaderMax === undefined
      ? null
      : durationMs(duration.grpcTimeoutHeaderMax, 0),
    grpcTimeoutHeaderOffsetMs: durationMs(duration?.grpcTimeoutHeaderOffset, 0),
    retryPolicy: proto.retryPolicy === undefined
      ? null
      : translateRetryPolicy(proto.retryPolicy, ctx.field("retry_policy")),
    mirrors: translateMirrors(proto.requestMirrorPolicies, ctx.field("request_mirror_policies")),
    priority: proto.priority,
    upgrades: translateUpgrades(proto.upgradeConfigs, ctx.field("upgrade_configs")),
  };
}

function translateClusterChoice(proto: RouteAction, ctx: TranslateContext): ClusterChoiceConfig {
  const specifier = proto.clusterSpecifier;
  switch (specifier.case) {
    case "cluster":
      return { kind: "named", name: specifier.value };
    case "clusterHeader":
      return { kind: "header", header: specifier.value.toLowerCase() };
    case "weightedClusters":
      return translateWeightedClusters(specifier.value, ctx.field("weighted_clusters"));
    default:
      return ctx.refuse("CFG012", "must have one of cluster, cluster_header, weighted_clusters");
  }
}

function translateWeightedClusters(proto: WeightedCluster, ctx: TranslateContext): ClusterChoiceConfig {
  const clustersAt = ctx.field("clusters");
  const clusters = proto.clusters.map((weighted, i) => {
    const at = clustersAt.index(i);
    if ((weighted.name === "") === (weighted.clusterHeader === "")) {
      at.refuse("CFG064", "must have exactly one of name and cluster_header");
    }
    return {
      name: weighted.name,
      header: weighted.clusterHeader.toLowerCase(),
      weight: weighted.weight ?? 0,
      requestHeaders: translateHeaderMutations(
        weighted.requestHeadersToAdd,
        weighted.requestHeadersToRemove,
        "request",
        at,
      ),
      responseHeaders: translateHeaderMutations(
        weighted.responseHeadersToAdd,
        weighted.responseHeadersToRemove,
        "response",
        at,
      ),
      hostRewrite: weighted.hostRewriteSpecifier.value ?? "",
      filterConfigs: translateFilterConfigs(weighted.typedPerFilterConfig, undefined, at),
    };
  });
  const total = clusters.reduce((sum, cluster) => sum + cluster.weight, 0);
  if (total === 0) clustersAt.refuse("CFG064", "must have weights whose sum is greater than 0");
  if (total > MAX_TOTAL_WEIGHT) {
    clustersAt.refuse("CFG064", `must have weights whose sum is at most ${MAX_TOTAL_WEIGHT}`, { value: total });
  }
  const random = proto.randomValueSpecifier;
  return {
    kind: "weighted",
    clusters,
    runtimeKeyPrefix: proto.runtimeKeyPrefix,
    randomHeader: random.case === "headerName" ? random.value.toLowerCase() : "",
  };
}

function translatePathRewrite(proto: RouteAction, ctx: TranslateContext): PathRewriteConfig | null {
  if (proto.regexRewrite === undefined) {
    return proto.prefixRewrite === "" ? null : { kind: "prefix", value: proto.prefixRewrite };
  }
  const at = ctx.field("regex_rewrite");
  if (proto.prefixRewrite !== "") {
    at.refuse("CFG065", "cannot stand beside prefix_rewrite", { hint: "keep one of the two" });
  }
  return { kind: "regex", rewrite: translateRegexRewrite(proto.regexRewrite, at) };
}

function translateHostRewrite(proto: RouteAction, ctx: TranslateContext): HostRewriteConfig | null {
  const specifier = proto.hostRewriteSpecifier;
  switch (specifier.case) {
    case "hostRewriteLiteral":
      return specifier.value === "" ? null : { kind: "literal", value: specifier.value };
    case "autoHostRewrite":
      return specifier.value.value ? { kind: "upstream" } : null;
    case "hostRewriteHeader":
      return { kind: "header", header: specifier.value.toLowerCase() };
    case "hostRewritePathRegex":
      return {
        kind: "pathRegex",
        rewrite: translateRegexRewrite(specifier.value, ctx.field("host_rewrite_path_regex")),
      };
    default:
      return null;
  }
}

/** Mirror policies of a route, virtual host or configuration. */
export function translateMirrors(
  protos: readonly RouteAction_RequestMirrorPolicy[],
  ctx: TranslateContext,
): MirrorPolicyConfig[] {
  return protos.map((proto, i) => {
    if ((proto.cluster === "") === (proto.clusterHeader === "")) {
      ctx.index(i).refuse("CFG068", "must have exactly one of cluster and cluster_header");
    }
    return {
      cluster: proto.cluster,
      clusterHeader: proto.clusterHeader.toLowerCase(),
      fraction: proto.runtimeFraction === undefined ? null : translateRuntimeFraction(proto.runtimeFraction),
      appendsShadowSuffix: !proto.disableShadowHostSuffixAppend,
    };
  });
}

function translateUpgrades(
  protos: readonly RouteAction_UpgradeConfig[],
  ctx: TranslateContext,
): ClusterActionConfig["upgrades"] {
  const seen = new Set<string>();
  return protos.map((proto, i) => {
    const type = proto.upgradeType.toLowerCase();
    if (seen.has(type)) {
      ctx.index(i).field("upgrade_type").refuse("CFG069", "is given twice", { value: proto.upgradeType });
    }
    seen.add(type);
    return { type, enabled: proto.enabled ?? true };
  });
}

function translateRedirect(proto: RedirectAction, ctx: TranslateContext): RedirectConfig {
  const scheme = proto.schemeRewriteSpecifier, path = proto.pathRewriteSpecifier;
  return {
    kind: "redirect",
    status: REDIRECT_STATUS[proto.responseCode] ?? 301,
    scheme: scheme.case === "schemeRedirect"
      ? scheme.value
      : scheme.case === "httpsRedirect" && scheme.value
      ? "https"
      : "",
    host: proto.hostRedirect,
    port: proto.portRedirect,
    path: path.case === "pathRedirect" ? path.value : "",
    pathRewrite: path.case === "regexRewrite"
      ? { kind: "regex", rewrite: translateRegexRewrite(path.value, ctx.field("regex_rewrite")) }
      : path.case === "prefixRewrite" && path.value !== ""
      ? { kind: "prefix", value: path.value }
      : null,
    stripQuery: proto.stripQuery,
  };
}

function translateDirectResponse(
  proto: DirectResponseAction,
  maxBodyBytes: number,
  ctx: TranslateContext,
): DirectResponseConfig {
  const body = directBody(proto, ctx.field("body"));
  const bytes = Buffer.byteLength(body, "utf8");
  if (bytes > maxBodyBytes) {
    ctx.field("body").refuse("CFG066", `must have at most ${maxBodyBytes} bytes`, {
      value: `${bytes} bytes`,
      hint: "raise max_direct_response_body_size_bytes of the route configuration",
    });
  }
  return { kind: "directResponse", status: proto.status, body };
}

function directBody(proto: DirectResponseAction, ctx: TranslateContext): string {
  const source = proto.body?.specifier;
  switch (source?.case) {
    case undefined:
      return "";
    case "inlineString":
      return source.value;
    case "inlineBytes":
      try {
        return new TextDecoder("utf-8", { fatal: true }).decode(source.value);
      } catch {
        return ctx.field("inline_bytes").refuse("CFG066", "must be UTF-8 text");
      }
    case "filename":
      return ctx.field("filename").refuse("CFG066", "must stand in the configuration", {
        hint: "put the text into inline_string",
      });
    case "environmentVariable":
      return ctx.field("environment_variable").refuse("CFG066", "must stand in the configuration", {
        hint: "put the text into inline_string",
      });
  }
}
