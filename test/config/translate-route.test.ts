// Route configurations from YAML: defaults, every refusal with its code and path, and that field tables and translators fit together.
import { describe, expect, test } from "bun:test";
import type { RouteConfiguration } from "../../src/gen/envoy/config/route/v3/route_pb.ts";
import { ConfigError } from "../../src/config/config-error.ts";
import type { ExtensionTranslator } from "../../src/config/extension.ts";
import { protoTypes } from "../../src/config/proto-types.ts";
import { routeFieldTables, translateRouteConfiguration } from "../../src/config/translate-route.ts";
import { unknownClusters } from "../../src/router/route-clusters.ts";
import type { ClusterActionConfig, RouteConfig } from "../../src/router/route-config.ts";
import { RouteTable } from "../../src/router/route-table.ts";
import { emptyRuntime } from "../router/support.ts";
import { decodeText, testContext } from "./support.ts";

function translate(yaml: string): { config: RouteConfig; notes: string[] } {
  const { ctx, sink } = testContext();
  const config = translateRouteConfiguration(
    decodeText<RouteConfiguration>("envoy.config.route.v3.RouteConfiguration", yaml),
    ctx,
  );
  return { config, notes: sink.notes.map((note) => `${note.path}: ${note.message}`) };
}

/** A configuration with one route; `route` is YAML in flow style. */
function routeYaml(route: string): string {
  return `virtual_hosts: [{name: v, domains: ["*"], routes: [${route}]}]`;
}

function actionOf(action: string): ClusterActionConfig {
  const { config } = translate(routeYaml(`{match: {prefix: /}, route: ${action}}`));
  return config.virtualHosts[0]!.routes[0]!.action as ClusterActionConfig;
}

/** `code path` of the refusal. */
function refusal(yaml: string): string {
  try {
    translate(yaml);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((problem) => `${problem.code} ${problem.path}`).join();
    throw error;
  }
  return "accepted";
}

test("defaults are Envoy's", () => {
  expect(actionOf("{cluster: c}")).toEqual({
    kind: "cluster",
    cluster: { kind: "named", name: "c" },
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
  });
  expect(actionOf("{cluster: c, retry_policy: {retry_on: 5xx}}").retryPolicy).toEqual({
    retryOn: "5xx",
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
  });
});

test("what istiod sends", () => {
  const action = actionOf(`{cluster: "outbound|80||a", timeout: 0s, max_grpc_timeout: null, max_stream_duration:
    {max_stream_duration: 0s, grpc_timeout_header_max: 0s}, retry_policy: {num_retries: 2, host_selection_retry_max_attempts: "5",
    retry_on: "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes", retriable_status_codes: [503],
    retry_host_predicate: [{name: envoy.retry_host_predicates.previous_hosts, typed_config:
    {"@type": type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate}}]}}`);
  expect([action.timeoutMs, action.maxStreamDurationMs, action.grpcTimeoutHeaderMaxMs]).toEqual([0, 0, 0]);
  expect(action.retryPolicy).toMatchObject({
    numRetries: 2,
    hostSelectionAttempts: 5,
    avoidsPreviousHosts: true,
    retriableStatusCodes: [503],
  });
});

