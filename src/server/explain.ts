// Explains one request: listener → filter chain → virtual host → route → cluster → host, and for every candidate that lost the condition that rejected it.
import { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";
import { StreamInfo } from "../expr/stream-info.ts";
import { ipAddress, parseIpAddress } from "../net/address.ts";
import { explainFilterChains, type FilterChainVerdict } from "../net/explain-filter-chains.ts";
import type { ListenerConfig } from "../net/listener-config.ts";
import type { ConnectionManagerConfig } from "../proxy/connection-manager-config.ts";
import type { RuntimeSnapshot } from "../proxy/worker-context.ts";
import { explainRoute, type RouteExplanation } from "../router/explain.ts";
import { PathNormalizer, PathVerdict } from "../router/path-normalization.ts";
import { RouteTable } from "../router/route-table.ts";
import type { Cluster } from "../upstream/cluster.ts";
import type { ExplainRequest } from "./messages.ts";

const HCM = "envoy.filters.network.http_connection_manager";

export interface ListenerVerdict {
  listener: string;
  isChosen: boolean;
  reason: string;
}

/** JSON-safe answer; a part is null when the way ended before it, `ending` then says why. */
export interface Explanation {
  listeners: ListenerVerdict[];
  filterChains: FilterChainVerdict[] | null;
  route: RouteExplanation | null;
  cluster: { name: string; exists: boolean; hosts: { address: string; health: string }[] } | null;
  /** Host that the balancer would take now. */
  host: string | null;
  ending: string;
}

/** Where the clusters come from: a worker's live ones, or those of a configuration that only is looked at. */
export interface ExplainClusters {
  get(name: string): Cluster | null;
}

/** `listeners` in configuration order. Throws Error for a URL that cannot be parsed. */
export function explainRequest(
  request: ExplainRequest,
  listeners: readonly ListenerConfig[],
  clusters: ExplainClusters,
  runtime: RuntimeSnapshot,
): Explanation {
  const url = new URL(request.url);
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  const verdicts = listeners.map((listener) => listenerVerdict(listener, request.listener, port));
  const result: Explanation = {
    listeners: verdicts,
    filterChains: null,
    route: null,
    cluster: null,
    host: null,
    ending: "",
  };
  const index = verdicts.findIndex((verdict) => verdict.isChosen);
  if (index < 0) return { ...result, ending: `no listener takes connections on port ${port}` };
  const listener = listeners[index]!;
  const local = listener.addresses.find((address) => address.kind === "ip");
  const target = parseIpAddress(url.hostname.replace(/^\[|\]$/g, ""), port);
  const peer = ipAddress("127.0.0.1", 40_000);
  result.filterChains = explainFilterChains(listener, {
    localAddress: target ?? (local === undefined ? ipAddress("127.0.0.1", port) : ipAddress(local.host, port)),
    remoteAddress: peer,
    directRemoteAddress: peer,
    requestedServerName: "",
    transportProtocol: "raw_buffer",
    applicationProtocols: [],
  });
  const chosen = result.filterChains.findIndex((verdict) => verdict.isChosen);
  const chain = chosen < 0 ? null : listener.filterChains[chosen] ?? listener.defaultFilterChain;
  if (chain === null) return { ...result, ending: "no filter chain matches: the connection is closed" };
  const terminal = chain.networkFilters.at(-1);
  if (terminal === undefined) return { ...result, ending: "the filter chain is empty: the connection is closed" };
  if (terminal.factory !== HCM) {
    return { ...result, ending: `${terminal.factory} takes the connection; there is no HTTP routing` };
  }
  return explainHttp(result, terminal.config as ConnectionManagerConfig, request, url, clusters, runtime);
}

function explainHttp(
  result: Explanation,
  config: ConnectionManagerConfig,
  request: ExplainRequest,
  url: URL,
  clusters: ExplainClusters,
  runtime: RuntimeSnapshot,
): Explanation {
  const headers = new HeaderBlock();
  headers.append(Header.method, request.method);
  headers.append(Header.path, url.pathname + url.search);
  headers.append(Header.authority, url.host);
  headers.append(Header.scheme, "http");
  for (const [name, value] of request.headers) {
    if (name.toLowerCase() === "host") headers.set(Header.authority, value);
    else headers.appendNamed(name.toLowerCase(), value);
  }
  const normalizer = new PathNormalizer(config);
  const verdict = normalizer.normalize(headers.get(Header.path)!);
  if (verdict === PathVerdict.reject) return { ...result, ending: "path normalisation refuses the path: 400" };
  if (verdict === PathVerdict.redirect) {
    return { ...result, ending: `escaped slashes are redirected to ${normalizer.path}: 307` };
  }
  if (verdict === PathVerdict.changed) headers.set(Header.path, normalizer.path);
  const info = new StreamInfo();
  info.requestHeaders = headers;
  result.route = explainRoute(new RouteTable(config.routeConfig, runtime), headers, info);
  const outcome = result.route.outcome;
  if (outcome === null) return { ...result, ending: "no route matches: 404 NR" };
  if (outcome.cluster === null) return { ...result, ending: outcome.description };
  const cluster = clusters.get(outcome.cluster);
  const hosts = cluster === null ? [] : cluster.hostSets.flatMap((set) => set.hosts);
  result.cluster = {
    name: outcome.cluster,
    exists: cluster !== null,
    hosts: hosts.map((host) => ({ address: host.addressText, health: host.isHealthy() ? "healthy" : host.health })),
  };
  if (cluster === null) return { ...result, ending: `there is no cluster ${outcome.cluster}: 503 NC` };
  result.host = cluster.chooseHost(null)?.addressText ?? null;
  return {
    ...result,
    ending: result.host === null ? "the cluster has no usable host: 503 UH" : `goes to ${result.host}`,
  };
}

function listenerVerdict(listener: ListenerConfig, wantedName: string, port: number): ListenerVerdict {
  const texts = listener.addresses.map((address) =>
    address.kind === "pipe" ? address.host : `${address.host}:${address.port}`
  ).join(", ");
  if (wantedName !== "") {
    const isChosen = listener.name === wantedName;
    return {
      listener: listener.name,
      isChosen,
      reason: isChosen ? "named in the question" : `another listener, ${wantedName}, was asked for`,
    };
  }
  const isChosen = listener.bindToPort &&
    listener.addresses.some((address) => address.kind === "ip" && address.port === port);
  const reason = isChosen
    ? `listens on ${texts}`
    : listener.bindToPort
    ? `listens on ${texts}, not on port ${port}`
    : "does not bind its port";
  return { listener: listener.name, isChosen, reason };
}
