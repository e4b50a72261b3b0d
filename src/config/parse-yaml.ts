// YAML 1.2 with positions, read as Envoy reads it: `yes`/`on` are booleans, aliases are taken, merge keys and several documents are not.
import {
  Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Parser,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { locationOf } from "./locate.ts";
import { type ConfigNode, type ConfigSource, maxNodeDepth, type ObjectEntry } from "./source-node.ts";

/** Values that aliases (`*name`) may add to a document; a bomb of nested aliases passes it at once. */
const maxAliasedValues = 100_000;

/**
 * Parses `source` as one YAML document. Returns null for an empty one.
 * Errors: ConfigError CFG001 (syntax), CFG003 (too deep), CFG004 (alias bomb or circular alias).
 */
export function parseYaml(source: ConfigSource): ConfigNode | null {
  const tokens: CST.Token[] = [];
  for (const token of new Parser().parse(source.text)) {
    refuseDeepToken(source, token);
    tokens.push(token);
  }
  const composer = new Composer({
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
    strict: true,
  });
  const documents: Document[] = [];
  for (const document of composer.compose(tokens, true, source.text.length)) documents.push(document as Document);
  const problems: ConfigProblem[] = [];
  for (const document of documents) {
    for (const error of [...document.errors, ...document.warnings]) {
      problems.push(syntaxProblem(source, error.message, error.pos[0], error.pos[1]));
    }
  }
  const second = documents[1];
  if (second !== undefined) {
    problems.push(
      syntaxProblem(source, "a configuration is one YAML document; a second one starts here", second.range?.[0] ?? 0),
    );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const contents = documents[0]?.contents;
  return isNode(contents) ? new YamlConverter(source).convert(contents) : null;
}

function syntaxProblem(source: ConfigSource, message: string, start: number, end = start + 1): ConfigProblem {
  return { code: "CFG001", path: "", message, location: locationOf(source, start, end) };
}

/** The composer recurses; so depth is checked before, without recursion. */
function refuseDeepToken(source: ConfigSource, root: CST.Token): void {
  let level: CST.Token[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxNodeDepth + 1) {
      const start = level[0]?.offset ?? 0;
      throw new ConfigError([
        {
          code: "CFG003",
          path: "",
          message: `nested deeper than ${maxNodeDepth} levels`,
          location: locationOf(source, start, start + 1),
        },
      ]);
    }
    const next: CST.Token[] = [];
    for (const token of level) {
      if (token.type === "document") {
        if (token.value !== undefined) next.push(token.value);
      } else if ("items" in token) {
        for (const item of token.items) {
          if (item.key) next.push(item.key);
          if (item.value) next.push(item.value);
        }
      }
    }
    level = next;
  }
}

interface Converted {
  node: ConfigNode;
  /** Number of values below and including `node`, those behind aliases counted each time. */
  size: number;
}

class YamlConverter {
  readonly source: ConfigSource;
  readonly #anchors = new Map<string, Converted | null>();
  #aliasedValues = 0;

  constructor(source: ConfigSource) {
    this.source = source;
  }

  convert(value: unknown): ConfigNode {
    return this.#convert(value).node;
  }

  #convert(value: unknown): Converted {
    if (isAlias(value)) return this.#alias(value);
    const anchor = isNode(value) && !(value instanceof Alias) ? value.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, null);
    const converted = this.#collectionOrScalar(value);
    if (anchor !== undefined) this.#anchors.set(anchor, converted);
    return converted;
  }

  #collectionOrScalar(value: unknown): Converted {
    if (isMap(value)) return this.#map(value);
    if (isSeq(value)) {
      const items: ConfigNode[] = [];
      let size = 1;
      for (const item of value.items) {
        const converted = this.#convert(item);
        items.push(converted.node);
        size += converted.size;
      }
      return { node: { kind: "array", items, ...this.#range(value) }, size };
    }
    if (isScalar(value)) return { node: this.#scalar(value), size: 1 };
    return { node: { kind: "scalar", value: null, plainText: null, source: this.source, start: 0, end: 0 }, size: 1 };
  }

  #map(map: YAMLMap): Converted {
    const entries: ObjectEntry[] = [];
    let size = 1;
    for (const pair of map.items) {
      if (!isScalar(pair.key)) {
        const at = isNode(pair.key) ? pair.key.range : map.range;
        throw new ConfigError([syntaxProblem(this.source, "a key must be plain text", at?.[0] ?? 0, at?.[1])]);
      }
      const [keyStart, keyEnd] = pair.key.range ?? [0, 0];
      const key = pair.key.source ?? String(pair.key.value ?? "");
      const converted = pair.value === null ? undefined : this.#convert(pair.value);
      const value = converted?.node ??
        { kind: "scalar", value: null, plainText: "", source: this.source, start: keyStart, end: keyEnd } as const;
      entries.push({ key, keyStart, keyEnd, value });
      size += converted?.size ?? 1;
    }
    return { node: { kind: "object", entries, ...this.#range(map) }, size };
  }

  #alias(alias: Alias): Converted {
    const target = this.#anchors.get(alias.source);
    const [start, end] = alias.range ?? [0, 1];
    if (target === undefined || target === null) {
      const message = target === null
        ? `the alias *${alias.source} stands inside itself`
        : `no anchor &${alias.source} before this alias`;
      throw new ConfigError([{ code: "CFG004", path: "", message, location: locationOf(this.source, start, end) }]);
    }
    this.#aliasedValues += target.size;
    if (this.#aliasedValues > maxAliasedValues) {
      const message = `aliases of this text stand for more than ${maxAliasedValues} values`;
      throw new ConfigError([{ code: "CFG004", path: "", message, location: locationOf(this.source, start, end) }]);
    }
    return target;
  }

  #scalar(scalar: Scalar): ConfigNode {
    const range = this.#range(scalar);
    if (scalar.type !== "PLAIN" || scalar.tag === "tag:yaml.org,2002:str") {
      return { kind: "scalar", value: String(scalar.source ?? scalar.value), plainText: null, ...range };
    }
    const plainText = scalar.source ?? "";
    return { kind: "scalar", value: plainValue(plainText, scalar.value), plainText, ...range };
  }

  #range(
    node: { range?: [number, number, number] | null | undefined },
  ): { source: ConfigSource; start: number; end: number } {
    return { source: this.source, start: node.range?.[0] ?? 0, end: node.range?.[1] ?? 0 };
  }
}

/** Booleans of YAML 1.1, which Envoy's parser knows: y, yes, on, true and their opposites, in lower, upper or title case. */
const booleans = new Map<string, boolean>();
for (
  const [text, value] of [["y", true], ["yes", true], ["on", true], ["true", true], ["n", false], ["no", false], [
    "off",
    false,
  ], ["false", false]] as const
) {
  booleans.set(text, value).set(text.toUpperCase(), value).set(text.charAt(0).toUpperCase() + text.slice(1), value);
}

function plainValue(text: string, parsed: unknown): string | number | boolean | null {
  const flag = booleans.get(text);
  if (flag !== undefined) return flag;
  // A whole number with leading zeros is octal to Envoy and decimal to YAML 1.2: it stays text, and number fields refuse it.
  if (/^[-+]?0\d+$/.test(text)) return text;
  // Whole numbers that a double cannot hold stay text too; 64-bit fields take them exactly.
  if (
    typeof parsed === "number" && Number.isInteger(parsed) && !Number.isSafeInteger(parsed) && /^[-+]?\d+$/.test(text)
  ) return text;
  if (parsed === null || typeof parsed === "number" || typeof parsed === "string") return parsed;
  return text;
}
