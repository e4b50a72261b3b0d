// Admin endpoints: statuses, bodies and content types as Envoy 1.40 gave them for the same state.
import { beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createAdminApp, endpoints } from "../../src/admin/admin-app.ts";
import { LOGGERS } from "../../src/observe/log-levels.ts";
import { FakeSource } from "./fake-source.ts";

let source: FakeSource;
let app: ReturnType<typeof createAdminApp>;
beforeEach(() => {
  source = new FakeSource();
  app = createAdminApp(source);
});

async function ask(target: string, method = "GET", body?: string, headers: Record<string, string> = {}) {
  const response = await app.fetch(
    new Request(`http://h${target}`, { method, headers, ...(body === undefined ? {} : { body }) }),
  );
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
}
const json = async (target: string) => JSON.parse((await ask(target)).text) as Record<string, any>;
const TEXT = "text/plain; charset=UTF-8";

describe("rules", () => {
  test("unknown paths are answered 404 with the help", async () => {
    for (const path of ["/nope", "/ready/", "/READY", "/tap", "//stats"]) {
      const { status, text } = await ask(path);
      expect(status).toBe(404);
      expect(text).toStartWith("invalid path. admin commands are:\n  /: ");
    }
    expect((await ask("/help")).text).toStartWith("admin commands are:\n");
  });

  test("what changes state wants POST", async () => {
    for (const endpoint of endpoints.filter((e) => e.mutates)) {
      const { status, text } = await ask(endpoint.path);
      expect([status, text]).toEqual([405, "Method GET not allowed, POST required."]);
    }
    expect(source.actions).toEqual([]);
    expect((await ask("/ready", "POST")).status).toBe(200);
    expect((await ask("/healthcheck/fail", "DELETE")).text).toBe("Method DELETE not allowed, POST required.");
  });

  test("the endpoints, parameters and POST marks are Envoy's, but for these", () => {
    const oracle = readFileSync(join(import.meta.dir, "../observe/oracle/help.txt"), "utf8");
    const entries = (text: string) =>
      [...text.matchAll(/^ {2}(\/\S*)( \(POST\))?: .*((?:\n {6}.*)*)/gm)].map((m) => {
        const parameters = [...m[3]!.matchAll(/\n {6}(\w+):/g)].map((p) => p[1]);
        return `${m[1]}${m[2] ?? ""} ${parameters.join(" ")}`.trim();
      });
    const own = entries(
      "\n" +
        endpoints.map((e) =>
          `  ${e.path}${e.mutates ? " (POST)" : ""}: x${e.parameters.map((p) => `\n      ${p.name}: x`).join("")}`
        ).join("\n"),
    );
    const envoy = entries(oracle);
    expect(own.filter((entry) => !envoy.includes(entry))).toEqual(["/explain (POST)"]);
    // tcmalloc is not ours; symbol look-ups of stats do not exist here.
    expect(envoy.filter((entry) => !own.includes(entry))).toEqual([
      "/memory/tcmalloc",
      "/peak_heap_dump",
      "/stats/recentlookups",
      "/stats/recentlookups/clear (POST)",
      "/stats/recentlookups/disable (POST)",
      "/stats/recentlookups/enable (POST)",
    ]);
  });

  test("profilers say that they are not there", async () => {
    expect((await ask("/cpuprofiler?enable=y", "POST")).status).toBe(501);
    expect((await ask("/contention")).status).toBe(501);
  });
});

describe("state", () => {
  test("/ready follows the state", async () => {
    expect(await ask("/ready")).toEqual({ status: 200, type: TEXT, text: "LIVE\n" });
    source.serverState = "DRAINING";
    expect(await ask("/ready")).toEqual({ status: 503, type: TEXT, text: "DRAINING\n" });
  });

  test("/server_info", async () => {
    const { text, type } = await ask("/server_info");
    expect(type).toBe("application/json");
    expect(text).toBe(
      '{\n "version": "abc/1.0.0/Clean/RELEASE/BoringSSL",\n "state": "LIVE",\n "uptime_current_epoch": "2s",\n "uptime_all_epochs": "2s",\n' +
        ' "hot_restart_version": "disabled",\n "command_line_options": {\n  "concurrency": 2\n },\n "node": {\n  "id": "n"\n }\n}\n',
    );
  });

  test("/listeners", async () => {
    expect((await ask("/listeners")).text).toBe("l1::127.0.0.1:19902\nl1::[::1]:19903\nu::/tmp/x.sock\n");
    const address = (host: string, port_value: number) => ({ socket_address: { address: host, port_value } });
    expect(await json("/listeners?format=json")).toEqual({
      listener_statuses: [
        { name: "l1", local_address: address("127.0.0.1", 19902), additional_local_addresses: [address("::1", 19903)] },
        { name: "u", local_address: { pipe: { path: "/tmp/x.sock" } } },
      ],
    });
  });

  test("/memory, /certs, /hot_restart_version, /init_dump", async () => {
    const memory = await json("/memory");
    expect(Object.keys(memory)).toEqual([
      "allocated",
      "heap_size",
      "pageheap_unmapped",
      "pageheap_free",
      "total_thread_cache",
      "total_physical_bytes",
    ]);
    expect(Number(memory["total_physical_bytes"])).toBeGreaterThan(1e6);
    expect((await ask("/certs")).text).toBe('{\n "certificates": []\n}\n');
    expect((await ask("/hot_restart_version")).text).toBe("disabled");
    expect(await json("/init_dump")).toEqual({
      unready_targets_dumps: [{ name: "listener l1", target_names: ["rds r"] }],
    });
    expect(await json("/init_dump?mask=cluster")).toEqual({});
  });
});

