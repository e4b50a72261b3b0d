// The rules of the source tree as a pure function from files to violations; docs/en/architecture.md has the reasons.
import { findBunGlobal, findImports, scanTokens } from "./source-tokens.ts";

export interface Violation {
  readonly file: string;
  /** From 1; 0 when the whole file is meant. */
  readonly line: number;
  readonly rule: RuleName;
  readonly message: string;
}

export type RuleName =
  | "layers"
  | "cycles"
  | "gen"
  | "bun"
  | "node"
  | "protocol"
  | "extensions"
  | "packages"
  | "specifiers"
  | "size"
  | "first-line"
  | "folders"
  | "extension-folder";

/** A folder may import only from later rows; two folders of one row do not know each other. */
const layers: readonly (readonly string[])[] = [
  ["cli"],
  ["server"],
  ["admin", "xds", "secrets", "plugin"],
  ["extensions"],
  ["config", "wasm"],
  ["proxy"],
  ["router"],
  ["upstream"],
  ["stream"],
  ["protocol", "tls"],
  ["net"],
  ["platform"],
  ["base"],
];

/** Importable by all but the folders in `withoutSideFolders`; what each of them may import. */
const sideFolders: Readonly<Record<string, readonly string[]>> = {
  // Formats of log lines are expressions over the stream info (docs/decisions/001-expr-right-of-observe.md).
  observe: ["expr", "platform", "base"],
  expr: ["platform", "base"],
};
const withoutSideFolders = ["protocol", "platform", "base"];

/** Files directly in src/. They put the parts together and may import them all. */
const compositionRoots = ["src/main.ts", "src/worker.ts"];

/** The lists of extensions, one for each side (control thread, workers): the only files in src/extensions outside an extension. */
const extensionLists = ["src/extensions/config-index.ts", "src/extensions/index.ts"];

const bunFolders = ["platform", "server", "cli", "admin"];
const folderNamesRefused = ["utils", "util", "helpers", "misc", "common"];

export const maxLines = 800;

/** Pure tables, which may be longer than `maxLines`. Each needs a reason. */
export const longTables: readonly string[] = [];

const rankOf = new Map<string, number>();
for (const [rank, folders] of layers.entries()) for (const folder of folders) rankOf.set(folder, rank);

/** The folder under src/ that holds `path`, "" for a file directly in src/. */
function topFolder(path: string): string {
  const parts = path.split("/");
  return parts.length > 2 ? parts[1]! : "";
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Resolves a relative specifier of the file `from` to a path from the root of the repository. */
function resolveRelative(from: string, specifier: string): string {
  const parts = directoryOf(from).split("/");
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** `@scope/name` or `name` of a specifier such as `@scope/name/deep/path`. */
function packageOf(specifier: string): string {
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

/** The extension folders: those below src/extensions that hold an index.ts (worker side) or a config.ts (control side). */
export function findExtensionFolders(paths: Iterable<string>): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    const isEntry = path.endsWith("/index.ts") || path.endsWith("/config.ts");
    if (path.startsWith("src/extensions/") && isEntry && !extensionLists.includes(path)) folders.add(directoryOf(path));
  }
  return [...folders].sort();
}

/** Why `from` may not import a file of the folder `to`, or null. Both are folders under src/. */
function refuseLayer(from: string, to: string): string | null {
  if (from === to || from === "") return null;
  if (to === "") return `the composition roots in src/ are imported by nobody`;
  const importsOfSide = sideFolders[from];
  if (importsOfSide !== undefined) {
    return importsOfSide.includes(to) ? null : `${from} imports only ${importsOfSide.join(", ")}`;
  }
  if (to in sideFolders) return withoutSideFolders.includes(from) ? `${from} may not import ${to}` : null;
  const fromRank = rankOf.get(from);
  const toRank = rankOf.get(to);
  if (fromRank === undefined || toRank === undefined || toRank > fromRank) return null;
  return toRank === fromRank
    ? `${from} and ${to} do not know each other`
    : `${to} stands to the left of ${from} in the import order`;
}

/** The files of each import cycle, in the order in which they import each other. */
function findCycles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  const visit = (file: string): void => {
    state.set(file, "open");
    trail.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!imports.has(next)) continue;
      const known = state.get(next);
      if (known === undefined) visit(next);
      else if (known === "open") cycles.push(trail.slice(trail.indexOf(next)));
    }
    trail.pop();
    state.set(file, "done");
  };
  for (const file of imports.keys()) if (!state.has(file)) visit(file);
  return cycles;
}

