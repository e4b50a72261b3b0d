// Collects what is found wrong or worth a note while one configuration is decoded, validated and translated.
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { locationOfRange, type PathLocator } from "./locate.ts";
import type { ConfigSource, NodeRange } from "./source-node.ts";

/** A value that is accepted without effect, and why that is safe. */
export interface ConfigNote {
  readonly path: string;
  readonly message: string;
}

export interface ProblemDetails {
  /** The found value; printed as compact JSON, cut at 120 characters. */
  readonly value?: unknown;
  readonly hint?: string;
  /** Where it stands; looked up by path when not given. */
  readonly range?: NodeRange;
}

/** Problems beyond this many are counted only: a person reads the first few. */
export const maxProblems = 100;

export class ProblemSink {
  readonly problems: ConfigProblem[] = [];
  readonly notes: ConfigNote[] = [];
  /** Fields that no message knows and that were let through (`--allow-unknown-static-fields`). */
  unknownFields = 0;
  /** Problems that were found after `maxProblems`. */
  omittedProblems = 0;
  #locator: PathLocator | null = null;
  readonly #noteKeys = new Set<string>();

  /** From here on problems and notes without a range get their place by path. */
  useLocator(locator: PathLocator): void {
    this.#locator = locator;
  }

  add(code: string, path: string, message: string, details: ProblemDetails = {}): void {
    this.push(makeProblem(code, path, message, details));
  }

  push(problem: ConfigProblem): void {
    if (this.problems.length >= maxProblems) {
      this.omittedProblems++;
      return;
    }
    const location = problem.location ?? this.#locator?.locate(problem.path);
    this.problems.push(location === undefined ? problem : { ...problem, location });
  }

  /** Takes over the problems of a caught ConfigError; anything else is thrown again. */
  absorb(error: unknown): void {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) this.push(problem);
  }

  /** Adds a note once per path and text; list indices do not make it another one. */
  note(path: string, message: string): void {
    const key = `${path.replace(/\[[^\]]*\]/g, "[]")}\n${message}`;
    if (this.#noteKeys.has(key)) return;
    this.#noteKeys.add(key);
    this.notes.push({ path, message });
  }

  /** Throws ConfigError when there is any problem; `sources` are the texts that were read. */
  throwIfAny(sources: readonly ConfigSource[] = []): void {
    if (this.problems.length === 0) return;
    const all = this.problems.slice();
    if (this.omittedProblems > 0) {
      all.push({ code: "CFG009", path: "", message: `${this.omittedProblems} more problems are not listed` });
    }
    throw new ConfigError(all, sources);
  }
}

/** A problem from its parts; `value` becomes compact JSON. */
export function makeProblem(code: string, path: string, message: string, details: ProblemDetails = {}): ConfigProblem {
  const location = details.range === undefined ? undefined : locationOfRange(details.range);
  return {
    code,
    path,
    message,
    ...(details.value === undefined ? {} : { value: printValue(details.value) }),
    ...(details.hint === undefined ? {} : { hint: details.hint }),
    ...(location === undefined ? {} : { location }),
  };
}

const maxValueLength = 120;

/** Compact JSON of a value for a message; bigint as digits, bytes as their length, cut at 120 characters. */
export function printValue(value: unknown): string {
  const text = JSON.stringify(value, (key, item) => {
    if (key === "$typeName") return undefined;
    if (typeof item === "bigint") return Number(item);
    if (item instanceof Uint8Array) return `(${item.length} bytes)`;
    return item;
  }) ?? String(value);
  return text.length <= maxValueLength ? text : `${text.slice(0, maxValueLength - 1)}…`;
}
