// The rule interpreter: every kind of rule with a value that passes and one that does not, and how the parts are reached.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { MutableMessage } from "../../src/config/create-message.ts";
import { RuleChecker } from "../../src/config/pgv.ts";
import type { Bounds, FieldRules, MessageRules, StringRules, ValueRules } from "../../src/config/pgv-rules.ts";
import {
  boundsViolation,
  bytesViolation,
  durationText,
  repeatedViolation,
  stringViolation,
} from "../../src/config/pgv-values.ts";
import { ProblemSink } from "../../src/config/problem-sink.ts";
import { type FieldRow, TypeTable } from "../../src/config/type-table.ts";
import { validateRules } from "../../src/gen/validate-rules.ts";
import { protoTypes } from "../../src/config/proto-types.ts";

describe("bounds", () => {
  const rows: [Bounds<number>, number, string | null][] = [
    [{ gt: 0, lt: 256 }, 1, null],
    [{ gt: 0, lt: 256 }, 256, "must be inside range (0, 256)"],
    [{ gte: 1, lte: 3 }, 0, "must be inside range [1, 3]"],
    [{ gte: 1 }, 0, "must be greater than or equal to 1"],
    [{ gt: 1 }, 1, "must be greater than 1"],
    [{ lte: 5 }, 6, "must be less than or equal to 5"],
    [{ lt: 5 }, 5, "must be less than 5"],
    [{ gt: 10, lt: 5 }, 7, "must be outside range [5, 10]"],
    [{ gte: 10, lte: 5 }, 7, "must be outside range (5, 10)"],
    [{ gt: 10, lt: 5 }, 4, null],
    [{ gt: 10, lt: 5 }, 11, null],
    [{ const: 3 }, 4, "must be 3"],
    [{ in: [1, 2] }, 3, "must be one of 1, 2"],
    [{ notIn: [1, 2] }, 2, "must not be one of 1, 2"],
    [{ gte: 0 }, Number.NaN, "must be greater than or equal to 0"],
  ];
  for (const [rules, value, expected] of rows) {
    test(`${JSON.stringify(rules)} ${value}`, () => expect(boundsViolation(value, rules, String)).toBe(expected));
  }

  test("a range holds exactly the values between its ends", () => {
    const small = fc.integer({ min: -20, max: 20 });
    fc.assert(
      fc.property(small, small, small, fc.boolean(), fc.boolean(), (low, high, value, closedLow, closedHigh) => {
        const rules = { ...(closedLow ? { gte: low } : { gt: low }), ...(closedHigh ? { lte: high } : { lt: high }) };
        const above = closedLow ? value >= low : value > low;
        const below = closedHigh ? value <= high : value < high;
        expect(boundsViolation(value, rules, String) === null).toBe(low > high ? above || below : above && below);
      }),
    );
  });

  test("durations print as proto JSON", () => {
    expect([0n, 250_000_000n, -1_500_000_000n, 90_000_000_000n, 1n].map(durationText)).toEqual([
      "0s",
      "0.25s",
      "-1.5s",
      "90s",
      "0.000000001s",
    ]);
  });
});

