// Decodes a configuration tree into protobuf-es messages, carrying the path: every wrong value is reported with its place, none stops the walk.
import type { Any } from "@bufbuild/protobuf/wkt";
import { createMessage, type MutableMessage, type OneofValue } from "./create-message.ts";
import { decodeStructFields, decodeValue } from "./decode-struct.ts";
import { isTypedStruct, setDecodedAny, typeNameOfUrl } from "./decoded-any.ts";
import {
  decodeDuration,
  decodeEnum,
  decodeScalar,
  decodeTimestamp,
  nodeLabel,
  type Refusal,
  type Result,
  type SecondsAndNanos,
  zeroOf,
} from "./decode-scalar.ts";
import { fieldPath, indexPath, keyPath } from "./locate.ts";
import { nearestName } from "./nearest-name.ts";
import type { ProblemSink } from "./problem-sink.ts";
import { isSensitiveField, markSensitive } from "./sensitive-fields.ts";
import {
  type ConfigNode,
  entryOf,
  nodeToValue,
  type ObjectEntry,
  type ObjectNode,
  setOwn,
  valueToNode,
} from "./source-node.ts";
import {
  type FieldType,
  type MessageType,
  type ScalarKind,
  type TypeTable,
  type ValueType,
  wrappedScalar,
} from "./type-table.ts";

/** Marks a value that could not be decoded; its problem is in the sink. */
const failed = Symbol("failed");

export class MessageDecoder {
  readonly types: TypeTable;
  readonly sink: ProblemSink;
  readonly allowUnknownFields: boolean;
  /** Above zero while a secret is decoded: values are then left out of problems. */
  #secretDepth = 0;

  /** `allowUnknownFields`: let them through with a note and a count (`--allow-unknown-static-fields`); otherwise they are refused. */
  constructor(types: TypeTable, sink: ProblemSink, allowUnknownFields: boolean) {
    this.types = types;
    this.sink = sink;
    this.allowUnknownFields = allowUnknownFields;
  }

  /** The message of `type` that `node` describes. Problems go to the sink; what could be decoded is returned all the same. */
  decode(node: ConfigNode, type: MessageType, path: string): MutableMessage {
    switch (type.name) {
      case "google.protobuf.Any":
        return this.#decodeAny(node, path) as MutableMessage;
      case "google.protobuf.Duration":
        return this.#decodeTime(node, type, path, decodeDuration);
      case "google.protobuf.Timestamp":
        return this.#decodeTime(node, type, path, decodeTimestamp);
      case "google.protobuf.Value":
        return decodeValue(node);
      case "google.protobuf.Struct":
        return { $typeName: type.name, fields: this.#structFields(node, path) } as unknown as MutableMessage;
      case "google.protobuf.ListValue":
        return { $typeName: type.name, values: this.#items(node).map(decodeValue) } as unknown as MutableMessage;
      case "google.protobuf.FieldMask":
        if (node.kind === "scalar" && typeof node.value === "string") {
          const paths = node.value === "" ? [] : node.value.split(",").map(snakeCase);
          return { $typeName: type.name, paths } as unknown as MutableMessage;
        }
        break;
    }
    const scalar = wrappedScalar(type.name);
    if (scalar !== undefined) {
      const message = createMessage(type);
      const value = this.#wrapped(node, scalar, path);
      if (value !== failed) message["value"] = value;
      return message;
    }
    return this.#decodeFields(node, type, path, null);
  }

  /** Decodes the fields of an ordinary message. `skipKey` is passed over (`@type` of an Any). */
  #decodeFields(node: ConfigNode, type: MessageType, path: string, skipKey: string | null): MutableMessage {
    const message = createMessage(type);
    if (node.kind !== "object") {
      // An empty value (`cors:`) is an empty message to Envoy.
      if (node.kind !== "scalar" || node.value !== null) {
        this.#problem("CFG010", path, `must be an object (${type.name}), not ${nodeLabel(node)}`, node);
      }
      return message;
    }
    const seen = new Map<string, ObjectEntry>();
    for (const entry of node.entries) {
      if (entry.key === skipKey) continue;
      const field = type.byName.get(entry.key);
      if (field === undefined) {
        this.#unknownField(entry, node, type, path);
        continue;
      }
      const at = fieldPath(path, field.name);
      if (seen.has(field.name)) {
        this.#duplicate(entry, at);
        continue;
      }
      seen.set(field.name, entry);
      this.#decodeField(message, entry.value, field, type, at);
    }
    return message;
  }

  #decodeField(message: MutableMessage, node: ConfigNode, field: FieldType, parent: MessageType, path: string): void {
    const isNull = node.kind === "scalar" && node.value === null;
    const isValueField = field.type.kind === "message" && field.type.message === "google.protobuf.Value";
    if (isNull && !(isValueField && field.container === "singular")) return;
    const isSecret = isSensitiveField(parent.name, field.name);
    if (isSecret) {
      this.#secretDepth++;
      markSensitive(node);
    }
    const value = field.container === "list"
      ? this.#decodeList(node, field, path)
      : field.container === "map"
      ? this.#decodeMap(node, field, path)
      : this.#decodeSingular(node, field, path);
    if (isSecret) this.#secretDepth--;
    if (value === failed) return;
    if (field.oneof === undefined) {
      message[field.localName] = value;
      return;
    }
    const oneof = message[field.oneof] as OneofValue;
    if (oneof.case !== undefined) {
      const other = parent.fields.find((f) => f.localName === oneof.case)?.name ?? oneof.case;
      this.#problem("CFG014", path, `cannot be set together with ${other}: only one of them may be given`, null);
      return;
    }
    message[field.oneof] = { case: field.localName, value };
  }

