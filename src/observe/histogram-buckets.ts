// Log-linear histogram buckets: two significant decimal digits (the precision of Envoy's histograms), bounded memory, quantiles by interpolation.

/** Buckets 0..99 hold one integer each; every further decade has 90 buckets of two significant digits. */
export const FIRST_CHUNK_SLOTS = 100;
export const DECADE_CHUNK_SLOTS = 90;
/** Chunk 0 covers 0..99, chunk d covers 10^(d+1) up to 10^(d+2); the last one ends at 10^16 (beyond 2^53). */
export const MAX_CHUNKS = 15;

/** Slots of chunk `chunk`. */
export function chunkSlots(chunk: number): number {
  return chunk === 0 ? FIRST_CHUNK_SLOTS : DECADE_CHUNK_SLOTS;
}

/** Buckets of one histogram merged over threads: sparse and ordered by value. */
export class HistogramData {
  /** Lower bound of each used bucket, ascending. */
  readonly lower: number[] = [];
  /** Width of each used bucket. */
  readonly width: number[] = [];
  readonly counts: number[] = [];
  /** Samples in all. */
  sampleCount = 0;

  /** Appends a bucket; callers go in ascending order. */
  append(chunk: number, slot: number, count: number): void {
    this.lower.push(bucketLower(chunk, slot));
    this.width.push(bucketWidth(chunk, slot));
    this.counts.push(count);
    this.sampleCount += count;
  }

  /**
   * Values at the ordered `quantiles` (0..1); NaN each when empty. The i-th of n samples of a bucket is taken to lie at i/(n+1) of its
   * width; the sample of a quantile q of N samples is number ceil(q·N), at least the first.
   */
  quantiles(quantiles: readonly number[]): number[] {
    if (this.counts.length === 0) return quantiles.map(() => NaN);
    const found: number[] = [];
    const last = this.counts.length - 1;
    let bucket = 0, below = 0, upTo = this.counts[0]!;
    for (const quantile of quantiles) {
      const rank = Math.max(1, Math.ceil(quantile * this.sampleCount));
      while (bucket < last && upTo < rank) {
        bucket++;
        below = upTo;
        upTo += this.counts[bucket]!;
      }
      found.push(this.lower[bucket]! + this.width[bucket]! * ((rank - below) / (this.counts[bucket]! + 1)));
    }
    return found;
  }

  /** Sum of the samples as the buckets show it: each sample counts as its bucket's middle (weighted so that the relative error is least). */
  sum(): number {
    let sum = 0;
    for (let i = 0; i < this.counts.length; i++) sum += this.middle(i) * this.counts[i]!;
    return sum;
  }

  private middle(i: number): number {
    const lower = this.lower[i]!, width = this.width[i]!;
    if (lower === 0) return 0;
    const upper = lower + width;
    return lower + width * (lower / (lower + upper));
  }

  /** Samples in buckets that start at or below `bound` (what Envoy counts under `le`). */
  countBelow(bound: number): number {
    let count = 0;
    for (let i = 0; i < this.counts.length && this.lower[i]! <= bound; i++) count += this.counts[i]!;
    return count;
  }

  /** This minus an earlier state of the same histogram: what was recorded since. */
  since(earlier: HistogramData): HistogramData {
    const difference = new HistogramData();
    let j = 0;
    for (let i = 0; i < this.counts.length; i++) {
      while (j < earlier.lower.length && earlier.lower[j]! < this.lower[i]!) j++;
      const before = j < earlier.lower.length && earlier.lower[j] === this.lower[i] ? earlier.counts[j]! : 0;
      const count = this.counts[i]! - before;
      if (count <= 0) continue;
      difference.lower.push(this.lower[i]!);
      difference.width.push(this.width[i]!);
      difference.counts.push(count);
      difference.sampleCount += count;
    }
    return difference;
  }
}

/** The detour over tenths gives the rounding that Envoy's JSON shows (110.00000000000001). */
function bucketLower(chunk: number, slot: number): number {
  return chunk === 0 ? slot : (slot + 10) / 10 * 10 ** (chunk + 1);
}

/** 1..9 have the width of their second digit (0.1): an integer n < 10 is known to lie in [n, n + 0.1). */
function bucketWidth(chunk: number, slot: number): number {
  if (chunk > 0) return 10 ** chunk;
  return slot === 0 ? 0 : slot < 10 ? 0.1 : 1;
}
