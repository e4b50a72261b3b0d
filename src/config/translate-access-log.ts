// Translates access logs and their filters (envoy.config.accesslog.v3).
import type { AccessLog, AccessLogFilter, ComparisonFilter } from "../gen/envoy/config/accesslog/v3/accesslog_pb.ts";
import type { ValueMatcher } from "../gen/envoy/type/matcher/v3/value_pb.ts";
import type { DoubleMatcher } from "../gen/envoy/type/matcher/v3/number_pb.ts";
import type {
  AccessLogConfig,
  AccessLogFilterConfig,
  ComparisonConfig,
  MetadataValueConfig,
} from "../observe/access-log-config.ts";
import type { FieldTable } from "./field-table.ts";
import type { TranslateContext } from "./translate-context.ts";
import { lineFormatFieldTables } from "./translate-line-format.ts";
import { translateHeaderMatcher, translateStringMatcher } from "./translate-string-match.ts";

/** One entry of an `access_log` list. */
export function translateAccessLog(proto: AccessLog, ctx: TranslateContext): AccessLogConfig {
  const any = proto.configType.case === "typedConfig" ? proto.configType.value : undefined;
  return {
    filter: proto.filter === undefined ? null : translateAccessLogFilter(proto.filter, ctx.field("filter")),
    logger: ctx.field("typed_config").extension("access_logger", proto.name, any),
  };
}

/** A whole `access_log` list; `ctx` stands at the list. */
export function translateAccessLogs(protos: readonly AccessLog[], ctx: TranslateContext): AccessLogConfig[] {
  return protos.map((proto, i) => translateAccessLog(proto, ctx.index(i)));
}

/** ComparisonFilter.Op by number. */
const OPS = ["eq", "ge", "le", "ne"] as const;
/** FractionalPercent.DenominatorType by number. */
const DENOMINATORS = [100, 10_000, 1_000_000] as const;
/** envoy.data.accesslog.v3.AccessLogType by number; the names are what `%ACCESS_LOG_TYPE%` prints. */
const LOG_TYPES = [
  "NotSet",
  "TcpUpstreamConnected",
  "TcpPeriodic",
  "TcpConnectionEnd",
  "DownstreamStart",
  "DownstreamPeriodic",
  "DownstreamEnd",
  "UpstreamPoolReady",
  "UpstreamPeriodic",
  "UpstreamEnd",
  "DownstreamTunnelSuccessfullyEstablished",
  "UdpTunnelUpstreamConnected",
  "UdpPeriodic",
  "UdpSessionEnd",
  "TcpConnectionStart",
];

/** Also for the mappers of local_reply_config. */
export function translateAccessLogFilter(proto: AccessLogFilter, ctx: TranslateContext): AccessLogFilterConfig {
  const filter = proto.filterSpecifier;
  switch (filter.case) {
    case "statusCodeFilter":
      return {
        kind: "statusCode",
        comparison: comparison(filter.value.comparison, ctx.field("status_code_filter").field("comparison")),
      };
    case "durationFilter":
      return {
        kind: "duration",
        comparison: comparison(filter.value.comparison, ctx.field("duration_filter").field("comparison")),
      };
    case "notHealthCheckFilter":
      return { kind: "notHealthCheck" };
    case "traceableFilter":
      return { kind: "traceable" };
    case "runtimeFilter": {
      const percent = filter.value.percentSampled;
      return {
        kind: "runtime",
        runtimeKey: filter.value.runtimeKey,
        numerator: percent?.numerator ?? 0,
        denominator: DENOMINATORS[percent?.denominator ?? 0] ?? 100,
        useIndependentRandomness: filter.value.useIndependentRandomness,
      };
    }
    case "andFilter":
      return { kind: "and", filters: list(filter.value.filters, ctx.field("and_filter").field("filters")) };
    case "orFilter":
      return { kind: "or", filters: list(filter.value.filters, ctx.field("or_filter").field("filters")) };
    case "headerFilter": {
      const at = ctx.field("header_filter").field("header");
      if (filter.value.header === undefined) return at.refuse("CFG012", "is required");
      return { kind: "header", header: translateHeaderMatcher(filter.value.header, at) };
    }
    case "responseFlagFilter":
      return { kind: "responseFlag", flags: [...filter.value.flags] };
    case "grpcStatusFilter":
      return { kind: "grpcStatus", statuses: [...filter.value.statuses], exclude: filter.value.exclude };
    case "metadataFilter": {
      const at = ctx.field("metadata_filter").field("matcher");
      const matcher = filter.value.matcher;
      if (matcher?.value === undefined) return at.refuse("CFG012", "is required");
      return {
        kind: "metadata",
        namespace: matcher.filter,
        path: matcher.path.map((segment) => segment.segment.value ?? ""),
        value: metadataValue(matcher.value, at.field("value")),
        matchIfNotFound: filter.value.matchIfKeyNotFound ?? true,
        invert: matcher.invert,
      };
    }
    case "logTypeFilter":
      return {
        kind: "logType",
        types: filter.value.types.map((type) => LOG_TYPES[type] ?? ""),
        exclude: filter.value.exclude,
      };
    default:
      return ctx.refuse(
        "CFG083",
        "must have one of the filters that this version knows (extension_filter is none of them)",
      );
  }
}

