// The index answers as a scan of the list does: random route lists and requests, and cases that once could go wrong.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RouteIndex } from "../../src/router/route-index.ts";
import { RouteMatcher } from "../../src/router/route-matcher.ts";
import { RouteRequest } from "../../src/router/route-request.ts";
import type { RouteMatchConfig } from "../../src/router/route-config.ts";
import { emptyRuntime, infoOf, match, request } from "./support.ts";

function scan(matchers: readonly RouteMatcher[], probe: RouteRequest): number {
  return matchers.findIndex((matcher) => matcher.matches(probe));
}

function probeOf(path: string, ...fields: string[]): RouteRequest {
  const headers = request(path, ...fields);
  const probe = new RouteRequest();
  probe.set(headers, infoOf(headers), false);
  return probe;
}

const segment = fc.constantFrom("a", "ab", "b", "A", "aB", "", "1", "a.b", "é");
const path = fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
const regex = fc.constantFrom(
  "/a.*",
  "/a/[^/]+",
  "^/a/b$",
  "^/a|/b",
  "/(a|b)/.*",
  "(?i)/A/b",
  "/a?b*",
  "/ab+/?",
  ".*b",
  "/a\\.b/.*",
  "[/]a",
  "/\\Qa.b\\E",
  "/a{2}",
  "/a{0,1}b",
  "",
  "/é",
  "(?:/a)*",
  "/a/b|.*1",
);
const headerCondition = fc.option(fc.constantFrom("1", "2"), { nil: null });

const routeMatch: fc.Arbitrary<RouteMatchConfig> = fc.record({
  kind: fc.constantFrom("prefix", "exact", "separatedPrefix", "regex", "connect"),
  path,
  regex,
  caseSensitive: fc.boolean(),
  header: headerCondition,
}).map(({ kind, path, regex, caseSensitive, header }) =>
  match(kind as "prefix", kind === "regex" ? regex : kind === "connect" ? "" : path, {
    caseSensitive,
    headers: header === null ? [] : [{
      name: "x-h",
      condition: { kind: "string", match: { kind: "exact", value: header, ignoreCase: false } },
      invert: false,
      treatMissingAsEmpty: false,
    }],
  })
);

test("index and scan agree on random lists", () => {
  fc.assert(
    fc.property(
      fc.array(routeMatch, { maxLength: 40 }),
      fc.array(fc.tuple(path, headerCondition, fc.boolean()), { minLength: 1, maxLength: 8 }),
      (configs, requests) => {
        const matchers = configs.map((config) => new RouteMatcher(config, emptyRuntime));
        const index = new RouteIndex(matchers);
        for (const [target, header, isConnect] of requests) {
          const probe = probeOf(Buffer.from(target).toString("latin1"), "x-h", header ?? "0");
          if (isConnect) probe.isConnect = true;
          expect(index.find(probe)).toBe(scan(matchers, probe));
        }
      },
    ),
    { numRuns: 1500 },
  );
});

test("index and scan agree where many regexes share a bucket", () => {
  const configs = [
    ...Array.from({ length: 50 }, (_, i) => match("regex", `/svc/[^/]+/item-${i % 40}(/.*)?`)),
    match("prefix", "/svc/x/"),
    ...Array.from({ length: 20 }, (_, i) => match("regex", `.*/end-${i}`)),
    match("prefix", ""),
  ];
  const matchers = configs.map((config) => new RouteMatcher(config, emptyRuntime));
  const index = new RouteIndex(matchers);
  for (const target of ["/svc/x/item-39", "/svc/x/item-45", "/svc/x/item-3/end-7", "/q/end-19", "/svc/x/", "/", "/é"]) {
    const probe = probeOf(target);
    expect([target, index.find(probe)]).toEqual([target, scan(matchers, probe)]);
  }
  expect(index.find(probeOf("/svc/x/item-39"))).toBe(39);
  expect(index.find(probeOf("/q/end-19"))).toBe(70);
});

