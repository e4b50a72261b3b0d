// Route tables: virtual host selection, weighted clusters, TLS requirement, per-route filter configuration (expectations taken from Envoy 1.40).
import { describe, expect, test } from "bun:test";
import type { RouteRuntime } from "../../src/router/route-runtime.ts";
import { RouteTable } from "../../src/router/route-table.ts";
import {
  emptyRuntime,
  infoOf,
  match,
  NO_EDITS,
  request,
  routeConfig,
  routeOf,
  rule,
  tableOf,
  toCluster,
  virtualHost,
} from "./support.ts";

function hostsTable(domains: string[], ignorePortInHostMatching: boolean): RouteTable {
  const hosts = domains.map((domain) => virtualHost(domain, [domain], [rule(match("prefix", "/"), "c")]));
  return new RouteTable(routeConfig(hosts, { ignorePortInHostMatching }), emptyRuntime);
}

function hostFor(table: RouteTable, authority: string): string {
  return table.find(request("/", ":authority", authority), infoOf(request("/")))?.virtualHostName ?? "none";
}

describe("virtual hosts", () => {
  const all = [
    "A.Example.com",
    "*.foo.com",
    "*.b.foo.com",
    "pre.*",
    "pre.x.*",
    "*-bar.org",
    "[::1]",
    "10.0.0.1:8080",
    "*",
  ];
  const cases: [string, string][] = [
    ["a.example.com", "A.Example.com"],
    ["A.EXAMPLE.COM", "A.Example.com"],
    ["a.example.com:80", "*"],
    ["a.example.com.", "*"],
    ["x.foo.com", "*.foo.com"],
    ["x.b.foo.com", "*.b.foo.com"],
    ["foo.com", "*"],
    [".foo.com", "*"],
    ["pre.a", "pre.*"],
    ["pre.x.a", "pre.x.*"],
    ["pre.", "*"],
    ["PRE.z", "pre.*"],
    ["z-bar.org", "*-bar.org"],
    ["-bar.org", "*"],
    ["[::1]", "[::1]"],
    ["[::1]:80", "*"],
    ["10.0.0.1:8080", "10.0.0.1:8080"],
    ["10.0.0.1", "*"],
    ["", "*"],
    ["__proto__", "*"],
  ];
  const table = hostsTable(all, false);
  for (const [authority, expected] of cases) test(authority, () => expect(hostFor(table, authority)).toBe(expected));

  test("ignore_port_in_host_matching drops the port of the request only", () => {
    const ignoring = hostsTable(["a.com", "*.foo.com", "[::1]", "10.0.0.1:8080"], true);
    expect(["a.com:81", "x.foo.com:1", "[::1]:80", "10.0.0.1:8080", "b.com"].map((name) => hostFor(ignoring, name)))
      .toEqual(["a.com", "*.foo.com", "[::1]", "none", "none"]);
  });

  test("vhost_header chooses instead of the host; without it there is no route", () => {
    const hosts = ["a", "*"].map((domain) => virtualHost(domain, [domain], [rule(match("prefix", "/"), "c")]));
    const table = new RouteTable(routeConfig(hosts, { hostHeader: "x-vh" }), emptyRuntime);
    const nameFor = (...fields: string[]) => table.find(request("/", ...fields), infoOf(request("/")))?.virtualHostName;
    expect([nameFor("x-vh", "a"), nameFor("x-vh", "zz"), nameFor()]).toEqual(["a", "*", undefined]);
  });
});

test("path parameters are ignored for matching when the table says so", () => {
  const rules = [
    rule(match("exact", "/a/b"), "exact"),
    rule(match("prefix", "/p/q/"), "prefix"),
    rule(match("regex", "/x/[^/]*"), "regex"),
  ];
  const table = tableOf(rules, { ignorePathParameters: true });
  const nameFor = (path: string) => table.find(request(path), infoOf(request(path)))?.name ?? "none";
  const paths = ["/a;x=1/b", "/a;x/b;y?z", "/p;a;b=c/q;x/r", "/x/y;a/b", "/x/y;", "/;a/b", "/a/b;/c"];
  expect(paths.map(nameFor)).toEqual(["exact", "exact", "prefix", "none", "regex", "none", "none"]);
});

