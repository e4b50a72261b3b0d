// Access log filters (envoy.config.accesslog.v3.AccessLogFilter): which exchanges are logged; local_reply_config uses them too.
import { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";
import { grpcStatusOf, grpcStatusOfHttp } from "../expr/format-headers.ts";
import { HeaderMatcher } from "../expr/header-matcher.ts";
import { responseFlagOf } from "../expr/response-flags.ts";
import type { StreamInfo } from "../expr/stream-info.ts";
import { StringMatcher } from "../expr/string-matcher.ts";
import type { AccessLogFilterConfig, ComparisonConfig, MetadataValueConfig } from "./access-log-config.ts";

export interface AccessLogFilter {
  shouldLog(info: StreamInfo): boolean;
}

/** Runtime values that filters read (layered_runtime). */
export interface FilterRuntime {
  getInteger(key: string, defaultValue: number): number;
  isEnabled(key: string, numerator: number, denominator: number, random: number): boolean;
}

const NO_HEADERS = new HeaderBlock();

class Comparison {
  private readonly config: ComparisonConfig;
  private readonly runtime: FilterRuntime;

  constructor(config: ComparisonConfig, runtime: FilterRuntime) {
    this.config = config;
    this.runtime = runtime;
  }

  holds(value: number): boolean {
    const { op, runtimeKey } = this.config;
    const limit = runtimeKey === "" ? this.config.value : this.runtime.getInteger(runtimeKey, this.config.value);
    return op === "ge"
      ? value >= limit
      : op === "le"
      ? value <= limit
      : op === "eq"
      ? value === limit
      : value !== limit;
  }
}

class StatusCodeFilter implements AccessLogFilter {
  private readonly comparison: Comparison;

  constructor(comparison: Comparison) {
    this.comparison = comparison;
  }

  shouldLog(info: StreamInfo): boolean {
    return this.comparison.holds(info.responseCode);
  }
}

class DurationFilter implements AccessLogFilter {
  private readonly comparison: Comparison;

  constructor(comparison: Comparison) {
    this.comparison = comparison;
  }

  /** An exchange that is not over has no duration: it is not logged. */
  shouldLog(info: StreamInfo): boolean {
    return info.endMs !== 0 && this.comparison.holds(Math.floor(info.endMs - info.startMs));
  }
}

class NotHealthCheckFilter implements AccessLogFilter {
  shouldLog(info: StreamInfo): boolean {
    return !info.isHealthCheck;
  }
}

class TraceableFilter implements AccessLogFilter {
  shouldLog(info: StreamInfo): boolean {
    return info.isTraced;
  }
}

class RuntimeFilter implements AccessLogFilter {
  private readonly key: string;
  private readonly numerator: number;
  private readonly denominator: number;
  private readonly isIndependent: boolean;
  private readonly runtime: FilterRuntime;

  constructor(config: AccessLogFilterConfig & { kind: "runtime" }, runtime: FilterRuntime) {
    this.key = config.runtimeKey;
    this.numerator = config.numerator;
    this.denominator = config.denominator;
    this.isIndependent = config.useIndependentRandomness;
    this.runtime = runtime;
  }

  /** The request id decides unless told otherwise, so that all proxies of a call log it or none does. */
  shouldLog(info: StreamInfo): boolean {
    const stable = this.isIndependent ? NaN : randomOfRequestId(info.requestHeaders?.get(Header.xRequestId) ?? "");
    const random = stable === stable ? stable : Math.floor(Math.random() * 0x1_0000_0000);
    return this.runtime.isEnabled(this.key, this.numerator, this.denominator, random);
  }
}

/** The first 32 bits of a UUID, NaN when there is none. */
function randomOfRequestId(id: string): number {
  return id.length >= 8 && /^[0-9a-fA-F]{8}/.test(id) ? parseInt(id.slice(0, 8), 16) : NaN;
}

class AndFilter implements AccessLogFilter {
  private readonly filters: readonly AccessLogFilter[];

  constructor(filters: readonly AccessLogFilter[]) {
    this.filters = filters;
  }

  shouldLog(info: StreamInfo): boolean {
    for (const filter of this.filters) if (!filter.shouldLog(info)) return false;
    return true;
  }
}

class OrFilter implements AccessLogFilter {
  private readonly filters: readonly AccessLogFilter[];

  constructor(filters: readonly AccessLogFilter[]) {
    this.filters = filters;
  }

  shouldLog(info: StreamInfo): boolean {
    for (const filter of this.filters) if (filter.shouldLog(info)) return true;
    return false;
  }
}

class HeaderFilter implements AccessLogFilter {
  private readonly matcher: HeaderMatcher;

  constructor(matcher: HeaderMatcher) {
    this.matcher = matcher;
  }

  shouldLog(info: StreamInfo): boolean {
    return this.matcher.matches(info.requestHeaders ?? NO_HEADERS);
  }
}

class ResponseFlagFilter implements AccessLogFilter {
  private readonly mask: number;

  constructor(flags: readonly string[]) {
    this.mask = flags.length === 0 ? -1 : flags.reduce((mask, flag) => mask | responseFlagOf(flag), 0);
  }

  shouldLog(info: StreamInfo): boolean {
    return (info.responseFlags & this.mask) !== 0;
  }
}

class GrpcStatusFilter implements AccessLogFilter {
  private readonly statuses: ReadonlySet<number>;
  private readonly exclude: boolean;

  constructor(statuses: readonly number[], exclude: boolean) {
    this.statuses = new Set(statuses);
    this.exclude = exclude;
  }

  shouldLog(info: StreamInfo): boolean {
    let status = grpcStatusOf(info);
    if (status !== status) status = grpcStatusOfHttp(info.responseCode);
    return this.statuses.has(status) !== this.exclude;
  }
}

class MetadataFilter implements AccessLogFilter {
  private readonly namespace: string;
  private readonly path: readonly string[];
  private readonly matches: (value: unknown) => boolean;
  private readonly matchIfNotFound: boolean;
  private readonly invert: boolean;

  constructor(config: AccessLogFilterConfig & { kind: "metadata" }) {
    this.namespace = config.namespace;
    this.path = config.path;
    this.matches = compileValue(config.value);
    this.matchIfNotFound = config.matchIfNotFound;
    this.invert = config.invert;
  }

  shouldLog(info: StreamInfo): boolean {
    let value: unknown = info.dynamicMetadata?.get(this.namespace);
    for (const key of this.path) {
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value) &&
        Object.hasOwn(value, key);
      value = isObject ? (value as Record<string, unknown>)[key] : undefined;
    }
    return value === undefined ? this.matchIfNotFound : this.matches(value) !== this.invert;
  }
}

