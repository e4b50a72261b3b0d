// Circuit breaker of one cluster and priority; its counts are process-wide (Envoy: ResourceManager).
import type { BreakerLimits } from "./cluster-config.ts";
import { BREAKER_COUNTS, type BreakerCount, type CountRecord } from "./shared-counts.ts";

/** Resource numbers of `tryAcquire`: the cells of BreakerCount. */
export type BreakerResource = typeof BreakerCount[keyof typeof BreakerCount];

/** 0 default, 1 high: `Cluster.breakers[priority]`. */
export const BreakerPriority = { default: 0, high: 1 } as const;

export class Breaker {
  readonly limits: BreakerLimits;
  private readonly record: CountRecord;
  private readonly base: number;
  /** Limits by resource number; retries may have a budget instead. */
  private readonly max: Float64Array;

  constructor(limits: BreakerLimits, record: CountRecord, priority: number) {
    this.limits = limits;
    this.record = record;
    this.base = priority * BREAKER_COUNTS;
    this.max = Float64Array.of(
      limits.maxConnections,
      limits.maxPendingRequests,
      limits.maxRequests,
      limits.maxRetries,
      limits.maxConnectionPools,
    );
  }

  /** Takes one if the limit allows it. Every success needs one `release`. */
  tryAcquire(resource: BreakerResource): boolean {
    if (!this.canAcquire(resource)) return false;
    this.record.inc(this.base + resource);
    return true;
  }

  /** Takes one whatever the limit says (Envoy gives a pool without any connection its first one). */
  acquire(resource: BreakerResource): void {
    this.record.inc(this.base + resource);
  }

  release(resource: BreakerResource): void {
    this.record.dec(this.base + resource);
  }

  canAcquire(resource: BreakerResource): boolean {
    return this.record.sum(this.base + resource) < this.limit(resource);
  }

  count(resource: BreakerResource): number {
    return this.record.sum(this.base + resource);
  }

  limit(resource: BreakerResource): number {
    const budget = this.limits.retryBudget;
    if (resource !== 3 || budget === null) return this.max[resource]!;
    const active = this.record.sum(this.base + 2) + this.record.sum(this.base + 1);
    return Math.max(budget.minRetryConcurrency, Math.floor((active * budget.budgetPercent) / 100));
  }
}
