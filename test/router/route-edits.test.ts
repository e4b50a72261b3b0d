// What routes change: header operations, host and path rewrites, redirects. Expectations are what Envoy 1.40 did with the same input.
import { describe, expect, test } from "bun:test";
import type {
  ClusterActionConfig,
  HeaderAddConfig,
  HeaderAppendAction,
  HeaderMutationsConfig,
  PathRewriteConfig,
  RedirectConfig,
  RouteMatchConfig,
} from "../../src/router/route-config.ts";
import { HeaderMutations } from "../../src/router/header-mutations.ts";
import { RouteTable } from "../../src/router/route-table.ts";
import {
  emptyRuntime,
  infoOf,
  lines,
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

function add(
  name: string,
  value: string,
  action: HeaderAppendAction = "appendIfExistsOrAdd",
  keepEmptyValue = false,
): HeaderAddConfig {
  return { name, value, action, keepEmptyValue };
}

function edit(config: Partial<HeaderMutationsConfig>, ...fields: string[]): string[] {
  // Compiled first, as in production: a name that arrives before it is interned has no id.
  const mutations = HeaderMutations.compile({ ...NO_EDITS, ...config })!;
  const headers = request("/p?q", ...fields);
  const before = lines(request("/p?q"));
  mutations.apply(headers, infoOf(headers));
  return lines(headers).filter((line) => !before.includes(line));
}

describe("header operations of one level", () => {
  test("removes run first", () => {
    expect(edit({ removes: ["x-rm"], adds: [add("x-rm", "new")] }, "x-rm", "old")).toEqual(["x-rm: new"]);
  });
  test("conditions are asked before anything is added", () => {
    expect(edit({ adds: [add("x-a", "1", "addIfAbsent"), add("x-a", "2", "addIfAbsent")] })).toEqual([
      "x-a: 1",
      "x-a: 2",
    ]);
    expect(edit({ adds: [add("x-a", "1", "addIfAbsent")] }, "x-a", "0")).toEqual(["x-a: 0"]);
  });
  test("overwrites run before appends", () => {
    const adds = [add("x-b", "2"), add("x-b", "1", "overwriteIfExistsOrAdd")];
    expect(edit({ adds }, "x-b", "0")).toEqual(["x-b: 1", "x-b: 2"]);
    expect(edit({ adds: [add("x-b", "1", "overwriteIfExists")] })).toEqual([]);
    expect(edit({ adds: [add("x-b", "1", "overwriteIfExists")] }, "x-b", "0")).toEqual(["x-b: 1"]);
  });
  test("an empty value is nothing unless kept", () => {
    expect(edit({ adds: [add("x-e", ""), add("x-k", "", "appendIfExistsOrAdd", true)] })).toEqual(["x-k: "]);
    expect(edit({ adds: [add("x-e", "%REQ(x-no)%", "overwriteIfExistsOrAdd")] }, "x-e", "keep")).toEqual(["x-e: keep"]);
  });
  test("operators see the message before the change; %% is a percent sign", () => {
    expect(edit({ adds: [add("x-s", "%REQ(x-s)%-2", "overwriteIfExistsOrAdd")] }, "x-s", "1")).toEqual(["x-s: 1-2"]);
    expect(edit({ adds: [add("x-p", "100%%"), add("x-q", "%PROTOCOL% %REQ(:path)%"), add("x-m", "a%REQ(no)%b")] }))
      .toEqual(["x-p: 100%", "x-q: HTTP/1.1 /p?q", "x-m: ab"]);
  });
  test("non-ASCII text goes out as UTF-8 bytes", () => {
    expect(edit({ adds: [add("x-u", "é")] })).toEqual(["x-u: \xc3\xa9"]);
  });
  test("control characters of operators cannot split the message", () => {
    const headers = request("/");
    const info = infoOf(headers);
    info.downstreamTransportFailureReason = "a\r\nx-evil: 1\0";
    HeaderMutations.compile({ removes: [], adds: [add("x-why", "%DOWNSTREAM_TRANSPORT_FAILURE_REASON%")] })!.apply(
      headers,
      info,
    );
    expect(lines(headers).at(-1)).toBe("x-why: a  x-evil:_1 ");
  });
  test("bad formats are refused", () => {
    for (const value of ["100%", "%NOPE%", "%%%"]) {
      expect(() => HeaderMutations.compile({ removes: [], adds: [add("x", value)] })).toThrow();
    }
  });
});

describe("levels", () => {
  const level = (name: string): HeaderMutationsConfig => ({
    removes: [],
    adds: [add("x-o", name), add("x-w", name, "overwriteIfExistsOrAdd"), add("x-abs", name, "addIfAbsent")],
  });
  const table = (mostSpecificHeaderMutationsWins: boolean) =>
    new RouteTable(
      routeConfig([
        virtualHost("v", ["*"], [rule(
          match("prefix", "/"),
          toCluster("", {
            cluster: {
              kind: "weighted",
              runtimeKeyPrefix: "",
              randomHeader: "",
              clusters: [{
                name: "c",
                header: "",
                weight: 1,
                requestHeaders: level("weighted"),
                responseHeaders: level("weighted"),
                hostRewrite: "w.host",
                filterConfigs: [],
              }],
            },
          }),
          { requestHeaders: level("route"), responseHeaders: level("route") },
        )], { requestHeaders: level("vh"), responseHeaders: level("vh") }),
      ], { mostSpecificHeaderMutationsWins, requestHeaders: level("config"), responseHeaders: level("config") }),
      emptyRuntime,
    );
  const run = (wins: boolean, response: boolean) => {
    const headers = request("/");
    const route = routeOf(table(wins), headers), info = infoOf(headers);
    if (response) route.finalizeResponseHeaders(headers, info);
    else route.finalizeRequestHeaders(headers, info);
    return lines(headers).filter((line) => line.startsWith("x-")).join(", ");
  };
  test("weighted cluster, route, virtual host, configuration", () => {
    const expected = "x-w: config, x-o: weighted, x-abs: weighted, x-o: route, x-o: vh, x-o: config";
    expect([run(false, false), run(false, true)]).toEqual([expected, expected]);
  });
  test("most_specific_header_mutations_wins turns the order but for the weighted cluster", () => {
    const expected = "x-w: route, x-o: weighted, x-abs: weighted, x-o: config, x-o: vh, x-o: route";
    expect([run(true, false), run(true, true)]).toEqual([expected, expected]);
  });
  test("the weighted cluster's host leaves no x-envoy-original-host", () => {
    const headers = request("/");
    routeOf(table(false), headers).finalizeRequestHeaders(headers, infoOf(headers));
    expect(headers.getNamed(":authority")).toBe("w.host");
    expect(headers.getNamed("x-envoy-original-host")).toBeNull();
  });
});

describe("path rewrites", () => {
  const prefix = (value: string): PathRewriteConfig => ({ kind: "prefix", value });
  const regex = (regex: string, substitution: string): PathRewriteConfig => ({
    kind: "regex",
    rewrite: { regex, substitution },
  });
  const cases: [RouteMatchConfig, PathRewriteConfig, string, string][] = [
    [match("prefix", "/px/"), prefix("/"), "/px/foo?a", "/foo?a"],
    [match("separatedPrefix", "/ps"), prefix("/n"), "/ps", "/n"],
    [match("separatedPrefix", "/ps"), prefix("/n"), "/ps/x", "/n/x"],
    [match("separatedPrefix", "/ps"), prefix("/n"), "/ps?x", "/n?x"],
    [match("exact", "/exact"), prefix("/n"), "/exact?y", "/n?y"],
    [match("regex", "/re/[0-9]+"), prefix("/n"), "/re/12?y", "/n?y"],
    [match("prefix", "/CI/", { caseSensitive: false }), prefix("/low/"), "/ci/x", "/low/x"],
    [
      match("prefix", "/rr/"),
      regex("/([a-z]+)/([0-9]*)", "/\\2-\\1\\\\"),
      "/rr/12/abc/34?k=/abc/1",
      "/12-rr\\/34-abc\\?k=/abc/1",
    ],
    [match("prefix", "/rm/"), regex("x*", "-"), "/rm/axxb", "-/-r-m-/-a-b-"],
    [match("prefix", "/noop/"), regex("qqq", "-"), "/noop/x", "/noop/x"],
    [match("prefix", "/same/"), prefix("/same/"), "/same/x", "/same/x"],
  ];
  for (const [matches, pathRewrite, target, expected] of cases) {
    test(`${target} → ${expected}`, () => {
      const headers = request(target);
      const table = tableOf([rule(matches, toCluster("c", { pathRewrite }))]);
      routeOf(table, headers).finalizeRequestHeaders(headers, infoOf(headers));
      expect(headers.getNamed(":path")).toBe(expected);
      expect(headers.getNamed("x-envoy-original-path")).toBe(target === expected ? null : target);
    });
  }
  test("a path whose prefix holds parameters stays", () => {
    const headers = request("/p;a/q/r");
    const table = tableOf([rule(match("prefix", "/p/q/"), toCluster("c", { pathRewrite: prefix("/NEW/") }))], {
      ignorePathParameters: true,
    });
    routeOf(table, headers).finalizeRequestHeaders(headers, infoOf(headers));
    expect(headers.getNamed(":path")).toBe("/p;a/q/r");
  });
  test("suppress_envoy_headers keeps the originals secret", () => {
    const headers = request("/px/a");
    const action = toCluster("c", { pathRewrite: prefix("/"), hostRewrite: { kind: "literal", value: "n" } });
    routeOf(tableOf([rule(match("prefix", "/px/"), action)]), headers).finalizeRequestHeaders(
      headers,
      infoOf(headers),
      false,
    );
    expect(lines(headers)).toEqual([":method: GET", ":path: /a", ":authority: n", ":scheme: http"]);
  });
});

describe("host rewrites", () => {
  const run = (action: Partial<ClusterActionConfig>, target: string, ...fields: string[]) => {
    const table = tableOf([rule(match("prefix", "/"), toCluster("c", action))]);
    const headers = request(target, ...fields);
    routeOf(table, headers).finalizeRequestHeaders(headers, infoOf(headers));
    return [":authority", "x-envoy-original-host", "x-forwarded-host"].map((name) => headers.getNamed(name));
  };
  const literal = { kind: "literal", value: "lit.host" } as const;
  test("literal", () => {
    expect(run({ hostRewrite: literal }, "/")).toEqual(["lit.host", "h.test", null]);
    expect(run({ hostRewrite: literal, appendXForwardedHost: true }, "/")).toEqual(["lit.host", "h.test", "h.test"]);
  });
  test("x-forwarded-host grows, and not twice by the same host", () => {
    const action = { hostRewrite: literal, appendXForwardedHost: true };
    expect(run(action, "/", "x-forwarded-host", "q")[2]).toBe("q,h.test");
    expect(run(action, "/", "x-forwarded-host", "z,h.test")[2]).toBe("z,h.test");
  });
  test("header", () => {
    const action = { hostRewrite: { kind: "header", header: "x-hh" } } as const;
    expect(run(action, "/", "x-hh", "hdr.host")).toEqual(["hdr.host", "h.test", null]);
    expect(run(action, "/")).toEqual(["h.test", null, null]);
  });
  test("path regex, without the query", () => {
    const rewrite = { regex: "^/hr/(.+)/.+$", substitution: "\\1" };
    expect(run({ hostRewrite: { kind: "pathRegex", rewrite } }, "/hr/foo.bar/zed?q=/hr/x")[0]).toBe("foo.bar");
    expect(run({ hostRewrite: { kind: "pathRegex", rewrite } }, "/hr/")[0]).toBe("/hr/");
  });
  test("the upstream's name comes later", () => {
    const headers = request("/");
    const action = toCluster("c", { hostRewrite: { kind: "upstream" }, appendXForwardedHost: true });
    const route = routeOf(tableOf([rule(match("prefix", "/"), action)]), headers);
    route.finalizeRequestHeaders(headers, infoOf(headers));
    expect([route.rewritesHostToUpstream, headers.getNamed(":authority")]).toEqual([true, "h.test"]);
    route.rewriteHost(headers, "up.host");
    expect([":authority", "x-forwarded-host"].map((name) => headers.getNamed(name))).toEqual(["up.host", "h.test"]);
  });
});

describe("redirects", () => {
  const base: RedirectConfig = {
    kind: "redirect",
    status: 301,
    scheme: "",
    host: "",
    port: 0,
    path: "",
    pathRewrite: null,
    stripQuery: false,
  };
  const https = "https";
  const cases: [Partial<RedirectConfig>, string, string, string, string][] = [
    [{ scheme: https }, "/a?x", "h.test", "http", "https://h.test/a?x"],
    [{ scheme: https }, "/a", "h.test:80", "http", "https://h.test/a"],
    [{ scheme: https }, "/a", "h.test:8080", "http", "https://h.test:8080/a"],
    [{ scheme: https }, "/a", "[::1]:80", "http", "https://[::1]/a"],
    [{ scheme: https }, "/a", "[::1]", "http", "https://[::1]/a"],
    [{ scheme: https }, "/a", "h:443", "http", "https://h:443/a"],
    [{ scheme: https }, "/r", "h:443", "https", "https://h:443/r"],
    [{ scheme: "ftp" }, "/b", "h:80", "http", "ftp://h/b"],
    [{ scheme: "HTTP" }, "/s", "h:443", "https", "HTTP://h/s"],
    [{ host: "n.test" }, "/c?x=1", "h:81", "http", "http://n.test/c?x=1"],
    [{ host: "n.test", port: 8443 }, "/d", "h:81", "http", "http://n.test:8443/d"],
    [{ port: 8443 }, "/e", "h:81", "http", "http://h:8443/e"],
    [{ port: 8443 }, "/e", "[::1]:5", "http", "http://[::1]:8443/e"],
    [{ path: "/new" }, "/f?x=1", "h", "http", "http://h/new?x=1"],
    [{ path: "/new?a=b" }, "/g?x=1", "h", "http", "http://h/new?a=b"],
    [{ path: "/new?a=b", stripQuery: true }, "/h?x=1", "h", "http", "http://h/new?a=b"],
    [{ path: "/new", stripQuery: true }, "/i?x=1", "h", "http", "http://h/new"],
    [{ path: "new" }, "/q", "h", "http", "http://h/new"],
    [{ stripQuery: true }, "/l?x=1", "h", "http", "http://h/l"],
    [{ path: "/a#b" }, "/frag?q", "h", "http", "http://h/a#b?q"],
  ];
  for (const [redirect, target, host, proto, expected] of cases) {
    test(`${JSON.stringify(redirect)} of ${proto}://${host}${target}`, () => {
      const headers = request(target, ":authority", host, "x-forwarded-proto", proto);
      headers.setNamed(":scheme", proto);
      const table = tableOf([rule(match("prefix", "/"), { ...base, ...redirect })]);
      expect(routeOf(table, headers).redirectLocation(headers)).toBe(expected);
    });
  }
  test("prefix and regex rewrites", () => {
    const location = (
      matches: RouteMatchConfig,
      pathRewrite: PathRewriteConfig,
      target: string,
      stripQuery = false,
    ) => {
      const headers = request(target, ":authority", "h");
      return routeOf(tableOf([rule(matches, { ...base, pathRewrite, stripQuery })]), headers).redirectLocation(headers);
    };
    expect(location(match("prefix", "/j/"), { kind: "prefix", value: "/jj/" }, "/j/x?y=1")).toBe("http://h/jj/x?y=1");
    expect(location(match("prefix", "/j/"), { kind: "prefix", value: "/n?z" }, "/j/?a", true)).toBe("http://h/n");
    expect(location(match("separatedPrefix", "/t"), { kind: "prefix", value: "/" }, "/t/x")).toBe("http://h//x");
    const rewrite = { regex: "^/k/(.*)$", substitution: "/kk/\\1" };
    expect(location(match("prefix", "/k/"), { kind: "regex", rewrite }, "/k/x?y=1")).toBe("http://h/kk/x?y=1");
  });
  test("a direct response of 201 or 3xx names the request's URL", () => {
    const at = (status: number) => {
      const headers = request("/a?b");
      const table = tableOf([rule(match("prefix", "/"), { kind: "directResponse", status, body: "" })]);
      return routeOf(table, headers).directLocation(headers);
    };
    expect([200, 201, 204, 302, 404].map(at)).toEqual([null, "http://h.test/a?b", null, "http://h.test/a?b", null]);
  });
});
