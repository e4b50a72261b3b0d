// Golden cases of configuration loading (test/golden/config): texts in, messages or problems out.
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { stringify } from "yaml";
import { ConfigError } from "../../src/config/config-error.ts";
import { formatProblems } from "../../src/config/format-problems.ts";
import { readBootstrap } from "../../src/config/load-config.ts";
import { messageToJson } from "../../src/config/message-to-json.ts";
import { RuleChecker } from "../../src/config/pgv.ts";
import { ProblemSink } from "../../src/config/problem-sink.ts";
import { protoTypes } from "../../src/config/proto-types.ts";
import type { ConfigSource } from "../../src/config/source-node.ts";
import { validateRules } from "../../src/gen/validate-rules.ts";
import { expectedOf, expectSection, type GoldenFile, readGoldenFiles } from "./golden-file.ts";

/** The decoded and validated bootstrap as YAML with its notes, or the formatted problems. */
function run(file: GoldenFile): string {
  const flags = file.sections.get("flags") ?? "";
  const sources: ConfigSource[] = [];
  for (const [name, text] of file.sections) {
    if (name !== expectSection && name !== "flags") sources.push({ name, text });
  }
  const sink = new ProblemSink();
  try {
    const message = readBootstrap(sources, sink, flags.includes("--allow-unknown-static-fields"));
    new RuleChecker(protoTypes(), validateRules, sink).check(message, "");
    sink.throwIfAny(sources);
    const notes = sink.notes.map((note) => `# ${note.path}: ${note.message}\n`).join("");
    return notes + stringify(messageToJson(protoTypes(), message), { lineWidth: 0, aliasDuplicateObjects: false });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return formatProblems(error, sources);
  }
}

describe("golden", () => {
  const files = readGoldenFiles(join(import.meta.dir, "../golden/config"));

  test("cases exist", () => expect(files.length).toBeGreaterThan(20));

  for (const file of files) {
    test(`${file.name}: ${file.about.trim()}`, () => {
      const actual = run(file);
      expect(actual.replace(/\n*$/, "\n")).toBe(expectedOf(file, actual).replace(/\n*$/, "\n"));
    });
  }
});
