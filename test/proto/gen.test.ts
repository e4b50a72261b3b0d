// Checks the printed protos, the code generated from them and the table of validation rules.
import { describe, expect, test } from "bun:test";
import {
  createRegistry,
  type DescField,
  type DescMessage,
  equals,
  fromBinary,
  fromJson,
  type JsonValue,
  ScalarType,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FieldRules, ValueRules } from "../../src/config/pgv-rules.ts";
import { fileLoaders, fileTypes } from "../../src/gen/descriptors.ts";
import { type Bootstrap, BootstrapSchema } from "../../src/gen/envoy/config/bootstrap/v3/bootstrap_pb.ts";
import { validateRules } from "../../src/gen/validate-rules.ts";

const protoFolder = join(import.meta.dirname, "..", "..", "proto");
const protoFiles = readdirSync(protoFolder, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".proto")
);
const files = fileLoaders.map((load) => load());
const registry = createRegistry(...files);

/** Annotations are read at generation and are not part of the generated code. */
const annotationFolders = /^(validate|udpa\/annotations|xds\/annotations|envoy\/annotations)\//;

function countInProtos(text: string): number {
  const counts = protoFiles.map((name) => readFileSync(join(protoFolder, name), "utf8").split(text).length - 1);
  return counts.reduce((sum, count) => sum + count, 0);
}