export interface Tree {
  /** Path from the root of the repository → text, for every .ts file of src, test, scripts and bench but src/gen. */
  readonly sources: ReadonlyMap<string, string>;
  /** Paths of all other files of src. */
  readonly otherFiles: ReadonlySet<string>;
  /** Names of the packages in package.json's dependencies. */
  readonly shippedPackages: ReadonlySet<string>;
}

/** Every violation in `tree`, ordered by file. */
export function checkArchitecture(tree: Tree): Violation[] {
  const violations: Violation[] = [];
  const report = (file: string, line: number, rule: RuleName, message: string): void => {
    violations.push({ file, line, rule, message });
  };
  const extensionFolders = findExtensionFolders(tree.sources.keys());
  const extensionOf = (path: string): string | undefined =>
    extensionFolders.find((folder) => path.startsWith(`${folder}/`));
  const graph = new Map<string, string[]>();

  for (const [file, text] of tree.sources) {
    checkText(file, text, report);
    if (!file.startsWith("src/")) continue;
    const folder = topFolder(file);
    const tokens = scanTokens(text);
    const edges: string[] = [];
    graph.set(file, edges);

    if (!bunFolders.includes(folder)) {
      for (const line of findBunGlobal(tokens)) {
        report(file, line, "bun", `Bun is used only in ${bunFolders.join(", ")}`);
      }
    }
    for (const { specifier, line } of findImports(tokens)) {
      if (specifier === null) {
        report(file, line, "specifiers", "an import names its module by a plain string");
      } else if (specifier.startsWith(".")) {
        const target = resolveRelative(file, specifier);
        edges.push(target);
        checkRelative(file, line, specifier, target);
      } else {
        checkPackage(file, line, specifier);
      }
    }
  }

  function checkRelative(file: string, line: number, specifier: string, target: string): void {
    const folder = topFolder(file);
    if (!target.startsWith("src/")) {
      report(file, line, "specifiers", `"${specifier}" leaves src/`);
      return;
    }
    if (target.startsWith("src/gen/")) {
      const isAllowed = ["config", "xds", "admin", "secrets", "wasm"].includes(folder) ||
        (folder === "extensions" && file.endsWith("/config.ts"));
      if (!isAllowed) {
        report(
          file,
          line,
          "gen",
          "gen/ is imported only by config, xds, admin, secrets, wasm and extensions/**/config.ts",
        );
      }
      return;
    }
    if (!tree.sources.has(target) && !tree.otherFiles.has(target)) {
      report(file, line, "specifiers", `"${specifier}" names no file (write the .ts at the end)`);
      return;
    }
    const refusal = refuseLayer(folder, topFolder(target));
    if (refusal !== null) {
      report(file, line, folder === "protocol" ? "protocol" : "layers", `imports ${target}: ${refusal}`);
    } else if (folder === "protocol" && topFolder(target) !== "base" && topFolder(target) !== "protocol") {
      report(file, line, "protocol", `imports ${target}: protocol imports base only`);
    } else if (folder === "protocol" && topFolder(target) === "protocol") {
      // What lies directly in src/protocol/ is shared by the codecs.
      const own = file.split("/").slice(0, 3).join("/");
      if (target.split("/").length > 3 && !target.startsWith(`${own}/`)) {
        report(file, line, "protocol", `imports ${target}: one protocol does not know another`);
      }
    }
    if (folder === "extensions" && topFolder(target) === "extensions" && !extensionLists.includes(file)) {
      const own = extensionOf(file);
      if (own === undefined || own !== extensionOf(target)) {
        report(file, line, "extensions", `imports ${target}: an extension never imports another or the list of them`);
      }
    }
  }

  function checkPackage(file: string, line: number, specifier: string): void {
    const folder = topFolder(file);
    if (specifier === "bun" || specifier.startsWith("bun:")) {
      if (!bunFolders.includes(folder)) {
        report(file, line, "bun", `"${specifier}" is imported only in ${bunFolders.join(", ")}`);
      }
    } else if (specifier.startsWith("node:")) {
      if (folder === "protocol" || folder === "base") {
        report(file, line, "node", `"${specifier}": no node: module in protocol and base`);
      }
    } else if (folder === "protocol") {
      report(file, line, "protocol", `"${specifier}": protocol imports base only`);
    } else if (!tree.shippedPackages.has(packageOf(specifier))) {
      report(
        file,
        line,
        "packages",
        `"${specifier}" is not in package.json's dependencies (Node's own modules are written node:…)`,
      );
    }
  }

  for (const cycle of findCycles(graph)) {
    report(cycle[0]!, 0, "cycles", `import cycle: ${[...cycle, cycle[0]!].join(" → ")}`);
  }
  checkExtensionFolders(tree, extensionFolders, report);
  return violations.sort((a, b) => a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line);
}

