// Configured regular expressions: RE2 syntax in linear time over header bytes (latin1, as Envoy 1.40 runs RE2), full match and global replacement.
import { RE2JS } from "re2js";
import { toWireText } from "./wire-text.ts";

/** Runtime form of `envoy.type.matcher.v3.RegexMatchAndSubstitute`. */
export interface RegexRewriteConfig {
  readonly regex: string;
  /** RE2 form: `\0` is the whole match, `\1`… a group, `\\` a backslash. */
  readonly substitution: string;
}

/** A compiled pattern. Never JS RegExp: configured patterns meet hostile subjects (ReDoS). */
export class Regex {
  /** As configured, for messages. */
  readonly pattern: string;
  private readonly program: RE2JS;

  /** Throws Error with RE2's reason when `pattern` is not RE2 syntax. */
  constructor(pattern: string) {
    this.pattern = pattern;
    this.program = RE2JS.compile(toWireText(pattern));
  }

  get groupCount(): number {
    return this.program.groupCount();
  }

  /** Text with which everything that matches in full begins; empty when there is none to rely on. */
  literalPrefix(): string {
    // RE2 finds no prefix behind `^`. What `^R` matches begins with what R's matches begin with, also when R is an alternation.
    const program = this.pattern.startsWith("^") ? RE2JS.compile(toWireText(this.pattern.slice(1))) : this.program;
    return program.re2().prefix ?? "";
  }

  /** Whether the whole of `text` (latin1) matches. */
  fullMatch(text: string): boolean {
    return this.program.testExact(text);
  }

  /** Replaces every match in `text` (RE2 GlobalReplace: an empty match right after a match is skipped). */
  replaceAll(text: string, substitution: Substitution): string {
    const matcher = this.program.matcher(text);
    let out = "", copied = 0, previousEnd = -1, at = 0;
    while (at <= text.length && matcher.find(at)) {
      const start = matcher.start(), end = matcher.end();
      if (start === end && start === previousEnd) {
        at = end + 1;
        continue;
      }
      out += text.slice(copied, start);
      for (let i = 0; i < substitution.pieces.length; i++) {
        const piece = substitution.pieces[i]!;
        out += typeof piece === "string" ? piece : matcher.group(piece) ?? "";
      }
      copied = previousEnd = end;
      at = start === end ? end + 1 : end;
    }
    return copied === 0 && previousEnd < 0 ? text : out + text.slice(copied);
  }
}

/** A parsed substitution: text and group numbers in order. */
export interface Substitution {
  readonly pieces: readonly (string | number)[];
}

/** Parses RE2 substitution text. Throws Error when an escape is unknown or names a group that `regex` has not. */
export function parseSubstitution(text: string, regex: Regex): Substitution {
  const pieces: (string | number)[] = [];
  const wire = toWireText(text);
  let literal = "";
  for (let i = 0; i < wire.length; i++) {
    if (wire[i] !== "\\") {
      literal += wire[i];
      continue;
    }
    const escaped = wire[++i];
    if (escaped === "\\") literal += "\\";
    else if (escaped !== undefined && escaped >= "0" && escaped <= "9") {
      if (literal !== "") pieces.push(literal);
      literal = "";
      const group = escaped.charCodeAt(0) - 48;
      if (group > regex.groupCount) {
        throw new Error(`substitution names group \\${group} but the pattern has ${regex.groupCount} groups`);
      }
      pieces.push(group);
    } else {
      throw new Error(
        `in a substitution a backslash stands before a digit or a backslash, not before ${escaped ?? "the end"}`,
      );
    }
  }
  if (literal !== "") pieces.push(literal);
  return { pieces };
}

/** A compiled `RegexRewriteConfig`. */
export class RegexRewrite {
  readonly regex: Regex;
  readonly substitution: Substitution;

  /** Throws Error as `Regex` and `parseSubstitution` do. */
  constructor(config: RegexRewriteConfig) {
    this.regex = new Regex(config.regex);
    this.substitution = parseSubstitution(config.substitution, this.regex);
  }

  apply(text: string): string {
    return this.regex.replaceAll(text, this.substitution);
  }
}
