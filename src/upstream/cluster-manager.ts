// A worker's clusters: configuration texts until first use, then Cluster objects (Envoy: ThreadLocalClusterManager).
import { Cluster } from "./cluster.ts";
import { type ClusterMessage, decodeHosts } from "./cluster-message.ts";
import { decodeClusterConfig } from "./cluster-json.ts";
import { SharedCounts } from "./shared-counts.ts";
import type { UpstreamServices } from "./upstream-services.ts";

/** A cluster nobody has used yet: two texts, a number. */
interface UnusedCluster {
  readonly config: string;
  readonly breakerRecord: number;
  hosts: string;
}

export class ClusterManager {
  private readonly services: UpstreamServices;
  private readonly counts: SharedCounts;
  private readonly unused = new Map<string, UnusedCluster>();
  private readonly clusters = new Map<string, Cluster>();

  constructor(services: UpstreamServices) {
    this.services = services;
    this.counts = new SharedCounts(services.workerCount, services.workerIndex);
  }

  /** The cluster called `name`, or null. The object stays the same until the cluster is changed (`isRemoved` then turns true). */
  get(name: string): Cluster | null {
    const cluster = this.clusters.get(name);
    if (cluster !== undefined) return cluster;
    const unused = this.unused.get(name);
    return unused === undefined ? null : this.materialise(name, unused);
  }

  has(name: string): boolean {
    return this.clusters.has(name) || this.unused.has(name);
  }

  get size(): number {
    return this.clusters.size + this.unused.size;
  }

  /** Applies one message of the control thread. */
  apply(message: ClusterMessage): void {
    switch (message.kind) {
      case "countPage":
        this.counts.addPage(message.page);
        return;
      case "upsertCluster":
        return this.upsert(message);
      case "updateHosts":
        return this.updateHosts(message.name, message.hosts);
      case "removeCluster":
        this.unused.delete(message.name);
        this.clusters.get(message.name)?.remove();
        this.clusters.delete(message.name);
        return;
    }
  }

  private upsert(message: ClusterMessage & { kind: "upsertCluster" }): void {
    const { name, config, breakerRecord, hosts } = message;
    const unused: UnusedCluster = { config, breakerRecord, hosts };
    const old = this.clusters.get(name);
    if (old === undefined) {
      this.unused.set(name, unused);
      return;
    }
    // The new one takes over the stats before the old one lets go of them, so that counters go on.
    this.clusters.delete(name);
    this.materialise(name, unused);
    old.remove();
  }

  private updateHosts(name: string, hosts: string): void {
    const cluster = this.clusters.get(name);
    if (cluster !== undefined) return cluster.updateHosts(decodeHosts(hosts));
    const unused = this.unused.get(name);
    if (unused !== undefined) unused.hosts = hosts;
  }

  private materialise(name: string, unused: UnusedCluster): Cluster {
    const cluster = new Cluster(
      decodeClusterConfig(unused.config),
      decodeHosts(unused.hosts),
      this.counts.record(unused.breakerRecord),
      this.counts,
      this.services,
    );
    this.unused.delete(name);
    this.clusters.set(name, cluster);
    return cluster;
  }
}
