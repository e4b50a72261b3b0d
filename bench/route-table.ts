// Measures route look-up: first, last and no route of tables with 1, 512 and 5,000 routes of each kind. Run: bun bench/route-table.ts
import { HeaderBlock } from "../src/base/header-block.ts";
import { StreamInfo } from "../src/expr/stream-info.ts";
import type { RouteConfig, RouteRuleConfig } from "../src/router/route-config.ts";
import { RouteTable } from "../src/router/route-table.ts";

type Kind = "prefix" | "exact" | "separatedPrefix" | "regex";

const NO_EDITS = { removes: [], adds: [] };

function rule(kind: Kind, value: string, cluster: string): RouteRuleConfig {
  return {
    name: cluster,
    match: {
      path: { kind, value, caseSensitive: true },
      fraction: null,
      headers: [],
      queryParameters: [],
      grpcOnly: false,
    },
    action: {
      kind: "cluster",
      cluster: { kind: "named", name: cluster },
      clusterNotFoundStatus: 503,
      pathRewrite: null,
      hostRewrite: null,
      appendXForwardedHost: false,
      timeoutMs: 15_000,
      idleTimeoutMs: null,
      maxStreamDurationMs: null,
      grpcTimeoutHeaderMaxMs: null,
      grpcTimeoutHeaderOffsetMs: 0,
      retryPolicy: null,
      mirrors: [],
      priority: 0,
      upgrades: [],
    },
    requestHeaders: NO_EDITS,
    responseHeaders: NO_EDITS,
    retryBufferLimitBytes: null,
    filterConfigs: [],
    metadata: null,
  };
}

function tableOf(routes: RouteRuleConfig[]): RouteTable {
  const config: RouteConfig = {
    name: "bench",
    virtualHosts: [{
      name: "v",
      domains: ["*"],
      routes,
      requireTls: "none",
      requestHeaders: NO_EDITS,
      responseHeaders: NO_EDITS,
      retryPolicy: null,
      includesAttemptCount: false,
      includesAttemptCountInResponse: false,
      retryBufferLimitBytes: null,
      mirrors: [],
      filterConfigs: [],
      metadata: null,
    }],
    internalOnlyHeaders: [],
    requestHeaders: NO_EDITS,
    responseHeaders: NO_EDITS,
    mostSpecificHeaderMutationsWins: false,
    validateClusters: null,
    ignorePortInHostMatching: false,
    ignorePathParameters: false,
    hostHeader: "",
    mirrors: [],
    filterConfigs: [],
    metadata: null,
  };
  return new RouteTable(config, { getInteger: (_key, value) => value, isEnabled: () => true });
}

const MIX = ["prefix", "exact", "regex, own prefix", "regex, no prefix"];

/** Pattern of route i, and a path that matches it alone. */
const KINDS: Readonly<Record<string, (i: number) => { kind: Kind; value: string; path: string }>> = {
  prefix: (i) => ({ kind: "prefix", value: `/api/v1/svc-${i}/`, path: `/api/v1/svc-${i}/items/42` }),
  exact: (i) => ({ kind: "exact", value: `/api/v1/svc-${i}`, path: `/api/v1/svc-${i}` }),
  "regex, own prefix": (i) => ({ kind: "regex", value: `/api/v1/svc-${i}/[0-9]+`, path: `/api/v1/svc-${i}/4242` }),
  "regex, no prefix": (i) => ({ kind: "regex", value: `/[a-z]+/v1/svc-${i}/[0-9]+`, path: `/api/v1/svc-${i}/4242` }),
  "mix, ends with a regex": (i) => KINDS[MIX[i % 4]!]!(i),
  "mix, ends with a prefix": (i) => KINDS[MIX[(i + 1) % 4]!]!(i),
};

/** Best of 5 rounds, nanoseconds per look-up, with a path string that is new each time (as on the wire). */
function measure(table: RouteTable, path: string, expected: string | null): number {
  const headers = new HeaderBlock();
  headers.appendNamed(":method", "GET");
  headers.appendNamed(":path", path);
  headers.appendNamed(":authority", "h.test");
  const pathAt = headers.indexOfNamed(":path", 0);
  const info = new StreamInfo(), bytes = Buffer.from(path, "latin1");
  const found = table.find(headers, info)?.clusterName(headers) ?? null;
  if (found !== expected) throw new Error(`${path}: found ${found}, wanted ${expected}`);
  const iterations = 100_000;
  let best = Infinity;
  for (let round = 0; round < 6; round++) {
    const started = performance.now();
    for (let i = 0; i < iterations; i++) {
      headers.setAt(pathAt, bytes.latin1Slice(0, bytes.length));
      table.find(headers, info);
    }
    const ns = ((performance.now() - started) * 1e6) / iterations;
    if (round > 0 && ns < best) best = ns;
  }
  return Math.round(best);
}

const rows: Record<string, string | number>[] = [];
for (const [name, patternOf] of Object.entries(KINDS)) {
  for (const count of [1, 512, 5000]) {
    const patterns = Array.from({ length: count }, (_, i) => patternOf(i));
    const started = performance.now();
    const table = tableOf(patterns.map(({ kind, value }, i) => rule(kind, value, `c${i}`)));
    const compileMs = performance.now() - started;
    const first = measure(table, patterns[0]!.path, "c0");
    const last = measure(table, patterns[count - 1]!.path, `c${count - 1}`);
    const none = measure(table, "/nothing/like/it", null);
    rows.push({
      routes: name,
      count,
      "first ns": first,
      "last ns": last,
      "none ns": none,
      "last/first": (last / first).toFixed(2),
      "compile ms": compileMs.toFixed(1),
    });
  }
}
console.table(rows);