function compileValue(config: MetadataValueConfig): (value: unknown) => boolean {
  switch (config.kind) {
    case "null":
      return (value) => value === null;
    case "present":
      return () => config.present;
    case "bool":
      return (value) => value === config.value;
    case "exactNumber":
      return (value) => value === config.value;
    case "range":
      return (value) => typeof value === "number" && value >= config.start && value < config.end;
    case "string": {
      const matcher = new StringMatcher(config.match);
      return (value) => typeof value === "string" && matcher.matches(value);
    }
    case "oneOf": {
      const matchers = config.values.map(compileValue);
      return (value) => matchers.some((matches) => matches(value));
    }
    case "list": {
      const matches = compileValue(config.value);
      return (value) => Array.isArray(value) && value.some(matches);
    }
  }
}

class LogTypeFilter implements AccessLogFilter {
  private readonly types: ReadonlySet<string>;
  private readonly exclude: boolean;

  constructor(types: readonly string[], exclude: boolean) {
    this.types = new Set(types);
    this.exclude = exclude;
  }

  shouldLog(info: StreamInfo): boolean {
    return this.types.has(info.accessLogType) !== this.exclude;
  }
}

/** Compiles a filter. Throws Error when a regex in it does not compile. */
export function createAccessLogFilter(config: AccessLogFilterConfig, runtime: FilterRuntime): AccessLogFilter {
  switch (config.kind) {
    case "statusCode":
      return new StatusCodeFilter(new Comparison(config.comparison, runtime));
    case "duration":
      return new DurationFilter(new Comparison(config.comparison, runtime));
    case "notHealthCheck":
      return new NotHealthCheckFilter();
    case "traceable":
      return new TraceableFilter();
    case "runtime":
      return new RuntimeFilter(config, runtime);
    case "and":
      return new AndFilter(config.filters.map((filter) => createAccessLogFilter(filter, runtime)));
    case "or":
      return new OrFilter(config.filters.map((filter) => createAccessLogFilter(filter, runtime)));
    case "header":
      return new HeaderFilter(new HeaderMatcher(config.header));
    case "responseFlag":
      return new ResponseFlagFilter(config.flags);
    case "grpcStatus":
      return new GrpcStatusFilter(config.statuses, config.exclude);
    case "metadata":
      return new MetadataFilter(config);
    case "logType":
      return new LogTypeFilter(config.types, config.exclude);
  }
}
