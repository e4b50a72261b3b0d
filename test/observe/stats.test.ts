// Stats: handles, recycling of slots, merging of threads, dead threads, reset.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HistogramData } from "../../src/observe/histogram-buckets.ts";
import { ResponseCodeStats } from "../../src/observe/response-code-stats.ts";
import { StatDirectory } from "../../src/observe/stat-directory.ts";
import { defineStats } from "../../src/observe/stat-schema.ts";
import { StatStore } from "../../src/observe/stats.ts";
import { ClusterStat, clusterStatSchema } from "../../src/observe/schemas/cluster.ts";
import { HttpStat, httpStatSchema } from "../../src/observe/schemas/http-connection-manager.ts";

function setUp(threads: number) {
  const directory = new StatDirectory();
  const sources: number[] = [];
  const stores = Array.from({ length: threads }, () => {
    const source = directory.addSource();
    sources.push(source);
    return new StatStore((batch) => directory.apply(source, structuredClone(batch)));
  });
  const flush = () => stores.forEach((store) => store.flush());
  return { directory, stores, sources, flush };
}

const group = defineStats("test group", {
  counters: ["a", "b_total"],
  gauges: ["active"],
  sharedGauges: ["members"],
  histograms: ["time"],
});

describe("StatStore", () => {
  test("index constants follow the names", () => {
    expect(group.index.bTotal).toBe(1);
    expect(clusterStatSchema.names[ClusterStat.upstreamRqTotal]).toBe("upstream_rq_total");
    expect(httpStatSchema.names[HttpStat.downstreamRq1xx]).toBe("downstream_rq_1xx");
  });

  test("a stat is used once written, even with zero", () => {
    const { directory, stores: [store], flush } = setUp(1);
    const counter = store!.counter("c"), gauge = store!.gauge("g");
    flush();
    expect(directory.find("c")!.isUsed()).toBe(false);
    counter.add(0);
    gauge.set(-0);
    expect(directory.find("c")!.isUsed()).toBe(true);
    expect(directory.find("g")!.isUsed()).toBe(true);
    expect(directory.find("c")!.value()).toBe(0);
  });

  test("the same name gives the same memory, and threads add up", () => {
    const { directory, stores, flush } = setUp(2);
    stores[0]!.counter("c").inc();
    stores[0]!.counter("c").add(2);
    stores[1]!.counter("c").add(10);
    const first = stores[0]!.block("x.", group.schema), second = stores[1]!.block("x.", group.schema);
    first.inc(group.index.active);
    second.inc(group.index.active);
    second.inc(group.index.active);
    second.dec(group.index.active);
    first.set(group.index.members, 3);
    second.set(group.index.members, 4);
    flush();
    expect(directory.find("c")!.value()).toBe(13);
    expect(directory.find("x.active")!.value()).toBe(2);
    expect(directory.find("x.members")!.value()).toBe(4);
    expect(directory.find("x.a")!.isUsed()).toBe(false);
  });

  test("a released group vanishes after its last user, and its slots come back clean", () => {
    const { directory, stores: [store], flush } = setUp(1);
    const one = store!.block("x.", group.schema), two = store!.block("x.", group.schema);
    expect(one).toBe(two);
    one.inc(0);
    one.record(group.index.time, 1234);
    one.release();
    flush();
    expect(directory.find("x.a")!.value()).toBe(1);
    two.release();
    flush();
    expect(directory.find("x.a")).toBeUndefined();
    const reused = store!.block("y.", group.schema);
    flush();
    expect(reused.get(0)).toBe(0);
    expect(directory.find("y.a")!.isUsed()).toBe(false);
    expect(() => two.release()).toThrow("released twice");
  });

  test("slots are not reused before the control thread saw the removal", () => {
    const batches: Parameters<StatDirectory["apply"]>[1][] = [];
    const store = new StatStore((batch) => batches.push(batch));
    const first = store.block("x.", group.schema);
    store.flush();
    first.release();
    store.flush();
    store.block("y.", group.schema);
    store.flush();
    const place = (at: number) => {
      const change = batches[at]!.changes.find((c) => c.kind === "add")!;
      return change.kind === "add" ? change.page * 65_536 + change.slot : -1;
    };
    expect(place(2)).not.toBe(place(0));
    const directory = new StatDirectory();
    const source = directory.addSource();
    for (const batch of batches) directory.apply(source, batch);
    store.block("z.", group.schema);
    store.flush();
    expect(place(3)).toBe(place(0));
  });

  test("a dead thread's counters and samples stay, its gauges go", () => {
    const { directory, stores, sources, flush } = setUp(2);
    for (const store of stores) {
      const block = store.block("x.", group.schema);
      block.add(0, 5);
      block.inc(group.index.active);
      block.record(group.index.time, 250);
    }
    flush();
    directory.removeSource(sources[0]!);
    expect(directory.find("x.a")!.value()).toBe(10);
    expect(directory.find("x.active")!.value()).toBe(1);
    expect(directory.find("x.time")!.histogram().sampleCount).toBe(2);
    directory.removeSource(sources[1]!);
    expect(directory.find("x.a")!.value()).toBe(10);
    expect(directory.find("x.active")!.value()).toBe(0);
    const source = directory.addSource();
    const replacement = new StatStore((batch) => directory.apply(source, batch));
    replacement.block("x.", group.schema).inc(0);
    replacement.flush();
    expect(directory.find("x.a")!.value()).toBe(11);
  });

  test("reset_counters sets counters to zero, keeps them used and leaves gauges", () => {
    const { directory, stores: [store], flush } = setUp(1);
    const counter = store!.counter("c"), gauge = store!.gauge("g");
    counter.add(7);
    gauge.set(3);
    flush();
    directory.resetCounters();
    expect(directory.find("c")!.value()).toBe(0);
    expect(directory.find("c")!.isUsed()).toBe(true);
    expect(directory.find("g")!.value()).toBe(3);
    counter.inc();
    expect(directory.find("c")!.value()).toBe(1);
  });

  test("text readouts", () => {
    const { directory, stores: [store], flush } = setUp(1);
    store!.textReadout("t").set("one");
    flush();
    store!.textReadout("t").set("two");
    flush();
    expect(directory.texts()).toEqual([{ name: "t", text: "two" }]);
    store!.remove("t");
    flush();
    expect(directory.texts()).toEqual([]);
  });

  test("response codes are counted by code, class and in all", () => {
    const { directory, stores: [store], flush } = setUp(1);
    const codes = new ResponseCodeStats(store!, "cluster.c.");
    for (const status of [200, 200, 503, 42]) codes.charge(status);
    flush();
    const values = Object.fromEntries(directory.list().map((stat) => [stat.name, stat.value()]));
    expect(values).toEqual({
      "cluster.c.upstream_rq_200": 2,
      "cluster.c.upstream_rq_2xx": 2,
      "cluster.c.upstream_rq_503": 1,
      "cluster.c.upstream_rq_5xx": 1,
      "cluster.c.upstream_rq_completed": 4,
    });
    codes.release();
    flush();
    expect(directory.list()).toEqual([]);
  });

  test("random life of groups on three threads equals a plain model", () => {
    const step = fc.record({
      thread: fc.integer({ min: 0, max: 2 }),
      prefix: fc.constantFrom("a.", "b.", "c."),
      what: fc.constantFrom("add", "take", "give", "flush"),
      n: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { directory, stores, flush } = setUp(3);
      const held = new Map<string, ReturnType<StatStore["block"]>[]>();
      const model = new Map<string, number>();
      const holders = (prefix: string) => [0, 1, 2].filter((t) => (held.get(`${t}${prefix}`)?.length ?? 0) > 0).length;
      for (const { thread, prefix, what, n } of steps) {
        const blocks = held.get(`${thread}${prefix}`) ?? [];
        held.set(`${thread}${prefix}`, blocks);
        if (what === "flush") flush();
        else if (what === "take") {
          if (holders(prefix) === 0) model.set(prefix, 0);
          blocks.push(stores[thread]!.block(prefix, group.schema));
        } else if (what === "add" && blocks.length > 0) {
          blocks[0]!.add(0, n);
          model.set(prefix, model.get(prefix)! + n);
        } else if (what === "give" && blocks.length > 0) {
          flush(); // the control thread orders what different threads say by arrival
          blocks.pop()!.release();
          flush();
          if (holders(prefix) === 0) model.delete(prefix);
        }
        if (what === "take") flush();
      }
      flush();
      for (const prefix of ["a.", "b.", "c."]) {
        expect(directory.find(`${prefix}a`)?.value()).toBe(model.get(prefix)!);
      }
    }));
  });
});

