// Cost of counting on the hot path: nanoseconds per operation. Run: bun bench/stats.ts
import { bench, do_not_optimize, run } from "mitata";
import { StatDirectory } from "../src/observe/stat-directory.ts";
import { StatStore } from "../src/observe/stats.ts";
import { HttpStat, httpStatSchema } from "../src/observe/schemas/http-connection-manager.ts";
import { ResponseCodeStats } from "../src/observe/response-code-stats.ts";

const directory = new StatDirectory();
const source = directory.addSource();
const store = new StatStore((batch) => directory.apply(source, batch));
const counter = store.counter("c");
const blocks = Array.from({ length: 16 }, (_, i) => store.block(`http.p${i}.`, httpStatSchema));
const histogram = store.histogram("h", "ms");
const codes = new ResponseCodeStats(store, "cluster.c.");
codes.charge(200);
store.flush();

bench("counter.inc ×100", () => {
  for (let i = 0; i < 100; i++) counter.inc();
});
bench("block.inc ×100 over 16 blocks", () => {
  for (let i = 0; i < 100; i++) blocks[i & 15]!.inc(HttpStat.downstreamRqTotal);
});
bench("block inc+dec of a gauge ×100", () => {
  const block = blocks[0]!;
  for (let i = 0; i < 50; i++) {
    block.inc(HttpStat.downstreamRqActive);
    block.dec(HttpStat.downstreamRqActive);
  }
});
bench("histogram.record ×100 (0..1000 ms)", () => {
  for (let i = 0; i < 100; i++) histogram.record(i * 10);
});
bench("block.record ×100", () => {
  const block = blocks[0]!;
  for (let i = 0; i < 100; i++) block.record(HttpStat.downstreamRqTime, i);
});
bench("codes.charge(200) ×100", () => {
  for (let i = 0; i < 100; i++) codes.charge(200);
});
bench("read all stats of 16 groups", () => {
  let sum = 0;
  for (const stat of directory.list()) sum += stat.value();
  do_not_optimize(sum);
});
await run();