test("every part of a large configuration survives JSON and compiles", () => {
  const { config, notes } = translate(`
name: r
internal_only_headers: [X-Internal]
most_specific_header_mutations_wins: true
vhost_header: X-Vh
request_headers_to_add: [{header: {key: X-A, value: "%PROTOCOL%"}, append_action: ADD_IF_ABSENT, keep_empty_value: true}]
response_headers_to_remove: [Server]
virtual_hosts:
- name: v
  domains: [a.com, "*.b.com"]
  require_tls: EXTERNAL_ONLY
  include_request_attempt_count: true
  per_request_buffer_limit_bytes: 7
  routes:
  - name: one
    match:
      path_separated_prefix: /a
      case_sensitive: false
      runtime_fraction: {default_value: {numerator: 5, denominator: TEN_THOUSAND}, runtime_key: k}
      headers: [{name: X-H, range_match: {start: 1, end: 3}, invert_match: true}, {name: z, safe_regex_match: {regex: a+}}]
      query_parameters: [{name: q, string_match: {prefix: x, ignore_case: true}}]
      grpc: {}
    request_body_buffer_limit: 9
    metadata: {filter_metadata: {ns: {k: 1}}}
    route:
      weighted_clusters: {clusters: [{name: c, weight: 1, host_rewrite_literal: h}, {cluster_header: X-C, weight: 2}], header_name: X-R}
      regex_rewrite: {pattern: {regex: "^/(.*)$"}, substitution: '/\\1'}
      host_rewrite_header: X-Host
      append_x_forwarded_host: true
      idle_timeout: 0.5s
      priority: HIGH
      cluster_not_found_response_code: NOT_FOUND
      request_mirror_policies: [{cluster: m, runtime_fraction: {default_value: {numerator: 1}}, disable_shadow_host_suffix_append: true}]
      upgrade_configs: [{upgrade_type: WebSocket, enabled: false}]
  - match: {prefix: /r}
    redirect: {https_redirect: true, port_redirect: 8443, prefix_rewrite: /n, response_code: PERMANENT_REDIRECT, strip_query: true}
  - match: {path: /d}
    direct_response: {status: 200, body: {inline_string: é}}
    decorator: {operation: op}
  - match: {connect_matcher: {}}
    non_forwarding_action: {}
`);
  expect(JSON.parse(JSON.stringify(config))).toEqual(config);
  expect(notes).toEqual([]);
  const routes = config.virtualHosts[0]!.routes;
  expect(config).toMatchObject({
    hostHeader: "x-vh",
    internalOnlyHeaders: ["x-internal"],
    responseHeaders: { removes: ["server"] },
  });
  expect(config.requestHeaders.adds).toEqual([{
    name: "x-a",
    value: "%PROTOCOL%",
    action: "addIfAbsent",
    keepEmptyValue: true,
  }]);
  expect(routes[0]!.match).toEqual({
    path: { kind: "separatedPrefix", value: "/a", caseSensitive: false },
    fraction: { numerator: 5, denominator: 10_000, runtimeKey: "k" },
    headers: [
      { name: "x-h", condition: { kind: "range", start: 1, end: 3 }, invert: true, treatMissingAsEmpty: false },
      {
        name: "z",
        condition: { kind: "string", match: { kind: "regex", value: "a+", ignoreCase: false } },
        invert: false,
        treatMissingAsEmpty: false,
      },
    ],
    queryParameters: [{ name: "q", match: { kind: "prefix", value: "x", ignoreCase: true }, present: true }],
    grpcOnly: true,
  });
  expect([routes[0]!.retryBufferLimitBytes, config.virtualHosts[0]!.retryBufferLimitBytes]).toEqual([9, 7]);
  expect(routes[0]!.action).toMatchObject({
    clusterNotFoundStatus: 404,
    priority: 1,
    idleTimeoutMs: 500,
    hostRewrite: { kind: "header", header: "x-host" },
  });
  expect(routes[1]!.action).toMatchObject({
    kind: "redirect",
    status: 308,
    scheme: "https",
    port: 8443,
    stripQuery: true,
  });
  expect(routes[2]!.action).toEqual({ kind: "directResponse", status: 200, body: "é" });
  expect(routes[3]!.action).toEqual({ kind: "nonForwarding" });
  expect(() => new RouteTable(config, emptyRuntime)).not.toThrow();
  expect(unknownClusters(config, (name) => name === "c")).toEqual([
    { cluster: "m", path: "virtual_hosts[0].routes[0].route.request_mirror_policies[0].cluster" },
  ]);
});

