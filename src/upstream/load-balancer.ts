// The load balancer contract: which host gets the next request or connection.
import type { HeaderBlock } from "../base/header-block.ts";
import type { SocketAddress } from "../expr/stream-info.ts";
import type { StatBlock } from "../observe/stats.ts";
import type { ClusterConfig } from "./cluster-config.ts";
import type { Host } from "./host.ts";
import type { HostSet } from "./host-set.ts";

/** What a choice may depend on. One object per request; a plain choice passes null. */
export interface LoadBalancerContext {
  /** How often a choice that `shouldSelectAnotherHost` refuses is repeated (0 = the predicates are not asked). */
  readonly hostSelectionAttempts: number;
  shouldSelectAnotherHost(host: Host): boolean;
  readonly requestHeaders: HeaderBlock | null;
  /** Where the client wanted to go, when its connection was redirected here; else null (original_dst). */
  readonly originalDestination: SocketAddress | null;
}

export interface LoadBalancer {
  /** Null when no host may be used. */
  choose(context: LoadBalancerContext | null): Host | null;
  /** Members, weights or health changed. */
  onHostsChanged(): void;
}

/** What a load balancer sees of its cluster. */
export interface LoadBalancedHosts {
  readonly config: ClusterConfig;
  /** By priority. */
  readonly hostSets: readonly HostSet[];
  /** Schema `clusterStatSchema`. */
  readonly stats: StatBlock;
  /** The balancer that comes with the cluster's type (CLUSTER_PROVIDED), or null when the type has none. */
  createProvidedLoadBalancer(): LoadBalancer | null;
}

/** Worker-side half of a load balancing policy extension. */
export interface LoadBalancerExtension<C = unknown> {
  readonly name: string;
  /** `random` gives unsigned 32-bit numbers. */
  materialise(config: C, hosts: LoadBalancedHosts, random: () => number): LoadBalancer;
}
