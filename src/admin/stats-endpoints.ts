// /stats, /stats/prometheus, /reset_counters, /stats/recentlookups.
import { PrometheusFormatter, type PrometheusMode } from "../observe/prometheus.ts";
import { selectStats, type StatSelection } from "../observe/stat-selection.ts";
import { type HistogramMode, statsJson, statsText } from "../observe/stats-text.ts";
import type { AdminSource } from "./admin-source.ts";
import {
  type AdminRequest,
  compileSearch,
  type Endpoint,
  htmlResponse,
  rawJsonResponse,
  textResponse,
} from "./endpoint.ts";

const FORMATS = ["html", "active-html", "json", "prometheus", "text"];
const TYPES = ["All", "Counters", "Histograms", "Gauges", "TextReadouts"];
const MODES = ["cumulative", "disjoint", "detailed", "summary", "prometheusnative"];
const formatters = new WeakMap<AdminSource, PrometheusFormatter>();

/** Formatters keep the labels of every stat: one for the life of the server. */
function formatterOf(source: AdminSource): PrometheusFormatter {
  let formatter = formatters.get(source);
  if (formatter === undefined) {
    formatter = new PrometheusFormatter(source.statsSettings.tags, source.statsSettings.customNamespaces);
    formatters.set(source, formatter);
  }
  return formatter;
}

interface StatsParameters {
  readonly selection: StatSelection;
  readonly format: string;
  readonly type: string;
  readonly mode: string;
  /** There are no hidden stats here: `only` shows nothing. */
  readonly isHiddenOnly: boolean;
}

/** The parameters, or the answer to wrong ones. */
function parseParameters(request: AdminRequest): StatsParameters | Response {
  const mode = request.get("histogram_buckets") ?? "";
  if (mode !== "" && !MODES.includes(mode)) {
    return textResponse(`usage: /stats?histogram_buckets=(${MODES.join("|")})\n`, 400);
  }
  const format = request.get("format") ?? "text";
  if (!FORMATS.includes(format)) return textResponse(`usage: /stats?format=(${FORMATS.join("|")})\n\n`, 400);
  const type = request.get("type") ?? "All";
  if (!TYPES.includes(type)) return textResponse("invalid &type= param", 400);
  const hidden = request.get("hidden") ?? "";
  if (!["", "include", "only", "exclude"].includes(hidden)) {
    return textResponse("usage: /stats?hidden=(include|only|exclude)\n\n", 400);
  }
  let matches: StatSelection["matches"] = null;
  const filter = request.get("filter");
  if (filter !== null && filter !== "") {
    const search = compileSearch(filter);
    if (typeof search === "string") return textResponse(`Invalid re2 regex: ${search}`, 400);
    matches = request.has("invert_filter") ? (name) => !search(name) : search;
  }
  return {
    selection: { usedOnly: request.has("usedonly"), matches },
    format,
    type,
    mode,
    isHiddenOnly: hidden === "only",
  };
}

function selected(source: AdminSource, parameters: StatsParameters) {
  const { selection, type, isHiddenOnly } = parameters;
  if (isHiddenOnly) return { texts: [], scalars: [], histograms: [] };
  const list = source.stats.list();
  const wants = (name: string) => type === "All" || type === name;
  const scalars = selectStats(list, selection, "scalar");
  return {
    texts: wants("TextReadouts")
      ? source.stats.texts().filter(({ name }) => selection.matches === null || selection.matches(name))
      : [],
    scalars: wants("All")
      ? scalars
      : scalars.filter((stat) => type === (stat.type === "counter" ? "Counters" : "Gauges")),
    histograms: wants("Histograms") ? selectStats(list, selection, "histogram") : [],
  };
}

function handleStats(request: AdminRequest, source: AdminSource): Response {
  const parameters = parseParameters(request);
  if (parameters instanceof Response) return parameters;
  if (parameters.format === "prometheus") return prometheus(request, source, parameters);
  const mode =
    (parameters.mode === "" || parameters.mode === "prometheusnative" ? "summary" : parameters.mode) as HistogramMode;
  const view = { ...selected(source, parameters), mode, bounds: source.statsSettings.bounds };
  if (parameters.format === "json") return rawJsonResponse(statsJson(view));
  const text = statsText(view);
  if (parameters.format === "text") return textResponse(text);
  const escaped = text.replace(/[&<>]/g, (c) => c === "&" ? "&amp;" : c === "<" ? "&lt;" : "&gt;");
  const refresh = parameters.format === "active-html" ? '<meta http-equiv="refresh" content="5">' : "";
  return htmlResponse(
    `<!DOCTYPE html>\n<html lang="en"><head><title>Lamina stats</title>${refresh}</head><body><pre>${escaped}</pre></body></html>\n`,
  );
}

function handlePrometheus(request: AdminRequest, source: AdminSource): Response {
  const parameters = parseParameters(request);
  return parameters instanceof Response ? parameters : prometheus(request, source, parameters);
}

function prometheus(request: AdminRequest, source: AdminSource, parameters: StatsParameters): Response {
  if (!["", "cumulative", "summary"].includes(parameters.mode)) {
    return textResponse("unsupported prometheus histogram bucket mode", 400);
  }
  const { texts, ...rest } = selected(source, parameters);
  const mode: PrometheusMode = parameters.mode === "summary" ? "summary" : "cumulative";
  const view = { ...rest, texts: request.has("text_readouts") ? texts : [], bounds: source.statsSettings.bounds, mode };
  return textResponse(formatterOf(source).format(view));
}

export const statsEndpoints: readonly Endpoint[] = [
  {
    path: "/reset_counters",
    help: "set all counters to zero",
    mutates: true,
    parameters: [],
    handle(_request, source) {
      source.stats.resetCounters();
      return textResponse("OK\n");
    },
  },
  {
    path: "/stats",
    help: "all stats",
    mutates: false,
    parameters: [
      { name: "usedonly", help: "only stats that were written since the start" },
      { name: "filter", help: "only stats in whose name this RE2 pattern is found" },
      { name: "invert_filter", help: "only stats that the filter does not find" },
      { name: "format", help: "form of the answer", values: ["html", "active-html", "text", "json"] },
      { name: "type", help: "only stats of this type", values: TYPES },
      {
        name: "histogram_buckets",
        help: "how histograms are shown",
        values: ["cumulative", "disjoint", "detailed", "summary"],
      },
    ],
    handle: handleStats,
  },
  {
    path: "/stats/prometheus",
    help: "all stats in the Prometheus text format",
    mutates: false,
    parameters: [
      { name: "usedonly", help: "only stats that were written since the start" },
      {
        name: "text_readouts",
        help: "text values too, as gauges with the text in a label",
      },
      { name: "filter", help: "only stats in whose name this RE2 pattern is found" },
      { name: "invert_filter", help: "only stats that the filter does not find" },
      { name: "histogram_buckets", help: "how histograms are shown", values: ["cumulative", "summary"] },
    ],
    handle: handlePrometheus,
  },
];
