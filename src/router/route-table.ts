// A route configuration materialised in a worker: host → virtual host → first matching route (proxy's RouteLookup).
import type { HeaderBlock } from "../base/header-block.ts";
import { Header, type HeaderId, internHeaderName } from "../base/header-names.ts";
import type { StreamInfo } from "../expr/stream-info.ts";
import { toAsciiLowerCase } from "../expr/wire-text.ts";
import { compileTableLevel } from "./build-route.ts";
import { DomainTable } from "./domain-table.ts";
import { portStart } from "./redirect.ts";
import type { RouteConfig } from "./route-config.ts";
import type { RouteEntry } from "./route-entry.ts";
import { RouteRequest } from "./route-request.ts";
import type { RouteRuntime } from "./route-runtime.ts";
import { VirtualHost } from "./virtual-host.ts";

export class RouteTable {
  readonly name: string;
  readonly virtualHosts: readonly VirtualHost[];
  /** Some level carries `typed_per_filter_config`; without it nobody needs to look for overrides. */
  readonly hasFilterConfig: boolean;
  /** Headers to drop from requests that come from outside. */
  readonly internalOnlyHeaders: readonly HeaderId[];
  private readonly domains: DomainTable;
  private readonly ignoresPort: boolean;
  private readonly ignoresPathParameters: boolean;
  private readonly hostHeader: HeaderId;
  private readonly request: RouteRequest = new RouteRequest();

  /** Throws Error when a format or regex is bad (the translator refuses such ones). */
  constructor(config: RouteConfig, runtime: RouteRuntime) {
    const level = compileTableLevel(config, runtime);
    this.name = config.name;
    this.virtualHosts = config.virtualHosts.map((host) => new VirtualHost(host, level));
    this.domains = new DomainTable(config.virtualHosts.map((host) => host.domains));
    this.ignoresPort = config.ignorePortInHostMatching;
    this.ignoresPathParameters = config.ignorePathParameters;
    this.hostHeader = config.hostHeader === "" ? Header.authority : internHeaderName(config.hostHeader);
    this.internalOnlyHeaders = config.internalOnlyHeaders.map(internHeaderName);
    this.hasFilterConfig = config.filterConfigs.length > 0 || this.virtualHosts.some((host) => host.hasFilterConfig);
  }

  /**
   * The route for a request, or null. Weighted clusters are chosen here, by a random value that stays the same for the exchange
   * (`info.routeRandom`), so a second look-up after a header edit does not flip.
   */
  find(headers: HeaderBlock, info: StreamInfo): RouteEntry | null {
    const host = this.findVirtualHost(headers);
    if (host === null) return null;
    return host.find(this.prepare(this.request, headers, info));
  }

  /** Fills `request` as this table's options ask. */
  prepare(request: RouteRequest, headers: HeaderBlock, info: StreamInfo): RouteRequest {
    request.set(headers, info, this.ignoresPathParameters);
    return request;
  }

  findVirtualHost(headers: HeaderBlock): VirtualHost | null {
    if (this.domains.ignoresHost && this.hostHeader === Header.authority) {
      return this.virtualHosts[this.domains.find("")] ?? null;
    }
    const host = this.hostOf(headers);
    return host === null ? null : this.virtualHosts[this.domains.find(host)] ?? null;
  }

  /** The host that domains are compared with: lower case, without port when ports are ignored; null without the header. */
  hostOf(headers: HeaderBlock): string | null {
    const value = headers.get(this.hostHeader);
    if (value === null) return this.hostHeader === Header.authority ? "" : null;
    const host = toAsciiLowerCase(value);
    if (!this.ignoresPort) return host;
    const colon = portStart(host);
    return colon < 0 ? host : host.slice(0, colon);
  }
}
