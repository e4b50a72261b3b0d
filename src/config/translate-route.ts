// Translates a route configuration (envoy.config.route.v3.RouteConfiguration) into the RouteConfig that workers compile.
import type { Metadata } from "../gen/envoy/config/core/v3/base_pb.ts";
import type { RouteConfiguration } from "../gen/envoy/config/route/v3/route_pb.ts";
import type { Route, VirtualHost } from "../gen/envoy/config/route/v3/route_components_pb.ts";
import { normalizeDomain } from "../router/domain-table.ts";
import type { FilterMetadata, RouteConfig, RouteRuleConfig, VirtualHostConfig } from "../router/route-config.ts";
import type { TranslateContext } from "./translate-context.ts";
import { translateHeaderMutations } from "./translate-header-mutation.ts";
import { translateAction, translateMirrors } from "./translate-route-action.ts";
import { translateFilterConfigs } from "./translate-route-filters.ts";
import { translateRouteMatch } from "./translate-route-match.ts";
import { translateRetryPolicy } from "./translate-route-retry.ts";

export { routeFieldTables } from "./translate-route-fields.ts";

const DEFAULT_MAX_BODY_BYTES = 4096;
/** VirtualHost.TlsRequirementType by number. */
const TLS_REQUIREMENT = ["none", "externalOnly", "all"] as const;

/**
 * Whether the clusters exist is a question of the whole configuration: `unknownClusters` of router/route-clusters.ts answers it, to be asked
 * when `validateClusters` is true, or null and the configuration is part of a listener (Envoy's defaults).
 */
export function translateRouteConfiguration(proto: RouteConfiguration, ctx: TranslateContext): RouteConfig {
  const hostsAt = ctx.field("virtual_hosts");
  const maxBodyBytes = proto.maxDirectResponseBodySizeBytes ?? DEFAULT_MAX_BODY_BYTES;
  refuseDuplicateDomains(proto.virtualHosts, hostsAt);
  return {
    name: proto.name,
    virtualHosts: proto.virtualHosts.map((host, i) => translateVirtualHost(host, maxBodyBytes, hostsAt.index(i))),
    internalOnlyHeaders: proto.internalOnlyHeaders.map((name) => name.toLowerCase()),
    requestHeaders: translateHeaderMutations(proto.requestHeadersToAdd, proto.requestHeadersToRemove, "request", ctx),
    responseHeaders: translateHeaderMutations(
      proto.responseHeadersToAdd,
      proto.responseHeadersToRemove,
      "response",
      ctx,
    ),
    mostSpecificHeaderMutationsWins: proto.mostSpecificHeaderMutationsWins,
    validateClusters: proto.validateClusters ?? null,
    ignorePortInHostMatching: proto.ignorePortInHostMatching,
    ignorePathParameters: proto.ignorePathParametersInPathMatching,
    hostHeader: proto.vhostHeader.toLowerCase(),
    mirrors: translateMirrors(proto.requestMirrorPolicies, ctx.field("request_mirror_policies")),
    filterConfigs: translateFilterConfigs(proto.typedPerFilterConfig, undefined, ctx),
    metadata: translateMetadata(proto.metadata, ctx.field("metadata")),
  };
}

function refuseDuplicateDomains(hosts: readonly VirtualHost[], ctx: TranslateContext): void {
  const owners = new Map<string, string>();
  hosts.forEach((host, i) => {
    host.domains.forEach((domain, k) => {
      const normal = normalizeDomain(domain);
      const owner = owners.get(normal);
      if (owner !== undefined) {
        ctx.index(i).field("domains").index(k).refuse("CFG062", `is a domain of virtual host ${owner} already`, {
          value: domain,
          hint: "each domain belongs to one virtual host; upper and lower case are the same",
        });
      }
      owners.set(normal, host.name);
    });
  });
}

function translateVirtualHost(proto: VirtualHost, maxBodyBytes: number, ctx: TranslateContext): VirtualHostConfig {
  const routesAt = ctx.field("routes");
  return {
    name: proto.name,
    domains: [...proto.domains],
    routes: proto.routes.map((route, i) => translateRoute(route, maxBodyBytes, routesAt.index(i))),
    requireTls: TLS_REQUIREMENT[proto.requireTls] ?? "none",
    requestHeaders: translateHeaderMutations(proto.requestHeadersToAdd, proto.requestHeadersToRemove, "request", ctx),
    responseHeaders: translateHeaderMutations(
      proto.responseHeadersToAdd,
      proto.responseHeadersToRemove,
      "response",
      ctx,
    ),
    retryPolicy: proto.retryPolicy === undefined
      ? null
      : translateRetryPolicy(proto.retryPolicy, ctx.field("retry_policy")),
    includesAttemptCount: proto.includeRequestAttemptCount,
    includesAttemptCountInResponse: proto.includeAttemptCountInResponse,
    retryBufferLimitBytes: bufferLimit(proto, ctx),
    mirrors: translateMirrors(proto.requestMirrorPolicies, ctx.field("request_mirror_policies")),
    filterConfigs: translateFilterConfigs(proto.typedPerFilterConfig, proto.cors, ctx),
    metadata: translateMetadata(proto.metadata, ctx.field("metadata")),
  };
}

function translateRoute(proto: Route, maxBodyBytes: number, ctx: TranslateContext): RouteRuleConfig {
  if (proto.match === undefined) return ctx.field("match").refuse("CFG012", "is required");
  const cors = proto.action.case === "route" ? proto.action.value.cors : undefined;
  return {
    name: proto.name,
    match: translateRouteMatch(proto.match, ctx.field("match")),
    action: translateAction(proto, maxBodyBytes, ctx),
    requestHeaders: translateHeaderMutations(proto.requestHeadersToAdd, proto.requestHeadersToRemove, "request", ctx),
    responseHeaders: translateHeaderMutations(
      proto.responseHeadersToAdd,
      proto.responseHeadersToRemove,
      "response",
      ctx,
    ),
    retryBufferLimitBytes: bufferLimit(proto, ctx),
    filterConfigs: [
      ...translateFilterConfigs(proto.typedPerFilterConfig, undefined, ctx),
      ...(cors === undefined || Object.hasOwn(proto.typedPerFilterConfig, "envoy.filters.http.cors")
        ? []
        : translateFilterConfigs({}, cors, ctx.field("route"))),
    ],
    metadata: translateMetadata(proto.metadata, ctx.field("metadata")),
  };
}

/** The older per_request_buffer_limit_bytes and the newer request_body_buffer_limit; null when neither is given. */
function bufferLimit(proto: VirtualHost | Route, ctx: TranslateContext): number | null {
  const { perRequestBufferLimitBytes: older, requestBodyBufferLimit: newer } = proto;
  if (older !== undefined && newer !== undefined) {
    ctx.field("per_request_buffer_limit_bytes").note("request_body_buffer_limit counts instead");
  }
  return newer === undefined ? older ?? null : Number(newer);
}

function translateMetadata(proto: Metadata | undefined, ctx: TranslateContext): FilterMetadata | null {
  if (proto === undefined) return null;
  if (Object.keys(proto.typedFilterMetadata).length > 0) {
    ctx.field("typed_filter_metadata").note("no part of this version reads typed metadata");
  }
  return proto.filterMetadata;
}