describe("weighted clusters", () => {
  const weighted = (name: string, weight: number) => ({
    name,
    header: "",
    weight,
    requestHeaders: NO_EDITS,
    responseHeaders: NO_EDITS,
    hostRewrite: "",
    filterConfigs: [],
  });
  const table = (
    more: { runtimeKeyPrefix?: string; randomHeader?: string } = {},
    runtime: RouteRuntime = emptyRuntime,
  ) =>
    tableOf(
      [rule(
        match("prefix", "/"),
        toCluster("", {
          cluster: {
            kind: "weighted",
            clusters: [weighted("a", 1), weighted("b", 3)],
            runtimeKeyPrefix: more.runtimeKeyPrefix ?? "",
            randomHeader: more.randomHeader ?? "",
          },
        }),
      )],
      {},
      runtime,
    );

  test("the random value decides", () => {
    const chosen = [0, 1, 2, 3, 4, 5].map((random) => routeOf(table(), request("/"), random).clusterName(request("/")));
    expect(chosen).toEqual(["a", "b", "b", "b", "a", "b"]);
  });

  test("a second look-up of the same exchange chooses the same", () => {
    const headers = request("/"), info = infoOf(headers, -1), routes = table();
    const first = routes.find(headers, info);
    expect(info.routeRandom).toBeGreaterThanOrEqual(0);
    for (let i = 0; i < 20; i++) expect(routes.find(headers, info)).toBe(first);
  });

  test("a header value decides, unsigned 64 bits; anything else falls back to chance", () => {
    const routes = table({ randomHeader: "x-r" });
    const chosen = (value: string) => routeOf(routes, request("/", "x-r", value), 0).clusterName(request("/"));
    expect(["0", "1", "3", "4", "18446744073709551615", "18446744073709551616", "abc", "-1"].map(chosen))
      .toEqual(["a", "b", "b", "a", "b", "a", "a", "a"]);
  });

  test("runtime overrides weights", () => {
    const runtime = { ...emptyRuntime, getInteger: (key: string, value: number) => (key === "w.a" ? 0 : value) };
    const routes = table({ runtimeKeyPrefix: "w" }, runtime);
    expect(routeOf(routes, request("/"), 0).clusterName(request("/"))).toBe("b");
  });
});

test("cluster_header names the cluster; without the header the name is empty", () => {
  const table = tableOf([rule(match("prefix", "/"), toCluster("", { cluster: { kind: "header", header: "x-c" } }))]);
  const named = request("/", "x-c", "west");
  expect(routeOf(table, named).clusterName(named)).toBe("west");
  expect(routeOf(table, request("/")).clusterName(request("/"))).toBe("");
});

describe("require_tls", () => {
  const table = (requireTls: "all" | "externalOnly") =>
    new RouteTable(
      routeConfig([virtualHost("v", ["*"], [rule(match("prefix", "/"), "c")], { requireTls })]),
      emptyRuntime,
    );
  const actionFor = (requireTls: "all" | "externalOnly", ...fields: string[]) =>
    routeOf(table(requireTls), request("/x?y", ":authority", "h:80", ...fields)).action;

  test("sends plaintext requests to https", () => {
    const headers = request("/x?y", ":authority", "h:80", "x-forwarded-proto", "http");
    const route = routeOf(table("all"), headers);
    expect([route.action, route.redirectStatus, route.redirectLocation(headers)]).toEqual([
      "redirect",
      301,
      "https://h/x?y",
    ]);
    expect(actionFor("all", "x-forwarded-proto", "https")).toBe("cluster");
  });

  test("externalOnly lets internal requests pass", () => {
    expect(actionFor("externalOnly", "x-forwarded-proto", "http")).toBe("redirect");
    expect(actionFor("externalOnly", "x-forwarded-proto", "http", "x-envoy-internal", "true")).toBe("cluster");
    expect(actionFor("all", "x-forwarded-proto", "http", "x-envoy-internal", "true")).toBe("redirect");
  });
});

