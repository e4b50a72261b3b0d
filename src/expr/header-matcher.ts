// Header matchers (envoy.config.route.v3.HeaderMatcher): runtime form and the compiled matcher over a HeaderBlock.
import type { HeaderBlock } from "../base/header-block.ts";
import { type HeaderId, internHeaderName } from "../base/header-names.ts";
import { type StringMatchConfig, StringMatcher } from "./string-matcher.ts";

/** What is asked of the header; `range` is `start <= value < end` of an integer. */
export type HeaderCondition =
  | { readonly kind: "present"; readonly present: boolean }
  | { readonly kind: "string"; readonly match: StringMatchConfig }
  | { readonly kind: "range"; readonly start: number; readonly end: number };

export interface HeaderMatchConfig {
  readonly name: string;
  readonly condition: HeaderCondition;
  readonly invert: boolean;
  readonly treatMissingAsEmpty: boolean;
}

const PRESENT = 0, STRING = 1, RANGE = 2;

/**
 * Compiled. Several lines of one name are matched value by value: one that matches is enough, and `invert` wants none to match
 * (what Envoy 1.40 does; a joined value would let `x-role: user` + `x-role: admin` slip past an exact rule).
 */
export class HeaderMatcher {
  readonly name: string;
  private readonly id: HeaderId;
  private readonly kind: number;
  private readonly wantPresent: boolean;
  private readonly string: StringMatcher | null;
  private readonly start: number;
  private readonly end: number;
  private readonly invert: boolean;
  private readonly treatMissingAsEmpty: boolean;

  /** Interns the name. Throws Error when a regex does not compile. */
  constructor(config: HeaderMatchConfig) {
    const condition = config.condition;
    this.name = config.name.toLowerCase();
    this.id = internHeaderName(config.name);
    this.kind = condition.kind === "present" ? PRESENT : condition.kind === "string" ? STRING : RANGE;
    this.wantPresent = condition.kind === "present" ? condition.present : true;
    this.string = condition.kind === "string" ? new StringMatcher(condition.match) : null;
    this.start = condition.kind === "range" ? condition.start : 0;
    this.end = condition.kind === "range" ? condition.end : 0;
    this.invert = config.invert;
    this.treatMissingAsEmpty = config.treatMissingAsEmpty;
  }

  matches(headers: HeaderBlock): boolean {
    let i = headers.indexOf(this.id);
    if (this.kind === PRESENT) return (i >= 0 || this.treatMissingAsEmpty) === this.wantPresent !== this.invert;
    if (i < 0) return this.treatMissingAsEmpty && this.matchesValue("") !== this.invert;
    for (; i >= 0; i = headers.indexOf(this.id, i + 1)) {
      if (this.matchesValue(headers.valueAt(i))) return !this.invert;
    }
    return this.invert;
  }

  private matchesValue(value: string): boolean {
    if (this.kind === STRING) return this.string!.matches(value);
    const integer = parseInteger(value);
    return integer >= this.start && integer < this.end;
  }

  /** What it wants: `exact "1"`, `not present`. */
  describe(): string {
    const not = this.invert ? "not " : "";
    if (this.kind === PRESENT) return this.wantPresent !== this.invert ? "present" : "absent";
    if (this.kind === RANGE) return `${not}an integer in [${this.start}, ${this.end})`;
    return not + this.string!.describe();
  }

  /** Why `headers` do not match, e.g. `header x-foo is absent, wanted exact "1"`. Only after `matches` said no. */
  describeMiss(headers: HeaderBlock): string {
    const values = headers.getAll(this.id);
    const found = values.length === 0 ? "absent" : values.map((value) => JSON.stringify(value)).join(", ");
    return `header ${this.name} is ${found}, wanted ${this.describe()}`;
  }
}

/** Signed decimal integer with optional surrounding blanks, or NaN (which lies in no range). */
function parseInteger(text: string): number {
  let i = 0, end = text.length;
  while (i < end && isBlank(text.charCodeAt(i))) i++;
  while (end > i && isBlank(text.charCodeAt(end - 1))) end--;
  const sign = text.charCodeAt(i);
  if (sign === 0x2b || sign === 0x2d) i++;
  if (i >= end || end - i > 19) return NaN;
  let value = 0;
  for (; i < end; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    value = value * 10 + digit;
  }
  return sign === 0x2d ? -value : value;
}

function isBlank(c: number): boolean {
  return c === 0x20 || c === 0x09;
}
