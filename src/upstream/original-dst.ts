// ORIGINAL_DST: a host for whatever address the client wanted, made on demand and dropped when unused (Envoy: extensions/clusters/original_dst).
import { internHeaderName } from "../base/header-names.ts";
import { Timer } from "../base/timer-wheel.ts";
import { ClusterStat } from "../observe/schemas/cluster.ts";
import type { StatBlock } from "../observe/stats.ts";
import { parseAddressText } from "../net/address.ts";
import { clock } from "../platform/turn.ts";
import { addressText, type EndpointAddress, type OriginalDstConfig } from "./cluster-config.ts";
import { Host } from "./host.ts";
import type { LoadBalancer, LoadBalancerContext } from "./load-balancer.ts";
import { createLocalRecord } from "./shared-counts.ts";
import type { UpstreamServices } from "./upstream-services.ts";

interface Entry {
  readonly host: Host;
  /** Chosen since the last clean-up. */
  isUsed: boolean;
}

export class OriginalDstLoadBalancer implements LoadBalancer {
  private readonly config: OriginalDstConfig;
  private readonly stats: StatBlock;
  private readonly services: UpstreamServices;
  private readonly headerId: number;
  private readonly entries = new Map<string, Entry>();
  private readonly cleanupTimer: Timer;

  constructor(config: OriginalDstConfig, stats: StatBlock, services: UpstreamServices) {
    this.config = config;
    this.stats = stats;
    this.services = services;
    this.headerId = config.httpHeaderName === "" ? 0 : internHeaderName(config.httpHeaderName);
    this.cleanupTimer = new Timer(() => this.cleanUp());
  }

  choose(context: LoadBalancerContext | null): Host | null {
    const address = context === null ? null : this.destinationOf(context);
    if (address === null) return null;
    const key = addressText(address);
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = { host: createHost(key, address), isUsed: true };
      this.entries.set(key, entry);
      this.publishMembership();
      if (!this.cleanupTimer.isArmed) this.armCleanup();
    }
    entry.isUsed = true;
    return entry.host;
  }

  onHostsChanged(): void {}

  /** The cluster is gone. */
  remove(): void {
    this.services.timers.disarm(this.cleanupTimer);
    for (const entry of this.entries.values()) dropHost(entry.host);
    this.entries.clear();
  }

  private destinationOf(context: LoadBalancerContext): EndpointAddress | null {
    let address: EndpointAddress | null = null;
    const text = this.headerId === 0 ? null : context.requestHeaders?.get(this.headerId) ?? null;
    if (text !== null) {
      address = parseAddressText(text);
      if (address === null || address.port === 0 || text.includes("%")) {
        this.stats.inc(ClusterStat.originalDstHostInvalid);
        return null;
      }
    } else if (context.originalDestination !== null && context.originalDestination.port !== 0) {
      address = context.originalDestination;
    }
    if (address === null) return null;
    return { host: address.host, port: this.config.portOverride || address.port };
  }

  private armCleanup(): void {
    this.services.timers.arm(this.cleanupTimer, clock.nowMs, this.config.cleanupIntervalMs);
  }

  /** Drops hosts that nobody chose since the last time and nobody is connected to. */
  private cleanUp(): void {
    for (const [key, entry] of this.entries) {
      if (entry.isUsed || entry.host.activeRequests() > 0) entry.isUsed = false;
      else {
        this.entries.delete(key);
        dropHost(entry.host);
      }
    }
    this.publishMembership();
    if (this.entries.size > 0) this.armCleanup();
  }

  private publishMembership(): void {
    this.stats.set(ClusterStat.membershipTotal, this.entries.size);
    this.stats.set(ClusterStat.membershipHealthy, this.entries.size);
    this.stats.inc(ClusterStat.membershipChange);
  }
}

function createHost(key: string, address: EndpointAddress): Host {
  const spec = {
    key,
    address,
    additionalAddresses: [],
    hostname: "",
    weight: 1,
    health: "healthy" as const,
    priority: 0,
    locality: null,
    metadata: null,
    record: 0,
  };
  return new Host(spec, createLocalRecord());
}

function dropHost(host: Host): void {
  host.isRemoved = true;
  host.drainPools();
}