describe("path kinds", () => {
  const cases: [RouteMatchConfig, string, boolean][] = [
    [match("prefix", "/a"), "/ab?x", true],
    [match("prefix", "/a"), "/A", false],
    [match("prefix", "/A", { caseSensitive: false }), "/ab", true],
    [match("prefix", ""), "/x", true],
    [match("exact", "/a"), "/a?x=1", true],
    [match("exact", "/a"), "/a/", false],
    [match("separatedPrefix", "/a"), "/a", true],
    [match("separatedPrefix", "/a"), "/a/b", true],
    [match("separatedPrefix", "/a"), "/a?b", true],
    [match("separatedPrefix", "/a"), "/ab", false],
    [match("regex", "/a/[0-9]+"), "/a/12?q", true],
    [match("regex", "/a/[0-9]+"), "/a/12/x", false],
    [match("regex", "[0-9]+"), "/12", false],
    [match("connect", ""), "/a", false],
  ];
  for (const [config, target, expected] of cases) {
    const matcher = new RouteMatcher(config, emptyRuntime);
    test(`${matcher.path.describe()} and ${target}`, () => expect(matcher.matches(probeOf(target))).toBe(expected));
  }

  test("without a path only connect_matcher matches", () => {
    const headers = request("/");
    headers.removeNamed(":path");
    headers.setNamed(":method", "CONNECT");
    const probe = new RouteRequest();
    probe.set(headers, infoOf(headers), false);
    expect(new RouteMatcher(match("prefix", ""), emptyRuntime).matches(probe)).toBe(false);
    expect(new RouteMatcher(match("regex", ".*"), emptyRuntime).matches(probe)).toBe(false);
    expect(new RouteMatcher(match("connect", ""), emptyRuntime).matches(probe)).toBe(true);
  });
});

describe("query parameters, as Envoy 1.40", () => {
  const equalsB = { name: "a", match: { kind: "exact", value: "b", ignoreCase: false }, present: true } as const;
  const present = { name: "a", match: null, present: true };
  const absent = { name: "a", match: null, present: false };
  const cases: [typeof equalsB | typeof present, string, boolean][] = [
    [equalsB, "a=b", true],
    [equalsB, "a=%62", false],
    [equalsB, "a&a=b", false],
    [equalsB, "a=b&a=c", true],
    [equalsB, "a=c&a=b", false],
    [equalsB, "x=1&a=b", true],
    [equalsB, "xa=b", false],
    [equalsB, "ab=b&a=b", true],
    [equalsB, "A=b", false],
    [equalsB, "a=b=c", false],
    [equalsB, "&&a=b&", true],
    [equalsB, "a=b;c=d", false],
    [present, "a", true],
    [present, "b&a", true],
    [present, "a=", true],
    [present, "=a", false],
    [present, "", false],
    [absent, "b", true],
    [absent, "a=1", false],
  ];
  for (const [parameter, query, expected] of cases) {
    test(`${parameter === equalsB ? "a is b" : parameter === present ? "a present" : "a absent"}: ?${query}`, () => {
      const matcher = new RouteMatcher(match("prefix", "/", { queryParameters: [parameter] }), emptyRuntime);
      expect(matcher.matches(probeOf(`/q?${query}`))).toBe(expected);
    });
  }
});

test("gRPC is content-type application/grpc, with or without a suffix after +", () => {
  const matcher = new RouteMatcher(match("prefix", "/", { grpcOnly: true }), emptyRuntime);
  const verdicts = [
    "application/grpc",
    "application/grpc+proto",
    "application/grpc-web",
    "application/grpc;x",
    "text/plain",
  ]
    .map((type) => matcher.matches(probeOf("/", "content-type", type)));
  expect(verdicts).toEqual([true, true, false, false, false]);
});

test("a runtime fraction takes the random value of the request, and runtime overrides it", () => {
  const fraction = { numerator: 30, denominator: 100, runtimeKey: "" };
  const matcher = new RouteMatcher(match("prefix", "/", { fraction }), emptyRuntime);
  const headers = request("/");
  const probe = new RouteRequest();
  const verdictAt = (random: number, with_: RouteMatcher) => {
    probe.set(headers, infoOf(headers, random), false);
    return with_.matches(probe);
  };
  expect([verdictAt(29, matcher), verdictAt(30, matcher), verdictAt(129, matcher)]).toEqual([true, false, true]);
  const always = { getInteger: () => 0, isEnabled: (key: string) => key === "k" };
  const keyed = new RouteMatcher(match("prefix", "/", { fraction: { ...fraction, runtimeKey: "k" } }), always);
  expect(verdictAt(99, keyed)).toBe(true);
});
