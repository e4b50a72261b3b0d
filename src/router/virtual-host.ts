// A virtual host in a worker: its compiled routes, their index, its TLS requirement.
import { Header } from "../base/header-names.ts";
import type { HeaderBlock } from "../base/header-block.ts";
import {
  type CompiledRoute,
  compileRoute,
  compileVirtualHostLevel,
  httpsRedirectEntry,
  type TableLevel,
} from "./build-route.ts";
import type { VirtualHostConfig } from "./route-config.ts";
import type { RouteEntry } from "./route-entry.ts";
import { RouteIndex } from "./route-index.ts";
import type { RouteRequest } from "./route-request.ts";

export class VirtualHost {
  readonly name: string;
  readonly domains: readonly string[];
  readonly requireTls: VirtualHostConfig["requireTls"];
  readonly routes: readonly CompiledRoute[];
  readonly hasFilterConfig: boolean;
  private readonly index: RouteIndex;
  private readonly httpsRedirect: RouteEntry | null;

  /** Throws Error when a format or regex is bad. */
  constructor(config: VirtualHostConfig, table: TableLevel) {
    const level = compileVirtualHostLevel(config, table);
    this.name = config.name;
    this.domains = config.domains;
    this.requireTls = config.requireTls;
    this.routes = config.routes.map((route) => compileRoute(route, level));
    this.index = new RouteIndex(this.routes.map((route) => route.matcher));
    this.httpsRedirect = config.requireTls === "none" ? null : httpsRedirectEntry(level);
    this.hasFilterConfig = config.filterConfigs.length > 0 ||
      config.routes.some((route) =>
        route.filterConfigs.length > 0 ||
        (route.action.kind === "cluster" && route.action.cluster.kind === "weighted" &&
          route.action.cluster.clusters.some((cluster) => cluster.filterConfigs.length > 0))
      );
  }

  /** The entry that serves `request`, or null when no route matches. */
  find(request: RouteRequest): RouteEntry | null {
    if (this.httpsRedirect !== null && this.mustUseTls(request.headers)) return this.httpsRedirect;
    const ordinal = this.index.find(request);
    return ordinal < 0 ? null : entryOf(this.routes[ordinal]!, request);
  }

  /** Whether require_tls sends a request with these headers to https. */
  mustUseTls(headers: HeaderBlock): boolean {
    if (this.requireTls === "none" || headers.get(Header.xForwardedProto) === "https") return false;
    return this.requireTls === "all" || headers.get(Header.xEnvoyInternal) !== "true";
  }

  /** Ordinal of the first matching route by the index, or -1 (require_tls aside). */
  ordinalOf(request: RouteRequest): number {
    return this.index.find(request);
  }
}

/** The entry of a matching route for this request: weighted clusters are chosen here. */
export function entryOf(route: CompiledRoute, request: RouteRequest): RouteEntry {
  return route.entries[route.weighted === null ? 0 : route.weighted.pick(request)]!;
}