type Report = (file: string, line: number, rule: RuleName, message: string) => void;

/** Rules that look at one file without its imports. */
function checkText(file: string, text: string, report: Report): void {
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  if (lines > maxLines && !longTables.includes(file)) report(file, 0, "size", `${lines} lines; at most ${maxLines}`);
  const firstLine = text.startsWith("#!") ? text.slice(text.indexOf("\n") + 1) : text;
  if (!/^(\/\/ *\S|\/\*\*? *\S)/.test(firstLine)) {
    report(file, 1, "first-line", "the first line is a comment that says what the file is for");
  }
  const refused = file.split("/").slice(0, -1).find((part) => folderNamesRefused.includes(part));
  if (refused !== undefined) report(file, 0, "folders", `a folder named ${refused} says nothing about what is in it`);
  if (!file.startsWith("src/")) return;
  const folder = topFolder(file);
  if (folder === "") {
    if (!compositionRoots.includes(file)) {
      report(file, 0, "folders", `only ${compositionRoots.join(" and ")} lie directly in src/`);
    }
  } else if (!rankOf.has(folder) && !(folder in sideFolders)) {
    report(
      file,
      0,
      "folders",
      `src/${folder} is not in the import order; give it a place in test/support/architecture.ts first`,
    );
  }
}

/** Every extension has a README and a mirrored test, and nothing of src/extensions lies outside an extension but the lists. */
function checkExtensionFolders(tree: Tree, extensionFolders: readonly string[], report: Report): void {
  for (const folder of extensionFolders) {
    if (!tree.otherFiles.has(`${folder}/README.md`)) {
      report(folder, 0, "extension-folder", `${folder}/README.md is missing`);
    }
    const testFolder = folder.replace(/^src\//, "test/");
    const hasTest = [...tree.sources.keys()].some((path) =>
      path.startsWith(`${testFolder}/`) && path.endsWith(".test.ts")
    );
    if (!hasTest) report(folder, 0, "extension-folder", `no test in ${testFolder}/`);
  }
  for (const file of tree.sources.keys()) {
    if (!file.startsWith("src/extensions/") || extensionLists.includes(file)) continue;
    if (!extensionFolders.some((folder) => file.startsWith(`${folder}/`))) {
      report(file, 0, "extension-folder", "lies in no extension folder (one with an index.ts or config.ts)");
    }
  }
}
