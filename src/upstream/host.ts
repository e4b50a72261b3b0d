// One upstream host at run time: address, weight, health, counts and the connection pools that lead to it (Envoy: Upstream::Host).
import {
  addressText,
  type EndpointAddress,
  type HostSpec,
  type LocalityConfig,
  type MetadataConfig,
} from "./cluster-config.ts";
import { type CountRecord, HostCount, HostTotal } from "./shared-counts.ts";

/** What a host needs of a pool that leads to it. Pools put themselves into `Host.pools`. */
export interface HostPool {
  /** The host left the cluster (or the pool's settings changed): idle connections close now, busy ones after their exchange; no new stream comes. */
  drain(): void;
  /** Closes every connection now (`close_connections_on_host_health_failure`). */
  closeConnections(): void;
}

/** Index into `Host.pools`: kind + priority (0 default, 1 high). */
export const PoolSlot = { http1: 0, http2: 2, tcp: 4 } as const;
const POOL_SLOTS = 6;

/** Bits of `Host.healthFlags`; 0 = healthy. */
export const HealthFlag = {
  failedActive: 1,
  ejected: 2,
  edsUnhealthy: 4,
  degradedActive: 8,
  edsDegraded: 16,
  /** Removed from discovery, still answering health checks. */
  pendingRemoval: 32,
} as const;
const UNHEALTHY_FLAGS = HealthFlag.failedActive | HealthFlag.ejected | HealthFlag.edsUnhealthy;
const DEGRADED_FLAGS = HealthFlag.degradedActive | HealthFlag.edsDegraded;

export class Host {
  readonly key: string;
  readonly record: CountRecord;
  readonly pools: (HostPool | null)[] = new Array<HostPool | null>(POOL_SLOTS).fill(null);
  address: EndpointAddress;
  /** Envoy's text form of the address. */
  addressText: string;
  additionalAddresses: EndpointAddress[];
  hostname: string;
  weight: number;
  priority: number;
  locality: LocalityConfig | null;
  metadata: MetadataConfig | null;
  healthFlags = 0;
  /** No longer in its cluster; streams under way go on. */
  isRemoved = false;
  private edsStatus: HostSpec["health"];

  constructor(spec: HostSpec, record: CountRecord) {
    this.key = spec.key;
    this.record = record;
    this.address = spec.address;
    this.addressText = addressText(spec.address);
    this.additionalAddresses = spec.additionalAddresses;
    this.hostname = spec.hostname;
    this.weight = spec.weight;
    this.priority = spec.priority;
    this.locality = spec.locality;
    this.metadata = spec.metadata;
    this.edsStatus = "unknown";
    this.setEdsStatus(spec.health);
  }

  /** Takes over what discovery says now. */
  update(spec: HostSpec): void {
    if (spec.address.host !== this.address.host || spec.address.port !== this.address.port) {
      this.address = spec.address;
      this.addressText = addressText(spec.address);
    }
    this.additionalAddresses = spec.additionalAddresses;
    this.hostname = spec.hostname;
    this.weight = spec.weight;
    this.priority = spec.priority;
    this.locality = spec.locality;
    this.metadata = spec.metadata;
    this.setEdsStatus(spec.health);
  }

  private setEdsStatus(status: HostSpec["health"]): void {
    this.edsStatus = status;
    let flags = this.healthFlags & ~(HealthFlag.edsUnhealthy | HealthFlag.edsDegraded);
    if (status === "degraded") flags |= HealthFlag.edsDegraded;
    else if (status !== "unknown" && status !== "healthy") flags |= HealthFlag.edsUnhealthy;
    this.healthFlags = flags;
  }

  get health(): HostSpec["health"] {
    return this.edsStatus;
  }

  isHealthy(): boolean {
    return this.healthFlags === 0;
  }

  isDegraded(): boolean {
    return (this.healthFlags & UNHEALTHY_FLAGS) === 0 && (this.healthFlags & DEGRADED_FLAGS) !== 0;
  }

  /** Requests (or TCP connections) under way to this host, over all workers. */
  activeRequests(): number {
    return this.record.sum(HostCount.activeRequests);
  }

  activeConnections(): number {
    return this.record.sum(HostCount.activeConnections);
  }

  onRequestStart(): void {
    this.record.inc(HostCount.activeRequests);
    this.record.incTotal(HostTotal.requests);
  }

  onRequestEnd(): void {
    this.record.dec(HostCount.activeRequests);
  }

  onConnectionStart(): void {
    this.record.inc(HostCount.activeConnections);
    this.record.incTotal(HostTotal.connections);
  }

  onConnectionEnd(): void {
    this.record.dec(HostCount.activeConnections);
  }

  /** Drains the pools: the host is gone. */
  drainPools(): void {
    for (const pool of this.pools) pool?.drain();
  }

  closePoolConnections(): void {
    for (const pool of this.pools) pool?.closeConnections();
  }
}
