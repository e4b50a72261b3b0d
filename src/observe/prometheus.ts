// Prometheus text exposition of all stats, byte for byte as Envoy 1.40 prints it: families by tag-extracted name, series by full name.
import { exactText } from "./number-text.ts";
import type { Stat } from "./stat-directory.ts";
import type { HistogramBounds } from "./stat-selection.ts";
import type { StatTag, TagExtractors } from "./stat-tags.ts";
import { QUANTILES } from "./stats-text.ts";

/** How histograms are shown. */
export type PrometheusMode = "cumulative" | "summary";

export interface PrometheusView {
  readonly scalars: readonly Stat[];
  readonly histograms: readonly Stat[];
  /** Empty unless asked for (`text_readouts`). */
  readonly texts: readonly { name: string; text: string }[];
  readonly bounds: HistogramBounds;
  readonly mode: PrometheusMode;
}

/** Name and labels of a series, worked out once per stat. Equal texts are shared: a mesh has a million stats but few of either. */
class Series {
  /** Tag-extracted name. */
  readonly family: string;
  /** `a="b",c="d"` */
  readonly labels: string;

  constructor(family: string, labels: string) {
    this.family = family;
    this.labels = labels;
  }
}

interface Item<T> {
  readonly series: Series;
  readonly source: T;
}

export class PrometheusFormatter {
  private readonly extractors: TagExtractors;
  private readonly namespaces: readonly string[];
  private readonly texts = new Map<string, string>();

  /** `namespaces`: first segments of stat names that stand without `envoy_` and are dropped themselves (`istiocustom`). */
  constructor(extractors: TagExtractors, namespaces: readonly string[]) {
    this.extractors = extractors;
    this.namespaces = namespaces;
  }

  format(view: PrometheusView): string {
    const scalars = view.scalars.map((source) => ({ series: this.series(source), source }));
    let text = "";
    for (const type of ["counter", "gauge"] as const) {
      text += this.families(
        scalars.filter(({ source }) => source.type === type),
        type,
        (name, { series, source }) => `${name}{${series.labels}} ${source.value()}\n`,
      );
    }
    const texts = view.texts.map((source) => ({ series: this.compute(source.name), source }));
    text += this.families(texts, "gauge", (name, { series, source }) => {
      const labels = joined(series.labels, `text_value="${escapedLabel(source.text)}"`);
      return `${name}{${labels}} 0\n`;
    });
    const histograms = view.histograms.map((source) => ({ series: this.series(source), source }));
    const isSummary = view.mode === "summary";
    return text +
      this.families(
        histograms,
        isSummary ? "summary" : "histogram",
        (name, { series, source }) =>
          isSummary
            ? summaryText(name, series.labels, source)
            : bucketText(name, series.labels, source, view.bounds(source.name)),
      );
  }

  private series(stat: Stat): Series {
    if (!(stat.rendering instanceof Series)) stat.rendering = this.compute(stat.name);
    return stat.rendering as Series;
  }

  private compute(name: string): Series {
    const { name: family, tags } = this.extractors.extract(name);
    const labels = tags.map(labelText).join(",");
    return new Series(this.share(family), this.share(labels));
  }

  private share(text: string): string {
    const known = this.texts.get(text);
    if (known !== undefined) return known;
    this.texts.set(text, text);
    return text;
  }

  /** `items` are sorted by full name; families go by their extracted name, token by token. */
  private families<T>(items: readonly Item<T>[], type: string, print: (name: string, item: Item<T>) => string): string {
    const families = new Map<string, Item<T>[]>();
    for (const item of items) {
      const family = families.get(item.series.family);
      if (family === undefined) families.set(item.series.family, [item]);
      else family.push(item);
    }
    let text = "";
    for (const key of [...families.keys()].sort(compareTokens)) {
      const name = this.metricName(key);
      if (name === null) continue;
      text += `# TYPE ${name} ${type}\n`;
      for (const item of families.get(key)!) text += print(name, item);
    }
    return text;
  }

  /** Null for a name of a custom namespace that no Prometheus parser would take. */
  private metricName(name: string): string | null {
    const dot = name.indexOf(".");
    if (dot < 0 || !this.namespaces.includes(name.slice(0, dot))) return `envoy_${sanitized(name)}`;
    const own = sanitized(name.slice(dot + 1));
    return /^[a-zA-Z_]/.test(own) ? own : null;
  }
}

function compareTokens(a: string, b: string): number {
  const x = a.split("."), y = b.split(".");
  for (let i = 0; i < x.length && i < y.length; i++) {
    if (x[i]! < y[i]!) return -1;
    if (x[i]! > y[i]!) return 1;
  }
  return x.length - y.length;
}

function sanitized(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, "_");
}

function labelText(tag: StatTag): string {
  return `${sanitized(tag.name)}="${escapedLabel(tag.value)}"`;
}

function escapedLabel(value: string): string {
  return value.replace(/[\\"\n]/g, (c) => c === "\n" ? "\\n" : `\\${c}`);
}

function joined(labels: string, more: string): string {
  return labels === "" ? more : `${labels},${more}`;
}

function bucketText(name: string, labels: string, stat: Stat, bounds: readonly number[]): string {
  const data = stat.histogram();
  let text = "";
  for (const bound of bounds) {
    text += `${name}_bucket{${joined(labels, `le="${exactText(bound)}"`)}} ${data.countBelow(bound)}\n`;
  }
  text += `${name}_bucket{${joined(labels, 'le="+Inf"')}} ${data.sampleCount}\n`;
  return text + totalsText(name, labels, data.sum(), data.sampleCount);
}

/** Quantiles are those of the last flush interval. */
function summaryText(name: string, labels: string, stat: Stat): string {
  const data = stat.interval();
  const values = data.quantiles(QUANTILES);
  let text = "";
  QUANTILES.forEach((quantile, i) =>
    text += `${name}{${joined(labels, `quantile="${quantile}"`)}} ${exactText(values[i]!)}\n`
  );
  return text + totalsText(name, labels, data.sum(), data.sampleCount);
}

function totalsText(name: string, labels: string, sum: number, count: number): string {
  return `${name}_sum{${labels}} ${exactText(sum)}\n${name}_count{${labels}} ${count}\n`;
}
