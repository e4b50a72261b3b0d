// Starts an extension: `npm run new http-filter NAME` writes its folder, test and README, and registers it.
//
// The message of the filter is Envoy's where src/gen has one for that name, else a new one of ours under proto/lamina/.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { httpFilterFiles, type HttpFilterNames, namesOf, ownProto, registerImport } from "./http-filter-template.ts";

const usage = `Usage: npm run new http-filter NAME [--message MESSAGE]

NAME     in lower case with _ or -, such as header_to_metadata; the folder takes it with _
MESSAGE  Envoy's message for the configuration, when its name does not follow from NAME`;

/** The lists of extensions, and the module of an extension that each of them names. */
const lists = [["src/extensions/index.ts", "index.ts"], ["src/extensions/config-index.ts", "config.ts"]] as const;

const root = join(import.meta.dir, "..");

function fail(message: string, hint = ""): never {
  console.error(`error: ${message}${hint === "" ? "" : `\n  ${hint}`}`);
  process.exit(1);
}

function run(...command: string[]): void {
  const { exitCode } = Bun.spawnSync(command, { cwd: root, stdout: "inherit", stderr: "inherit" });
  if (exitCode !== 0) fail(`${command.join(" ")} failed`);
}

/** Generated files that Envoy's filter `snake` has, relative to the root. */
function generatedFilesOf(snake: string): string[] {
  for (const prefix of ["envoy", "contrib/envoy"]) {
    const folder = `src/gen/${prefix}/extensions/filters/http/${snake}/v3`;
    if (existsSync(join(root, folder))) {
      return readdirSync(join(root, folder)).sort().map((file) => `${folder}/${file}`);
    }
  }
  return [];
}

interface TopMessage {
  readonly genFile: string;
  readonly name: string;
  readonly typeName: string;
  readonly fields: readonly string[];
}

async function messagesIn(genFiles: readonly string[]): Promise<TopMessage[]> {
  const messages: TopMessage[] = [];
  for (const genFile of genFiles) {
    for (const value of Object.values(await import(join(root, genFile)))) {
      if (value === null || typeof value !== "object" || !("kind" in value) || value.kind !== "message") continue;
      const { name, typeName, fields, parent } = value as unknown as {
        name: string;
        typeName: string;
        fields: { name: string }[];
        parent: unknown;
      };
      if (parent === undefined) messages.push({ genFile, name, typeName, fields: fields.map((field) => field.name) });
    }
  }
  return messages;
}

/** The message that configures the filter: the named one, the one called after the filter or just Config, or the only one there is. */
function chooseMessage(messages: readonly TopMessage[], pascal: string, wanted: string | null): TopMessage {
  const names = wanted === null ? [pascal, "Config", "FilterConfig"] : [wanted];
  for (const name of names) {
    const found = messages.find((message) => message.name === name);
    if (found !== undefined) return found;
  }
  if (wanted === null && messages.length === 1) return messages[0]!;
  const choices = messages.map((message) => message.name).join(", ");
  fail("which message configures this filter?", `name one with --message: ${choices}`);
}

async function newHttpFilter(name: string, wanted: string | null): Promise<void> {
  if (!/^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/.test(name)) {
    fail(`"${name}" is no name for a filter`, "lower-case words joined by _ or -, such as header_to_metadata");
  }
  const snake = name.replaceAll("-", "_");
  const folder = `src/extensions/filters/http/${snake}`;
  if (existsSync(join(root, folder))) fail(`${folder} exists already`);

  let genFiles = generatedFilesOf(snake);
  const isOwn = genFiles.length === 0;
  if (isOwn) {
    if (wanted !== null) {
      fail(
        `src/gen has no folder for ${snake}, so there is no message ${wanted}`,
        "proto/README.md tells how to add a root",
      );
    }
    const proto = ownProto(snake);
    write(proto.path, proto.text);
    run("bash", "proto/generate.sh");
    genFiles = [proto.genFile];
  }
  const { pascal } = namesOf(snake);
  const message = chooseMessage(await messagesIn(genFiles), pascal, wanted);
  const filter: HttpFilterNames = { ...namesOf(snake), ...message, message: message.name, isOwn };

  const files = httpFilterFiles(filter);
  for (const [list, module] of lists) {
    const text = readFileSync(join(root, list), "utf8");
    const registered = registerImport(text, filter.camel, `./filters/http/${snake}/${module}`);
    if (registered === null) fail(`${list} has no array that names HTTP filters`, "write one, then run this again");
    files[list] = registered;
  }
  for (const [path, text] of Object.entries(files)) write(path, text);
  run(
    join(root, "node_modules/.bin/deno"),
    "fmt",
    "--quiet",
    ...Object.keys(files).filter((path) => path.endsWith(".ts")),
  );
  console.log(
    `next: write the filter, move its fields from refused to honoured in ${folder}/config.ts, then \`npm run ok\``,
  );
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(`wrote ${path}`);
}

const [kind, name, flag, value, ...rest] = process.argv.slice(2);
if (kind === "--help" || kind === "-h") {
  console.log(usage);
} else if (
  kind !== "http-filter" || name === undefined || rest.length > 0 ||
  (flag !== undefined && (flag !== "--message" || !value))
) {
  fail("what should be made?", usage);
} else {
  await newHttpFilter(name, value ?? null);
}
