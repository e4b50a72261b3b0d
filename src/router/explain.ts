// Explains a routing decision: every virtual host and route in order, and for each that lost the condition that rejected it. Runs the data plane's matchers.
import { HeaderBlock } from "../base/header-block.ts";
import type { StreamInfo } from "../expr/stream-info.ts";
import { domainRank } from "./domain-table.ts";
import type { RouteEntry } from "./route-entry.ts";
import { RouteRequest } from "./route-request.ts";
import type { RouteTable } from "./route-table.ts";
import { entryOf, type VirtualHost } from "./virtual-host.ts";

/** JSON-safe; printed by `lamina explain` and `POST /explain`. */
export interface RouteExplanation {
  readonly routeConfig: string;
  /** The host that domains were compared with; null when the header that should give it is absent. */
  readonly host: string | null;
  readonly virtualHosts: readonly VirtualHostCandidate[];
  /** Routes of the chosen virtual host in order, up to and including the one that matches. */
  readonly routes: readonly RouteCandidate[];
  /** Routes behind the matching one, which nobody asked. */
  readonly routesNotReached: number;
  readonly outcome: RouteOutcome | null;
}

export interface VirtualHostCandidate {
  readonly name: string;
  readonly domains: readonly string[];
  readonly isChosen: boolean;
  /** The condition that chose or rejected it. */
  readonly reason: string;
}

export interface RouteCandidate {
  readonly ordinal: number;
  readonly name: string;
  /** What the route wants. */
  readonly match: string;
  readonly isChosen: boolean;
  /** The first condition that does not hold, or "all conditions hold". */
  readonly reason: string;
}

export interface RouteOutcome {
  readonly virtualHost: string;
  readonly route: string;
  readonly action: RouteEntry["action"];
  /** Cluster for this request; null for redirects and direct responses. */
  readonly cluster: string | null;
  /** How the cluster came about, or what is answered. */
  readonly description: string;
}

/**
 * `headers` are those that routing sees (after path normalisation); they are not changed. Set `info.routeRandom` to explain a certain
 * random choice. Throws Error when index and list disagree, which would be a bug.
 */
export function explainRoute(table: RouteTable, headersAsGiven: HeaderBlock, info: StreamInfo): RouteExplanation {
  const headers = withInternedNames(headersAsGiven);
  const host = table.hostOf(headers);
  const chosen = table.findVirtualHost(headers);
  const base = { routeConfig: table.name, host, virtualHosts: explainHosts(table, chosen, host) };
  if (chosen === null) return { ...base, routes: [], routesNotReached: 0, outcome: null };
  const entry = table.find(headers, info);
  if (chosen.mustUseTls(headers)) {
    const description = `require_tls sends it to ${entry!.redirectLocation(headers)} (${entry!.redirectStatus})`;
    const outcome = { virtualHost: chosen.name, route: "", action: entry!.action, cluster: null, description };
    return { ...base, routes: [], routesNotReached: chosen.routes.length, outcome };
  }
  const request = table.prepare(new RouteRequest(), headers, info);
  const routes = explainRoutes(chosen, request);
  const ordinal = routes.length > 0 && routes[routes.length - 1]!.isChosen ? routes.length - 1 : -1;
  if (ordinal !== chosen.ordinalOf(request)) {
    throw new Error(
      `bug: the route index of virtual host ${chosen.name} disagrees with its list for path ${request.path}`,
    );
  }
  const outcome = ordinal < 0 ? null : outcomeOf(chosen, ordinal, request, headers);
  return { ...base, routes, routesNotReached: chosen.routes.length - routes.length, outcome };
}

/** A copy whose names have the ids of today: the block may have been filled before the table interned the names that it matches. */
function withInternedNames(headers: HeaderBlock): HeaderBlock {
  const copy = new HeaderBlock();
  for (let i = 0; i < headers.count; i++) {
    if (headers.isLive(i)) copy.appendNamed(headers.nameAt(i), headers.valueAt(i));
  }
  return copy;
}

function explainHosts(table: RouteTable, chosen: VirtualHost | null, host: string | null): VirtualHostCandidate[] {
  const best = chosen === null || host === null ? null : closestDomain(chosen, host);
  return table.virtualHosts.map((candidate) => {
    const { name, domains } = candidate;
    if (candidate === chosen) {
      return { name, domains, isChosen: true, reason: `domain ${best ?? "*"} stands for host ${quote(host ?? "")}` };
    }
    if (host === null) {
      return { name, domains, isChosen: false, reason: "the header that chooses the virtual host is absent" };
    }
    const own = closestDomain(candidate, host);
    const reason = own === null
      ? `host ${quote(host)} is none of its domains`
      : `domain ${own} stands for host ${quote(host)} too, but ${best} of virtual host ${chosen!.name} is closer`;
    return { name, domains, isChosen: false, reason };
  });
}

/** The domain that stands for `host` most closely (exact, suffix, prefix, `*`; longer first), or null. */
function closestDomain(host: VirtualHost, name: string): string | null {
  let best: string | null = null, bestRank = -1;
  for (const domain of host.domains) {
    const rank = domainRank(domain, name);
    if (rank < 0 || rank < bestRank) continue;
    if (rank === bestRank && best !== null && domain.length <= best.length) continue;
    best = domain;
    bestRank = rank;
  }
  return best;
}

function explainRoutes(host: VirtualHost, request: RouteRequest): RouteCandidate[] {
  const candidates: RouteCandidate[] = [];
  for (let ordinal = 0; ordinal < host.routes.length; ordinal++) {
    const { matcher, entries } = host.routes[ordinal]!;
    const isChosen = matcher.matches(request);
    const reason = isChosen ? "all conditions hold" : matcher.describeMiss(request)!;
    candidates.push({ ordinal, name: entries[0]!.name, match: matcher.describe(), isChosen, reason });
    if (isChosen) break;
  }
  return candidates;
}

function outcomeOf(host: VirtualHost, ordinal: number, request: RouteRequest, headers: HeaderBlock): RouteOutcome {
  const route = host.routes[ordinal]!;
  const entry = entryOf(route, request);
  const base = { virtualHost: host.name, route: entry.name, action: entry.action };
  if (entry.action === "redirect") {
    return {
      ...base,
      cluster: null,
      description: `answers ${entry.redirectStatus} with location ${entry.redirectLocation(headers)}`,
    };
  }
  if (entry.action === "directResponse") {
    return { ...base, cluster: null, description: `answers ${entry.directStatus} itself` };
  }
  const cluster = entry.clusterName(headers);
  const description = route.weighted === null
    ? `sends it to cluster ${entry.describeCluster()}`
    : `weighted cluster ${
      route.weighted.pick(request) + 1
    } of ${route.entries.length}, ${entry.describeCluster()}, by value ${request.random}`;
  return { ...base, cluster, description };
}

function quote(text: string): string {
  return JSON.stringify(text);
}
