// Enforces the layout and import order of src/ on the real tree, and shows with bad examples that the checker sees each breach.
import { knownDebts } from "./support/known-debts.ts";
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkArchitecture, maxLines, type RuleName, type Tree } from "./support/architecture.ts";
import { findBunGlobal, findImports, scanTokens } from "./support/source-tokens.ts";

const root = join(import.meta.dir, "..");

function readTree(): Tree {
  const sources = new Map<string, string>();
  const otherFiles = new Set<string>();
  for (const top of ["src", "test", "scripts", "bench"]) {
    for (const entry of readdirSync(join(root, top), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name).slice(root.length + 1);
      if (!entry.isFile() || path.startsWith("src/gen/") || path.includes("node_modules/")) continue;
      if (path.endsWith(".ts")) sources.set(path, readFileSync(join(root, path), "utf8"));
      else if (top === "src") otherFiles.add(path);
    }
  }
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return { sources, otherFiles, shippedPackages: new Set(Object.keys(manifest.dependencies)) };
}

describe("the tree", () => {
  const tree = readTree();
  const violations = checkArchitecture(tree);
  const rules: Record<RuleName, string> = {
    "layers": "a folder imports only what stands to its right in the import order",
    "cycles": "files do not import each other in a circle",
    "gen": "generated code is imported only where protos are translated",
    "bun": "Bun's own API is used only in platform, server, cli and admin",
    "node": "protocol and base use no node: module",
    "protocol": "protocol imports base only",
    "extensions": "an extension does not import another",
    "packages": "src imports only packages that ship",
    "specifiers": "imports name existing files in src, with their extension",
    "size": `no file has more than ${maxLines} lines`,
    "first-line": "the first line of a file says what it is for",
    "folders": "every folder has a place in the import order",
    "extension-folder": "every extension has a README and a test",
  };
  for (const [rule, title] of Object.entries(rules)) {
    test(`${rule}: ${title}`, () => {
      const found = violations.filter((violation) => violation.rule === rule);
      expect(found.map(({ file, line, message }) => `${file}${line === 0 ? "" : `:${line}`}: ${message}`)).toEqual([
        ...(knownDebts[rule] ?? []),
      ]);
    });
  }

  test("is read whole", () => {
    expect(tree.sources.size).toBeGreaterThan(10);
    expect(tree.sources.has("test/architecture.test.ts")).toBe(true);
    expect([...tree.sources.keys()].filter((path) => path.startsWith("src/")).length).toBeGreaterThan(5);
  });
});

/** Violations of a tree of `files` (each gets its first-line comment), as `file:line rule`. */
function check(files: Record<string, string>, otherFiles: string[] = []): string[] {
  const sources = new Map(Object.entries(files).map(([path, text]) => [path, `// Example.\n${text}\n`]));
  const tree = { sources, otherFiles: new Set(otherFiles), shippedPackages: new Set(["hono", "@bufbuild/protobuf"]) };
  return checkArchitecture(tree).map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}