describe("/clusters", () => {
  test("text", async () => {
    const { text } = await ask("/clusters");
    expect(text).toBe(readFileSync(join(import.meta.dir, "clusters.txt"), "utf8"));
    expect((await ask("/clusters?filter=dn")).text).toStartWith(
      "dns::observability_name::dns\ndns::outlier::success_rate_average::-1\n",
    );
    expect(await ask("/clusters?filter=(")).toEqual({ status: 400, type: TEXT, text: "Invalid re2 regex\n" });
  });

  test("JSON leaves defaults out", async () => {
    const statuses = (await json("/clusters?format=json"))["cluster_statuses"];
    expect(statuses[0]).toEqual({
      name: "c1",
      host_statuses: [{
        address: { socket_address: { address: "127.0.0.1", port_value: 19904 } },
        stats: [
          ...["cx_connect_fail", "cx_total", "rq_error", "rq_success", "rq_timeout", "rq_total"].map((name) => ({
            name,
          })),
          ...["cx_active", "rq_active", "rq_pending_active"].map((name) => ({ type: "GAUGE", name })),
        ],
        health_status: { eds_health_status: "HEALTHY" },
        weight: 1,
        locality: {},
      }],
      circuit_breakers: {
        thresholds: [
          { max_connections: 1024, max_pending_requests: 1024, max_requests: 1024, max_retries: 3 },
          { priority: "HIGH", max_connections: 1024, max_pending_requests: 1024, max_requests: 1024, max_retries: 3 },
        ],
      },
      observability_name: "c1",
    });
    const host = statuses[1].host_statuses[0];
    expect(host.health_status).toEqual({
      failed_active_health_check: true,
      failed_outlier_check: true,
      eds_health_status: "HEALTHY",
    });
    expect(host.stats[1]).toEqual({ name: "cx_total", value: "3" });
    expect(host.locality).toEqual({ zone: "z" });
  });
});

describe("/config_dump", () => {
  const type = (name: string) => `type.googleapis.com/envoy.${name}`;

  test("sections", async () => {
    const { configs } = await json("/config_dump") as { configs: Record<string, any>[] };
    expect(configs.map((c) => String(c["@type"]).replace(/.*\./, ""))).toEqual([
      "BootstrapConfigDump",
      "ClustersConfigDump",
      "ListenersConfigDump",
      "ScopedRoutesConfigDump",
      "RoutesConfigDump",
      "SecretsConfigDump",
    ]);
    expect(configs[1]!["static_clusters"][0]).toEqual({
      cluster: { "@type": type("config.cluster.v3.Cluster"), name: "c1", type: "STATIC" },
      last_updated: "2026-11-24T21:02:29.362Z",
    });
    expect(configs[4]!["static_route_configs"][0].route_config).toEqual({
      "@type": type("config.route.v3.RouteConfiguration"),
      name: "r",
      virtual_hosts: [],
    });
    const withEndpoints = await json("/config_dump?include_eds") as { configs: Record<string, any>[] };
    expect(
      withEndpoints.configs[2]!["static_endpoint_configs"][1].endpoint_config.endpoints[0].lb_endpoints[0]
        .health_status,
    ).toBe("UNHEALTHY");
  });

  test("resource, mask and name_regex", async () => {
    const masked = await json("/config_dump?resource=static_clusters&mask=cluster.name");
    expect(masked).toEqual({
      configs: ["c1", "dns"].map((name) => ({
        "@type": type("admin.v3.ClustersConfigDump.StaticCluster"),
        cluster: { "@type": type("config.cluster.v3.Cluster"), name },
      })),
    });
    const named = await json("/config_dump?resource=static_clusters&name_regex=d.*");
    expect(named["configs"].map((c: any) => c.cluster.name)).toEqual(["dns"]);
    expect((await json("/config_dump?mask=bootstrap"))["configs"].map((c: any) => Object.keys(c))).toEqual([[
      "@type",
      "bootstrap",
    ]]);
    expect(await json("/config_dump?resource=dynamic_listeners")).toEqual({});
  });

  test.each([
    ["resource=nope", 404, "nope not found in config dump\n"],
    ["resource=bootstrap", 400, "bootstrap is not a repeated field. Use ?mask=bootstrap to get only this field\n"],
    [
      "mask=static_clusters.cluster.name",
      400,
      "FieldMask static_clusters.cluster.name could not be successfully applied to any configs.\n",
    ],
    ["name_regex=(", 400, "INVALID_ARGUMENT: Error while parsing name_regex from (: missing ): (\n"],
    ["resource=__proto__", 404, "__proto__ not found in config dump\n"],
  ])("%s", async (query, status, text) => {
    expect(await ask(`/config_dump?${query}`)).toMatchObject({ status, text });
  });
});

