// Which stats an output shows: the parameters of /stats, and the bounds of histograms (stats_config.histogram_bucket_settings).
import { type StringMatchConfig, StringMatcher } from "../expr/string-matcher.ts";
import type { Stat } from "./stat-directory.ts";

/** Envoy's default upper bounds. */
export const DEFAULT_HISTOGRAM_BOUNDS: readonly number[] = [
  0.5,
  1,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1000,
  2500,
  5000,
  10_000,
  30_000,
  60_000,
  300_000,
  600_000,
  1_800_000,
  3_600_000,
];

/** Upper bounds of the histogram called `name`. */
export type HistogramBounds = (name: string) => readonly number[];

/** What to show. */
export interface StatSelection {
  readonly usedOnly: boolean;
  /** Finds the filter in a full name, or null for all names. */
  readonly matches: ((name: string) => boolean) | null;
}

/** Stats of `list` that the selection shows. */
export function selectStats(list: readonly Stat[], selection: StatSelection, type: "scalar" | "histogram"): Stat[] {
  return list.filter((stat) =>
    (stat.type === "histogram") === (type === "histogram") &&
    (selection.matches === null || selection.matches(stat.name)) &&
    (!selection.usedOnly || stat.isUsed())
  );
}

/** envoy.config.metrics.v3.HistogramBucketSettings; empty `buckets` = Envoy's default bounds. */
export interface HistogramBucketSetting {
  readonly match: StringMatchConfig;
  readonly buckets: readonly number[];
}

/** The first setting that matches a histogram's name gives its bounds. Throws Error when a regex does not compile. */
export function createHistogramBounds(settings: readonly HistogramBucketSetting[]): HistogramBounds {
  const compiled = settings.map(({ match, buckets }) => ({ matcher: new StringMatcher(match), buckets }));
  return (name) => {
    const found = compiled.find(({ matcher }) => matcher.matches(name));
    return found === undefined || found.buckets.length === 0 ? DEFAULT_HISTOGRAM_BOUNDS : found.buckets;
  };
}
