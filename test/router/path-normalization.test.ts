// Path normalisation against verdicts that Envoy 1.40 gave for the same request targets and options (path-normalization.golden.json).
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type PathNormalizationConfig, PathNormalizer, PathVerdict } from "../../src/router/path-normalization.ts";
import golden from "./path-normalization.golden.json";

function options(
  normalizePath: boolean,
  mergeSlashes: boolean,
  escapedSlashes: PathNormalizationConfig["escapedSlashes"],
) {
  return { normalizePath, mergeSlashes, escapedSlashes };
}

const MODES: Readonly<Record<string, PathNormalizationConfig>> = {
  none: options(false, false, "keep"),
  norm: options(true, false, "keep"),
  keep: options(true, false, "keep"),
  merge: options(false, true, "keep"),
  both: options(true, true, "keep"),
  rej: options(true, true, "reject"),
  redir: options(true, true, "unescapeAndRedirect"),
  fwd: options(true, true, "unescapeAndForward"),
  fwdonly: options(false, false, "unescapeAndForward"),
};

/** What Lamina does in a stricter way: `..;x` that decoding brings forth is a dot segment too, servers with path parameters take it for one. */
const STRICTER: Readonly<Record<string, string>> = { "/a/%2e%2e;/b": "/b", "/a\\..;\\b": "/b" };

/** The verdict in the form of the golden file: the path, `400`, or `307 location`. */
function verdictOf(normalizer: PathNormalizer, target: string): string {
  switch (normalizer.normalize(target)) {
    case PathVerdict.reject:
      return "400";
    case PathVerdict.redirect:
      return `307 ${normalizer.path}`;
    case PathVerdict.changed:
      return normalizer.path;
    default:
      return target;
  }
}

describe("as Envoy 1.40", () => {
  for (const [mode, config] of Object.entries(MODES)) {
    test(mode, () => {
      const normalizer = new PathNormalizer(config);
      let rows = 0;
      for (const [target, verdicts] of Object.entries(golden as Record<string, Record<string, string>>)) {
        const expected = (config.normalizePath ? STRICTER[target] : undefined) ?? verdicts[mode];
        if (expected === undefined) continue;
        rows++;
        expect(`${target} → ${verdictOf(normalizer, target)}`).toBe(`${target} → ${expected}`);
      }
      expect(rows).toBeGreaterThan(70);
    });
  }
});

const hostilePath = fc.array(
  fc.constantFrom(
    "/",
    ".",
    "..",
    "%2e",
    "%2E",
    "%2f",
    "%5c",
    "\\",
    ";",
    "a",
    "b",
    "%41",
    "%",
    "4",
    "1",
    "?",
    "%zz",
    "|",
  ),
  { maxLength: 12 },
).map((parts) => `/${parts.join("")}`);

test("normalising twice changes nothing more", () => {
  fc.assert(
    fc.property(hostilePath, (target) => {
      const normalizer = new PathNormalizer(MODES["fwd"]!);
      const once = verdictOf(normalizer, target);
      if (once === "400") return;
      // Two slashes are what merging leaves of a path of slashes.
      expect(verdictOf(normalizer, once)).toBe(once);
    }),
    { numRuns: 2000 },
  );
});

test("no dot segment, backslash or escaped slash survives", () => {
  fc.assert(
    fc.property(hostilePath, (target) => {
      const out = verdictOf(new PathNormalizer(MODES["fwd"]!), target);
      if (out === "400") return;
      const path = out.split("?")[0]!;
      expect(path.startsWith("/")).toBe(true);
      expect(path).not.toMatch(/\\|\/\.{1,2}(;[^/]*)?(\/|$)/);
    }),
    { numRuns: 2000 },
  );
});

test("a fragment is refused with every option", () => {
  for (const config of Object.values(MODES)) {
    expect(new PathNormalizer(config).normalize("/a#b")).toBe(PathVerdict.reject);
    expect(new PathNormalizer(config).normalize("/a?b#c")).toBe(PathVerdict.reject);
  }
});

test("a long path of dot segments takes linear time", () => {
  const normalizer = new PathNormalizer(MODES["both"]!);
  const target = "/a/../%2e%2e/b/./".repeat(4000);
  const started = performance.now();
  normalizer.normalize(target);
  expect(performance.now() - started).toBeLessThan(500);
});
