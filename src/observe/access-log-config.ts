// Runtime form of access logs (envoy.config.accesslog.v3): where lines go, what they hold, which exchanges are logged. JSON-safe.
import type { ExtensionConfig } from "../base/extension-config.ts";
import type { HeaderMatchConfig } from "../expr/header-matcher.ts";
import type { StringMatchConfig } from "../expr/string-matcher.ts";

/** One entry of an `access_log` list. */
export interface AccessLogConfig {
  /** Null logs every exchange. */
  filter: AccessLogFilterConfig | null;
  /** The sink: `envoy.access_loggers.file`, `.stdout`, `.stderr`. */
  logger: ExtensionConfig;
}

/** The format of a line. */
export type LineFormatConfig =
  | { kind: "text"; format: string; omitEmptyValues: boolean }
  | { kind: "json"; format: { [key: string]: unknown }; omitEmptyValues: boolean };

/** Comparison of a number with a value that a runtime key may replace. */
export interface ComparisonConfig {
  op: "eq" | "ge" | "le" | "ne";
  value: number;
  /** Empty: none. */
  runtimeKey: string;
}

/** Which exchanges are logged. */
export type AccessLogFilterConfig =
  | { kind: "statusCode"; comparison: ComparisonConfig }
  | { kind: "duration"; comparison: ComparisonConfig }
  | { kind: "notHealthCheck" }
  | { kind: "traceable" }
  | { kind: "runtime"; runtimeKey: string; numerator: number; denominator: number; useIndependentRandomness: boolean }
  | { kind: "and"; filters: AccessLogFilterConfig[] }
  | { kind: "or"; filters: AccessLogFilterConfig[] }
  | { kind: "header"; header: HeaderMatchConfig }
  /** Empty list: any flag. Short names. */
  | { kind: "responseFlag"; flags: string[] }
  | { kind: "grpcStatus"; statuses: number[]; exclude: boolean }
  | {
    kind: "metadata";
    namespace: string;
    path: string[];
    value: MetadataValueConfig;
    matchIfNotFound: boolean;
    invert: boolean;
  }
  | { kind: "logType"; types: string[]; exclude: boolean };

/** envoy.type.matcher.v3.ValueMatcher, the kinds that metadata filters use. */
export type MetadataValueConfig =
  | { kind: "null" }
  | { kind: "present"; present: boolean }
  | { kind: "bool"; value: boolean }
  | { kind: "exactNumber"; value: number }
  | { kind: "range"; start: number; end: number }
  | { kind: "string"; match: StringMatchConfig }
  | { kind: "oneOf"; values: MetadataValueConfig[] }
  /** A list one of whose items matches. */
  | { kind: "list"; value: MetadataValueConfig };
