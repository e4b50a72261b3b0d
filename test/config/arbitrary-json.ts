// Arbitrary proto JSON of a message type, for property tests: random fields at random depth, in both name forms.
import type { JsonValue } from "@bufbuild/protobuf";
import fc from "fast-check";
import { protoTypes } from "../../src/config/proto-types.ts";
import { type FieldType, type MessageType, type ValueType, wrappedScalar } from "../../src/config/type-table.ts";

const types = protoTypes();

/** `depth` is how many messages may be nested. */
export function jsonOf(type: MessageType, depth: number): fc.Arbitrary<JsonValue> {
  const fields = type.fields.filter((field) =>
    depth > 0 || field.type.kind !== "message" || isPlain(field.type.message)
  );
  if (fields.length === 0) return fc.constant({});
  return fc.uniqueArray(fc.nat(fields.length - 1), { maxLength: 6, selector: (i) => fields[i]?.oneof ?? i }).chain(
    (picked) => {
      const entries = picked.map((i) => fields[i] as FieldType);
      return fc.tuple(fc.boolean(), ...entries.map((field) => fieldJson(field, depth))).map(([camel, ...values]) =>
        Object.fromEntries(entries.map((field, i) => [camel ? field.jsonName : field.name, values[i] as JsonValue]))
      );
    },
  );
}

function fieldJson(field: FieldType, depth: number): fc.Arbitrary<JsonValue> {
  const one = valueJson(field.type, depth);
  if (field.container === "list") return fc.array(one, { maxLength: 3 });
  if (field.container === "map") {
    const key = field.mapKey === "string"
      ? fc.string({ maxLength: 4 }).filter((k) => k !== "__proto__")
      : fc.nat(9).map(String);
    return fc.uniqueArray(fc.tuple(key, one), { maxLength: 3, selector: ([k]) => k }).map((pairs) =>
      Object.fromEntries(pairs)
    );
  }
  return one;
}

function isPlain(name: string): boolean {
  return name.startsWith("google.protobuf.") && name !== "google.protobuf.Any";
}

const scalarJson: Record<string, fc.Arbitrary<JsonValue>> = {
  string: fc.string({ unit: "grapheme", maxLength: 6 }),
  bool: fc.boolean(),
  bytes: fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes).toString("base64")),
  double: fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n === 0 ? 0 : n),
    fc.constantFrom("Infinity", "NaN"),
  ),
  float: fc.integer({ min: -1000, max: 1000 }).map((n) => n / 4 + 0),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
  int32: fc.integer(),
  uint32: fc.nat(),
};

function valueJson(type: ValueType, depth: number): fc.Arbitrary<JsonValue> {
  if (type.kind === "scalar") {
    return scalarJson[type.scalar.replace("sint", "int").replace("sfixed", "int").replace("fixed", "uint")]!;
  }
  if (type.kind === "enum") return fc.constantFrom(...types.requireEnum(type.enum).values.map(([name]) => name));
  const wrapped = wrappedScalar(type.message);
  if (wrapped !== undefined) return valueJson({ kind: "scalar", scalar: wrapped }, depth);
  switch (type.message) {
    case "google.protobuf.Duration":
      return fc.tuple(fc.nat(), fc.nat(999_999_999)).map(([s, n]) => `${s}.${String(n).padStart(9, "0")}s`);
    case "google.protobuf.Timestamp":
      return fc.date({ min: new Date("0001-01-02"), max: new Date("9999-01-01"), noInvalidDate: true }).map((date) =>
        date.toISOString()
      );
    case "google.protobuf.Struct":
      return fc.dictionary(
        fc.string({ maxLength: 4 }).filter((k) => k !== "__proto__"),
        fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>,
        { maxKeys: 3 },
      );
    case "google.protobuf.Value":
      return fc.jsonValue({ maxDepth: 2 }).filter((v) => v !== null) as fc.Arbitrary<JsonValue>;
    case "google.protobuf.ListValue":
      return fc.array(fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<JsonValue>, { maxLength: 3 });
    case "google.protobuf.FieldMask":
      return fc.constantFrom("", "fooBar", "a.bC,d");
    case "google.protobuf.Any":
      return fc.constantFrom<JsonValue>(
        { "@type": "type.googleapis.com/google.protobuf.Duration", value: "1.5s" },
        { "@type": "type.googleapis.com/envoy.config.core.v3.Locality", region: "r" },
        { "@type": "type.googleapis.com/google.protobuf.Empty" },
      );
    default:
      return jsonOf(types.requireMessage(type.message), depth - 1);
  }
}
