// The hosts of one priority, sorted by health (Envoy: HostSet).
import type { Host } from "./host.ts";

export class HostSet {
  readonly priority: number;
  hosts: Host[] = [];
  healthyHosts: Host[] = [];
  degradedHosts: Host[] = [];

  constructor(priority: number) {
    this.priority = priority;
  }

  /** Replaces the members. */
  setHosts(hosts: Host[]): void {
    this.hosts = hosts;
    this.sortByHealth();
  }

  /** To be called after the health of a member changed. */
  sortByHealth(): void {
    this.healthyHosts = this.hosts.filter((host) => host.isHealthy());
    this.degradedHosts = this.hosts.filter((host) => host.isDegraded());
  }
}
