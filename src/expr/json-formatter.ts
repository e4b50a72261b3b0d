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

  render(): string | null {
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

class ObjectNode implements Node {
  /** `"key":` of each member. */
  private readonly keys: readonly string[];
  private readonly members: readonly Node[];

  private readonly omitEmpty: boolean;

  constructor(keys: readonly string[], members: readonly Node[], omitEmpty: boolean) {
    this.keys = keys;
    this.members = members;
    this.omitEmpty = omitEmpty;
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
    return separator === "" && this.omitEmpty ? null : text + "}";
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

/** Compiles a JSON format (google.protobuf.Struct as plain JSON); each line ends with LF, keys stand in byte order (as Envoy 1.40 prints them). Throws FormatError. */
export function compileJsonFormat(format: Readonly<Record<string, unknown>>, options: FormatOptions = {}): Formatter {
  return new JsonFormatter(compileNode(format, options));
}

function compileNode(format: unknown, options: FormatOptions): Node {
  if (typeof format === "string") return compileLeaf(format, options);
  if (format === null || typeof format !== "object") return new ConstantNode(JSON.stringify(format ?? null));
  if (Array.isArray(format)) return new ListNode(format.map((item) => compileNode(item, options)));
  const members = format as Readonly<Record<string, unknown>>;
  const keys = Object.keys(members).sort();
  return new ObjectNode(
    keys.map((key) => `${jsonString(toWireText(key))}:`),
    keys.map((key) => compileNode(members[key], options)),
    options.omitEmptyValues === true,
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
