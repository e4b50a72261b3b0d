// Texts that are broken or made to hurt: they end in a ConfigError with a place, quickly, never in a stack overflow.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ConfigError, type ConfigProblem } from "../../src/config/config-error.ts";
import { parseSource } from "../../src/config/read-source.ts";
import { nodeToValue } from "../../src/config/source-node.ts";

function problemOf(text: string, name = "a.yaml"): ConfigProblem {
  try {
    parseSource({ name, text });
  } catch (error) {
    if (error instanceof ConfigError && error.problems[0] !== undefined) return error.problems[0];
    throw error;
  }
  throw new Error("the text was accepted");
}

const levels = 100_000;
const deep: Record<string, [text: string, name: string]> = {
  "closed flow lists": ["[".repeat(levels) + "]".repeat(levels), "a.yaml"],
  "open flow lists": ["[".repeat(levels), "a.yaml"],
  "flow maps": ["{a: ".repeat(levels), "a.yaml"],
  "block lists": ["- ".repeat(levels) + "x", "a.yaml"],
  "explicit keys": ["? ".repeat(levels) + "x", "a.yaml"],
  "block maps": [Array.from({ length: 2000 }, (_, i) => " ".repeat(i) + "a:").join("\n"), "a.yaml"],
  "JSON lists": ["[".repeat(levels), "a.json"],
  "JSON objects": ['{"a":'.repeat(levels), "a.json"],
};

describe("depth", () => {
  for (const [label, [text, name]] of Object.entries(deep)) {
    test(`${label} are refused`, () => {
      const problem = problemOf(text, name);
      expect(problem.code).toBe("CFG003");
      expect(problem.location).toBeDefined();
    });
  }

  test("128 levels are taken in both languages", () => {
    const text = "[".repeat(128) + "]".repeat(128);
    expect(parseSource({ name: "a.yaml", text })).not.toBeNull();
    expect(parseSource({ name: "a.json", text })).not.toBeNull();
  });
});

describe("aliases", () => {
  const bomb = ["a: &a [x,x,x,x,x,x,x,x,x,x]"];
  for (let i = 1; i < 12; i++) {
    const before = String.fromCharCode(96 + i);
    bomb.push(
      `${String.fromCharCode(97 + i)}: &${String.fromCharCode(97 + i)} [${Array(10).fill("*" + before).join(",")}]`,
    );
  }

  test("a bomb is refused at once", () => {
    const start = performance.now();
    expect(problemOf(bomb.join("\n")).code).toBe("CFG004");
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test("an alias inside itself and one without an anchor are refused", () => {
    expect(problemOf("a: &a [*a]")).toMatchObject({ code: "CFG004", location: { line: 1, column: 8 } });
    expect(problemOf("a: *b")).toMatchObject({ code: "CFG004", location: { line: 1, column: 4 } });
  });
});

describe("YAML that is no configuration", () => {
  test("a second document", () => {
    expect(problemOf("a: 1\n---\nb: 2")).toMatchObject({ code: "CFG001", location: { line: 2, column: 1 } });
  });
  test("custom tags, list keys, tabs", () => {
    expect(problemOf("a: !foo 1").code).toBe("CFG001");
    expect(problemOf("? [a]\n: 1").code).toBe("CFG001");
    expect(problemOf("a:\n\t- b")).toMatchObject({ code: "CFG001", location: { line: 2 } });
  });
});

describe("JSON", () => {
  const wrong = [
    '{"a" 1}',
    "[1 2]",
    '{"a":}',
    "tru",
    "01",
    '"a',
    '"\\x"',
    '"\\u12"',
    '"a\nb"',
    "{a",
    "/* x",
    "1 1",
    "",
    "{,}",
    "[,]",
  ];
  for (const text of wrong) {
    test(`${JSON.stringify(text)} has its place`, () => {
      const problem = problemOf(text, "a.json");
      expect(problem.code).toBe("CFG001");
      expect(problem.location?.file).toBe("a.json");
    });
  }

  test("a key __proto__ is an ordinary key", () => {
    const value = nodeToValue(parseSource({ name: "a.json", text: '{"__proto__": {"x": 1}}' })!) as object;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect((value as { x?: number }).x).toBeUndefined();
  });

  test("every JSON text gives the value of JSON.parse; the YAML reader gives the same", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const plain = JSON.parse(JSON.stringify(value));
        const text = JSON.stringify(value, null, 1);
        expect(nodeToValue(parseSource({ name: "a.json", text })!)).toEqual(plain);
      }),
      { numRuns: 300 },
    );
  });

  test("garbage never throws anything but ConfigError", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.string({ unit: fc.constantFrom(..."{}[]:,\"'&*!-? \n#|>ab1"), maxLength: 60 }),
    );
    fc.assert(
      fc.property(text, fc.constantFrom("a.json", "a.yaml"), (text, name) => {
        try {
          parseSource({ name, text });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test("YAML booleans and numbers are Envoy's", () => {
  const text = "[yes, No, ON, off, y, true, 010, 0x10, 1.5, 99999999999999999999, ~, null, '1', 2020-01-01, +5, maybe]";
  expect(nodeToValue(parseSource({ name: "a.yaml", text })!)).toEqual(
    [
      true,
      false,
      true,
      false,
      true,
      true,
      "010",
      16,
      1.5,
      "99999999999999999999",
      null,
      null,
      "1",
      "2020-01-01",
      5,
      "maybe",
    ],
  );
});
