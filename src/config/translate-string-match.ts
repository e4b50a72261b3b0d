// Translates string and regex matchers (envoy.type.matcher.v3) into the matchers of expr/.
import type { RegexMatcher } from "../gen/envoy/type/matcher/v3/regex_pb.ts";
import type { StringMatcher } from "../gen/envoy/type/matcher/v3/string_pb.ts";
import { Regex } from "../expr/regex.ts";
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
      if (ignoreCase) ctx.field("ignore_case").refuse("CFG060", "has no effect on safe_regex", { hint: "begin the expression with (?i)" });
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
];
