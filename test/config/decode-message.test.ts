// Decoding against independent oracles: protobuf-es decodes the encoded form of what was decoded here, and prints the same JSON.
import { describe, expect, test } from "bun:test";
import { createRegistry, fromBinary, fromJson, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { AnyUnpacker, encodeMessage, messageDescriptor } from "../../src/config/binary-any.ts";
import { ConfigError } from "../../src/config/config-error.ts";
import type { MutableMessage } from "../../src/config/create-message.ts";
import { createMessage } from "../../src/config/create-message.ts";
import { MessageDecoder } from "../../src/config/decode-message.ts";
import { decodedAnyOf } from "../../src/config/decoded-any.ts";
import { messageToJson } from "../../src/config/message-to-json.ts";
import { ProblemSink } from "../../src/config/problem-sink.ts";
import { protoTypes } from "../../src/config/proto-types.ts";
import { valueToNode } from "../../src/config/source-node.ts";
import { fileLoaders } from "../../src/gen/descriptors.ts";
import { jsonOf } from "./arbitrary-json.ts";
import { decodeText } from "./support.ts";

const types = protoTypes();
const registry = createRegistry(...fileLoaders.map((load) => load()));
const bootstrapName = "envoy.config.bootstrap.v3.Bootstrap";
const bootstrapText = await Bun.file(new URL("../support/bootstrap.yaml", import.meta.url)).text();

/** Proto JSON with proto names, by protobuf-es, from the bytes that this decoder's message encodes to. */
function oracleJson(message: MutableMessage): JsonValue {
  const descriptor = messageDescriptor(message.$typeName)!;
  return toJson(descriptor, fromBinary(descriptor, encodeMessage(types, message)), {
    registry,
    useProtoFieldName: true,
  });
}

describe("a whole bootstrap", () => {
  test("encodes to bytes that protobuf-es reads as the same", () => {
    const message = decodeText(bootstrapName, bootstrapText);
    expect(messageToJson(types, message)).toEqual(oracleJson(message) as never);
  });

  test("is the message that protobuf-es makes of the same JSON", () => {
    const ours = decodeText(bootstrapName, bootstrapText);
    const descriptor = messageDescriptor(bootstrapName)!;
    const theirs = fromJson(descriptor, Bun.YAML.parse(bootstrapText) as JsonValue, { registry });
    encodeMessage(types, ours); // fills the bytes of the Anys
    expect(toBinary(descriptor, ours)).toEqual(toBinary(descriptor, theirs));
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  });

  test("comes back from bytes with its Anys unpacked", () => {
    const message = decodeText(bootstrapName, bootstrapText);
    const bytes = encodeMessage(types, message);
    const again = fromBinary(messageDescriptor(bootstrapName)!, bytes) as MutableMessage;
    const sink = new ProblemSink();
    new AnyUnpacker(types, sink, false).unpackBelow(again, "");
    expect(sink.problems).toEqual([]);
    expect(messageToJson(types, again)).toEqual(messageToJson(types, message));
  });
});

test("an empty message has the shape that protobuf-es gives it, for every type", () => {
  let compared = 0;
  for (const name of types.names()) {
    const type = types.message(name);
    const descriptor = messageDescriptor(name);
    if (type === undefined || descriptor === undefined) continue;
    expect(createMessage(type), name).toEqual(fromBinary(descriptor, new Uint8Array(0)) as never);
    compared++;
  }
  expect(compared).toBeGreaterThan(900);
});

test("random messages of core types decode to what protobuf-es makes of them", () => {
  const names = [
    bootstrapName,
    "envoy.config.listener.v3.Listener",
    "envoy.config.cluster.v3.Cluster",
    "envoy.config.route.v3.RouteConfiguration",
    "envoy.config.core.v3.SubstitutionFormatString",
    "envoy.type.matcher.v3.ValueMatcher",
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    "envoy.config.core.v3.Node",
    "envoy.data.accesslog.v3.AccessLogCommon",
    "envoy.service.discovery.v3.DiscoveryRequest",
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...names).chain((name) => fc.tuple(fc.constant(name), jsonOf(types.requireMessage(name), 4))),
      ([name, json]) => {
        const sink = new ProblemSink();
        const ours = new MessageDecoder(types, sink, false).decode(valueToNode(json), types.requireMessage(name), "");
        expect(sink.problems).toEqual([]);
        const descriptor = messageDescriptor(name)!;
        const bytes = encodeMessage(types, ours);
        expect(bytes).toEqual(toBinary(descriptor, fromJson(descriptor, json, { registry })));
        const printed = messageToJson(types, ours);
        if (!JSON.stringify(printed).includes("[redacted]")) expect(printed).toEqual(oracleJson(ours) as never);
      },
    ),
    { numRuns: 400 },
  );
});

