// Merging against two oracles: what Envoy 1.40 made of the same texts (config_dump), and protobuf itself, for which the merge of two
// messages is what their concatenated bytes decode to.
import { describe, expect, test } from "bun:test";
import { createRegistry, fromBinary, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { encodeMessage, messageDescriptor } from "../../src/config/binary-any.ts";
import type { MutableMessage } from "../../src/config/create-message.ts";
import { MessageDecoder } from "../../src/config/decode-message.ts";
import { mergeMessage } from "../../src/config/merge-message.ts";
import { messageToJson } from "../../src/config/message-to-json.ts";
import { ProblemSink } from "../../src/config/problem-sink.ts";
import { protoTypes } from "../../src/config/proto-types.ts";
import { valueToNode } from "../../src/config/source-node.ts";
import { fileLoaders } from "../../src/gen/descriptors.ts";
import { jsonOf } from "./arbitrary-json.ts";
import { decodeText } from "./support.ts";

const types = protoTypes();
const registry = createRegistry(...fileLoaders.map((load) => load()));

function merged(messageName: string, over: string, under: string): unknown {
  const target = decodeText(messageName, under);
  mergeMessage(types, target, decodeText(messageName, over));
  return messageToJson(types, target);
}

describe("as Envoy", () => {
  const bootstrap = "envoy.config.bootstrap.v3.Bootstrap";
  // Each row was run through Envoy 1.40: -c FILE --config-yaml TEXT, then /config_dump.
  const rows: [label: string, under: string, over: string, expected: object][] = [
    ["scalars replace", "node: {id: a, cluster: b}", "node: {id: c}", { node: { id: "c", cluster: "b" } }],
    ["an empty text does not", "node: {id: a}", 'node: {id: ""}', { node: { id: "a" } }],
    [
      "nor does false in a wrapper",
      "stats_config: {use_all_default_tags: true}",
      "stats_config: {use_all_default_tags: false}",
      {
        stats_config: { use_all_default_tags: true },
      },
    ],
    ["durations merge like messages", "stats_flush_interval: 5s", "stats_flush_interval: 0.5s", {
      stats_flush_interval: "5.500s",
    }],
    [
      "entries of a Struct replace by key",
      "node: {metadata: {x: {q: 1}, l: [1], k: 5}}",
      "node: {metadata: {x: {r: 2}, l: [2], z: 1}}",
      {
        node: { metadata: { x: { r: 2 }, l: [2], k: 5, z: 1 } },
      },
    ],
    [
      "lists append",
      "layered_runtime: {layers: [{name: s, admin_layer: {}}]}",
      "layered_runtime: {layers: [{name: t, static_layer: {b: 1}}]}",
      {
        layered_runtime: { layers: [{ name: "s", admin_layer: {} }, { name: "t", static_layer: { b: 1 } }] },
      },
    ],
  ];
  for (const [label, under, over, expected] of rows) {
    test(label, () => expect(merged(bootstrap, over, under)).toEqual(expected));
  }
});

describe("by the kind of the field", () => {
  test("a oneof takes the new case, also when its value is zero; the same message case merges", () => {
    const cluster = "envoy.config.cluster.v3.Cluster";
    expect(merged(cluster, "type: STATIC", "cluster_type: {name: x}")).toEqual({ type: "STATIC" });
    expect(
      merged(cluster, "ring_hash_lb_config: {maximum_ring_size: 9}", "ring_hash_lb_config: {minimum_ring_size: 5}"),
    ).toEqual({
      ring_hash_lb_config: { minimum_ring_size: "5", maximum_ring_size: "9" },
    });
  });
  test("map entries replace by key", () => {
    const policy = "envoy.config.core.v3.Metadata";
    expect(merged(policy, "filter_metadata: {a: {y: 2}, c: {}}", "filter_metadata: {a: {x: 1}, b: {}}")).toEqual({
      filter_metadata: { a: { y: 2 }, b: {}, c: {} },
    });
  });
  test("an Any is replaced as a whole", () => {
    const slot = "envoy.config.core.v3.TypedExtensionConfig";
    const locality = '"@type": type.googleapis.com/envoy.config.core.v3.Locality';
    expect(merged(slot, `typed_config: {${locality}, zone: z}`, `{name: "n", typed_config: {${locality}, region: r}}`))
      .toEqual({
        name: "n",
        typed_config: { "@type": "type.googleapis.com/envoy.config.core.v3.Locality", zone: "z" },
      });
    expect(merged(slot, "typed_config: {}", `typed_config: {${locality}, region: r}`)).toMatchObject({
      typed_config: { region: "r" },
    });
  });
});

test("the merge of random messages is what their concatenated bytes decode to", () => {
  const names = [
    "envoy.config.route.v3.RouteAction",
    "envoy.config.listener.v3.FilterChainMatch",
    "envoy.config.endpoint.v3.LbEndpoint",
    "envoy.type.matcher.v3.ValueMatcher",
    "envoy.config.core.v3.HealthCheck",
    "envoy.config.accesslog.v3.AccessLogFilter",
  ];
  // protobuf-es replaces wrappers and Structs that it holds unwrapped, where protobuf's MergeFrom (and Envoy) merges them; Anys are
  // compared above.
  const differs = /Value"|Struct|Any/;
  let compared = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...names).chain((name) =>
        fc.tuple(fc.constant(name), jsonOf(types.requireMessage(name), 3), jsonOf(types.requireMessage(name), 3))
      ),
      ([name, under, over]) => {
        const decode = (json: unknown) =>
          new MessageDecoder(types, new ProblemSink(), false).decode(valueToNode(json), types.requireMessage(name), "");
        const descriptor = messageDescriptor(name)!;
        const bytes = Buffer.concat([encodeMessage(types, decode(under)), encodeMessage(types, decode(over))]);
        const target = decode(under);
        mergeMessage(types, target, decode(over));
        const expected = fromBinary(descriptor, bytes) as MutableMessage;
        if (usesUnwrapped(target, differs)) return;
        compared++;
        expect(toJson(descriptor, target, { registry })).toEqual(toJson(descriptor, expected, { registry }));
      },
    ),
    { numRuns: 600 },
  );
  expect(compared).toBeGreaterThan(100);
});

/** Whether a set field, at any depth, has a type whose name matches. */
function usesUnwrapped(message: MutableMessage, pattern: RegExp): boolean {
  const type = types.requireMessage(message.$typeName);
  return type.fields.some((field) => {
    const value = field.oneof === undefined
      ? message[field.localName]
      : (message[field.oneof] as { case?: string; value?: unknown });
    const inner = field.oneof === undefined
      ? value
      : (value as { case?: string }).case === field.localName
      ? (value as { value?: unknown }).value
      : undefined;
    if (inner === undefined || field.type.kind !== "message") return false;
    const isEmpty = typeof inner === "object" && inner !== null && !("$typeName" in inner) &&
      Object.keys(inner).length === 0;
    if (isEmpty) return false;
    if (pattern.test(`${field.type.message}"`)) return true;
    const items = field.container === "singular" ? [inner] : Object.values(inner as object);
    return items.some((item) =>
      typeof item === "object" && item !== null && "$typeName" in item && usesUnwrapped(item as MutableMessage, pattern)
    );
  });
}
