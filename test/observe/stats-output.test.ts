// /stats and Prometheus output against what Envoy 1.40 printed for the same stats (oracle/, recorded by record-oracle.ts).
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { exactText, generalText, shortestText } from "../../src/observe/number-text.ts";
import { PrometheusFormatter } from "../../src/observe/prometheus.ts";
import { StatDirectory } from "../../src/observe/stat-directory.ts";
import { DEFAULT_HISTOGRAM_BOUNDS, selectStats } from "../../src/observe/stat-selection.ts";
import { TagExtractors } from "../../src/observe/stat-tags.ts";
import { type HistogramMode, statsJson, statsText, type StatsView } from "../../src/observe/stats-text.ts";
import { StatStore } from "../../src/observe/stats.ts";
import { ORACLE_BODY_SIZES, ORACLE_STATS_CONFIG } from "./oracle-config.ts";

const read = (name: string) => readFileSync(join(import.meta.dir, "oracle", name), "utf8");
const everything = { usedOnly: false, matches: null };

function createStore() {
  const directory = new StatDirectory();
  const source = directory.addSource();
  const store = new StatStore((batch) => directory.apply(source, batch));
  return { directory, store };
}

/** A store with the stats that Envoy listed, scalars with their values, and the samples of the one histogram that the recording fed. */
function recordedStats() {
  const { directory, store } = createStore();
  const gauges = new Set(read("gauges.txt").split("\n").map((line) => line.split(": ")[0]!));
  for (const line of read("stats.txt").trimEnd().split("\n")) {
    const [name, value] = line.split(/: /) as [string, string];
    if (/^(P0|No recorded|B)/.test(value)) store.histogram(name, "count");
    else if (gauges.has(name)) store.gauge(name).set(Number(value));
    else store.counter(name).add(Number(value));
  }
  const sizes = store.histogram("cluster.c.1.upstream_rq_body_size", "bytes");
  for (const size of ORACLE_BODY_SIZES) sizes.record(size);
  store.flush();
  directory.rollInterval();
  return directory;
}

const [bodySizes, others] = ORACLE_STATS_CONFIG.histogram_bucket_settings.map((setting) => setting.buckets) as [
  number[],
  number[],
];
const bounds = (name: string) => name.endsWith("upstream_rq_body_size") ? bodySizes : others;

function view(
  directory: StatDirectory,
  mode: HistogramMode,
  matches: ((name: string) => boolean) | null = null,
): StatsView {
  const selection = { usedOnly: false, matches };
  return {
    texts: directory.texts(),
    scalars: selectStats(directory.list(), selection, "scalar"),
    histograms: selectStats(directory.list(), selection, "histogram"),
    mode,
    bounds,
  };
}

const extractors = new TagExtractors(
  ORACLE_STATS_CONFIG.stats_tags.map((tag) => ({
    name: tag.tag_name,
    regex: tag.regex ?? null,
    fixedValue: tag.fixed_value ?? null,
  })),
  true,
);