describe("Histogram", () => {
  test("quantiles place samples inside their bucket as the reference does", () => {
    const { directory, stores: [store], flush } = setUp(1);
    const histogram = store!.histogram("h", "ms");
    for (const value of [0, 2, 13]) histogram.record(value);
    flush();
    const data = directory.find("h")!.histogram();
    expect(data.quantiles([0, 0.25, 0.5, 0.75, 1])).toEqual([0, 0, 2.05, 13.5, 13.5]);
    for (const bound of [0.5, 2, 5, 13, 25]) {
      expect(data.countBelow(bound)).toBe([0, 2, 13].filter((value) => value <= bound).length);
    }
  });

  test("empty quantiles are NaN", () => {
    expect(new HistogramData().quantiles([0.5])).toEqual([NaN]);
  });

  test("every value lands in a bucket that holds it to two digits", () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 2 ** 53, noNaN: true }), (value) => {
      const { directory, stores: [store], flush } = setUp(1);
      store!.histogram("h", "count").record(value);
      flush();
      const data = directory.find("h")!.histogram();
      expect(data.sampleCount).toBe(1);
      const whole = Math.floor(value);
      expect(data.lower[0]!).toBeLessThanOrEqual(whole);
      if (whole > 0) {
        expect(data.lower[0]! + data.width[0]!).toBeGreaterThan(whole);
        expect(data.width[0]!).toBeLessThanOrEqual(Math.max(1, whole / 10));
      }
    }));
  });

  test("an interval holds what came since the last one", () => {
    const { directory, stores: [store], flush } = setUp(1);
    const histogram = store!.histogram("h", "count");
    histogram.record(10);
    flush();
    const stat = directory.find("h")!;
    expect(stat.interval().sampleCount).toBe(0);
    directory.rollInterval();
    expect(stat.interval().sampleCount).toBe(1);
    histogram.record(20);
    histogram.record(10);
    directory.rollInterval();
    expect(stat.interval().counts).toEqual([1, 1]);
    directory.rollInterval();
    expect(stat.interval().sampleCount).toBe(0);
    expect(stat.histogram().sampleCount).toBe(3);
  });
});
