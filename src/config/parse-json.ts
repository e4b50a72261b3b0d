// Lenient JSON with positions: RFC 8259 plus what Envoy's loader takes (trailing commas, single quotes, bare keys) and comments.
import { ConfigError } from "./config-error.ts";
import { locationOf } from "./locate.ts";
import type { ConfigNode, ConfigSource, ObjectEntry } from "./source-node.ts";
import { maxNodeDepth } from "./source-node.ts";

/** Parses `source` as one JSON value. Errors: ConfigError CFG001 (syntax), CFG003 (too deep). */
export function parseJson(source: ConfigSource): ConfigNode {
  const reader = new JsonReader(source);
  const node = reader.readValue(0);
  reader.skipSpace();
  if (reader.at < source.text.length) reader.fail("expected the end of the file after the value");
  return node;
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class JsonReader {
  readonly source: ConfigSource;
  readonly text: string;
  at: number;

  constructor(source: ConfigSource) {
    this.source = source;
    this.text = source.text;
    this.at = this.text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  fail(message: string, code = "CFG001", length = 1): never {
    throw new ConfigError([{ code, path: "", message, location: locationOf(this.source, this.at, this.at + length) }]);
  }

  /** Skips white space, `// …`, `# …` and block comments. */
  skipSpace(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) {
        this.at++;
      } else if (c === 0x23 || (c === 0x2f && this.text.charCodeAt(this.at + 1) === 0x2f)) {
        const end = this.text.indexOf("\n", this.at);
        this.at = end === -1 ? this.text.length : end;
      } else if (c === 0x2f && this.text.charCodeAt(this.at + 1) === 0x2a) {
        const end = this.text.indexOf("*/", this.at + 2);
        if (end === -1) this.fail("this comment never ends", "CFG001", 2);
        this.at = end + 2;
      } else {
        return;
      }
    }
  }

  readValue(depth: number): ConfigNode {
    this.skipSpace();
    if (depth > maxNodeDepth) this.fail(`nested deeper than ${maxNodeDepth} levels`, "CFG003");
    const start = this.at;
    const c = this.text[start];
    if (c === "{") return this.readObject(depth);
    if (c === "[") return this.readArray(depth);
    const source = this.source;
    if (c === '"' || c === "'") {
      const value = this.readString(c);
      return { kind: "scalar", value, plainText: null, source, start, end: this.at };
    }
    if (c === undefined) this.fail("the text ends where a value is expected");
    const word = /[-+.\w]*/y;
    word.lastIndex = start;
    const plainText = word.exec(this.text)?.[0] ?? "";
    this.at = start + plainText.length;
    const end = this.at;
    if (plainText === "true" || plainText === "false") {
      return { kind: "scalar", value: plainText === "true", plainText, source, start, end };
    }
    if (plainText === "null") return { kind: "scalar", value: null, plainText, source, start, end };
    if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(plainText)) {
      return { kind: "scalar", value: Number(plainText), plainText, source, start, end };
    }
    this.at = start;
    this.fail(
      plainText === ""
        ? `expected a value, found ${JSON.stringify(c)}`
        : `${plainText} is not a JSON value; text stands in double quotes`,
      "CFG001",
      Math.max(1, plainText.length),
    );
  }

  readObject(depth: number): ConfigNode {
    const start = this.at++;
    const entries: ObjectEntry[] = [];
    for (;;) {
      this.skipSpace();
      if (this.text[this.at] === "}") break;
      const keyStart = this.at;
      const key = this.readKey();
      const keyEnd = this.at;
      this.skipSpace();
      if (this.text[this.at] !== ":") this.fail(`expected ":" after the key ${JSON.stringify(key)}`);
      this.at++;
      entries.push({ key, keyStart, keyEnd, value: this.readValue(depth + 1) });
      this.skipSpace();
      if (this.text[this.at] === ",") this.at++;
      else if (this.text[this.at] !== "}") this.fail('expected "," or "}"');
    }
    this.at++;
    return { kind: "object", entries, source: this.source, start, end: this.at };
  }

  readArray(depth: number): ConfigNode {
    const start = this.at++;
    const items: ConfigNode[] = [];
    for (;;) {
      this.skipSpace();
      if (this.text[this.at] === "]") break;
      items.push(this.readValue(depth + 1));
      this.skipSpace();
      if (this.text[this.at] === ",") this.at++;
      else if (this.text[this.at] !== "]") this.fail('expected "," or "]"');
    }
    this.at++;
    return { kind: "array", items, source: this.source, start, end: this.at };
  }

  readKey(): string {
    const c = this.text[this.at];
    if (c === '"' || c === "'") return this.readString(c);
    const word = /[A-Za-z_$][\w$]*/y;
    word.lastIndex = this.at;
    const key = word.exec(this.text)?.[0];
    if (key === undefined) {
      this.fail(c === undefined ? "the text ends inside an object" : `expected a key, found ${JSON.stringify(c)}`);
    }
    this.at += key.length;
    return key;
  }

  readString(quote: string): string {
    let value = "";
    this.at++;
    let runStart = this.at;
    for (;;) {
      const c = this.text[this.at];
      if (c === undefined) this.fail("this text value never ends");
      if (c === quote) break;
      if (c === "\\") {
        value += this.text.slice(runStart, this.at) + this.readEscape();
        runStart = this.at;
      } else if (c < " ") {
        this.fail(`control character ${JSON.stringify(c)} inside a text value; write it as an escape`);
      } else {
        this.at++;
      }
    }
    value += this.text.slice(runStart, this.at++);
    return value;
  }

  readEscape(): string {
    const c = this.text[this.at + 1];
    if (c === "u") {
      const hex = this.text.slice(this.at + 2, this.at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.fail("\\u needs four hexadecimal digits", "CFG001", 2);
      this.at += 6;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const plain = c === undefined ? undefined : escapes[c];
    if (plain === undefined) this.fail("unknown escape", "CFG001", 2);
    this.at += 2;
    return plain;
  }
}