function list(protos: readonly AccessLogFilter[], ctx: TranslateContext): AccessLogFilterConfig[] {
  return protos.map((proto, i) => translateAccessLogFilter(proto, ctx.index(i)));
}

function comparison(proto: ComparisonFilter | undefined, ctx: TranslateContext): ComparisonConfig {
  if (proto?.value === undefined) return ctx.field("value").refuse("CFG012", "is required");
  return { op: OPS[proto.op] ?? "eq", value: proto.value.defaultValue, runtimeKey: proto.value.runtimeKey };
}

function metadataValue(proto: ValueMatcher, ctx: TranslateContext): MetadataValueConfig {
  const pattern = proto.matchPattern;
  switch (pattern.case) {
    case "nullMatch":
      return { kind: "null" };
    case "boolMatch":
      return { kind: "bool", value: pattern.value };
    case "presentMatch":
      return { kind: "present", present: pattern.value };
    case "doubleMatch":
      return number(pattern.value, ctx.field("double_match"));
    case "stringMatch":
      return { kind: "string", match: translateStringMatcher(pattern.value, ctx.field("string_match")) };
    case "listMatch": {
      const at = ctx.field("list_match").field("one_of");
      const item = pattern.value.matchPattern;
      if (item.case !== "oneOf") return at.refuse("CFG012", "is required");
      return { kind: "list", value: metadataValue(item.value, at) };
    }
    case "orMatch": {
      const at = ctx.field("or_match").field("value_matchers");
      return {
        kind: "oneOf",
        values: pattern.value.valueMatchers.map((value, i) => metadataValue(value, at.index(i))),
      };
    }
    default:
      return ctx.refuse("CFG012", "must have one match pattern");
  }
}

function number(proto: DoubleMatcher, ctx: TranslateContext): MetadataValueConfig {
  const pattern = proto.matchPattern;
  if (pattern.case === "exact") return { kind: "exactNumber", value: pattern.value };
  if (pattern.case === "range") return { kind: "range", start: pattern.value.start, end: pattern.value.end };
  return ctx.refuse("CFG012", "must have exact or range");
}

const PACKAGE = "envoy.config.accesslog.v3";

function honoured(message: string, ...fields: string[]): FieldTable {
  return { message, honoured: fields, accepted: {}, refused: {} };
}

export const accessLogFieldTables: readonly FieldTable[] = [
  honoured(`${PACKAGE}.AccessLog`, "name", "filter", "typed_config"),
  {
    message: `${PACKAGE}.AccessLogFilter`,
    honoured: [
      "status_code_filter",
      "duration_filter",
      "not_health_check_filter",
      "traceable_filter",
      "runtime_filter",
      "and_filter",
      "or_filter",
      "header_filter",
      "response_flag_filter",
      "grpc_status_filter",
      "metadata_filter",
      "log_type_filter",
    ],
    accepted: {},
    refused: { extension_filter: "CEL filters arrive with the CEL engine: use the filters above" },
  },
  honoured(`${PACKAGE}.ComparisonFilter`, "op", "value"),
  honoured(`${PACKAGE}.StatusCodeFilter`, "comparison"),
  honoured(`${PACKAGE}.DurationFilter`, "comparison"),
  honoured(`${PACKAGE}.NotHealthCheckFilter`),
  honoured(`${PACKAGE}.TraceableFilter`),
  honoured(`${PACKAGE}.RuntimeFilter`, "runtime_key", "percent_sampled", "use_independent_randomness"),
  honoured(`${PACKAGE}.AndFilter`, "filters"),
  honoured(`${PACKAGE}.OrFilter`, "filters"),
  honoured(`${PACKAGE}.HeaderFilter`, "header"),
  honoured(`${PACKAGE}.ResponseFlagFilter`, "flags"),
  honoured(`${PACKAGE}.GrpcStatusFilter`, "statuses", "exclude"),
  honoured(`${PACKAGE}.MetadataFilter`, "matcher", "match_if_key_not_found"),
  honoured(`${PACKAGE}.LogTypeFilter`, "types", "exclude"),
  honoured("envoy.type.matcher.v3.MetadataMatcher", "filter", "path", "value", "invert"),
  honoured("envoy.type.matcher.v3.MetadataMatcher.PathSegment", "key"),
  honoured(
    "envoy.type.matcher.v3.ValueMatcher",
    "null_match",
    "double_match",
    "string_match",
    "bool_match",
    "present_match",
    "list_match",
    "or_match",
  ),
  honoured("envoy.type.matcher.v3.ValueMatcher.NullMatch"),
  honoured("envoy.type.matcher.v3.ListMatcher", "one_of"),
  honoured("envoy.type.matcher.v3.OrMatcher", "value_matchers"),
  honoured("envoy.type.matcher.v3.DoubleMatcher", "range", "exact"),
  ...lineFormatFieldTables,
];
