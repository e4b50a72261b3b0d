// Explanations: the chosen virtual host and route, and for every loser the condition that rejected it.
import { expect, test } from "bun:test";
import { explainRoute } from "../../src/router/explain.ts";
import { RouteTable } from "../../src/router/route-table.ts";
import { emptyRuntime, infoOf, match, request, routeConfig, rule, virtualHost } from "./support.ts";

const exact = (name: string, value: string) => ({
  name,
  condition: { kind: "string", match: { kind: "exact", value, ignoreCase: false } } as const,
  invert: false,
  treatMissingAsEmpty: false,
});

const table = new RouteTable(
  routeConfig([
    virtualHost("other", ["b.com"], [rule(match("prefix", "/"), "x")]),
    virtualHost("wild", ["*.com"], [rule(match("prefix", "/"), "x")]),
    virtualHost("mine", ["a.com"], [
      rule(match("prefix", "/b"), "one"),
      rule(match("prefix", "/a", { headers: [exact("x-foo", "1")] }), "two"),
      rule(match("regex", "/a/[0-9]+"), "three"),
      rule(match("separatedPrefix", "/a", { queryParameters: [{ name: "q", match: null, present: true }] }), "four"),
      rule(match("prefix", "/a", { grpcOnly: true }), "five"),
      rule(match("prefix", "/a", { fraction: { numerator: 0, denominator: 100, runtimeKey: "k" } }), "six"),
      rule(match("prefix", "/a"), "seven"),
      rule(match("prefix", "/"), "eight"),
    ]),
    virtualHost("secure", ["s.com"], [rule(match("prefix", "/"), "x")], { requireTls: "all" }),
  ]),
  emptyRuntime,
);

test("each loser has its condition", () => {
  const headers = request("/a?z=1", ":authority", "a.com");
  const explanation = explainRoute(table, headers, infoOf(headers, 42));
  expect(explanation.virtualHosts.map(({ name, isChosen, reason }) => `${name} ${isChosen}: ${reason}`)).toEqual([
    'other false: host "a.com" is none of its domains',
    'wild false: domain *.com stands for host "a.com" too, but a.com of virtual host mine is closer',
    'mine true: domain a.com stands for host "a.com"',
    'secure false: host "a.com" is none of its domains',
  ]);
  expect(explanation.routes.map(({ name, isChosen, reason }) => `${name} ${isChosen}: ${reason}`)).toEqual([
    'one false: path /a does not start with "/b"',
    'two false: header x-foo is absent, wanted exact "1"',
    'three false: path /a does not match regex "/a/[0-9]+" in full',
    "four false: query parameter q is absent, wanted present",
    "five false: the content-type is not application/grpc, wanted a gRPC request",
    "six false: the random value 42 of this request is not among 0 of 100 requests (or as runtime key k says)",
    "seven true: all conditions hold",
  ]);
  expect(explanation.routesNotReached).toBe(1);
  expect(explanation.outcome).toEqual({
    virtualHost: "mine",
    route: "seven",
    action: "cluster",
    cluster: "seven",
    description: "sends it to cluster seven",
  });
  expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
});

test("no virtual host, no route", () => {
  const nowhere = request("/", ":authority", "x.org");
  expect(explainRoute(table, nowhere, infoOf(nowhere))).toMatchObject({ routes: [], outcome: null });
  const empty = new RouteTable(routeConfig([virtualHost("v", ["*"], [rule(match("exact", "/x"), "c")])]), emptyRuntime);
  const headers = request("/y");
  const explanation = explainRoute(empty, headers, infoOf(headers));
  expect(explanation.routes[0]!.reason).toBe('path /y is not "/x"');
  expect(explanation.outcome).toBeNull();
});

test("require_tls stands before the routes", () => {
  const headers = request("/p", ":authority", "s.com", "x-forwarded-proto", "http");
  expect(explainRoute(table, headers, infoOf(headers)).outcome?.description).toBe(
    "require_tls sends it to https://s.com/p (301)",
  );
});

test("headers may be older than the table", () => {
  const headers = request("/", "x-only-in-explain-test", "1");
  const late = new RouteTable(
    routeConfig([
      virtualHost("v", ["*"], [rule(match("prefix", "/", { headers: [exact("x-only-in-explain-test", "1")] }), "c")]),
    ]),
    emptyRuntime,
  );
  expect(explainRoute(late, headers, infoOf(headers)).outcome?.cluster).toBe("c");
});