describe("the checker", () => {
  test("accepts imports to the right, within a folder, of side folders and of packages that ship", () => {
    const found = check({
      "src/main.ts": 'import { a } from "./cli/a.ts";',
      "src/worker.ts": 'import { a } from "./net/a.ts";',
      "src/cli/a.ts":
        'import { a } from "../proxy/a.ts";\nimport { b } from "./b.ts";\nimport { $ } from "bun";\nBun.argv;',
      "src/cli/b.ts": 'import { Hono } from "hono";\nimport { readFileSync } from "node:fs";',
      "src/proxy/a.ts": 'import type { S } from "../observe/a.ts";\nimport { c } from "../protocol/http1/a.ts";',
      "src/observe/a.ts": 'import { b } from "../base/a.ts";\nimport { p } from "../platform/a.ts";',
      "src/protocol/codec.ts": "export {};",
      "src/protocol/http1/a.ts":
        'import { b } from "../../base/a.ts";\nimport { c } from "../codec.ts";\nexport * from "./b.ts";',
      "src/protocol/http1/b.ts": "export {};",
      "src/config/a.ts": 'import { M } from "../gen/envoy/x_pb.ts";\nimport { create } from "@bufbuild/protobuf";',
      "src/net/a.ts": "export {};",
      "src/platform/a.ts": 'import { dlopen } from "bun:ffi";',
      "src/base/a.ts": "export {};",
    });
    expect(found).toEqual([]);
  });

  test("sees an import to the left in every form", () => {
    const forms = [
      'import { a } from "../proxy/a.ts";',
      'import type { A } from "../proxy/a.ts";',
      'import a, { type B } from "../proxy/a.ts";',
      'import * as a from "../proxy/a.ts";',
      'import "../proxy/a.ts";',
      'export { a } from "../proxy/a.ts";',
      'export * from "../proxy/a.ts";',
      'export type { A } from "../proxy/a.ts";',
      'const a = await import("../proxy/a.ts");',
      "const a = await import(`../proxy/a.ts`);",
      'let a: import("../proxy/a.ts").A;',
      'const a = require("../proxy/a.ts");',
      "import {\n  a,\n} from '../proxy/a.ts';",
    ];
    for (const form of forms) {
      const line = form.split("\n").length + 1;
      expect(check({ "src/net/a.ts": form, "src/proxy/a.ts": "export {};" }), form).toEqual([
        `src/net/a.ts:${line} layers`,
      ]);
    }
  });

  test("keeps siblings of one row apart", () => {
    expect(check({ "src/xds/a.ts": 'import "../admin/a.ts";', "src/admin/a.ts": "" })).toEqual([
      "src/xds/a.ts:2 layers",
    ]);
    expect(check({ "src/tls/a.ts": 'import "../protocol/a.ts";', "src/protocol/a.ts": "" })).toEqual([
      "src/tls/a.ts:2 layers",
    ]);
  });

  test("keeps the side folders out of platform, base and protocol, and to themselves", () => {
    expect(check({ "src/platform/a.ts": 'import "../observe/a.ts";', "src/observe/a.ts": "" })).toEqual([
      "src/platform/a.ts:2 layers",
    ]);
    expect(check({ "src/base/a.ts": 'import "../expr/a.ts";', "src/expr/a.ts": "" })).toEqual([
      "src/base/a.ts:2 layers",
    ]);
    expect(check({ "src/protocol/x/a.ts": 'import "../../expr/a.ts";', "src/expr/a.ts": "" })).toEqual([
      "src/protocol/x/a.ts:2 protocol",
    ]);
    expect(check({ "src/observe/a.ts": 'import "../net/a.ts";', "src/net/a.ts": "" })).toEqual([
      "src/observe/a.ts:2 layers",
    ]);
    expect(check({ "src/observe/a.ts": 'import "../expr/a.ts";', "src/expr/a.ts": "" })).toEqual([]);
    expect(check({ "src/expr/a.ts": 'import "../observe/a.ts";', "src/observe/a.ts": "" })).toEqual([
      "src/expr/a.ts:2 layers",
    ]);
  });

  test("lets nobody import the composition roots", () => {
    expect(check({ "src/cli/a.ts": 'import "../main.ts";', "src/main.ts": "" })).toEqual(["src/cli/a.ts:2 layers"]);
  });

  test("sees what protocol may not import", () => {
    expect(check({ "src/protocol/x/a.ts": 'import "../../net/a.ts";', "src/net/a.ts": "" })).toEqual([
      "src/protocol/x/a.ts:2 protocol",
    ]);
    expect(check({ "src/protocol/x/a.ts": 'import "../../platform/a.ts";', "src/platform/a.ts": "" })).toEqual([
      "src/protocol/x/a.ts:2 protocol",
    ]);
    expect(check({ "src/protocol/x/a.ts": 'import "../y/a.ts";', "src/protocol/y/a.ts": "" })).toEqual([
      "src/protocol/x/a.ts:2 protocol",
    ]);
    expect(check({ "src/protocol/x/a.ts": 'import { Hono } from "hono";' })).toEqual([
      "src/protocol/x/a.ts:2 protocol",
    ]);
    expect(check({ "src/protocol/x/a.ts": 'import { Buffer } from "node:buffer";' })).toEqual([
      "src/protocol/x/a.ts:2 node",
    ]);
    expect(check({ "src/base/a.ts": 'import { Buffer } from "node:buffer";' })).toEqual(["src/base/a.ts:2 node"]);
  });

  test("sees generated code imported from elsewhere", () => {
    expect(check({ "src/proxy/a.ts": 'import type { M } from "../gen/x_pb.ts";' })).toEqual(["src/proxy/a.ts:2 gen"]);
    const extension = "src/extensions/filters/http/x";
    const other = { "test/extensions/filters/http/x/x.test.ts": "", [`${extension}/index.ts`]: "" };
    const readme = [`${extension}/README.md`];
    expect(check({ ...other, [`${extension}/filter.ts`]: 'import "../../../../gen/x_pb.ts";' }, readme)).toEqual([
      `${extension}/filter.ts:2 gen`,
    ]);
    expect(check({ ...other, [`${extension}/config.ts`]: 'import "../../../../gen/x_pb.ts";' }, readme)).toEqual([]);
  });

  test("sees Bun outside its folders, and only as the global", () => {
    expect(check({ "src/net/a.ts": "const s = Bun.listen({});" })).toEqual(["src/net/a.ts:2 bun"]);
    expect(check({ "src/net/a.ts": "const s = globalThis.Bun.listen({});" })).toEqual(["src/net/a.ts:2 bun"]);
    expect(check({ "src/net/a.ts": "const { listen } = Bun;" })).toEqual(["src/net/a.ts:2 bun"]);
    expect(check({ "src/main.ts": "Bun.argv;" })).toEqual(["src/main.ts:2 bun"]);
    expect(check({ "src/net/a.ts": 'import { dlopen } from "bun:ffi";' })).toEqual(["src/net/a.ts:2 bun"]);
    expect(check({ "src/net/a.ts": 'import type { Socket } from "bun";' })).toEqual(["src/net/a.ts:2 bun"]);
    expect(check({ "src/net/a.ts": '// Bun.listen\n/* Bun. */ const a = "Bun.x" + `Bun.y` + o.Bun;' })).toEqual([]);
    expect(check({ "src/net/a.ts": "const a = `x ${Bun.version}`;" })).toEqual(["src/net/a.ts:2 bun"]);
  });

  test("sees packages that do not ship and Node modules without node:", () => {
    expect(check({ "src/net/a.ts": 'import fc from "fast-check";' })).toEqual(["src/net/a.ts:2 packages"]);
    expect(check({ "src/net/a.ts": 'import fs from "fs";' })).toEqual(["src/net/a.ts:2 packages"]);
    expect(check({ "src/config/a.ts": 'import { create } from "@bufbuild/protobuf/wkt";' })).toEqual([]);
  });

  test("sees specifiers that name no file, leave src or are computed", () => {
    expect(check({ "src/net/a.ts": 'import "./b";', "src/net/b.ts": "" })).toEqual(["src/net/a.ts:2 specifiers"]);
    expect(check({ "src/net/a.ts": 'import "../../test/a.ts";' })).toEqual(["src/net/a.ts:2 specifiers"]);
    expect(check({ "src/net/a.ts": "await import(name);" })).toEqual(["src/net/a.ts:2 specifiers"]);
    expect(check({ "src/net/a.ts": 'await import("./" + name);' })).toEqual(["src/net/a.ts:2 specifiers"]);
    expect(check({ "src/net/a.ts": 'import t from "./t.txt" with { type: "text" };' }, ["src/net/t.txt"])).toEqual([]);
  });

  test("sees cycles, also of types and over several files", () => {
    expect(check({ "src/net/a.ts": 'import type { B } from "./b.ts";', "src/net/b.ts": 'import { a } from "./a.ts";' }))
      .toEqual([
        "src/net/a.ts:0 cycles",
      ]);
    const three = {
      "src/net/a.ts": 'import "./b.ts";',
      "src/net/b.ts": 'import "./c.ts";',
      "src/net/c.ts": 'import "./a.ts";',
    };
    expect(check(three)).toEqual(["src/net/a.ts:0 cycles"]);
    expect(check({ "src/net/a.ts": 'import "./a.ts";' })).toEqual(["src/net/a.ts:0 cycles"]);
    const diamond = {
      "src/net/a.ts": 'import "./b.ts";\nimport "./c.ts";',
      "src/net/b.ts": 'import "./c.ts";',
      "src/net/c.ts": "",
    };
    expect(check(diamond)).toEqual([]);
  });

  test("keeps extensions apart", () => {
    const a = "src/extensions/filters/http/a";
    const b = "src/extensions/access_loggers/b";
    const base = {
      "src/extensions/index.ts": 'import "./filters/http/a/index.ts";\nimport "./access_loggers/b/index.ts";',
      "src/extensions/config-index.ts": 'import "./filters/http/a/config.ts";',
      [`${a}/config.ts`]: "",
      [`${a}/index.ts`]: "",
      [`${b}/index.ts`]: "",
      "test/extensions/filters/http/a/a.test.ts": "",
      "test/extensions/access_loggers/b/b.test.ts": "",
    };
    const readmes = [`${a}/README.md`, `${b}/README.md`];
    expect(check(base, readmes)).toEqual([]);
    expect(check({ ...base, [`${a}/x.ts`]: 'import "./index.ts";' }, readmes)).toEqual([]);
    expect(check({ ...base, [`${a}/x.ts`]: 'import "../../../access_loggers/b/index.ts";' }, readmes)).toEqual([
      `${a}/x.ts:2 extensions`,
    ]);
    expect(check({ ...base, [`${a}/x.ts`]: 'import "../../../index.ts";' }, readmes)).toEqual([
      `${a}/x.ts:2 extensions`,
    ]);
  });

  test("asks every extension for a README and a test, and every file for an extension", () => {
    const a = "src/extensions/filters/http/a";
    const withTest = { [`${a}/index.ts`]: "", "test/extensions/filters/http/a/a.test.ts": "" };
    expect(check(withTest)).toEqual([`${a}:0 extension-folder`]);
    expect(check({ [`${a}/index.ts`]: "" }, [`${a}/README.md`])).toEqual([`${a}:0 extension-folder`]);
    expect(check({ [`${a}/config.ts`]: "" })).toEqual([`${a}:0 extension-folder`, `${a}:0 extension-folder`]);
    expect(check({ "src/extensions/filters/shared.ts": "" })).toEqual([
      "src/extensions/filters/shared.ts:0 extension-folder",
    ]);
  });

  test("sees files that are too long, start without a comment or lie in unknown folders", () => {
    expect(check({ "src/net/a.ts": "x;\n".repeat(maxLines - 2) })).toEqual([]);
    expect(check({ "src/net/a.ts": "x;\n".repeat(maxLines) })).toEqual(["src/net/a.ts:0 size"]);
    expect(check({ "src/network/a.ts": "" })).toEqual(["src/network/a.ts:0 folders"]);
    expect(check({ "src/other.ts": "" })).toEqual(["src/other.ts:0 folders"]);
    expect(check({ "src/net/utils/a.ts": "" })).toEqual(["src/net/utils/a.ts:0 folders"]);
    const bare = (text: string) =>
      checkArchitecture({
        sources: new Map([["src/net/a.ts", text]]),
        otherFiles: new Set(),
        shippedPackages: new Set(),
      });
    for (const text of ["export {};\n", "\n// Late.\n", "//\nexport {};\n", ""]) {
      expect(bare(text).map(({ rule }) => rule), JSON.stringify(text)).toEqual(["first-line"]);
    }
    for (const text of ["// One.\n", "/* One. */\n", "/** One. */\n"]) expect(bare(text)).toEqual([]);
  });
});