describe("filter configuration", () => {
  const override = (name: string, value: number) => ({
    name,
    disabled: false,
    config: { factory: name, name, config: value },
  });
  const off = (name: string) => ({ name, disabled: true, config: null });
  const table = new RouteTable(
    routeConfig([
      virtualHost("v", ["*"], [
        rule(match("prefix", "/a"), "a", { filterConfigs: [override("f", 3), override("g", 3)] }),
        rule(match("prefix", "/b"), "b"),
        rule(match("prefix", "/c"), "c", { filterConfigs: [off("f")] }),
      ], { filterConfigs: [override("f", 2), off("g")] }),
    ], { filterConfigs: [override("f", 1)] }),
    emptyRuntime,
  );
  const valuesOf = (path: string, name: string) =>
    routeOf(table, request(path)).filterConfigs(name).map((c) => c.config);

  test("levels come least specific first", () => {
    expect(table.hasFilterConfig).toBe(true);
    expect(valuesOf("/a", "f")).toEqual([1, 2, 3]);
    expect(valuesOf("/b", "f")).toEqual([1, 2]);
    expect(routeOf(table, request("/a")).mostSpecificFilterConfig("f")?.config).toBe(3);
    expect(routeOf(table, request("/a")).mostSpecificFilterConfig("none")).toBeNull();
  });

  test("the most specific level that mentions a filter switches it", () => {
    expect(routeOf(table, request("/a")).isFilterDisabled("g")).toBe(false);
    expect(routeOf(table, request("/b")).isFilterDisabled("g")).toBe(true);
    expect(routeOf(table, request("/c")).isFilterDisabled("f")).toBe(true);
    expect(routeOf(table, request("/a")).isFilterDisabled("constructor")).toBeNull();
  });

  test("a table without overrides says so", () => {
    expect(tableOf([rule(match("prefix", "/"), "c")]).hasFilterConfig).toBe(false);
  });
});

test("stream duration: grpc-timeout within its bounds, else the route's", () => {
  const durationOf = (more: Parameters<typeof toCluster>[1], timeout?: string) => {
    const headers = timeout === undefined ? request("/") : request("/", "grpc-timeout", timeout);
    return routeOf(tableOf([rule(match("prefix", "/"), toCluster("c", more))]), headers).streamDurationMs(headers);
  };
  expect(durationOf({})).toBeNull();
  expect(durationOf({ maxStreamDurationMs: 0 })).toBe(0);
  const istio = { maxStreamDurationMs: 0, grpcTimeoutHeaderMaxMs: 0 };
  expect([durationOf(istio), durationOf(istio, "2S"), durationOf(istio, "1500u"), durationOf(istio, "x")]).toEqual([
    0,
    2000,
    2,
    0,
  ]);
  const bounded = { maxStreamDurationMs: null, grpcTimeoutHeaderMaxMs: 1000, grpcTimeoutHeaderOffsetMs: 100 };
  expect([durationOf(bounded, "99999999H"), durationOf(bounded, "500m"), durationOf(bounded, "50m")]).toEqual([
    900,
    400,
    50,
  ]);
});

test("route upgrades override the manager's list", () => {
  const upgrades = [{ type: "websocket", enabled: false }, { type: "x", enabled: true }];
  const route = routeOf(tableOf([rule(match("prefix", "/"), toCluster("c", { upgrades }))]), request("/"));
  expect([route.allowsUpgrade("websocket"), route.allowsUpgrade("x"), route.allowsUpgrade("y")]).toEqual([
    false,
    true,
    null,
  ]);
});
