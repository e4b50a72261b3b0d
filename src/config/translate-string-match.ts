// Translates string, regex and header matchers (envoy.type.matcher.v3, HeaderMatcher of envoy.config.route.v3) into the matchers of expr/.
import type { HeaderMatcher } from "../gen/envoy/config/route/v3/route_components_pb.ts";
import type { RegexMatchAndSubstitute, RegexMatcher } from "../gen/envoy/type/matcher/v3/regex_pb.ts";
import type { StringMatcher } from "../gen/envoy/type/matcher/v3/string_pb.ts";
import type { HeaderCondition, HeaderMatchConfig } from "../expr/header-matcher.ts";
import { Regex, RegexRewrite, type RegexRewriteConfig } from "../expr/regex.ts";
import type { StringMatchConfig } from "../expr/string-matcher.ts";
import type { FieldTable } from "./field-table.ts";
import type { TranslateContext } from "./translate-context.ts";

export function translateStringMatcher(proto: StringMatcher, ctx: TranslateContext): StringMatchConfig {
  const pattern = proto.matchPattern;
  const ignoreCase = proto.ignoreCase;
  switch (pattern.case) {
    case "exact":
    case "prefix":
    case "suffix":
    case "contains":
      return { kind: pattern.case, value: pattern.value, ignoreCase };
    case "safeRegex":
      if (ignoreCase) {
        ctx.field("ignore_case").refuse("CFG060", "has no effect on safe_regex", {
          hint: "begin the expression with (?i)",
        });
      }
      return { kind: "regex", value: translateRegexMatcher(pattern.value, ctx.field("safe_regex")), ignoreCase: false };
    default:
      return ctx.refuse("CFG012", "must have one of exact, prefix, suffix, safe_regex, contains");
  }
}

/** The RE2 pattern, known to compile. */
export function translateRegexMatcher(proto: RegexMatcher, ctx: TranslateContext): string {
  try {
    new Regex(proto.regex);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    ctx.field("regex").refuse("CFG060", `must be an RE2 expression: ${reason}`, { value: proto.regex });
  }
  return proto.regex;
}

/** A pattern and its substitution, known to fit together. */
export function translateRegexRewrite(proto: RegexMatchAndSubstitute, ctx: TranslateContext): RegexRewriteConfig {
  if (proto.pattern === undefined) return ctx.field("pattern").refuse("CFG012", "is required");
  const config = {
    regex: translateRegexMatcher(proto.pattern, ctx.field("pattern")),
    substitution: proto.substitution,
  };
  try {
    new RegexRewrite(config);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    ctx.field("substitution").refuse("CFG060", reason, { value: proto.substitution });
  }
  return config;
}

export function translateHeaderMatcher(proto: HeaderMatcher, ctx: TranslateContext): HeaderMatchConfig {
  return {
    name: proto.name.toLowerCase(),
    condition: translateHeaderCondition(proto, ctx),
    invert: proto.invertMatch,
    treatMissingAsEmpty: proto.treatMissingHeaderAsEmpty,
  };
}

function translateHeaderCondition(proto: HeaderMatcher, ctx: TranslateContext): HeaderCondition {
  const specifier = proto.headerMatchSpecifier;
  switch (specifier.case) {
    case undefined:
      return { kind: "present", present: true };
    case "presentMatch":
      return { kind: "present", present: specifier.value };
    case "rangeMatch":
      return { kind: "range", start: Number(specifier.value.start), end: Number(specifier.value.end) };
    case "stringMatch":
      return { kind: "string", match: translateStringMatcher(specifier.value, ctx.field("string_match")) };
    case "safeRegexMatch": {
      const value = translateRegexMatcher(specifier.value, ctx.field("safe_regex_match"));
      return { kind: "string", match: { kind: "regex", value, ignoreCase: false } };
    }
    case "exactMatch":
      return { kind: "string", match: { kind: "exact", value: specifier.value, ignoreCase: false } };
    case "prefixMatch":
      return { kind: "string", match: { kind: "prefix", value: specifier.value, ignoreCase: false } };
    case "suffixMatch":
      return { kind: "string", match: { kind: "suffix", value: specifier.value, ignoreCase: false } };
    case "containsMatch":
      return { kind: "string", match: { kind: "contains", value: specifier.value, ignoreCase: false } };
  }
}

export const stringMatchFieldTables: readonly FieldTable[] = [
  {
    message: "envoy.type.matcher.v3.StringMatcher",
    honoured: ["exact", "prefix", "suffix", "safe_regex", "contains", "ignore_case"],
    accepted: {},
    refused: { custom: "extensions that match strings are not supported" },
  },
  { message: "envoy.type.matcher.v3.ListStringMatcher", honoured: ["patterns"], accepted: {}, refused: {} },
  {
    message: "envoy.type.matcher.v3.RegexMatcher",
    honoured: ["regex"],
    accepted: { google_re2: "RE2 is the only engine; its program size is limited by the linear-time matcher itself" },
    refused: {},
  },
  {
    message: "envoy.type.matcher.v3.RegexMatchAndSubstitute",
    honoured: ["pattern", "substitution"],
    accepted: {},
    refused: {},
  },
  {
    message: "envoy.config.route.v3.HeaderMatcher",
    honoured: [
      "name",
      "exact_match",
      "safe_regex_match",
      "range_match",
      "present_match",
      "prefix_match",
      "suffix_match",
      "contains_match",
      "string_match",
      "invert_match",
      "treat_missing_header_as_empty",
    ],
    accepted: {},
    refused: {},
  },
];