  #decodeSingular(node: ConfigNode, field: FieldType, path: string): unknown {
    if (field.type.kind === "message" && field.oneof === undefined) {
      // protobuf-es holds these unwrapped, except inside a oneof.
      const scalar = wrappedScalar(field.type.message);
      if (scalar !== undefined) return this.#wrapped(node, scalar, path);
    }
    if (field.type.kind === "message" && field.type.message === "google.protobuf.Struct") {
      return this.#struct(node, path);
    }
    return this.#decodeOne(node, field.type, path);
  }

  #decodeOne(node: ConfigNode, type: ValueType, path: string): unknown {
    switch (type.kind) {
      case "scalar":
        return this.#take(decodeScalar(node, type.scalar), node, path);
      case "enum":
        return this.#take(decodeEnum(node, this.types.requireEnum(type.enum)), node, path);
      case "message":
        return this.decode(node, this.types.requireMessage(type.message), path);
    }
  }

  #decodeList(node: ConfigNode, field: FieldType, path: string): unknown[] {
    const list: unknown[] = [];
    const items = this.#items(node);
    for (let i = 0; i < items.length; i++) {
      const item = items[i] as ConfigNode;
      const at = indexPath(path, i);
      if (item.kind === "scalar" && item.value === null && !this.#isValue(field.type)) {
        this.#problem("CFG010", at, "an item of a list must not be empty", item);
        continue;
      }
      const value = field.type.kind === "message" && field.type.message === "google.protobuf.Struct"
        ? this.#struct(item, at)
        : this.#decodeOne(item, field.type, at);
      if (value !== failed) list.push(value);
    }
    return list;
  }

  /** Envoy's loader takes a single value where a list stands: it is a list of one. */
  #items(node: ConfigNode): readonly ConfigNode[] {
    return node.kind === "array" ? node.items : [node];
  }

  #isValue(type: ValueType): boolean {
    return type.kind === "message" && type.message === "google.protobuf.Value";
  }

  #decodeMap(node: ConfigNode, field: FieldType, path: string): unknown {
    const map: Record<string, unknown> = {};
    if (node.kind !== "object") {
      this.#problem("CFG010", path, `must be an object (keys and values), not ${nodeLabel(node)}`, node);
      return failed;
    }
    const seen = new Set<string>();
    for (const entry of node.entries) {
      const at = keyPath(path, entry.key);
      if (seen.has(entry.key)) {
        this.#duplicate(entry, at);
        continue;
      }
      seen.add(entry.key);
      const key: ConfigNode = {
        kind: "scalar",
        value: entry.key,
        plainText: null,
        source: node.source,
        start: entry.keyStart,
        end: entry.keyEnd,
      };
      if (field.mapKey !== undefined && this.#take(decodeScalar(key, field.mapKey), key, at) === failed) continue;
      const value = field.type.kind === "message" && field.type.message === "google.protobuf.Struct"
        ? this.#struct(entry.value, at)
        : this.#decodeOne(entry.value, field.type, at);
      if (value !== failed) setOwn(map, entry.key, value);
    }
    return map;
  }

  /** A wrapper's value; also taken in the long form {value: x}. */
  #wrapped(node: ConfigNode, scalar: ScalarKind, path: string): unknown {
    if (node.kind === "object" && node.entries.length <= 1) {
      const entry = node.entries[0];
      if (entry === undefined) return zeroOf(scalar);
      if (entry.key === "value") {
        return this.#take(decodeScalar(entry.value, scalar), entry.value, fieldPath(path, "value"));
      }
    }
    return this.#take(decodeScalar(node, scalar), node, path);
  }

  #decodeTime(
    node: ConfigNode,
    type: MessageType,
    path: string,
    decode: (node: ConfigNode) => Result<SecondsAndNanos>,
  ): MutableMessage {
    // Envoy also takes the fields: {seconds: 5, nanos: 0}.
    if (node.kind === "object") return this.#decodeFields(node, type, path, null);
    const message = createMessage(type);
    const value = this.#take(decode(node), node, path);
    if (value !== failed) Object.assign(message, value);
    return message;
  }

  #struct(node: ConfigNode, path: string): unknown {
    if (node.kind !== "object") {
      this.#problem("CFG010", path, `must be an object, not ${nodeLabel(node)}`, node);
      return failed;
    }
    this.#refuseDuplicates(node, path);
    return nodeToValue(node);
  }

  /** Keys of a Struct are free, but each may be given once. */
  #refuseDuplicates(node: ConfigNode, path: string): void {
    if (node.kind === "array") node.items.forEach((item, i) => this.#refuseDuplicates(item, indexPath(path, i)));
    if (node.kind !== "object") return;
    const seen = new Set<string>();
    for (const entry of node.entries) {
      const at = keyPath(path, entry.key);
      if (seen.has(entry.key)) this.#duplicate(entry, at);
      seen.add(entry.key);
      this.#refuseDuplicates(entry.value, at);
    }
  }

  #structFields(node: ConfigNode, path: string): Record<string, unknown> {
    if (node.kind === "object") return decodeStructFields(node);
    if (node.kind !== "scalar" || node.value !== null) {
      this.#problem("CFG010", path, `must be an object, not ${nodeLabel(node)}`, node);
    }
    return {};
  }

  #decodeAny(node: ConfigNode, path: string): Any {
    const any = { $typeName: "google.protobuf.Any", typeUrl: "", value: new Uint8Array(0) } as Any;
    if (node.kind !== "object") {
      if (node.kind !== "scalar" || node.value !== null) {
        this.#problem("CFG010", path, `must be an object with "@type", not ${nodeLabel(node)}`, node);
      }
      return any;
    }
    const typeEntry = entryOf(node, "@type");
    if (typeEntry === undefined) {
      if (node.entries.length > 0) {
        this.#problem(
          "CFG020",
          path,
          'has no "@type": it tells which message the fields belong to',
          node,
          'e.g. "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
        );
      }
      return any;
    }
    const resolved = this.#resolveType(typeEntry.value, fieldPath(path, "@type"));
    if (resolved === undefined) return any;
    any.typeUrl = resolved.typeUrl;
    if (isTypedStruct(resolved.type.name)) {
      this.#decodeTypedStruct(any, node, resolved.type, path);
    } else if (hasValueForm(resolved.type.name)) {
      this.#onlyKeys(node, ["@type", "value"], resolved.type, path);
      const value = entryOf(node, "value")?.value ??
        { kind: "scalar", value: null, plainText: null, source: node.source, start: node.start, end: node.end };
      const message = this.decode(value, resolved.type, fieldPath(path, "value"));
      setDecodedAny(any, { typeName: resolved.type.name, message, pathSuffix: ".value", typedStruct: null });
    } else {
      const message = this.#decodeFields(node, resolved.type, path, "@type");
      setDecodedAny(any, { typeName: resolved.type.name, message, pathSuffix: "", typedStruct: null });
    }
    return any;
  }

  #decodeTypedStruct(any: Any, node: ObjectNode, outer: MessageType, path: string): void {
    this.#onlyKeys(node, ["@type", "type_url", "typeUrl", "value"], outer, path);
    const urlEntry = entryOf(node, "type_url") ?? entryOf(node, "typeUrl");
    if (urlEntry === undefined) {
      this.#problem("CFG022", path, "a TypedStruct needs type_url: the message that its value stands for", node);
      return;
    }
    const inner = this.#resolveType(urlEntry.value, fieldPath(path, "type_url"));
    if (inner === undefined) return;
    const value = entryOf(node, "value")?.value;
    const message = value === undefined
      ? createMessage(inner.type)
      : this.decode(value, inner.type, fieldPath(path, "value"));
    setDecodedAny(any, {
      typeName: inner.type.name,
      message,
      pathSuffix: ".value",
      typedStruct: { outerType: outer.name, typeUrl: inner.typeUrl, value },
    });
  }

  /**
   * The message that a TypedStruct (decoded from bytes) stands for; problems go to the sink.
   * `fields` is the JSON object of its Struct.
   */
  decodeStructAs(
    typeUrl: string,
    fields: unknown,
    path: string,
  ): { typeName: string; message: MutableMessage; value: ConfigNode } | undefined {
    const url: ConfigNode = { kind: "scalar", value: typeUrl, plainText: null, source: null, start: 0, end: 0 };
    const inner = this.#resolveType(url, fieldPath(path, "type_url"));
    if (inner === undefined) return undefined;
    const value = valueToNode(fields ?? {});
    return { typeName: inner.type.name, message: this.decode(value, inner.type, fieldPath(path, "value")), value };
  }

  #resolveType(node: ConfigNode, path: string): { typeUrl: string; type: MessageType } | undefined {
    const typeUrl = node.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
    const name = typeUrl === undefined ? undefined : typeNameOfUrl(typeUrl);
    if (typeUrl === undefined || name === undefined) {
      const hint = typeUrl !== undefined && this.types.message(typeUrl) !== undefined
        ? `write "type.googleapis.com/${typeUrl}"`
        : undefined;
      this.#problem("CFG021", path, 'must be a type URL: "type.googleapis.com/" and the full message name', node, hint);
      return undefined;
    }
    const type = this.types.message(name);
    if (type === undefined) {
      const near = nearestName(name, this.types.names());
      this.#problem(
        "CFG021",
        path,
        "names a message type that this build does not know",
        node,
        near === undefined ? undefined : `did you mean ${near}?`,
      );
      return undefined;
    }
    return { typeUrl, type };
  }

  #onlyKeys(node: ObjectNode, keys: readonly string[], type: MessageType, path: string): void {
    for (const entry of node.entries) if (!keys.includes(entry.key)) this.#unknownField(entry, node, type, path);
  }

  #unknownField(entry: ObjectEntry, parent: ObjectNode, type: MessageType, path: string): void {
    const at = fieldPath(path, entry.key);
    if (this.allowUnknownFields) {
      this.sink.unknownFields++;
      this.sink.note(at, `unknown field of ${type.name}, ignored (--allow-unknown-static-fields)`);
      return;
    }
    const near = nearestName(entry.key, type.fields.map((field) => field.name));
    const hint = near !== undefined
      ? `did you mean ${near}?`
      : type.fields.length === 0
      ? "this message has no fields"
      : type.fields.length <= 12
      ? `it has ${type.fields.map((field) => field.name).join(", ")}`
      : undefined;
    const range = { source: entry.value.source ?? parent.source, start: entry.keyStart, end: entry.keyEnd };
    this.sink.add("CFG011", at, `${type.name} has no field ${JSON.stringify(entry.key)}`, {
      range,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  #duplicate(entry: ObjectEntry, path: string): void {
    const range = { source: entry.value.source, start: entry.keyStart, end: entry.keyEnd };
    this.sink.add("CFG013", path, "is given twice", {
      range,
      hint: "remove one of the two; a loader that takes the last one hides the first",
    });
  }

  #take<T>(result: Result<T>, node: ConfigNode, path: string): T | typeof failed {
    if (result.ok) return result.value;
    const { code, message, hint }: Refusal = result.refusal;
    this.#problem(code, path, message, node, hint);
    return failed;
  }

  #problem(code: string, path: string, message: string, node: ConfigNode | null, hint?: string): void {
    const isPlain = node !== null && node.kind === "scalar" && this.#secretDepth === 0;
    const hasRange = node !== null && node.source !== null;
    this.sink.add(code, path, message, {
      ...(isPlain ? { value: nodeToValue(node) } : {}),
      ...(hasRange && node.kind === "scalar" ? { range: node } : {}),
      ...(hint === undefined || this.#secretDepth > 0 ? {} : { hint }),
    });
  }
}

/** Messages with a JSON form of their own: inside an Any they stand under "value". */
function hasValueForm(name: string): boolean {
  return name.startsWith("google.protobuf.") && name !== "google.protobuf.Empty";
}

function snakeCase(path: string): string {
  return path.trim().replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
}