describe("the scanner", () => {
  const specifiers = (source: string) => findImports(scanTokens(source)).map(({ specifier }) => specifier);

  test("finds no import in comments, strings, templates and regular expressions", () => {
    expect(specifiers('// import "a"\n/* import "b" */ const s = \'import "c"\';')).toEqual([]);
    expect(specifiers('const t = `import "d" ${`from "e"`} from "f"`;')).toEqual([]);
    expect(specifiers('const r = /import "g"/; const q = a / b; const u = /["\'`]/.test(x);')).toEqual([]);
    expect(specifiers("const a = Array.from('h'); o.import('i'); o.from;")).toEqual([]);
  });

  test("goes on correctly after strings, templates and regular expressions", () => {
    expect(specifiers("const r = /[/'\"]+\\//g; import 'a';")).toEqual(["a"]);
    expect(specifiers("const t = `${ { a: `}` }.a } \\` `; import 'b';")).toEqual(["b"]);
    expect(specifiers("const s = 'it\\'s'; import 'c';")).toEqual(["c"]);
    expect(specifiers("const d = (a + b) / 2; const e = d / 3; import 'd';")).toEqual(["d"]);
  });

  test("counts lines across comments, templates and strings", () => {
    const source = "/*\n\n*/\nconst t = `\n${a}\n`;\nimport 'a';\nBun.gc();";
    expect(findImports(scanTokens(source))).toEqual([{ specifier: "a", line: 7 }]);
    expect(findBunGlobal(scanTokens(source))).toEqual([8]);
  });
});