describe("strings", () => {
  const rows: [Omit<StringRules, "kind">, string, string | null][] = [
    [{ minLen: 1 }, "", "must not be empty"],
    [{ minLen: 3 }, "ab", "must be at least 3 characters long"],
    [{ minLen: 2, maxLen: 3 }, "abcd", "must be 2 to 3 characters long"],
    [{ maxLen: 1 }, "ab", "must be at most 1 character long"],
    [{ len: 2 }, "😀😀", null],
    [{ len: 2 }, "abc", "must be exactly 2 characters long"],
    [{ maxBytes: 3 }, "éé", "must be at most 3 bytes long"],
    [{ lenBytes: 4 }, "éé", null],
    [{ minBytes: 5 }, "éé", "must be at least 5 bytes long"],
    [{ const: "x" }, "y", 'must be "x"'],
    [{ prefix: "/" }, "a", 'must begin with "/"'],
    [{ suffix: "/" }, "a", 'must end with "/"'],
    [{ contains: "b" }, "a", 'must contain "b"'],
    [{ notContains: "a" }, "a", 'must not contain "a"'],
    [{ in: ["LH", "UH"] }, "XX", "must be one of LH, UH"],
    [{ notIn: ["LH"] }, "LH", "must not be one of LH"],
    [{ pattern: "^[a-c]+$" }, "abc", null],
    [{ pattern: "^[a-c]+$" }, "abd", "must match the regular expression ^[a-c]+$"],
    [{ wellKnown: "http_header_name" }, "x-a", null],
    [{ wellKnown: "http_header_name" }, ":path", null],
    [{ wellKnown: "http_header_name" }, "x a", "must be a header name"],
    [{ wellKnown: "http_header_name" }, "", "must be a header name"],
    [{ wellKnown: "http_header_name_loose" }, "", null],
    [{ wellKnown: "http_header_name_loose" }, "x a", null],
    [{ wellKnown: "http_header_name_loose" }, "x\r", "must be a header name without NUL, CR or LF"],
    [{ wellKnown: "http_header_value" }, "a\tb", null],
    [{ wellKnown: "http_header_value" }, "a\x01", "must be a header value"],
    [{ wellKnown: "http_header_value_loose" }, "a\x01", null],
    [{ wellKnown: "http_header_value_loose" }, "a\n", "must be a header value without NUL, CR or LF"],
    [{ wellKnown: "uuid" }, "123e4567-e89b-12d3-a456-426614174000", null],
    [{ wellKnown: "uuid" }, "123", "must be a UUID"],
    [{ wellKnown: "ipv4" }, "1.2.3.4", null],
    [{ wellKnown: "ipv4" }, "1.2.3.256", "must be an IPv4 address"],
    [{ wellKnown: "ipv4" }, "01.2.3.4", "must be an IPv4 address"],
    [{ wellKnown: "ipv6" }, "::1", null],
    [{ wellKnown: "ipv6" }, "1:2:3:4:5:6:7:8", null],
    [{ wellKnown: "ipv6" }, "::ffff:1.2.3.4", null],
    [{ wellKnown: "ipv6" }, "1::2::3", "must be an IPv6 address"],
    [{ wellKnown: "ipv6" }, "1:2:3:4:5:6:7:8:9", "must be an IPv6 address"],
    [{ wellKnown: "ipv6" }, "1:2:3", "must be an IPv6 address"],
    [{ wellKnown: "ip" }, "a", "must be an IP address"],
    [{ wellKnown: "hostname" }, "a-b.example.com.", null],
    [{ wellKnown: "hostname" }, "-a.example", "must be a host name"],
    [{ wellKnown: "address" }, "::1", null],
    [{ wellKnown: "email" }, "a@example.com", null],
    [{ wellKnown: "email" }, "a@", "must be an e-mail address"],
    [{ wellKnown: "uri" }, "http://a/b?c#d", null],
    [{ wellKnown: "uri" }, "/a", "must be an absolute URI"],
    [{ wellKnown: "uri_ref" }, "/a%20b", null],
    [{ wellKnown: "uri_ref" }, "/a%2", "must be a URI or a relative reference"],
  ];
  for (const [rules, value, expected] of rows) {
    test(`${JSON.stringify(rules)} ${JSON.stringify(value)}`, () =>
      expect(stringViolation(value, { kind: "string", ...rules })).toBe(expected));
  }
});

describe("bytes and lists", () => {
  const bytes = (...items: number[]) => new Uint8Array(items);
  test("bytes", () => {
    expect(bytesViolation(bytes(1, 2), { kind: "bytes", minLen: 3 })).toBe("must be at least 3 bytes long");
    expect(bytesViolation(bytes(1, 2), { kind: "bytes", prefix: bytes(1), suffix: bytes(2), contains: bytes(1, 2) }))
      .toBeNull();
    expect(bytesViolation(bytes(1, 2), { kind: "bytes", prefix: bytes(2) })).toBe("must begin with the given bytes");
    expect(bytesViolation(bytes(1), { kind: "bytes", suffix: bytes(0, 1) })).toBe("must end with the given bytes");
    expect(bytesViolation(bytes(1), { kind: "bytes", contains: bytes(2) })).toBe("must contain the given bytes");
    expect(bytesViolation(bytes(1), { kind: "bytes", const: bytes(2) })).toBe("must have the one allowed value");
    expect(bytesViolation(bytes(1), { kind: "bytes", in: [bytes(2), bytes(1)] })).toBeNull();
    expect(bytesViolation(bytes(1), { kind: "bytes", in: [bytes(2)] })).toBe("must be one of the allowed values");
    expect(bytesViolation(bytes(1), { kind: "bytes", notIn: [bytes(1)] })).toBe("must not have this value");
    expect(bytesViolation(bytes(1, 2, 3, 4), { kind: "bytes", wellKnown: "ip" })).toBeNull();
    expect(bytesViolation(bytes(1), { kind: "bytes", wellKnown: "ip" })).toBe("must be an IP address (4 or 16 bytes)");
    expect(bytesViolation(bytes(65), { kind: "bytes", pattern: "^B$" })).toBe("must match the regular expression ^B$");
  });
  test("lists", () => {
    expect(repeatedViolation([], { kind: "repeated", minItems: 1 })).toBe("must have at least 1 item");
    expect(repeatedViolation([1, 2], { kind: "repeated", maxItems: 1 })).toBe("must have at most 1 item");
    expect(repeatedViolation([1], { kind: "repeated", minItems: 2, maxItems: 2 })).toBe("must have exactly 2 items");
    expect(repeatedViolation([1, 2, 1], { kind: "repeated", unique: true })).toBe("must not have the same item twice");
    expect(repeatedViolation([bytes(1, 2), bytes(1)], { kind: "repeated", unique: true })).toBeNull();
  });
});