describe("/stats", () => {
  beforeEach(() => {
    source.store.gauge("server.state").set(0);
    source.store.gauge("listener_manager.workers_started").set(1);
    source.store.counter("server.unused");
    source.store.counter("cluster.c1.upstream_rq_200").add(2);
    source.store.histogram("cluster.c1.upstream_rq_time", "ms").record(1);
    source.store.textReadout("t").set("x");
    source.store.flush();
  });

  test("what the agent asks, raw and percent-encoded", async () => {
    const expected = "listener_manager.workers_started: 1\nserver.state: 0\n";
    expect((await ask("/stats?usedonly&filter=^(server\\.state|listener_manager\\.workers_started)")).text).toBe(
      expected,
    );
    expect((await ask("/stats?usedonly&filter=%5E%28server%5C.state%7Clistener_manager%5C.workers_started%29")).text)
      .toBe(expected);
  });

  test("types, formats, inversion", async () => {
    expect((await ask("/stats?type=Counters")).text).toBe("cluster.c1.upstream_rq_200: 2\nserver.unused: 0\n");
    expect((await ask("/stats?type=TextReadouts")).text).toBe('t: "x"\n');
    expect((await ask("/stats?filter=cluster&invert_filter&type=Counters")).text).toBe("server.unused: 0\n");
    expect(await ask("/stats?format=json&filter=^server.state$")).toEqual({
      status: 200,
      type: "application/json",
      text: '{"stats":[{"name":"server.state","value":0}]}',
    });
    expect((await ask("/stats?format=html&filter=server.state")).text).toContain("<pre>server.state: 0\n</pre>");
    expect((await ask("/stats?hidden=only")).text).toBe("");
  });

  test("Prometheus under both names", async () => {
    const expected =
      '# TYPE envoy_cluster_upstream_rq counter\nenvoy_cluster_upstream_rq{envoy_response_code="200",envoy_cluster_name="c1"} 2\n';
    expect((await ask("/stats/prometheus?filter=rq_200")).text).toBe(expected);
    expect((await ask("/stats?format=prometheus&filter=rq_200")).text).toBe(expected);
    expect((await ask("/stats/prometheus?filter=^t$&text_readouts")).text).toBe(
      '# TYPE envoy_t gauge\nenvoy_t{text_value="x"} 0\n',
    );
    expect((await ask("/stats/prometheus?histogram_buckets=detailed")).text).toBe(
      "unsupported prometheus histogram bucket mode",
    );
  });

  test.each([
    [
      "histogram_buckets=x",
      "usage: /stats?histogram_buckets=(cumulative|disjoint|detailed|summary|prometheusnative)\n",
    ],
    ["format=x", "usage: /stats?format=(html|active-html|json|prometheus|text)\n\n"],
    ["hidden=x", "usage: /stats?hidden=(include|only|exclude)\n\n"],
    ["type=x", "invalid &type= param"],
    ["filter=(", "Invalid re2 regex: missing ): ("],
  ])("wrong parameter %s", async (query, text) => {
    expect(await ask(`/stats?${query}`)).toEqual({ status: 400, type: TEXT, text });
  });

  test("a filter that would hang a backtracking engine ends", async () => {
    source.store.counter(`a${"a".repeat(60)}!`);
    source.store.flush();
    expect((await ask("/stats?filter=^(a%2B)%2B$&type=Counters")).text).toBe("");
  });

  test("/reset_counters", async () => {
    expect(await ask("/reset_counters", "POST")).toEqual({ status: 200, type: TEXT, text: "OK\n" });
    expect((await ask("/stats?filter=rq_200")).text).toBe("cluster.c1.upstream_rq_200: 0\n");
  });
});