describe("refusals", () => {
  const host = (fields: string) => `virtual_hosts: [{name: v, domains: ["*"], ${fields}}]`;
  const action = (fields: string) => routeYaml(`{match: {prefix: /}, route: {cluster: c, ${fields}}}`);
  const weighted = (clusters: string) =>
    routeYaml(`{match: {prefix: /}, route: {weighted_clusters: {clusters: [${clusters}]}}}`);
  const route = "virtual_hosts[0].routes[0]";
  const cases: [string, string, string][] = [
    [
      "domain twice",
      `virtual_hosts: [{name: a, domains: [A.com]}, {name: b, domains: [x, a.com]}]`,
      "CFG062 virtual_hosts[1].domains[1]",
    ],
    [
      "two catch-alls",
      `virtual_hosts: [{name: a, domains: ["*"]}, {name: b, domains: ["*"]}]`,
      "CFG062 virtual_hosts[1].domains[0]",
    ],
    [
      "regex",
      routeYaml(`{match: {safe_regex: {regex: "("}}, direct_response: {status: 200}}`),
      `CFG060 ${route}.match.safe_regex.regex`,
    ],
    [
      "header regex",
      routeYaml(
        `{match: {prefix: /, headers: [{name: x, string_match: {safe_regex: {regex: "(?=a)"}}}]}, direct_response: {status: 200}}`,
      ),
      `CFG060 ${route}.match.headers[0].string_match.safe_regex.regex`,
    ],
    [
      "add :path",
      host("request_headers_to_add: [{header: {key: ':path', value: x}}]"),
      "CFG063 virtual_hosts[0].request_headers_to_add[0].header.key",
    ],
    [
      "add Host",
      host("response_headers_to_add: [{header: {key: Host, value: x}}]"),
      "CFG063 virtual_hosts[0].response_headers_to_add[0].header.key",
    ],
    [
      "remove host",
      host("request_headers_to_remove: [a, HOST]"),
      "CFG063 virtual_hosts[0].request_headers_to_remove[1]",
    ],
    [
      "header name",
      host("request_headers_to_add: [{header: {key: 'a b', value: x}}]"),
      "CFG063 virtual_hosts[0].request_headers_to_add[0].header.key",
    ],
    [
      "line end",
      host(`request_headers_to_add: [{header: {key: a, value: "x\\r\\ny: z"}}]`),
      "CFG063 virtual_hosts[0].request_headers_to_add[0].header.value",
    ],
    [
      "operator",
      host("request_headers_to_add: [{header: {key: a, value: '%NOPE%'}}]"),
      "CFG081 virtual_hosts[0].request_headers_to_add[0].header.value",
    ],
    [
      "lone percent",
      host("request_headers_to_add: [{header: {key: a, value: '100%'}}]"),
      "CFG081 virtual_hosts[0].request_headers_to_add[0].header.value",
    ],
    [
      "append twice",
      host("request_headers_to_add: [{header: {key: a, value: x}, append: true, append_action: ADD_IF_ABSENT}]"),
      "CFG063 virtual_hosts[0].request_headers_to_add[0].append",
    ],
    ["no weight", weighted("{name: c, weight: 0}"), `CFG064 ${route}.route.weighted_clusters.clusters`],
    [
      "weights too large",
      weighted("{name: c, weight: 4294967295}, {name: d, weight: 1}"),
      `CFG064 ${route}.route.weighted_clusters.clusters`,
    ],
    ["no name", weighted("{weight: 1}"), `CFG064 ${route}.route.weighted_clusters.clusters[0]`],
    [
      "two names",
      weighted("{name: c, cluster_header: x, weight: 1}"),
      `CFG064 ${route}.route.weighted_clusters.clusters[0]`,
    ],
    [
      "two rewrites",
      action("prefix_rewrite: /a, regex_rewrite: {pattern: {regex: a}, substitution: b}"),
      `CFG065 ${route}.route.regex_rewrite`,
    ],
    [
      "substitution",
      action(`regex_rewrite: {pattern: {regex: a}, substitution: '\\1'}`),
      `CFG060 ${route}.route.regex_rewrite.substitution`,
    ],
    [
      "mirror without cluster",
      action("request_mirror_policies: [{}]"),
      `CFG068 ${route}.route.request_mirror_policies[0]`,
    ],
    [
      "mirror with two",
      action("request_mirror_policies: [{cluster: c, cluster_header: x}]"),
      `CFG068 ${route}.route.request_mirror_policies[0]`,
    ],
    [
      "back-off",
      action("retry_policy: {retry_back_off: {base_interval: 1s, max_interval: 0.5s}}"),
      `CFG067 ${route}.route.retry_policy.retry_back_off.max_interval`,
    ],
    [
      "host predicate",
      action(
        `retry_policy: {retry_host_predicate: [{name: x, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]}`,
      ),
      `CFG031 ${route}.route.retry_policy.retry_host_predicate[0].typed_config`,
    ],
    [
      "host predicate without type",
      action("retry_policy: {retry_host_predicate: [{name: x}]}"),
      `CFG033 ${route}.route.retry_policy.retry_host_predicate[0].typed_config`,
    ],
    [
      "upgrade twice",
      action("upgrade_configs: [{upgrade_type: websocket}, {upgrade_type: WebSocket}]"),
      `CFG069 ${route}.route.upgrade_configs[1].upgrade_type`,
    ],
    [
      "body too large",
      routeYaml(`{match: {prefix: /}, direct_response: {status: 200, body: {inline_string: "${"x".repeat(4097)}"}}}`),
      `CFG066 ${route}.direct_response.body`,
    ],
    [
      "body in a file",
      routeYaml("{match: {prefix: /}, direct_response: {status: 200, body: {filename: /x}}}"),
      `CFG066 ${route}.direct_response.body.filename`,
    ],
    [
      "unknown override",
      host(
        `typed_per_filter_config: {f: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}`,
      ),
      "CFG031 virtual_hosts[0].typed_per_filter_config",
    ],
  ];
  for (const [name, yaml, expected] of cases) test(name, () => expect(refusal(yaml)).toStartWith(expected));

  test("the size of a body is bounded by the configuration's own limit", () => {
    const body = `{match: {prefix: /}, direct_response: {status: 200, body: {inline_string: "${"x".repeat(4097)}"}}}`;
    expect(refusal(`max_direct_response_body_size_bytes: 5000\n${routeYaml(body)}`)).toBe("accepted");
  });
});

