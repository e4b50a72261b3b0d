// Retry policies: names of conditions, back-off that a response asks for, mirror policies.
import { describe, expect, test } from "bun:test";
import { HeaderBlock } from "../../src/base/header-block.ts";
import { MirrorPolicy } from "../../src/router/mirror-policy.ts";
import {
  parseRetryGrpcOn,
  parseRetryOn,
  RetryOn,
  RetryPolicy,
  unknownConditions,
} from "../../src/router/retry-policy.ts";
import type { RetryPolicyConfig } from "../../src/router/route-config.ts";
import { emptyRuntime, match, request, routeConfig, routeOf, rule, toCluster, virtualHost } from "./support.ts";
import { RouteTable } from "../../src/router/route-table.ts";

function policy(more: Partial<RetryPolicyConfig>): RetryPolicyConfig {
  return {
    retryOn: "",
    numRetries: 1,
    perTryTimeoutMs: 0,
    perTryIdleTimeoutMs: 0,
    retriableStatusCodes: [],
    retriableHeaders: [],
    retriableRequestHeaders: [],
    backOffBaseMs: 25,
    backOffMaxMs: 250,
    rateLimitedBackOff: null,
    hostSelectionAttempts: 1,
    avoidsPreviousHosts: false,
    ...more,
  };
}

test("retry_on holds HTTP and gRPC conditions", () => {
  const istio = new RetryPolicy(
    policy({ retryOn: "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes" }),
  );
  expect(istio.retryOn).toBe(
    RetryOn.connectFailure | RetryOn.refusedStream | RetryOn.grpcUnavailable | RetryOn.grpcCancelled |
      RetryOn.retriableStatusCodes,
  );
});

test("every condition has a bit of its own, and each list knows its own names", () => {
  const http =
    "5xx,gateway-error,reset,reset-before-request,connect-failure,envoy-ratelimited,retriable-4xx,refused-stream," +
    "retriable-status-codes,retriable-headers,http3-post-connect-failure";
  const grpc = "cancelled,deadline-exceeded,internal,resource-exhausted,unavailable";
  const bits = [
    ...http.split(",").map((name) => parseRetryOn(name).conditions),
    ...grpc.split(",").map((name) => parseRetryGrpcOn(name).conditions),
  ];
  expect(new Set(bits).size).toBe(16);
  expect(bits.every((bit) => bit !== 0 && (bit & (bit - 1)) === 0)).toBe(true);
  expect(parseRetryOn(http)).toEqual({ conditions: 0x7ff, allKnown: true });
  expect(parseRetryGrpcOn(grpc)).toEqual({ conditions: RetryOn.anyGrpc, allKnown: true });
  expect(parseRetryOn(" 5xx , cancelled")).toEqual({ conditions: RetryOn.fiveXx, allKnown: false });
  expect(unknownConditions("5xx, bogus,unavailable,")).toEqual(["bogus"]);
});

describe("rate limited back-off", () => {
  const config = policy({
    rateLimitedBackOff: {
      resetHeaders: [{ name: "retry-after", format: "seconds" }, { name: "x-reset", format: "unixTimestamp" }],
      maxIntervalMs: 300_000,
    },
  });
  const asked = (...fields: string[]) => {
    const compiled = new RetryPolicy(config);
    const response = new HeaderBlock();
    for (let i = 0; i < fields.length; i += 2) response.appendNamed(fields[i]!, fields[i + 1]!);
    return compiled.rateLimitedBackOffMs(response, 1_000_000);
  };
  test("seconds, then a time", () => {
    expect(asked("retry-after", "7")).toBe(7000);
    expect(asked("x-reset", "1010")).toBe(10_000);
    expect(asked("retry-after", "soon", "x-reset", "1010")).toBe(10_000);
  });
  test("nothing for the past, garbage or beyond the bound", () => {
    expect([
      asked(),
      asked("x-reset", "999"),
      asked("retry-after", "301"),
      asked("retry-after", "-1"),
      asked("retry-after", "1e2"),
    ])
      .toEqual([null, null, null, null, null]);
  });
});

test("the policy of the route replaces that of the virtual host", () => {
  const table = new RouteTable(
    routeConfig([
      virtualHost("v", ["*"], [
        rule(match("prefix", "/own"), toCluster("c", { retryPolicy: policy({ retryOn: "5xx", numRetries: 3 }) })),
        rule(match("prefix", "/"), "c"),
      ], { retryPolicy: policy({ retryOn: "reset", numRetries: 2 }) }),
    ]),
    emptyRuntime,
  );
  const retries = (path: string) => routeOf(table, request(path)).retryPolicy?.numRetries;
  expect([retries("/own"), retries("/")]).toEqual([3, 2]);
});

test("mirrors: the nearest level that has any counts", () => {
  const mirror = (cluster: string) => ({ cluster, clusterHeader: "", fraction: null, appendsShadowSuffix: true });
  const table = new RouteTable(
    routeConfig([
      virtualHost("v", ["*"], [
        rule(match("prefix", "/own"), toCluster("c", { mirrors: [mirror("r")] })),
        rule(match("prefix", "/"), "c"),
      ]),
      virtualHost("w", ["w"], [rule(match("prefix", "/"), "c")], { mirrors: [mirror("w1"), mirror("w2")] }),
    ], { mirrors: [mirror("t")] }),
    emptyRuntime,
  );
  const names = (path: string, host = "h") =>
    routeOf(table, request(path, ":authority", host)).mirrors.map((policy) => policy.clusterName(request("/")));
  expect([names("/own"), names("/"), names("/", "w")]).toEqual([["r"], ["t"], ["w1", "w2"]]);
});

test("a mirror by header and fraction", () => {
  const fraction = { numerator: 0, denominator: 100, runtimeKey: "" };
  const compiled = new MirrorPolicy({ cluster: "", clusterHeader: "x-m", fraction, appendsShadowSuffix: false });
  expect(compiled.isChosen(emptyRuntime)).toBe(false);
  expect(compiled.clusterName(request("/", "x-m", "copy"))).toBe("copy");
  expect(compiled.clusterName(request("/"))).toBe("");
});