describe("/logging", () => {
  const post = (query = "") => ask(`/logging${query}`, "POST");

  test("lists all loggers in Envoy's order", async () => {
    expect((await post()).text).toBe(`active loggers:\n${LOGGERS.map((logger) => `  ${logger}: error\n`).join("")}\n`);
    expect(source.actions).toEqual([]);
  });

  test("changes one, several, all", async () => {
    await post("?main=debug");
    await post("?paths=http:trace,rbac:warn");
    const levels = new Map(source.log.levels.list());
    expect([levels.get("main"), levels.get("http"), levels.get("rbac"), levels.get("admin")]).toEqual([
      "debug",
      "trace",
      "warning",
      "error",
    ]);
    await post("?level=warning");
    expect(new Set(source.log.levels.list().map(([, level]) => level))).toEqual(new Set(["warning"]));
    expect(source.actions).toEqual(["levels", "levels", "levels"]);
  });

  test.each([
    ["?nope=debug", "unknown logger name"],
    ["?level=xx", "unknown logger level"],
    ["?level=info&main=debug", "invalid number of parameters"],
    ["?paths=a:b", "unknown logger level"],
    ["?paths=zz", "empty logger name or empty logger level"],
    ["?paths=main:debug,nope:info", "unknown logger name"],
  ])("%s", async (query, error) => {
    const { status, text } = await post(query);
    expect(status).toBe(400);
    expect(text).toStartWith(`error: ${error}\n\nusage: /logging?<name>=<level> (change single level)\n`);
    expect(text).toContain("levels: trace debug info warning error critical off \nactive loggers:\n");
    expect(source.log.levels.list().every(([, level]) => level === "error")).toBe(true);
  });
});

describe("actions", () => {
  test("reach the server", async () => {
    for (
      const path of [
        "/healthcheck/fail",
        "/healthcheck/ok",
        "/reopen_logs",
        "/quitquitquit",
        "/drain_listeners?inboundonly&graceful",
        "/drain_listeners?skip_exit",
      ]
    ) {
      expect(await ask(path, "POST")).toEqual({ status: 200, type: TEXT, text: "OK\n" });
    }
    expect(source.actions).toEqual([
      "healthcheck fail",
      "healthcheck ok",
      "reopen",
      "quit",
      'drain {"inboundOnly":true,"graceful":true,"skipExit":false}',
      'drain {"inboundOnly":false,"graceful":false,"skipExit":true}',
    ]);
  });

  test("/runtime and /runtime_modify", async () => {
    expect((await ask("/runtime_modify?a=5&c=x%20y", "POST")).text).toBe("OK\n");
    expect(
      (await ask("/runtime_modify", "POST", "d=1+2", { "content-type": "application/x-www-form-urlencoded" })).text,
    ).toBe("OK\n");
    expect(await json("/runtime")).toEqual({
      entries: {
        a: { final_value: "5", layer_values: ["1", "5"] },
        b: { final_value: "2", layer_values: ["2", ""] },
        c: { final_value: "x y", layer_values: ["", "x y"] },
        d: { final_value: "1 2", layer_values: ["", "1 2"] },
      },
      layers: ["static", "admin"],
    });
    expect(await ask("/runtime_modify", "POST")).toMatchObject({ status: 400 });
    source.hasAdminLayer = false;
    expect(await ask("/runtime_modify?a=b", "POST")).toMatchObject({ status: 503, text: "No admin layer specified" });
  });

  test("/explain", async () => {
    const asked = { method: "PUT", url: "http://a/b", headers: [["x", "y"]], listener: "" };
    expect(
      JSON.parse(
        (await ask("/explain", "POST", JSON.stringify({ method: "PUT", url: "http://a/b", headers: { x: "y" } }))).text,
      ),
    ).toEqual({ asked });
    for (
      const body of [
        "",
        "null",
        "{}",
        '{"url":1}',
        '{"url":"x","headers":[["a"]]}',
        '{"url":"x","method":3}',
        '{"url":"bad"}',
      ]
    ) {
      expect((await ask("/explain", "POST", body)).status).toBe(400);
    }
  });
});
