// Golden tests in one file: sections of input and, last, what must come out. UPDATE_GOLDEN=1 rewrites the last section; a person reads the diff.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** `--- name` lines separate the sections; text before the first one says what the case shows. */
export interface GoldenFile {
  readonly path: string;
  /** File name without its extension. */
  readonly name: string;
  readonly about: string;
  readonly sections: ReadonlyMap<string, string>;
}

export const expectSection = "expect";

export function readGoldenFiles(folder: string): GoldenFile[] {
  return readdirSync(folder).filter((name) => name.endsWith(".golden")).sort().map((name) =>
    readGoldenFile(join(folder, name))
  );
}

function readGoldenFile(path: string): GoldenFile {
  const sections = new Map<string, string>();
  const about: string[] = [];
  let lines = about;
  let section = "";
  const close = () => section !== "" && sections.set(section, lines.join("\n") + "\n");
  for (const line of readFileSync(path, "utf8").replace(/\n$/, "").split("\n")) {
    const header = /^--- (\S.*)$/.exec(line);
    if (header === null) {
      lines.push(line);
      continue;
    }
    close();
    section = header[1] ?? "";
    lines = [];
  }
  close();
  return { path, name: path.replace(/^.*\//, "").replace(/\.golden$/, ""), about: about.join("\n"), sections };
}

/** The expected text; with UPDATE_GOLDEN=1 it becomes `actual` first. */
export function expectedOf(file: GoldenFile, actual: string): string {
  if (process.env["UPDATE_GOLDEN"] !== "1") return file.sections.get(expectSection) ?? "";
  const parts = [file.about];
  for (const [name, text] of file.sections) {
    if (name !== expectSection) parts.push(`--- ${name}\n${text.replace(/\n$/, "")}`);
  }
  parts.push(`--- ${expectSection}\n${actual.replace(/\n$/, "")}`);
  writeFileSync(file.path, parts.join("\n") + "\n");
  return actual.replace(/\n?$/, "\n");
}
