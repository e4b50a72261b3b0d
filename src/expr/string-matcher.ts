// String matchers (envoy.type.matcher.v3.StringMatcher): runtime form and the compiled matcher over latin1 text.
import { Regex } from "./regex.ts";
import { toAsciiLowerCase, toWireText } from "./wire-text.ts";

/** Runtime form; `value` is the configured text, for `regex` the RE2 pattern (which takes no `ignoreCase`). */
export interface StringMatchConfig {
  readonly kind: "exact" | "prefix" | "suffix" | "contains" | "regex";
  readonly value: string;
  readonly ignoreCase: boolean;
}

const EXACT = 0, PREFIX = 1, SUFFIX = 2, CONTAINS = 3, REGEX = 4;
const KIND = { exact: EXACT, prefix: PREFIX, suffix: SUFFIX, contains: CONTAINS, regex: REGEX } as const;

/** Compiled; one class for all kinds so that call sites stay monomorphic. Throws Error when a regex does not compile. */
export class StringMatcher {
  readonly config: StringMatchConfig;
  private readonly kind: number;
  private readonly value: string;
  private readonly ignoreCase: boolean;
  private readonly regex: Regex | null;

  constructor(config: StringMatchConfig) {
    this.config = config;
    this.kind = KIND[config.kind];
    this.ignoreCase = config.ignoreCase && this.kind !== REGEX;
    this.value = this.ignoreCase ? toAsciiLowerCase(toWireText(config.value)) : toWireText(config.value);
    this.regex = this.kind === REGEX ? new Regex(config.value) : null;
  }

  matches(text: string): boolean {
    const subject = this.ignoreCase ? toAsciiLowerCase(text) : text;
    switch (this.kind) {
      case EXACT:
        return subject === this.value;
      case PREFIX:
        return subject.startsWith(this.value);
      case SUFFIX:
        return subject.endsWith(this.value);
      case CONTAINS:
        return subject.includes(this.value);
      default:
        return this.regex!.fullMatch(text);
    }
  }

  /** What it wants, for explanations: `exact "a"`, `prefix "a" (any case)`. */
  describe(): string {
    return `${this.config.kind} ${JSON.stringify(this.config.value)}${this.ignoreCase ? " (any case)" : ""}`;
  }
}
