// Header, string and regex matchers against what Envoy 1.40 answered for the same matchers and header lines.
import { describe, expect, test } from "bun:test";
import { HeaderBlock } from "../../src/base/header-block.ts";
import { type HeaderCondition, HeaderMatcher } from "../../src/expr/header-matcher.ts";
import { Regex, RegexRewrite } from "../../src/expr/regex.ts";

function matchesOf(condition: HeaderCondition, values: string[], invert = false, treatMissingAsEmpty = false): boolean {
  const matcher = new HeaderMatcher({ name: "x-t", condition, invert, treatMissingAsEmpty });
  const headers = new HeaderBlock();
  headers.appendNamed("x-other", "a");
  for (const value of values) headers.appendNamed("x-t", value);
  return matcher.matches(headers);
}

const exact = (value: string, ignoreCase = false): HeaderCondition => ({
  kind: "string",
  match: { kind: "exact", value, ignoreCase },
});
const prefix = (value: string): HeaderCondition => ({
  kind: "string",
  match: { kind: "prefix", value, ignoreCase: false },
});
const regex = (value: string): HeaderCondition => ({
  kind: "string",
  match: { kind: "regex", value, ignoreCase: false },
});
const present = (present: boolean): HeaderCondition => ({ kind: "present", present });
const range = (start: number, end: number): HeaderCondition => ({ kind: "range", start, end });

describe("several lines are matched value by value", () => {
  const cases: [string, HeaderCondition, string[], boolean, boolean, boolean][] = [
    ["exact", exact("a"), ["a", "b"], false, false, true],
    ["exact", exact("a"), ["b", "a"], false, false, true],
    ["exact", exact("a"), ["a,b"], false, false, false],
    ["exact", exact("a,b"), ["a", "b"], false, false, false],
    ["exact", exact("a"), [], false, false, false],
    ["prefix", prefix("a"), ["b", "a"], false, false, true],
    ["regex", regex("a"), ["b", "a"], false, false, true],
    ["not exact", exact("a"), ["a", "b"], true, false, false],
    ["not exact", exact("a"), ["b", "c"], true, false, true],
    ["not exact", exact("a"), [], true, false, false],
    ["not exact or missing", exact("a"), [], true, true, true],
    ["exact empty or missing", exact(""), [], false, true, true],
    ["exact any case", exact("AbC", true), ["aBc"], false, false, true],
    ["present", present(true), [""], false, false, true],
    ["present", present(true), [], false, false, false],
    ["absent", present(false), [], false, false, true],
    ["absent", present(false), ["a"], false, false, false],
    ["not present", present(true), [], true, false, true],
    ["present or missing", present(true), [], false, true, true],
    ["absent, missing as empty", present(false), [], false, true, false],
    ["range", range(1, 5), ["9", "3"], false, false, true],
    ["range", range(1, 5), ["3,9"], false, false, false],
    ["range", range(1, 5), ["5"], false, false, false],
    ["range", range(1, 5), ["1"], false, false, true],
    ["range", range(-1, 5), ["+3"], false, false, true],
    ["range", range(-1, 5), ["-1"], false, false, true],
    ["range", range(-1, 5), ["03"], false, false, true],
    ["range", range(-1, 5), ["0x3"], false, false, false],
    ["range", range(-1, 5), ["3.0"], false, false, false],
    ["range or missing", range(-1, 5), [], false, true, false],
  ];
  for (const [name, condition, values, invert, treatMissing, expected] of cases) {
    test(`${name} of ${JSON.stringify(values)}`, () => {
      expect(matchesOf(condition, values, invert, treatMissing)).toBe(expected);
    });
  }
});

describe("obs-text never slips past a matcher (CVE-2026-73552)", () => {
  const cases: [HeaderCondition, string, boolean][] = [
    [regex(".*"), "\xff", true],
    [regex(".*"), "a\xffb", true],
    [regex("[^a]+"), "\xff", true],
    [regex("."), "\xc3\xa9", false],
    [regex(".."), "\xc3\xa9", true],
    [regex("é"), "\xc3\xa9", true],
    [regex("é"), "\xe9", false],
    [exact("é"), "\xc3\xa9", true],
    [exact("é"), "\xe9", false],
    [exact("\u00c9", true), "\xc3\xa9", false],
  ];
  for (const [condition, value, expected] of cases) {
    test(`${JSON.stringify(condition)} of ${JSON.stringify(value)}`, () => {
      expect(matchesOf(condition, [value])).toBe(expected);
    });
  }
});

test("evil patterns and subjects take linear time", () => {
  const evil = new Regex("(a+)+b");
  const started = performance.now();
  expect(evil.fullMatch("a".repeat(60_000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(1000);
});

test("what RE2 does not know is refused", () => {
  for (const pattern of ["(", "(?=a)", "(a)\\1", "[z-a]"]) expect(() => new Regex(pattern)).toThrow();
});

describe("substitution", () => {
  test("groups, backslashes, empty matches", () => {
    expect(new RegexRewrite({ regex: "/([a-z]+)/([0-9]*)", substitution: "/\\2-\\1\\\\" }).apply("/rr/12/abc/34")).toBe(
      "/12-rr\\/34-abc\\",
    );
    expect(new RegexRewrite({ regex: "x*", substitution: "-" }).apply("/rm/axxb")).toBe("-/-r-m-/-a-b-");
    expect(new RegexRewrite({ regex: "(a)|b", substitution: "[\\1\\0]" }).apply("ab")).toBe("[aa][b]");
    expect(new RegexRewrite({ regex: "^/", substitution: "" }).apply("/a/b")).toBe("a/b");
  });
  test("unknown groups and escapes are refused", () => {
    for (const substitution of ["\\1", "\\x", "\\"]) {
      expect(() => new RegexRewrite({ regex: "a", substitution })).toThrow();
    }
  });
});

test("literal prefixes hold for everything that matches", () => {
  const prefixOf = (pattern: string) => new Regex(pattern).literalPrefix();
  expect(["/a/[0-9]+", "^/a/b$", "/a|/b", ".*", "(?i)a", "/a?"].map(prefixOf)).toEqual([
    "/a/",
    "/a/b",
    "/",
    "",
    "",
    "/",
  ]);
});
