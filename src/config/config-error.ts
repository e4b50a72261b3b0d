// Configuration errors: every refusal names the resource, the JSON path, the found value, what is allowed and how to go on (design §4).
import type { ConfigSource } from "./source-node.ts";

/** One refused value. `code` is searchable (`CFG012`); `path` is a JSON path in proto field names, e.g. `static_resources.listeners[0].name`. */
export interface ConfigProblem {
  readonly code: string;
  readonly path: string;
  /** What is wrong and what is allowed, without a final period, e.g. `must have at least 1 item`. */
  readonly message: string;
  /** The found value, as compact JSON; absent when there is none. */
  readonly value?: string;
  readonly hint?: string;
  /** Where the value stands, when it came from a text. */
  readonly location?: ConfigLocation;
}

/** Place of a value in a source text. `line` and `column` count from 1; `length` is in UTF-16 units and stays within the line. */
export interface ConfigLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** Thrown (at configuration time only) by decoding, validation and translation. Holds every problem that was found. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];
  /** The texts that were read, for excerpts (`formatProblems`); empty when the configuration came as bytes. */
  readonly sources: readonly ConfigSource[];

  constructor(problems: readonly ConfigProblem[], sources: readonly ConfigSource[] = []) {
    super(problems.map(problemLine).join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
    this.sources = sources;
  }
}

function problemLine(problem: ConfigProblem): string {
  const found = problem.value === undefined ? "" : `: current value is ${problem.value}`;
  return `${problem.path || "(root)"}: ${problem.message}${found}`;
}
