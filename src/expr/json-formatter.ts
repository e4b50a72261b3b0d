// JSON formatters: an object whose string leaves are formats (`json_format` of SubstitutionFormatString), printed as one line.
import { type FormatOptions, type Formatter, jsonString, type Operator, parseFormat } from "./format-operator.ts";
import { createOperator } from "./format-operators.ts";
import type { StreamInfo } from "./stream-info.ts";
import { toWireText } from "./wire-text.ts";

/** What a `json_format` may hold (google.protobuf.Struct as plain JSON). */
export type JsonFormat = string | number | boolean | null | JsonFormat[] | { [key: string]: JsonFormat };

/** A piece of the output. `render` gives null when the value is absent and its key is to be left out. */
interface Node {
  render(info: StreamInfo): string | null;
}

class ConstantNode implements Node {
  private readonly json: string;

  constructor(json: string) {
    this.json = json;
  }

  render(): string {
    return this.json;
  }
}

/** A leaf that is exactly one operator: keeps the operator's type; null when it has no value. */
class OperatorNode implements Node {
  private readonly operator: Operator;
  private readonly missing: string | null;

  constructor(operator: Operator, missing: string | null) {
    this.operator = operator;
    this.missing = missing;
  }

  render(info: StreamInfo): string | null {
    return this.operator.json(info) ?? this.missing;
  }
}

/** A leaf with several parts: a string. */
class TextNode implements Node {
  private readonly parts: readonly (string | Operator)[];
  private readonly missing: string;

  constructor(parts: readonly (string | Operator)[], missing: string) {
    this.parts = parts;
    this.missing = missing;
  }

  render(info: StreamInfo): string | null {
    let text = "";
    for (const part of this.parts) text += typeof part === "string" ? part : part.text(info) ?? this.missing;
    return jsonString(text);
  }
}

/** Leaves out what is absent, and itself when nothing is left. */
class ObjectNode implements Node {
  /** `"key":` of each member. */
  private readonly keys: readonly string[];
  private readonly members: readonly Node[];

  constructor(keys: readonly string[], members: readonly Node[]) {
    this.keys = keys;
    this.members = members;
  }

  render(info: StreamInfo): string | null {
    let text = "{";
    let separator = "";
    for (let i = 0; i < this.members.length; i++) {
      const value = this.members[i]!.render(info);
      if (value === null) continue;
      text += separator + this.keys[i]! + value;
      separator = ",";
    }
    return separator === "" ? null : text + "}";
  }
}

class ListNode implements Node {
  private readonly items: readonly Node[];

  constructor(items: readonly Node[]) {
    this.items = items;
  }

  render(info: StreamInfo): string | null {
    let text = "[";
    let separator = "";
    for (const item of this.items) {
      const value = item.render(info);
      if (value === null) continue;
      text += separator + value;
      separator = ",";
    }
    return text + "]";
  }
}

class JsonFormatter implements Formatter {
  private readonly root: Node;

  constructor(root: Node) {
    this.root = root;
  }

  format(info: StreamInfo): string {
    return `${this.root.render(info) ?? "{}"}\n`;
  }
}

/** Where every key is always printed, a line is a flat list: literals[0] leaf[0] literals[1] … */
class FlatJsonFormatter implements Formatter {
  private readonly literals: readonly string[];
  private readonly leaves: readonly Node[];

  constructor(literals: readonly string[], leaves: readonly Node[]) {
    this.literals = literals;
    this.leaves = leaves;
  }

  format(info: StreamInfo): string {
    const literals = this.literals, leaves = this.leaves;
    let line = literals[0]!;
    for (let i = 0; i < leaves.length; i++) line = line + leaves[i]!.render(info)! + literals[i + 1]!;
    return line;
  }
}

/** Flattens `format` into `literals` (one more than leaves) and `leaves`. */
function flatten(format: unknown, literals: string[], leaves: Node[]): void {
  const literal = (text: string) => literals[literals.length - 1] += text;
  if (typeof format === "string") {
    const leaf = compileLeaf(format, {});
    if (leaf instanceof ConstantNode) return void literal(leaf.render());
    leaves.push(leaf);
    literals.push("");
  } else if (format === null || typeof format !== "object") literal(JSON.stringify(format ?? null));
  else if (Array.isArray(format)) {
    literal("[");
    format.forEach((item, i) => {
      if (i > 0) literal(",");
      flatten(item, literals, leaves);
    });
    literal("]");
  } else {
    const members = format as Readonly<Record<string, unknown>>;
    literal("{");
    Object.keys(members).sort().forEach((key, i) => {
      literal(`${i > 0 ? "," : ""}${jsonString(toWireText(key))}:`);
      flatten(members[key], literals, leaves);
    });
    literal("}");
  }
}

/** Compiles a JSON format (google.protobuf.Struct as plain JSON); each line ends with LF, keys stand in byte order (as Envoy 1.40 prints them). Throws FormatError. */
export function compileJsonFormat(format: Readonly<Record<string, unknown>>, options: FormatOptions = {}): Formatter {
  if (options.omitEmptyValues === true) return new JsonFormatter(compileNode(format));
  const literals = [""], leaves: Node[] = [];
  flatten(format, literals, leaves);
  literals[literals.length - 1] += "\n";
  return new FlatJsonFormatter(literals, leaves);
}

/** The tree for omit_empty_values. */
function compileNode(format: unknown): Node {
  if (typeof format === "string") return compileLeaf(format, { omitEmptyValues: true });
  if (format === null || typeof format !== "object") return new ConstantNode(JSON.stringify(format ?? null));
  if (Array.isArray(format)) return new ListNode(format.map((item) => compileNode(item)));
  const members = format as Readonly<Record<string, unknown>>;
  const keys = Object.keys(members).sort();
  return new ObjectNode(
    keys.map((key) => `${jsonString(toWireText(key))}:`),
    keys.map((key) => compileNode(members[key])),
  );
}

function compileLeaf(format: string, options: FormatOptions): Node {
  const parts = parseFormat(format).map((part) => typeof part === "string" ? toWireText(part) : createOperator(part));
  const omit = options.omitEmptyValues === true;
  const [only] = parts;
  if (parts.length === 0) return new ConstantNode('""');
  if (parts.length === 1) {
    return typeof only === "string"
      ? new ConstantNode(jsonString(only))
      : new OperatorNode(only!, omit ? null : "null");
  }
  return new TextNode(parts, omit ? "" : "-");
}