test("random JSON against random types ends in problems with paths, never in another error", () => {
  const names = [...types.names()].filter((name) =>
    types.message(name) !== undefined && name.startsWith("envoy.config.")
  );
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 3 }), (name, json) => {
      const type = types.requireMessage(name);
      const keys = type.fields.map((field) => field.name);
      // Random values under real names reach every decoder.
      const value = Array.isArray(json)
        ? Object.fromEntries(json.map((item, i) => [keys[i % keys.length] ?? "x", item]))
        : json;
      const sink = new ProblemSink();
      const message = new MessageDecoder(types, sink, false).decode(valueToNode(value), type, "root");
      expect(message.$typeName).toBe(name);
      for (const problem of sink.problems) expect(problem.path).toStartWith("root");
    }),
    { numRuns: 1000 },
  );
});

describe("Anys in bytes", () => {
  const any = (typeUrl: string, value: Uint8Array) => ({ $typeName: "google.protobuf.Any", typeUrl, value }) as Any;
  const locality = "type.googleapis.com/envoy.config.core.v3.Locality";

  test("TypedStructs are unwrapped", () => {
    const cluster = decodeText(
      "envoy.config.cluster.v3.Cluster",
      `
      name: c
      typed_extension_protocol_options:
        a: { "@type": type.googleapis.com/xds.type.v3.TypedStruct, type_url: ${locality}, value: { region: r, subZone: s } }`,
    );
    const bytes = encodeMessage(types, cluster);
    const again = fromBinary(messageDescriptor("envoy.config.cluster.v3.Cluster")!, bytes) as MutableMessage;
    const sink = new ProblemSink();
    new AnyUnpacker(types, sink, false).unpackBelow(again, "");
    const packed = (again["typedExtensionProtocolOptions"] as Record<string, Any>)["a"]!;
    expect(sink.problems).toEqual([]);
    expect(decodedAnyOf(packed)).toMatchObject({ typeName: "envoy.config.core.v3.Locality", pathSuffix: ".value" });
    expect(decodedAnyOf(packed)?.message).toMatchObject({ region: "r", subZone: "s" });
  });

  test("bytes that are no message are a problem with its path", () => {
    const sink = new ProblemSink();
    expect(new AnyUnpacker(types, sink, false).unpackAny(any(locality, new Uint8Array([10, 200])), "resources[0]"))
      .toBeUndefined();
    expect(sink.problems).toMatchObject([{ code: "CFG023", path: "resources[0]" }]);
  });

  test("unknown types stay packed without a problem", () => {
    const sink = new ProblemSink();
    const packed = any("type.googleapis.com/no.such.Type", new Uint8Array([1]));
    expect(new AnyUnpacker(types, sink, false).unpackAny(packed, "")).toBeUndefined();
    expect(decodedAnyOf(packed)).toBeUndefined();
    expect(sink.problems).toEqual([]);
  });

  test("garbage never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        new AnyUnpacker(types, new ProblemSink(), false).unpackAny(
          any("type.googleapis.com/envoy.config.listener.v3.Listener", bytes),
          "",
        );
      }),
      { numRuns: 500 },
    );
  });

  test("Anys nested in Anys without end are refused", () => {
    const value = "type.googleapis.com/google.protobuf.Any";
    let inner = new Uint8Array(0);
    const descriptor = messageDescriptor("google.protobuf.Any")!;
    for (let i = 0; i < 300; i++) inner = new Uint8Array(toBinary(descriptor, any(value, inner)));
    const sink = new ProblemSink();
    new AnyUnpacker(types, sink, false).unpackAny(any(value, inner), "");
    expect(sink.problems).toMatchObject([{ code: "CFG003" }]);
  });
});

test("a field that is given as null is not set; a Value may be null", () => {
  const cluster = decodeText("envoy.config.cluster.v3.Cluster", "{name: ~, load_assignment: null, connect_timeout: }");
  expect(cluster).toEqual(createMessage(types.requireMessage("envoy.config.cluster.v3.Cluster")));
  expect(() => decodeText("envoy.config.cluster.v3.Cluster", "{filters: [~]}")).toThrow(ConfigError);
});
