// THE list of extensions, worker-side halves: what a data-plane worker can materialise, by category. config-index.ts lists the control-side halves.
import type { ListenerFilterExtension } from "../net/listener-filter.ts";
import type { NetworkFilterExtension } from "../net/network-filter.ts";
import type { TransportSocketExtension } from "../net/transport-socket.ts";
import type { AccessLoggerFactory } from "../observe/access-log.ts";
import type { HttpFilterExtension } from "../proxy/http-filter.ts";
import type { WorkerContext } from "../proxy/worker-context.ts";
import type { LoadBalancerExtension } from "../upstream/load-balancer.ts";
import { fileAccessLog } from "./access_loggers/file/index.ts";
import { stderrAccessLog, stdoutAccessLog } from "./access_loggers/stream/index.ts";
import { router } from "./filters/http/router/index.ts";
import { httpConnectionManager } from "./filters/network/http_connection_manager/index.ts";
import { clusterProvided } from "./load_balancing_policies/cluster_provided/index.ts";
import { leastRequest } from "./load_balancing_policies/least_request/index.ts";
import { random } from "./load_balancing_policies/random/index.ts";
import { roundRobin } from "./load_balancing_policies/round_robin/index.ts";

/** An extension of any configuration type: the translator of the same name made what it gets. */
// deno-lint-ignore no-explicit-any
type Anything = any;

const httpFilters: readonly HttpFilterExtension<Anything, Anything>[] = [router];

const networkFilters: readonly NetworkFilterExtension<WorkerContext, Anything>[] = [httpConnectionManager];

const listenerFilters: readonly ListenerFilterExtension<WorkerContext, Anything>[] = [];

const transportSockets: readonly TransportSocketExtension<WorkerContext, Anything>[] = [];

const accessLoggers: readonly AccessLoggerFactory[] = [fileAccessLog, stdoutAccessLog, stderrAccessLog];

const loadBalancers: readonly LoadBalancerExtension<Anything>[] = [roundRobin, leastRequest, random, clusterProvided];

/** The factories by canonical name. */
export interface ExtensionFactories {
  readonly httpFilters: ReadonlyMap<string, HttpFilterExtension<Anything, Anything>>;
  readonly networkFilters: ReadonlyMap<string, NetworkFilterExtension<WorkerContext, Anything>>;
  readonly listenerFilters: ReadonlyMap<string, ListenerFilterExtension<WorkerContext, Anything>>;
  readonly transportSockets: ReadonlyMap<string, TransportSocketExtension<WorkerContext, Anything>>;
  readonly accessLoggers: ReadonlyMap<string, AccessLoggerFactory>;
  readonly loadBalancers: ReadonlyMap<string, LoadBalancerExtension<Anything>>;
}

function byName<T extends { readonly name: string }>(list: readonly T[]): ReadonlyMap<string, T> {
  return new Map(list.map((extension) => [extension.name, extension]));
}

export function extensionFactories(): ExtensionFactories {
  return {
    httpFilters: byName(httpFilters),
    networkFilters: byName(networkFilters),
    listenerFilters: byName(listenerFilters),
    transportSockets: byName(transportSockets),
    accessLoggers: byName(accessLoggers),
    loadBalancers: byName(loadBalancers),
  };
}