/** A checker over one message `T` with `fields` and rules, and the problems of a value of it. */
function problems(fields: FieldRow[], rules: MessageRules, value: object, oneofs: string[] = []): string[] {
  const rows = [
    `T\t${JSON.stringify({ f: fields, o: oneofs })}`,
    `Sub\t${JSON.stringify({ f: [["n", 1, "uint32"]] })}`,
    `E\t${JSON.stringify({ e: [["ZERO", 0], ["ONE", 1]] })}`,
  ];
  const types = new TypeTable(rows.join("\n"));
  const table = new Map<string, MessageRules>([["T", rules], ["Sub", {
    fields: { n: { value: { kind: "number", gt: 0 } } },
  }]]);
  const sink = new ProblemSink();
  new RuleChecker(types, table, sink, () => 1_000_000_000_000n).check(
    { $typeName: "T", ...value } as unknown as MutableMessage,
    "",
  );
  return sink.problems.map((p) => `${p.path}: ${p.message}`);
}

const only = (value: ValueRules): MessageRules => ({ fields: { a: { value } as FieldRules } });

describe("messages", () => {
  test("implicit scalars are checked also when unset, optional ones only when set", () => {
    expect(problems([["a", 1, "uint32"]], only({ kind: "number", gt: 0 }), { a: 0 })).toEqual([
      "a: must be greater than 0",
    ]);
    expect(problems([["a", 1, "uint32", { p: 1 }]], only({ kind: "number", gt: 0 }), {})).toEqual([]);
    expect(problems([["a", 1, "uint32", { p: 1 }]], only({ kind: "number", gt: 0 }), { a: 0 })).toEqual([
      "a: must be greater than 0",
    ]);
  });
  test("members of a oneof are checked when set only", () => {
    const field: FieldRow = ["a", 1, "string", { o: 0 }];
    expect(problems([field], only({ kind: "string", minLen: 1 }), { kind: { case: undefined } }, ["kind"])).toEqual([]);
    expect(problems([field], only({ kind: "string", minLen: 1 }), { kind: { case: "a", value: "" } }, ["kind"]))
      .toEqual(["a: must not be empty"]);
  });
  test("a required oneof names its members", () => {
    const rules: MessageRules = { requiredOneofs: ["my_kind"] };
    const fields: FieldRow[] = [["a", 1, "string", { o: 0 }], ["b", 2, "string", { o: 0 }]];
    expect(problems(fields, rules, { myKind: { case: undefined } }, ["myKind"])).toEqual([": must have one of a, b"]);
    expect(problems(fields, rules, { myKind: { case: "b", value: "" } }, ["myKind"])).toEqual([]);
  });
  test("ignoreEmpty lets empty values pass", () => {
    expect(problems([["a", 1, "string"]], only({ kind: "string", minLen: 2, ignoreEmpty: true }), { a: "" })).toEqual(
      [],
    );
    expect(problems([["a", 1, "string"]], only({ kind: "string", minLen: 2, ignoreEmpty: true }), { a: "x" }))
      .toHaveLength(1);
    expect(problems([["a", 1, "[]string"]], only({ kind: "repeated", minItems: 2, ignoreEmpty: true }), { a: [] }))
      .toEqual([]);
  });
  test("required, nested and skipped messages", () => {
    const field: FieldRow = ["a", 1, "m:Sub"];
    expect(problems([field], { fields: { a: { required: true } } }, {})).toEqual(["a: is required"]);
    expect(problems([field], {}, { a: { $typeName: "Sub", n: 0 } })).toEqual(["a.n: must be greater than 0"]);
    expect(problems([field], { fields: { a: { skip: true } } }, { a: { $typeName: "Sub", n: 0 } })).toEqual([]);
    expect(problems([field], { disabled: true }, { a: { $typeName: "Sub", n: 0 } })).toEqual([]);
  });
  test("items, keys and values", () => {
    const items: ValueRules = { kind: "repeated", items: { value: { kind: "string", minLen: 1 } } };
    expect(problems([["a", 1, "[]string"]], only(items), { a: ["x", ""] })).toEqual(["a[1]: must not be empty"]);
    const map: ValueRules = {
      kind: "map",
      minPairs: 3,
      keys: { value: { kind: "string", minLen: 2 } },
      values: { value: { kind: "number", gt: 0 } },
    };
    expect(problems([["a", 1, "{string}uint32"]], only(map), { a: { k: 1, kk: 0 } })).toEqual([
      "a: must have at least 3 entries",
      'a["k"]: must be at least 2 characters long',
      'a["kk"]: must be greater than 0',
    ]);
    expect(problems([["a", 1, "{string}m:Sub"]], {}, { a: { k: { $typeName: "Sub", n: 0 } } })).toEqual([
      'a["k"].n: must be greater than 0',
    ]);
  });
  test("enums, booleans, wrappers, durations, times, Anys", () => {
    expect(problems([["a", 1, "e:E"]], only({ kind: "enum", definedOnly: true }), { a: 7 })).toEqual([
      "a: must be one of ZERO, ONE",
    ]);
    expect(problems([["a", 1, "e:E"]], only({ kind: "enum", notIn: [0] }), { a: 0 })).toEqual([
      "a: must not be one of ZERO",
    ]);
    expect(problems([["a", 1, "e:E"]], only({ kind: "enum", in: [1] }), { a: 0 })).toEqual(["a: must be one of ONE"]);
    expect(problems([["a", 1, "e:E"]], only({ kind: "enum", const: 1 }), { a: 0 })).toEqual(["a: must be ONE"]);
    expect(problems([["a", 1, "bool"]], only({ kind: "bool", const: true }), { a: false })).toEqual([
      "a: must be true",
    ]);
    const wrapper: FieldRow = ["a", 1, "m:google.protobuf.UInt32Value"];
    expect(problems([wrapper], only({ kind: "number", gt: 0 }), {})).toEqual([]);
    expect(problems([wrapper], only({ kind: "number", gt: 0 }), { a: 0 })).toEqual(["a: must be greater than 0"]);
    const duration: FieldRow = ["a", 1, "m:google.protobuf.Duration"];
    const time = (seconds: bigint, nanos = 0) => ({ a: { $typeName: "google.protobuf.Duration", seconds, nanos } });
    expect(problems([duration], only({ kind: "duration", gte: 1_000_000n }), time(0n, 1))).toEqual([
      "a: must be greater than or equal to 0.001s",
    ]);
    expect(problems([duration], only({ kind: "timestamp", ltNow: true }), time(1001n))).toEqual([
      "a: must lie in the past",
    ]);
    expect(problems([duration], only({ kind: "timestamp", gtNow: true }), time(999n))).toEqual([
      "a: must lie in the future",
    ]);
    expect(problems([duration], only({ kind: "timestamp", withinNs: 1_000_000_000n }), time(1002n))).toEqual([
      "a: must lie within 1s of now",
    ]);
    const any: FieldRow = ["a", 1, "m:google.protobuf.Any"];
    const value = { a: { $typeName: "google.protobuf.Any", typeUrl: "t/x", value: new Uint8Array(0) } };
    expect(problems([any], only({ kind: "any", in: ["t/y"] }), value)).toEqual(['a: must have "@type" of one of t/y']);
    expect(problems([any], only({ kind: "any", notIn: ["t/x"] }), value)).toEqual(['a: must not have "@type" t/x']);
  });
});

test("every rule of the generated table is about a field or oneof that the type table has", () => {
  const types = protoTypes();
  for (const [name, rules] of validateRules) {
    const type = types.message(name);
    if (type === undefined) continue; // proto2
    for (const field of Object.keys(rules.fields ?? {})) expect(type.byName.has(field), `${name}.${field}`).toBe(true);
    for (const oneof of rules.requiredOneofs ?? []) {
      expect(type.oneofs.map((local) => local.toLowerCase()), `${name} ${oneof}`).toContain(oneof.replaceAll("_", ""));
    }
  }
  expect(validateRules.size).toBeGreaterThan(400);
});
