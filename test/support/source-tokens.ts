// A small scanner of TypeScript source: its words, punctuation and strings without comments, for the architecture test.
//
// It is exact where the test needs it (comments, strings, templates with nesting, regular expressions) and knows nothing of grammar.

export type TokenKind = "word" | "string" | "template" | "mark";

export interface Token {
  readonly kind: TokenKind;
  /** Words and marks as written; strings without their quotes; templates as "" when they have substitutions. */
  readonly text: string;
  /** Line of its first character, from 1. */
  readonly line: number;
}

// After these a slash starts a regular expression, not a division.
const wordsBeforeRegExp = new Set(
  [
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "do",
    "else",
    "void",
    "delete",
    "throw",
    "new",
    "await",
    "yield",
    "instanceof",
  ],
);

const wordPattern = /[\p{ID_Start}$_#@][\p{ID_Continue}$]*|[0-9][\w.]*/uy;
const regExpPattern = /\/(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/** The tokens of `source`. Unfinished strings and comments end at the end of the text. */
export function scanTokens(source: string): Token[] {
  const tokens: Token[] = [];
  // For each open `${`: how many `{` are open inside it.
  const substitutions: number[] = [];
  let line = 1;
  let at = 0;

  const push = (kind: TokenKind, text: string, startLine: number): void => {
    tokens.push({ kind, text, line: startLine });
  };
  const countLines = (from: number, to: number): void => {
    for (let i = from; i < to; i++) if (source.charCodeAt(i) === 10) line++;
  };

  /** Reads template characters from `at` up to the closing backtick or the next `${`. */
  const readTemplate = (): { text: string; closed: boolean } => {
    const start = at;
    while (at < source.length) {
      const c = source[at];
      if (c === "\\") at += 2;
      else if (c === "`") return { text: source.slice(start, at++), closed: true };
      else if (c === "$" && source[at + 1] === "{") {
        at += 2;
        substitutions.push(0);
        return { text: "", closed: false };
      } else at++;
    }
    return { text: "", closed: true };
  };

  const regExpMayStart = (): boolean => {
    const last = tokens.at(-1);
    if (last === undefined) return true;
    if (last.kind === "word") return wordsBeforeRegExp.has(last.text);
    return last.kind === "mark" && last.text !== ")" && last.text !== "]" && last.text !== "}";
  };

  while (at < source.length) {
    const c = source[at]!;
    const start = at;
    const startLine = line;
    if (c === "\n") {
      line++;
      at++;
    } else if (c === " " || c === "\t" || c === "\r") {
      at++;
    } else if (source.startsWith("//", at) || (at === 0 && source.startsWith("#!"))) {
      const end = source.indexOf("\n", at);
      at = end < 0 ? source.length : end;
    } else if (source.startsWith("/*", at)) {
      const end = source.indexOf("*/", at + 2);
      at = end < 0 ? source.length : end + 2;
      countLines(start, at);
    } else if (c === '"' || c === "'") {
      at++;
      while (at < source.length && source[at] !== c && source[at] !== "\n") at += source[at] === "\\" ? 2 : 1;
      push("string", source.slice(start + 1, at), startLine);
      countLines(start, Math.min(at, source.length));
      if (source[at] === c) at++;
    } else if (c === "`" || (c === "}" && substitutions.at(-1) === 0)) {
      const opens = c === "`";
      if (!opens) substitutions.pop();
      at++;
      const { text, closed } = readTemplate();
      countLines(start, Math.min(at, source.length));
      push("template", opens && closed ? text : "", startLine);
    } else if (c === "/" && regExpMayStart()) {
      regExpPattern.lastIndex = at;
      at += regExpPattern.exec(source)?.[0].length ?? 1;
      push("mark", at > start + 1 ? "/regexp/" : "/", startLine);
    } else {
      wordPattern.lastIndex = at;
      const word = wordPattern.exec(source)?.[0];
      if (word !== undefined) {
        at += word.length;
        push("word", word, startLine);
      } else {
        at++;
        if (substitutions.length > 0) {
          if (c === "{") substitutions[substitutions.length - 1]!++;
          else if (c === "}") substitutions[substitutions.length - 1]!--;
        }
        push("mark", c, startLine);
      }
    }
  }
  return tokens;
}

export interface ImportReference {
  /** The specifier as written, or null for an `import(…)` whose argument is not a plain string. */
  readonly specifier: string | null;
  readonly line: number;
}

/** Every module that `tokens` name: imports and re-exports (types too), `import(…)` as expression or type, `require(…)`. */
export function findImports(tokens: readonly Token[]): ImportReference[] {
  const found: ImportReference[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind !== "word") continue;
    const next = tokens[i + 1];
    const isMember = tokens[i - 1]?.text === "." && tokens[i - 1]!.kind === "mark";
    if (
      (token.text === "import" || token.text === "require") && next?.text === "(" && next.kind === "mark" && !isMember
    ) {
      const argument = tokens[i + 2];
      const after = tokens[i + 3];
      // One string alone, or followed by import attributes: anything else is computed.
      const isPlain = argument !== undefined &&
        (argument.kind === "string" || (argument.kind === "template" && argument.text !== "")) &&
        (after?.text === ")" || after?.text === ",");
      found.push({ specifier: isPlain ? argument.text : null, line: token.line });
    } else if ((token.text === "from" || token.text === "import") && next?.kind === "string" && !isMember) {
      found.push({ specifier: next.text, line: next.line });
    }
  }
  return found;
}

/** Lines on which `tokens` use the global `Bun` (not a property or an object key of that name). */
export function findBunGlobal(tokens: readonly Token[]): number[] {
  const lines: number[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind !== "word" || token.text !== "Bun") continue;
    const before = tokens[i - 1];
    if (before?.kind === "mark" && before.text === "." && tokens[i - 2]?.text !== "globalThis") continue;
    if (tokens[i + 1]?.text === ":" && (before?.text === "{" || before?.text === ",")) continue;
    lines.push(token.line);
  }
  return lines;
}