describe("as Envoy printed it", () => {
  const directory = recordedStats();

  test.each(["summary", "cumulative", "disjoint", "detailed"] as const)("histograms in mode %s", (mode) => {
    const { scalars: _, ...rest } = view(directory, mode, (name) => name.endsWith("upstream_rq_body_size"));
    expect(statsText({ ...rest, scalars: [] })).toBe(read(`histogram-${mode}.txt`));
    expect(statsJson({ ...rest, scalars: [] })).toBe(read(`histogram-${mode}.json`));
  });

  test("order and form of /stats", () => {
    const withoutSamples = (text: string) => text.replace(/: (P0|No recorded values).*/g, ": …");
    expect(withoutSamples(statsText(view(directory, "summary")))).toBe(withoutSamples(read("stats.txt")));
  });

  test("JSON", () => {
    const withoutSamples = (text: string) => text.replace(/("cumulative"|"interval"):[^,}]*/g, "$1:…");
    const shown = view(directory, "summary", (name) => /^cluster\.c\.1\.(upstream_rq|membership)/.test(name));
    expect(withoutSamples(statsJson(shown))).toBe(withoutSamples(read("stats.json")));
  });

  test("Prometheus: names, labels, types and order of all stats", () => {
    const formatter = new PrometheusFormatter(extractors, []);
    const list = directory.list();
    const text = formatter.format({
      scalars: selectStats(list, everything, "scalar"),
      histograms: selectStats(list, everything, "histogram"),
      texts: [],
      bounds,
      mode: "cumulative",
    });
    // What moves between two requests to a live process: its own admin traffic, its memory, samples of time.
    const moving =
      /^(envoy_(?:http|listener_admin|server|listener_manager|runtime)_.*\}|.*_(?:bucket|sum|count)\{.*\}) .*$/gm;
    // Envoy makes its filesystem stats before it reads stats_config: there they lack the fixed tag.
    const early = /^.*envoy_filesystem_.*\n/gm;
    const still = (text: string) => text.replace(early, "").replace(moving, "$1");
    expect(still(text)).toBe(still(read("stats.prom")));
  });

  test("Prometheus: buckets and sum", () => {
    const formatter = new PrometheusFormatter(extractors, []);
    const histograms = directory.list().filter((stat) => stat.name.endsWith("upstream_rq_body_size"));
    expect(formatter.format({ scalars: [], histograms, texts: [], bounds, mode: "cumulative" })).toBe(
      read("histogram.prom"),
    );
  });
});

describe("Prometheus", () => {
  test("custom namespaces stand without prefix, text readouts on request, summaries of the last interval", () => {
    const { directory, store } = createStore();
    store.counter("istiocustom.istio_requests_total.reporter=destination").inc();
    store.counter("istiocustom.9bad").inc();
    store.textReadout("control_plane.identifier").set('a"b');
    const histogram = store.histogram("h", "ms");
    histogram.record(5);
    store.flush();
    const formatter = new PrometheusFormatter(
      new TagExtractors([{ name: "reporter", regex: "(\\.reporter=([^.]+))", fixedValue: null }], false),
      ["istiocustom"],
    );
    const format = () =>
      formatter.format({
        scalars: selectStats(directory.list(), everything, "scalar"),
        histograms: selectStats(directory.list(), everything, "histogram"),
        texts: directory.texts(),
        bounds: () => DEFAULT_HISTOGRAM_BOUNDS,
        mode: "summary",
      });
    expect(format()).toContain('envoy_h{quantile="0.5"} nan\n');
    directory.rollInterval();
    const text = format();
    expect(text).toStartWith(
      '# TYPE istio_requests_total counter\nistio_requests_total{reporter="destination"} 1\n' +
        '# TYPE envoy_control_plane_identifier gauge\nenvoy_control_plane_identifier{text_value="a\\"b"} 0\n# TYPE envoy_h summary\n',
    );
    expect(text).toContain('envoy_h{quantile="0.5"} 5.0499999999999998');
    expect(text).toContain("envoy_h_count{} 1\n");
  });

  test("a used-only selection hides what nobody wrote", () => {
    const { directory, store } = createStore();
    store.counter("a");
    store.counter("b").add(0);
    store.histogram("h", "ms");
    store.flush();
    const used = { usedOnly: true, matches: null };
    expect(selectStats(directory.list(), used, "scalar").map((stat) => stat.name)).toEqual(["b"]);
    expect(selectStats(directory.list(), used, "histogram")).toEqual([]);
  });
});

