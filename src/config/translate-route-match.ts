// Translates the conditions of a route (envoy.config.route.v3.RouteMatch).
import type { QueryParameterMatcher, RouteMatch } from "../gen/envoy/config/route/v3/route_components_pb.ts";
import type { PathMatchConfig, QueryMatchConfig, RouteMatchConfig } from "../router/route-config.ts";
import type { TranslateContext } from "./translate-context.ts";
import { translateRuntimeFraction } from "./translate-route-fraction.ts";
import { translateHeaderMatcher, translateRegexMatcher, translateStringMatcher } from "./translate-string-match.ts";

export function translateRouteMatch(proto: RouteMatch, ctx: TranslateContext): RouteMatchConfig {
  const headersAt = ctx.field("headers"), queryAt = ctx.field("query_parameters");
  return {
    path: translatePathMatch(proto, ctx),
    fraction: proto.runtimeFraction === undefined ? null : translateRuntimeFraction(proto.runtimeFraction),
    headers: proto.headers.map((header, i) => translateHeaderMatcher(header, headersAt.index(i))),
    queryParameters: proto.queryParameters.map((query, i) => translateQueryMatch(query, queryAt.index(i))),
    grpcOnly: proto.grpc !== undefined,
  };
}

function translatePathMatch(proto: RouteMatch, ctx: TranslateContext): PathMatchConfig {
  const specifier = proto.pathSpecifier, caseSensitive = proto.caseSensitive ?? true;
  switch (specifier.case) {
    case "prefix":
      return { kind: "prefix", value: specifier.value, caseSensitive };
    case "path":
      return { kind: "exact", value: specifier.value, caseSensitive };
    case "pathSeparatedPrefix":
      return { kind: "separatedPrefix", value: specifier.value, caseSensitive };
    case "safeRegex": {
      if (!caseSensitive) {
        ctx.field("case_sensitive").note("has no effect on safe_regex; begin the expression with (?i)");
      }
      return {
        kind: "regex",
        value: translateRegexMatcher(specifier.value, ctx.field("safe_regex")),
        caseSensitive: true,
      };
    }
    case "connectMatcher":
      return { kind: "connect", value: "", caseSensitive: true };
    default:
      return ctx.refuse("CFG012", "must have one of prefix, path, safe_regex, path_separated_prefix, connect_matcher");
  }
}

function translateQueryMatch(proto: QueryParameterMatcher, ctx: TranslateContext): QueryMatchConfig {
  const { name, queryParameterMatchSpecifier: specifier } = proto;
  switch (specifier.case) {
    case "stringMatch":
      return { name, match: translateStringMatcher(specifier.value, ctx.field("string_match")), present: true };
    case "presentMatch":
      return { name, match: null, present: specifier.value };
    default:
      return { name, match: null, present: true };
  }
}