test("what has no effect is noted", () => {
  const { notes } = translate(routeYaml(
    `{match: {safe_regex: {regex: /a}, case_sensitive: false}, route: {cluster: c, retry_policy: {retry_on: "5xx,bogus"}}}`,
  ));
  expect(notes).toEqual([
    "virtual_hosts[0].routes[0].match.case_sensitive: has no effect on safe_regex; begin the expression with (?i)",
    "virtual_hosts[0].routes[0].route.retry_policy.retry_on: no retry condition is called bogus; it has no effect",
  ]);
});

test("the old cors field stands for an override of the CORS filter", () => {
  const cors: ExtensionTranslator = {
    name: "envoy.filters.http.cors",
    category: "http_filter",
    messageType: "envoy.extensions.filters.http.cors.v3.Cors",
    routeMessageType: "envoy.extensions.filters.http.cors.v3.CorsPolicy",
    status: "stable",
    posture: "unknown",
    fields: [],
    translate: () => null,
    translateRoute: (proto, ctx) => ({ path: ctx.path, proto }),
  };
  const { ctx } = testContext([cors]);
  const yaml =
    `virtual_hosts: [{name: v, domains: ["*"], cors: {allow_methods: GET}, routes: [{match: {prefix: /}, route: {cluster: c,
    cors: {allow_methods: PUT, filter_enabled: {default_value: {numerator: 1}}}}}]}]`;
  const config = translateRouteConfiguration(
    decodeText<RouteConfiguration>("envoy.config.route.v3.RouteConfiguration", yaml),
    ctx,
  );
  const host = config.virtualHosts[0]!;
  expect(host.filterConfigs).toMatchObject([{
    name: "envoy.filters.http.cors",
    disabled: false,
    config: {
      factory: "envoy.filters.http.cors",
      config: { path: "virtual_hosts[0].cors", proto: { allowMethods: "GET" } },
    },
  }]);
  expect(host.routes[0]!.filterConfigs).toMatchObject([{
    config: {
      config: {
        path: "virtual_hosts[0].routes[0].route.cors",
        proto: { allowMethods: "PUT", filterEnabled: { defaultValue: { numerator: 1 } } },
      },
    },
  }]);
});

test("old and new forms of append", () => {
  const actionsOf = (option: string) =>
    translate(`request_headers_to_add: [{header: {key: a, value: b}, ${option}}]`).config.requestHeaders.adds[0]!
      .action;
  expect([actionsOf("append: true"), actionsOf("append: false"), actionsOf("append_action: OVERWRITE_IF_EXISTS")])
    .toEqual(["appendIfExistsOrAdd", "overwriteIfExistsOrAdd", "overwriteIfExists"]);
});

test("the field tables name every field of their messages, once", () => {
  for (const table of routeFieldTables) {
    const named = [...table.honoured, ...Object.keys(table.accepted), ...Object.keys(table.refused)].sort();
    const actual = protoTypes().requireMessage(table.message).fields.map((field) => field.name).sort();
    expect([table.message, ...named]).toEqual([table.message, ...actual]);
  }
});
