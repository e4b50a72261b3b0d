// Translates stats_config (envoy.config.metrics.v3.StatsConfig): tags, the matcher that keeps series out, histogram buckets.
import type { ListStringMatcher } from "../gen/envoy/type/matcher/v3/string_pb.ts";
import type { StatsConfig as StatsConfigProto, StatsMatcher } from "../gen/envoy/config/metrics/v3/stats_pb.ts";
import type { StringMatchConfig } from "../expr/string-matcher.ts";
import type { FieldTable } from "./field-table.ts";
import type { HistogramBucketConfig, StatsMatcherConfig, TagSpecifierConfig } from "./runtime-bootstrap.ts";
import type { TranslateContext } from "./translate-context.ts";
import { translateStringMatcher } from "./translate-string-match.ts";

export function translateTags(proto: StatsConfigProto | undefined, ctx: TranslateContext): TagSpecifierConfig[] {
  const names = new Set<string>();
  return (proto?.statsTags ?? []).map((tag, i) => {
    const at = ctx.field("stats_tags").index(i);
    if (tag.tagName === "") at.field("tag_name").refuse("CFG035", "must not be empty");
    const isFixed = tag.tagValue.case === "fixedValue";
    // Several regexes may make one tag (the first match gives it); two fixed values may not.
    if (isFixed && names.has(tag.tagName)) {
      at.field("tag_name").refuse("CFG035", "is given twice", { value: tag.tagName });
    }
    if (isFixed) names.add(tag.tagName);
    return {
      name: tag.tagName,
      regex: tag.tagValue.case === "regex" && tag.tagValue.value !== "" ? tag.tagValue.value : null,
      fixedValue: tag.tagValue.case === "fixedValue" ? tag.tagValue.value : null,
    };
  });
}

export function translateStatsMatcher(proto: StatsMatcher | undefined, ctx: TranslateContext): StatsMatcherConfig {
  const matcher = proto?.statsMatcher;
  switch (matcher?.case) {
    case "rejectAll":
      return { kind: matcher.value ? "rejectAll" : "acceptAll" };
    case "exclusionList":
      return { kind: "exclusion", patterns: patterns(matcher.value, ctx.field("exclusion_list")) };
    case "inclusionList":
      return { kind: "inclusion", patterns: patterns(matcher.value, ctx.field("inclusion_list")) };
    default:
      return { kind: "acceptAll" };
  }
}

function patterns(list: ListStringMatcher, ctx: TranslateContext): StringMatchConfig[] {
  return list.patterns.map((pattern, i) => translateStringMatcher(pattern, ctx.field("patterns").index(i)));
}

export function translateHistogramBuckets(
  proto: StatsConfigProto | undefined,
  ctx: TranslateContext,
): HistogramBucketConfig[] {
  return (proto?.histogramBucketSettings ?? []).map((settings, i) => {
    const at = ctx.field("histogram_bucket_settings").index(i);
    if (settings.match === undefined) return at.field("match").refuse("CFG012", "is required");
    return {
      match: translateStringMatcher(settings.match, at.field("match")),
      buckets: settings.buckets.slice().sort((a, b) => a - b),
      bins: settings.bins ?? null,
    };
  });
}

export const statsConfigFieldTables: readonly FieldTable[] = [
  {
    message: "envoy.config.metrics.v3.StatsConfig",
    honoured: [
      "stats_tags",
      "use_all_default_tags",
      "stats_matcher",
      "histogram_bucket_settings",
      "allow_default_tag_overrides",
    ],
    accepted: {},
    refused: {},
  },
  {
    message: "envoy.config.metrics.v3.TagSpecifier",
    honoured: ["tag_name", "regex", "fixed_value"],
    accepted: {},
    refused: {},
  },
  {
    message: "envoy.config.metrics.v3.StatsMatcher",
    honoured: ["reject_all", "exclusion_list", "inclusion_list"],
    accepted: {},
    refused: {},
  },
  {
    message: "envoy.config.metrics.v3.HistogramBucketSettings",
    honoured: ["match", "buckets", "bins"],
    accepted: {},
    refused: {},
  },
  { message: "envoy.config.metrics.v3.StatsSink", honoured: ["name", "typed_config"], accepted: {}, refused: {} },
];
