// Prints configuration problems for people: code, file:line:column, path, message, excerpt with caret, hint.
import type { ConfigError, ConfigLocation, ConfigProblem } from "./config-error.ts";
import { redactLine } from "./sensitive-fields.ts";
import type { ConfigSource } from "./source-node.ts";

/** Columns of a source line that an excerpt shows (one-line JSON can be long). */
const excerptColumns = 100;

/**
 * All problems of `error` as text, one block each, in the order of their places. `sources` are the texts that were read (for excerpts;
 * a problem whose file is not among them is printed without).
 */
export function formatProblems(error: ConfigError, sources: readonly ConfigSource[] = error.sources): string {
  return inOrder(error.problems).map((problem) => formatProblem(problem, sources)).join("\n");
}

/** The same as data, for `validate --json`. */
export function problemsToJson(error: ConfigError): ConfigProblem[] {
  return inOrder(error.problems);
}

/** By file (in the order of their first problems), then by place; problems without a place stay in front. */
function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const files = [...new Set(problems.map((problem) => problem.location?.file))];
  const place = ({ location }: ConfigProblem) =>
    location === undefined
      ? [-1, 0, 0] as const
      : [files.indexOf(location.file), location.line, location.column] as const;
  return problems.slice().sort((a, b) => {
    const [fileA, lineA, columnA] = place(a);
    const [fileB, lineB, columnB] = place(b);
    return fileA - fileB || lineA - lineB || columnA - columnB;
  });
}

function formatProblem(problem: ConfigProblem, sources: readonly ConfigSource[]): string {
  const location = problem.location;
  const where = location === undefined ? "" : `  ${location.file}:${location.line}:${location.column}`;
  const found = problem.value === undefined ? "" : `: current value is ${problem.value}`;
  const lines = [`error ${problem.code}${where}`];
  if (problem.path !== "") lines.push(`  ${problem.path}`);
  lines.push(`  ${problem.message}${found}`);
  if (location !== undefined) {
    const source = sources.find((s) => s.name === location.file);
    if (source !== undefined) lines.push(...excerpt(source, location));
  }
  const help = `See \`lamina help ${problem.code}\``;
  lines.push(
    problem.hint === undefined
      ? `  ${help}`
      : `  hint: ${problem.hint}${/[.?!]$/.test(problem.hint) ? "" : "."} ${help}`,
  );
  return lines.join("\n") + "\n";
}

function excerpt(source: ConfigSource, location: ConfigLocation): string[] {
  let start = 0;
  for (let line = 1; line < location.line; line++) start = source.text.indexOf("\n", start) + 1;
  const newline = source.text.indexOf("\n", start);
  const line = redactLine(source, start, newline === -1 ? source.text.length : newline).trimEnd().replaceAll("\t", " ");
  const caretStart = location.column - 1;
  const cutFrom = caretStart < excerptColumns - 20 ? 0 : caretStart - 40;
  const window = line.slice(cutFrom, cutFrom + excerptColumns);
  const shown = (cutFrom > 0 ? "…" + window.slice(1) : window) + (cutFrom + excerptColumns < line.length ? "…" : "");
  const caretLength = Math.max(1, Math.min(location.length, window.length - (caretStart - cutFrom)));
  const number = String(location.line).padStart(6);
  return [
    `${number} | ${shown}`,
    `${" ".repeat(number.length)} | ${" ".repeat(caretStart - cutFrom)}${"^".repeat(caretLength)}`,
  ];
}