describe("the printed protos", () => {
  const roots = readFileSync(join(protoFolder, "subset.txt"), "utf8").split("\n").filter((line) => /^[^#]/.test(line));

  test("hold every root of subset.txt", () => {
    expect(roots.length).toBeGreaterThan(100);
    const unmatched = roots.filter((root) => {
      const pattern = new RegExp(`^${root.replace(/[.]/g, "\\.").replace(/\*/g, "[^/]*")}$`);
      return !protoFiles.some((name) => pattern.test(name));
    });
    expect(unmatched).toEqual([]);
  });

  test("hold every file that one of them imports", () => {
    const missing = protoFiles.flatMap((name) => {
      const imports = readFileSync(join(protoFolder, name), "utf8").matchAll(/^import (?:public )?"(.+)";$/gm);
      return [...imports].map((match) => match[1]!).filter((path) =>
        !path.startsWith("google/protobuf/") && !protoFiles.includes(path)
      );
    });
    expect(missing).toEqual([]);
  });

  test("hold no comments", () => {
    expect(protoFiles.filter((name) => /^\s*(\/\/|\/\*)/m.test(readFileSync(join(protoFolder, name), "utf8")))).toEqual(
      [],
    );
  });
});

describe("the index of generated files", () => {
  test("has every printed file but the annotations", () => {
    const printed = protoFiles.filter((name) => !annotationFolders.test(name)).map((name) =>
      name.replace(/\.proto$/, "")
    );
    const indexed = files.map((file) => file.name).filter((name) => !name.startsWith("google/protobuf/"));
    expect(indexed.toSorted()).toEqual(printed.toSorted());
  });

  test("names exactly the types of each file", () => {
    const typesOf = (messages: readonly DescMessage[]): string[] =>
      messages.flatMap((message) => [
        message.typeName,
        ...message.nestedEnums.map((type) => type.typeName),
        ...typesOf(message.nestedMessages),
      ]);
    for (const [index, file] of files.entries()) {
      const names = [...file.enums.map((type) => type.typeName), ...typesOf(file.messages)];
      expect(fileTypes[index]!.split(" ").filter(Boolean).toSorted()).toEqual(names.toSorted());
    }
  });

  test("gives the same objects as an import of the file", () => {
    expect(registry.getMessage("envoy.config.bootstrap.v3.Bootstrap")).toBe(BootstrapSchema);
  });

  test("has the types that Istio names and that live in odd places", () => {
    for (
      const name of [
        "google.protobuf.Struct",
        "io.istio.http.peer_metadata.Config",
        "istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig",
        "istio.v1.auth.IstioCertificateRequest",
        "istio.workload.BootstrapExtension",
        "stats.PluginConfig",
        "udpa.type.v1.TypedStruct",
        "xds.type.v3.TypedStruct",
        "opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest",
        "io.prometheus.client.MetricFamily",
      ]
    ) expect(registry.getMessage(name)?.typeName).toBe(name);
  });
});

describe("the validation rules", () => {
  test("are as many as the protos annotate", () => {
    const tables = [...validateRules.values()];
    const fieldRuleCount = tables.reduce((sum, rules) => sum + Object.keys(rules.fields ?? {}).length, 0);
    const oneofCount = tables.reduce((sum, rules) => sum + (rules.requiredOneofs?.length ?? 0), 0);
    expect(fieldRuleCount).toBeGreaterThanOrEqual(500);
    // A rule that is annotated as false has no effect and is left out.
    expect(fieldRuleCount).toBe(
      countInProtos("(validate.rules)") - countInProtos("(validate.rules).message.required = false"),
    );
    expect(oneofCount).toBe(countInProtos("(validate.required) = true"));
  });

  test("name fields and oneofs that exist and fit their types", () => {
    for (const [name, rules] of validateRules) {
      const message = registry.getMessage(name);
      if (message === undefined) throw new Error(`no message ${name}`);
      for (const oneof of rules.requiredOneofs ?? []) {
        expect(message.oneofs.map((known) => known.name)).toContain(oneof);
      }
      for (const [fieldName, fieldRules] of Object.entries(rules.fields ?? {})) {
        const field = message.fields.find((known) => known.name === fieldName);
        if (field === undefined) throw new Error(`no field ${name}.${fieldName}`);
        expectFit(`${name}.${fieldName}`, fieldRules, fieldKinds(field), elementKinds(field));
      }
    }
  });

  test("hold what the annotations say", () => {
    expect(rulesOf("envoy.config.cluster.v3.Cluster", "name")).toEqual({ value: { kind: "string", minLen: 1 } });
    expect(rulesOf("envoy.config.cluster.v3.Cluster", "connect_timeout")).toEqual({
      value: { kind: "duration", gt: 0n },
    });
    expect(rulesOf("envoy.config.bootstrap.v3.Bootstrap", "stats_flush_interval")).toEqual({
      value: { kind: "duration", lt: 300_000_000_000n, gte: 1_000_000n },
    });
    expect(rulesOf("envoy.extensions.filters.http.buffer.v3.Buffer", "max_request_bytes")).toEqual({
      required: true,
      value: { kind: "number", gt: 0 },
    });
    expect(rulesOf("envoy.config.route.v3.VirtualHost", "domains")).toEqual({
      value: {
        kind: "repeated",
        minItems: 1,
        items: { value: { kind: "string", wellKnown: "http_header_value_loose" } },
      },
    });
    expect(validateRules.get("envoy.config.core.v3.Address")?.requiredOneofs).toEqual(["address"]);
    expect(validateRules.has("envoy.config.core.v3.Metadata.NoSuchType")).toBe(false);
  });
});

function rulesOf(message: string, field: string): FieldRules | undefined {
  return validateRules.get(message)?.fields?.[field];
}

type Kind = ValueRules["kind"] | "message";

/** Kinds of rules that a value of this message type may have. */
function messageKinds(message: DescMessage): Kind[] {
  switch (message.typeName) {
    case "google.protobuf.Any":
      return ["message", "any"];
    case "google.protobuf.Duration":
      return ["message", "duration"];
    case "google.protobuf.Timestamp":
      return ["message", "timestamp"];
  }
  const wrapped = /^google\.protobuf\.\w+Value$/.test(message.typeName) ? message.fields[0]?.scalar : undefined;
  return wrapped === undefined ? ["message"] : ["message", scalarKind(wrapped)];
}

function scalarKind(scalar: ScalarType): Kind {
  switch (scalar) {
    case ScalarType.BOOL:
      return "bool";
    case ScalarType.STRING:
      return "string";
    case ScalarType.BYTES:
      return "bytes";
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return "bigint";
  }
  return "number";
}

function fieldKinds(field: DescField): Kind[] {
  return field.fieldKind === "list" ? ["repeated"] : field.fieldKind === "map" ? ["map"] : elementKinds(field);
}

/** Of a singular field itself, of the items of a list, of the values of a map. */
function elementKinds(field: DescField): Kind[] {
  if (field.message !== undefined) return messageKinds(field.message);
  return field.enum === undefined ? [scalarKind(field.scalar!)] : ["enum"];
}

function expectFit(path: string, rules: FieldRules, own: Kind[], elements: Kind[]): void {
  if (rules.required === true || rules.skip === true) expect([path, own.includes("message")]).toEqual([path, true]);
  const value = rules.value;
  if (value === undefined) return;
  expect([path, own]).toEqual([path, expect.arrayContaining([value.kind])]);
  if (value.kind === "repeated" && value.items !== undefined) expectFit(`${path}[]`, value.items, elements, []);
  if (value.kind === "map" && value.values !== undefined) expectFit(`${path}{}`, value.values, elements, []);
}

describe("a bootstrap", () => {
  const typeUrl = (name: string) => ({ "@type": `type.googleapis.com/${name}` });
  const bootstrap: JsonValue = {
    admin: { address: { socket_address: { address: "127.0.0.1", port_value: 15000 } } },
    node: { id: "sidecar~10.0.0.1~a.b~b.svc", metadata: { LABELS: { app: "a" }, COUNT: 2 } },
    static_resources: {
      listeners: [{
        name: "edge",
        address: { socketAddress: { address: "0.0.0.0", portValue: 0 } },
        filter_chains: [{
          filters: [{
            name: "hcm",
            typed_config: {
              ...typeUrl("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
              stat_prefix: "edge",
              stream_idle_timeout: "0.250s",
              http_filters: [
                { name: "router", typed_config: typeUrl("envoy.extensions.filters.http.router.v3.Router") },
                {
                  name: "typed",
                  typed_config: {
                    ...typeUrl("udpa.type.v1.TypedStruct"),
                    type_url: "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
                    value: { max_request_bytes: 1024 },
                  },
                },
              ],
            },
          }],
        }],
      }],
      clusters: [{
        name: "local",
        type: "STRICT_DNS",
        connect_timeout: "1.5s",
        lb_policy: 3,
        circuit_breakers: { thresholds: [{ max_connections: 4294967295 }] },
      }],
    },
  };
  const read = (json: JsonValue): Bootstrap => fromJson(BootstrapSchema, json, { registry });

  test("is read from snake_case and camelCase, with enums by name and number", () => {
    const message = read(bootstrap);
    const cluster = message.staticResources!.clusters[0]!;
    expect(cluster.connectTimeout).toMatchObject({ seconds: 1n, nanos: 500_000_000 });
    expect(cluster.lbPolicy).toBe(3);
    expect(cluster.circuitBreakers!.thresholds[0]!.maxConnections).toBe(4_294_967_295);
    expect(message.staticResources!.listeners[0]!.address!.address.case).toBe("socketAddress");
    expect(message.node!.metadata).toEqual({ LABELS: { app: "a" }, COUNT: 2 });
  });

  test("survives bytes and JSON", () => {
    const message = read(bootstrap);
    expect(equals(BootstrapSchema, fromBinary(BootstrapSchema, toBinary(BootstrapSchema, message)), message)).toBe(
      true,
    );
    const json = toJson(BootstrapSchema, message, { registry });
    expect(equals(BootstrapSchema, read(json), message)).toBe(true);
    expect(JSON.stringify(json)).toContain('"streamIdleTimeout":"0.250s"');
  });

  test("is refused with an unknown field, or with an unknown type in an Any", () => {
    expect(() => read({ static_resource: {} })).toThrow("static_resource");
    expect(() => read({ stats_sinks: [{ typed_config: typeUrl("envoy.NoSuchType") }] })).toThrow("envoy.NoSuchType");
  });
});
