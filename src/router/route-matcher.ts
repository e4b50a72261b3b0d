// All conditions of one route, compiled: path, headers, query parameters, gRPC, runtime fraction. Routing and `explain` run the same objects.
import { Header } from "../base/header-names.ts";
import { HeaderMatcher } from "../expr/header-matcher.ts";
import { PathMatcher } from "./path-matcher.ts";
import { QueryMatcher } from "./query-matcher.ts";
import type { RouteMatchConfig } from "./route-config.ts";
import type { RouteRequest } from "./route-request.ts";
import { type FractionConfig, isInFraction, type RouteRuntime } from "./route-runtime.ts";

const GRPC = "application/grpc";

export class RouteMatcher {
  readonly path: PathMatcher;
  private readonly headers: readonly HeaderMatcher[];
  private readonly query: readonly QueryMatcher[];
  private readonly fraction: FractionConfig | null;
  private readonly grpcOnly: boolean;
  private readonly runtime: RouteRuntime;

  /** Throws Error when a regex does not compile. */
  constructor(config: RouteMatchConfig, runtime: RouteRuntime) {
    this.path = new PathMatcher(config.path);
    this.headers = config.headers.map((header) => new HeaderMatcher(header));
    this.query = config.queryParameters.map((parameter) => new QueryMatcher(parameter));
    this.fraction = config.fraction;
    this.grpcOnly = config.grpcOnly;
    this.runtime = runtime;
  }

  matches(request: RouteRequest): boolean {
    return this.path.matches(request) && this.matchesBesidesPath(request);
  }

  /** All conditions but the path, for a caller that knows the path to match. */
  matchesBesidesPath(request: RouteRequest): boolean {
    if (this.fraction !== null && !isInFraction(this.fraction, this.runtime, request.random)) return false;
    if (this.grpcOnly && !isGrpc(request)) return false;
    const headers = this.headers;
    for (let i = 0; i < headers.length; i++) if (!headers[i]!.matches(request.headers)) return false;
    const query = this.query;
    for (let i = 0; i < query.length; i++) if (!query[i]!.matches(request.query)) return false;
    return true;
  }

  /** What it wants, all conditions joined by "and". */
  describe(): string {
    const parts = [this.path.describe()];
    if (this.fraction !== null) parts.push(describeFraction(this.fraction));
    if (this.grpcOnly) parts.push("a gRPC request");
    for (const header of this.headers) parts.push(`header ${header.name} ${header.describe()}`);
    for (const parameter of this.query) parts.push(`query parameter ${parameter.name} ${parameter.describe()}`);
    return parts.join(" and ");
  }

  /** The condition that rejects `request`, in the order in which `matches` asks; null when all hold. */
  describeMiss(request: RouteRequest): string | null {
    if (!this.path.matches(request)) return this.path.describeMiss(request);
    if (this.fraction !== null && !isInFraction(this.fraction, this.runtime, request.random)) {
      return `the random value ${request.random} of this request is not among ${describeFraction(this.fraction)}`;
    }
    if (this.grpcOnly && !isGrpc(request)) return "the content-type is not application/grpc, wanted a gRPC request";
    for (const header of this.headers) {
      if (!header.matches(request.headers)) return header.describeMiss(request.headers);
    }
    for (const parameter of this.query) {
      if (!parameter.matches(request.query)) return parameter.describeMiss(request.query);
    }
    return null;
  }
}

function isGrpc(request: RouteRequest): boolean {
  const type = request.headers.get(Header.contentType);
  if (type === null || !type.startsWith(GRPC)) return false;
  return type.length === GRPC.length || type.charCodeAt(GRPC.length) === 0x2b;
}

function describeFraction(fraction: FractionConfig): string {
  const key = fraction.runtimeKey === "" ? "" : ` (or as runtime key ${fraction.runtimeKey} says)`;
  return `${fraction.numerator} of ${fraction.denominator} requests${key}`;
}