describe("tags", () => {
  // Names and what Envoy's documentation of the default tags says of them.
  test.each([
    ["cluster.web.upstream_rq_503", "cluster.upstream_rq", "envoy.response_code=503 envoy.cluster_name=web"],
    ["cluster.web.upstream_rq_5xx", "cluster.upstream_rq_xx", "envoy.response_code_class=5 envoy.cluster_name=web"],
    ["listener.0.0.0.0_80.downstream_cx_total", "listener.downstream_cx_total", "envoy.listener_address=0.0.0.0_80"],
    [
      "listener.[2001_db8__1]_80.http.in.downstream_rq_2xx",
      "listener.http.downstream_rq_xx",
      "envoy.response_code_class=2 envoy.http_conn_manager_prefix=in envoy.listener_address=[2001_db8__1]_80",
    ],
    ["listener.admin.downstream_cx_total", "listener.admin.downstream_cx_total", ""],
    [
      "http.in.user_agent.ios.downstream_cx_total",
      "http.user_agent.downstream_cx_total",
      "envoy.http_user_agent=ios envoy.http_conn_manager_prefix=in",
    ],
    [
      "http.in.rds.my.route.v1.update_success",
      "http.rds.update_success",
      "envoy.http_conn_manager_prefix=in envoy.rds_route_config=my.route.v1",
    ],
    [
      "http.in.fault.down.aborts_injected",
      "http.fault.aborts_injected",
      "envoy.fault_downstream_cluster=down envoy.http_conn_manager_prefix=in",
    ],
    [
      "vhost.v.vcluster.c.upstream_rq_200",
      "vhost.vcluster.upstream_rq",
      "envoy.response_code=200 envoy.virtual_cluster=c envoy.virtual_host=v",
    ],
    ["vhost.v.route.r.upstream_rq_total", "vhost.route.upstream_rq_total", "envoy.virtual_host=v envoy.route=r"],
    ["tcp.t.downstream_cx_total", "tcp.downstream_cx_total", "envoy.tcp_prefix=t"],
    ["server.worker_3.watchdog_miss", "server.worker_watchdog_miss", "envoy.worker_id=3"],
    ["cluster", "cluster", ""],
    ["http.user_agent", "http.user_agent", ""],
  ])("%s", (name, extracted, tags) => {
    const found = new TagExtractors([], true).extract(name);
    expect(found.name).toBe(extracted);
    expect(found.tags.map((tag) => `${tag.name}=${tag.value}`).join(" ")).toBe(tags);
  });

  test("custom patterns with POSIX classes and look-ahead; defaults by name; errors", () => {
    const custom = (regex: string | null) => new TagExtractors([{ name: "t", regex, fixedValue: null }], false);
    expect(custom("^a\\.((.+?)(?=\\.b))").extract("a.x[1].b.c")).toEqual({
      name: "a..b.c",
      tags: [{ name: "t", value: "x[1]" }],
    });
    expect(custom("_([[:digit:]]+)$").extract("q_17")).toEqual({ name: "q_", tags: [{ name: "t", value: "17" }] });
    expect(() => custom("(")).toThrow();
    expect(() => custom("abc")).toThrow("must have a group");
    expect(() => custom(null)).toThrow("no default regex for name: 't'");
    const byName = new TagExtractors([{ name: "envoy.cluster_name", regex: null, fixedValue: null }], false);
    expect(byName.extract("cluster.a.x_200").tags).toEqual([{ name: "envoy.cluster_name", value: "a" }]);
  });

  test("any name gives a name that is no longer, and nothing throws", () => {
    const all = new TagExtractors([], true);
    const part = fc.constantFrom(
      "cluster",
      "listener",
      "http",
      "vhost",
      "vcluster",
      "a",
      "",
      "0.0.0.0_80",
      "worker_1",
      "_rq_200",
      "rds",
    );
    fc.assert(fc.property(fc.array(part).map((parts) => parts.join(".")), (name) => {
      expect(all.extract(name).name.length).toBeLessThanOrEqual(name.length);
    }));
  });
});

describe("number text", () => {
  test.each([[1_234_567, "1.23457e+06"], [1e7, "1e+07"], [0.5, "0.5"], [250, "250"], [0.00001, "1e-05"], [0, "0"], [
    NaN,
    "nan",
  ], [999_999.5, "1e+06"]])("%%g of %p", (value, text) => {
    expect(generalText(value, 6)).toBe(text);
  });
  test.each([[300_000, "3e+05"], [1_800_000, "1800000"], [10_000, "10000"], [0.5, "0.5"], [0, "0"]])(
    "shortest of %p",
    (value, text) => {
      expect(shortestText(value)).toBe(text);
    },
  );
  test("exact text reads back and shortest text too", () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 1e15, noNaN: true }), (value) => {
      expect(Number(shortestText(value))).toBe(value);
      if (value > 1e-15) expect(Number(exactText(value))).toBe(value);
    }));
  });
});
