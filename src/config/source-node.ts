// The parsed form of a configuration text: a tree that keeps where every key and value stands, so that errors can point at it.

/** A text that configuration was read from. */
export interface ConfigSource {
  /** File name as given by the user, or a label such as `--config-yaml`. */
  readonly name: string;
  readonly text: string;
}

export type ConfigNode = ObjectNode | ArrayNode | ScalarNode;

export interface ObjectNode extends NodeRange {
  readonly kind: "object";
  readonly entries: readonly ObjectEntry[];
}

export interface ArrayNode extends NodeRange {
  readonly kind: "array";
  readonly items: readonly ConfigNode[];
}

export interface ScalarNode extends NodeRange {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** Source text of a number (digits beyond 2^53 survive in it) or of another unquoted scalar; null when quoted or made by code. */
  readonly plainText: string | null;
}

/** `start` and `end` are UTF-16 offsets into `source.text`; `source` is null for values made by code (a Struct of a binary message). */
export interface NodeRange {
  readonly source: ConfigSource | null;
  readonly start: number;
  readonly end: number;
}

export interface ObjectEntry {
  readonly key: string;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly value: ConfigNode;
}

/** Deepest nesting of objects and arrays that is taken (protobuf's JSON parser, and with it Envoy, stops at 100 messages). */
export const maxNodeDepth = 128;

/** A position for people: both count from 1; columns are UTF-16 units. */
export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

/** Line and column of `offset`. Counts newlines from the start: for error messages only. */
export function lineColumnAt(text: string, offset: number): LineColumn {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) {
    line++;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

/** The entry `key` of an object node; undefined when there is none. */
export function entryOf(node: ObjectNode, key: string): ObjectEntry | undefined {
  for (const entry of node.entries) if (entry.key === key) return entry;
  return undefined;
}

/** The plain JavaScript value of a node, prototype-safe. Shared (aliased) nodes are copied. */
export function nodeToValue(node: ConfigNode): unknown {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "array":
      return node.items.map(nodeToValue);
    case "object": {
      const value: Record<string, unknown> = {};
      for (const entry of node.entries) setOwn(value, entry.key, nodeToValue(entry.value));
      return value;
    }
  }
}

/** Where derived values come from: an object or array made by code → the range that it was derived from. */
export type Origins = WeakMap<object, NodeRange>;

const noOrigins: Origins = new WeakMap();

/**
 * A node tree for a JSON-like value that has no text. Values below an object of `origins` get its range, so that problems in a
 * derived value point at what it was derived from. Values nested deeper than `maxNodeDepth` throw RangeError.
 */
export function valueToNode(
  value: unknown,
  origins: Origins = noOrigins,
  inherited: NodeRange = nowhere,
  depth = 0,
): ConfigNode {
  if (depth > maxNodeDepth) throw new RangeError(`nested deeper than ${maxNodeDepth} levels`);
  if (typeof value !== "object" || value === null) return scalarNode(value, inherited);
  const { source, start, end } = origins.get(value) ?? inherited;
  const range = { source, start, end };
  if (Array.isArray(value)) {
    return { kind: "array", items: value.map((item) => valueToNode(item, origins, range, depth + 1)), ...range };
  }
  const entries: ObjectEntry[] = [];
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) {
      entries.push({ key, keyStart: start, keyEnd: end, value: valueToNode(item, origins, range, depth + 1) });
    }
  }
  return { kind: "object", entries, ...range };
}

const nowhere: NodeRange = { source: null, start: 0, end: 0 };

function scalarNode(value: unknown, { source, start, end }: NodeRange): ScalarNode {
  if (typeof value === "string" || typeof value === "boolean") {
    return { kind: "scalar", value, plainText: null, source, start, end };
  }
  if (value === null || value === undefined) {
    return { kind: "scalar", value: null, plainText: null, source, start, end };
  }
  return { kind: "scalar", value: Number(value), plainText: String(value), source, start, end };
}

/** Assigns an own property even where the name is `__proto__`. */
export function setOwn(target: object, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    (target as Record<string, unknown>)[key] = value;
  }
}
