// The text and JSON forms of /stats, as Envoy prints them.
import type { HistogramData } from "./histogram-buckets.ts";
import { generalText, shortestText } from "./number-text.ts";
import type { Stat } from "./stat-directory.ts";
import type { HistogramBounds } from "./stat-selection.ts";

/** How histograms are shown (`histogram_buckets`). */
export type HistogramMode = "summary" | "cumulative" | "disjoint" | "detailed";

/** Quantiles that every output shows, in percent. */
export const PERCENTS: readonly number[] = [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100];
export const QUANTILES: readonly number[] = PERCENTS.map((percent) => percent / 100);

export interface StatsView {
  readonly texts: readonly { name: string; text: string }[];
  /** Counters and gauges. */
  readonly scalars: readonly Stat[];
  readonly histograms: readonly Stat[];
  readonly mode: HistogramMode;
  readonly bounds: HistogramBounds;
}

/** `/stats` */
export function statsText(view: StatsView): string {
  let text = "";
  for (const readout of view.texts) text += `${readout.name}: "${readout.text}"\n`;
  for (const stat of view.scalars) text += `${stat.name}: ${stat.value()}\n`;
  for (const stat of view.histograms) text += `${stat.name}:${histogramText(stat, view)}\n`;
  return text;
}

function histogramText(stat: Stat, view: StatsView): string {
  if (!stat.isUsed()) return " No recorded values";
  const all = stat.histogram(), interval = stat.interval();
  if (view.mode === "summary") return ` ${summary(all, interval)}`;
  if (view.mode === "detailed") {
    return `\n  totals=${buckets(all)}\n  intervals=${buckets(interval)}\n  summary=${summary(all, interval)}`;
  }
  const bounds = view.bounds(stat.name);
  const counts = boundCounts(all, bounds, view.mode), recent = boundCounts(interval, bounds, view.mode);
  return ` ${bounds.map((bound, i) => `B${generalText(bound, 6)}(${recent[i]},${counts[i]})`).join(" ")}`;
}

const quantileText = (value: number) => value !== value ? "nan" : `${roundedQuantile(value)}`;

/** Sums of bucket bounds and fractions carry the noise of binary fractions (110.00000000000001); Envoy's text does not show it. */
function roundedQuantile(value: number): number {
  return Number(value.toPrecision(15));
}

function summary(all: HistogramData, interval: HistogramData): string {
  const values = all.quantiles(QUANTILES), recent = interval.quantiles(QUANTILES);
  return PERCENTS.map((percent, i) => `P${percent}(${quantileText(recent[i]!)},${quantileText(values[i]!)})`).join(" ");
}

function buckets(data: HistogramData): string {
  return data.counts.map((count, i) => `${generalText(data.lower[i]!, 15)},${generalText(data.width[i]!, 6)}:${count}`)
    .join(", ");
}

/** Samples up to each bound, or between each bound and the one before it. */
function boundCounts(data: HistogramData, bounds: readonly number[], mode: HistogramMode): number[] {
  const counts = bounds.map((bound) => data.countBelow(bound));
  return mode === "disjoint" ? counts.map((count, i) => count - (counts[i - 1] ?? 0)) : counts;
}

/** `/stats?format=json` */
export function statsJson(view: StatsView): string {
  const entries = [
    ...view.texts.map(({ name, text }) => `{"name":${JSON.stringify(name)},"value":${JSON.stringify(text)}}`),
    ...view.scalars.map((stat) => `{"name":${JSON.stringify(stat.name)},"value":${stat.value()}}`),
  ];
  if (view.histograms.length > 0) entries.push(`{"histograms":${histogramsJson(view)}}`);
  return `{"stats":[${entries.join(",")}]}`;
}

function histogramsJson(view: StatsView): string {
  const percents = `[${PERCENTS.join(",")}]`;
  const items = view.histograms.map((stat) => {
    const name = `"name":${JSON.stringify(stat.name)}`;
    const all = stat.histogram(), interval = stat.interval();
    if (view.mode === "summary") return `{${name},"values":${quantilesJson(all, interval)}}`;
    if (view.mode === "detailed") {
      return `{${name},"totals":${bucketsJson(all)},"intervals":${bucketsJson(interval)},"percentiles":${
        quantilesJson(all, interval)
      }}`;
    }
    const bounds = view.bounds(stat.name);
    const counts = boundCounts(all, bounds, view.mode), recent = boundCounts(interval, bounds, view.mode);
    const list = bounds.map((bound, i) =>
      `{"upper_bound":${shortestText(bound)},"interval":${recent[i]},"cumulative":${counts[i]}}`
    );
    return `{${name},"buckets":[${list.join(",")}]}`;
  }).join(",");
  if (view.mode === "summary") return `{"supported_quantiles":${percents},"computed_quantiles":[${items}]}`;
  if (view.mode === "detailed") return `{"supported_percentiles":${percents},"details":[${items}]}`;
  return `[${items}]`;
}

function quantilesJson(all: HistogramData, interval: HistogramData): string {
  const values = all.quantiles(QUANTILES), recent = interval.quantiles(QUANTILES);
  const number = (value: number) => value !== value ? "null" : shortestText(roundedQuantile(value));
  return `[${values.map((value, i) => `{"cumulative":${number(value)},"interval":${number(recent[i]!)}}`).join(",")}]`;
}

function bucketsJson(data: HistogramData): string {
  const list = data.counts.map((count, i) =>
    `{"lower_bound":${shortestText(data.lower[i]!)},"width":${shortestText(data.width[i]!)},"count":${count}}`
  );
  return `[${list.join(",")}]`;
}
