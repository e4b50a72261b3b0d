// Finds where a JSON path stands in the parsed configuration texts, so that late errors (PGV, translators) have line and column too.
import type { ConfigLocation } from "./config-error.ts";
import {
  type ConfigNode,
  type ConfigSource,
  entryOf,
  lineColumnAt,
  type NodeRange,
  type ObjectEntry,
} from "./source-node.ts";

/** Location of `text[start, end)`, cut at the end of its first line; at least one column wide. */
export function locationOf(source: ConfigSource, start: number, end: number): ConfigLocation {
  const { line, column } = lineColumnAt(source.text, start);
  const newline = source.text.indexOf("\n", start);
  const lineEnd = newline === -1 ? source.text.length : newline;
  return { file: source.name, line, column, length: Math.max(1, Math.min(end, lineEnd) - start) };
}

/** Location of a node or key range; undefined for values that came from no text. */
export function locationOfRange(range: NodeRange): ConfigLocation | undefined {
  return range.source === null ? undefined : locationOf(range.source, range.start, range.end);
}

/** One step of a JSON path: a field or map key, or the index of an item. */
export type PathStep = string | number;

/** Splits `a.b[3]["k.x"].c` into steps. Understands what `fieldPath`, `indexPath` and `keyPath` write. */
export function splitPath(path: string): PathStep[] {
  const steps: PathStep[] = [];
  const step = /\.?([^.[\]]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  while (step.lastIndex < path.length) {
    const match = step.exec(path);
    if (match === null) break;
    if (match[1] !== undefined) steps.push(match[1]);
    else if (match[2] !== undefined) steps.push(Number(match[2]));
    else steps.push(JSON.parse(match[3] ?? '""'));
  }
  return steps;
}

/** `path` extended by a proto field name. */
export function fieldPath(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** `path` extended by the index of an item. */
export function indexPath(path: string, i: number): string {
  return `${path}[${i}]`;
}

/** `path` extended by the key of a map entry, always quoted (keys may hold dots and brackets). */
export function keyPath(path: string, key: string): string {
  return `${path}[${JSON.stringify(key)}]`;
}

/**
 * Looks paths up in the roots of one configuration (the file and what was merged over it, in merge order). Items of a repeated field
 * that both texts give count on, as they were appended; a singular value is found in the last text that gives it.
 */
export class PathLocator {
  readonly #roots: readonly ConfigNode[];

  constructor(roots: readonly ConfigNode[]) {
    this.#roots = roots;
  }

  /** The range of the value at `path`, or of its nearest enclosing value that is written in a text; undefined when there is none. */
  find(path: string): NodeRange | undefined {
    let nodes: readonly ConfigNode[] = this.#roots;
    let found: NodeRange | undefined = nodes.at(-1);
    for (const step of splitPath(path)) {
      const next = typeof step === "number" ? nodesAtIndex(nodes, step) : nodesAtKey(nodes, step);
      if (next.nodes.length === 0) return found;
      nodes = next.nodes;
      found = next.range;
    }
    // A scalar or a short flow value is marked itself; of a long block only its key.
    const value = nodes.at(-1);
    return value !== undefined && isOneLine(value) ? value : found;
  }

  /** The range of the last key of `path`; falls back to `find`. */
  findKey(path: string): NodeRange | undefined {
    const key = splitPath(path).at(-1);
    const parent = this.#nodes(splitPath(path).slice(0, -1));
    return typeof key === "string" ? nodesAtKey(parent, key).range ?? this.find(path) : this.find(path);
  }

  #nodes(steps: readonly PathStep[]): readonly ConfigNode[] {
    let nodes: readonly ConfigNode[] = this.#roots;
    for (const step of steps) {
      nodes = (typeof step === "number" ? nodesAtIndex(nodes, step) : nodesAtKey(nodes, step)).nodes;
    }
    return nodes;
  }

  /** As `find`, as a location for people. */
  locate(path: string): ConfigLocation | undefined {
    const range = this.find(path);
    return range === undefined ? undefined : locationOfRange(range);
  }
}

interface Found {
  nodes: ConfigNode[];
  range: NodeRange | undefined;
}

function nodesAtKey(nodes: readonly ConfigNode[], key: string): Found {
  const found: Found = { nodes: [], range: undefined };
  for (const node of nodes) {
    if (node.kind !== "object") continue;
    const entry = entryOf(node, key) ?? entryOf(node, camelCase(key));
    if (entry === undefined) continue;
    found.nodes.push(entry.value);
    found.range = keyRange(node, entry);
  }
  return found;
}

function nodesAtIndex(nodes: readonly ConfigNode[], index: number): Found {
  let rest = index;
  for (const node of nodes) {
    // Envoy takes one value where a list is expected: it then is its only item.
    const items = node.kind === "array" ? node.items : [node];
    const item = items[rest];
    if (item !== undefined) return { nodes: [item], range: item };
    rest -= items.length;
  }
  return { nodes: [], range: undefined };
}

function keyRange(node: NodeRange, entry: ObjectEntry): NodeRange {
  return { source: entry.value.source ?? node.source, start: entry.keyStart, end: entry.keyEnd };
}

function isOneLine(node: ConfigNode): boolean {
  if (node.source === null || node.end <= node.start) return false;
  return !node.source.text.slice(node.start, node.end).trimEnd().includes("\n");
}

/** JSON name of a proto field name: `stat_prefix` → `statPrefix`. */
export function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9]?)/g, (_, c: string) => c.toUpperCase());
}
