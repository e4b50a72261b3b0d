// One upstream cluster in a worker: hosts by priority, balancer, breakers, stats (Envoy: ThreadLocalCluster + ClusterInfo).
import { ClusterStat, clusterStatSchema } from "../observe/schemas/cluster.ts";
import { ResponseCodeStats } from "../observe/response-code-stats.ts";
import type { StatBlock } from "../observe/stats.ts";
import { Breaker } from "./breaker.ts";
import type { ClusterConfig, HostSpec } from "./cluster-config.ts";
import { Host } from "./host.ts";
import { HostSet } from "./host-set.ts";
import type { LoadBalancedHosts, LoadBalancer, LoadBalancerContext } from "./load-balancer.ts";
import { OriginalDstLoadBalancer } from "./original-dst.ts";
import type { CountRecord, SharedCounts } from "./shared-counts.ts";
import type { UpstreamServices } from "./upstream-services.ts";

export class Cluster implements LoadBalancedHosts {
  readonly name: string;
  readonly config: ClusterConfig;
  /** Schema `clusterStatSchema`, prefix `cluster.<statName>.`. */
  readonly stats: StatBlock;
  /** By BreakerPriority. */
  readonly breakers: readonly [Breaker, Breaker];
  /** Answers by status code; those that were retried count apart. */
  readonly responses: ResponseCodeStats;
  readonly retriedResponses: ResponseCodeStats;
  readonly services: UpstreamServices;
  hostSets: HostSet[] = [new HostSet(0)];
  /** Replaced or removed: nothing new may start here. */
  isRemoved = false;
  private readonly loadBalancer: LoadBalancer;
  private readonly counts: SharedCounts;
  private hostsByKey = new Map<string, Host>();

  constructor(
    config: ClusterConfig,
    hosts: readonly HostSpec[],
    breakerRecord: CountRecord,
    counts: SharedCounts,
    services: UpstreamServices,
  ) {
    this.name = config.name;
    this.config = config;
    this.counts = counts;
    this.services = services;
    this.stats = services.stats.block(`cluster.${config.statName}.`, clusterStatSchema);
    this.responses = new ResponseCodeStats(services.stats, `cluster.${config.statName}.`);
    this.retriedResponses = new ResponseCodeStats(services.stats, `cluster.${config.statName}.retry.`);
    this.breakers = [
      new Breaker(config.breakers.default, breakerRecord, 0),
      new Breaker(config.breakers.high, breakerRecord, 1),
    ];
    this.setMembers(hosts);
    const policy = services.loadBalancers.get(config.loadBalancer.factory);
    if (policy === undefined) throw new Error(`cluster ${config.name}: no factory ${config.loadBalancer.factory}`);
    this.loadBalancer = policy.materialise(config.loadBalancer.config, this, services.random);
  }

  createProvidedLoadBalancer(): LoadBalancer | null {
    const discovery = this.config.discovery;
    return discovery.kind === "originalDst"
      ? new OriginalDstLoadBalancer(discovery.originalDst, this.stats, this.services)
      : null;
  }

  /** The host for the next request or connection; null (counted as `upstream_cx_none_healthy`) when there is none. */
  chooseHost(context: LoadBalancerContext | null): Host | null {
    const host = this.loadBalancer.choose(context);
    if (host === null) this.stats.inc(ClusterStat.upstreamCxNoneHealthy);
    return host;
  }

  breaker(priority: number): Breaker {
    return priority === 0 ? this.breakers[0] : this.breakers[1];
  }

  /** Applies a whole new list of hosts; a host whose key stays is kept, the pools of one that goes drain. */
  updateHosts(specs: readonly HostSpec[]): void {
    const before = this.hostsByKey;
    const isChanged = this.setMembers(specs);
    for (const [key, host] of before) {
      if (this.hostsByKey.get(key) === host) continue;
      host.isRemoved = true;
      host.drainPools();
    }
    if (isChanged && this.config.closeConnectionsOnHostSetChange) {
      for (const host of this.hostsByKey.values()) host.drainPools();
    }
    this.loadBalancer.onHostsChanged();
  }

  /** To be called when the health flags of a host changed. */
  onHealthChanged(host: Host): void {
    this.hostSets[host.priority]?.sortByHealth();
    if (this.config.closeConnectionsOnHealthFailure && !host.isHealthy()) host.closePoolConnections();
    this.loadBalancer.onHostsChanged();
  }

  /** The cluster was removed or replaced: pools drain; streams under way go on. */
  remove(): void {
    this.isRemoved = true;
    for (const set of this.hostSets) {
      for (const host of set.hosts) {
        host.isRemoved = true;
        host.drainPools();
      }
    }
    if (this.loadBalancer instanceof OriginalDstLoadBalancer) this.loadBalancer.remove();
    this.stats.release();
    this.responses.release();
    this.retriedResponses.release();
  }

  /** Returns whether hosts came or went. */
  private setMembers(specs: readonly HostSpec[]): boolean {
    const before = this.hostsByKey;
    const members = new Map<string, Host>();
    const byPriority: Host[][] = [[]];
    let isChanged = false;
    for (const spec of specs) {
      if (members.has(spec.key)) continue;
      let host = before.get(spec.key);
      if (host === undefined) {
        host = new Host(spec, this.counts.record(spec.record));
        isChanged = true;
      } else host.update(spec);
      members.set(spec.key, host);
      while (byPriority.length <= spec.priority) byPriority.push([]);
      byPriority[spec.priority]!.push(host);
    }
    if (members.size !== before.size) isChanged = true;
    this.hostsByKey = members;
    this.hostSets = byPriority.map((hosts, priority) => {
      const set = new HostSet(priority);
      set.setHosts(hosts);
      return set;
    });
    return isChanged;
  }
}
