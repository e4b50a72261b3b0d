// Query parameter matchers (envoy.config.route.v3.QueryParameterMatcher): the first value of a parameter, undecoded, as Envoy compares it.
import { StringMatcher } from "../expr/string-matcher.ts";
import { toWireText } from "../expr/wire-text.ts";
import type { QueryMatchConfig } from "./route-config.ts";

const AMPERSAND = 0x26, EQUALS = 0x3d;

/** Compiled. Throws Error when a regex does not compile. */
export class QueryMatcher {
  readonly name: string;
  private readonly present: boolean;
  private readonly string: StringMatcher | null;

  constructor(config: QueryMatchConfig) {
    this.name = toWireText(config.name);
    this.present = config.present;
    this.string = config.match === null ? null : new StringMatcher(config.match);
  }

  /** `query` is the text behind `?`. */
  matches(query: string): boolean {
    const start = this.indexOfParameter(query);
    if (this.string === null) return (start >= 0) === this.present;
    return start >= 0 && this.string.matches(this.valueAt(query, start));
  }

  /** Where the first parameter of this name stands, or -1. */
  private indexOfParameter(query: string): number {
    const name = this.name, length = name.length;
    for (let at = query.indexOf(name); at >= 0; at = query.indexOf(name, at + 1)) {
      if (at > 0 && query.charCodeAt(at - 1) !== AMPERSAND) continue;
      const end = at + length;
      if (end === query.length) return at;
      const next = query.charCodeAt(end);
      if (next === EQUALS || next === AMPERSAND) return at;
    }
    return -1;
  }

  private valueAt(query: string, start: number): string {
    const valueStart = start + this.name.length + 1;
    if (query.charCodeAt(valueStart - 1) !== EQUALS) return "";
    const end = query.indexOf("&", valueStart);
    return end < 0 ? query.slice(valueStart) : query.slice(valueStart, end);
  }

  describe(): string {
    if (this.string === null) return this.present ? "present" : "absent";
    return this.string.describe();
  }

  /** Why `query` does not match. Only after `matches` said no. */
  describeMiss(query: string): string {
    const start = this.indexOfParameter(query);
    const found = start < 0 ? "absent" : JSON.stringify(this.valueAt(query, start));
    return `query parameter ${this.name} is ${found}, wanted ${this.describe()}`;
  }
}
