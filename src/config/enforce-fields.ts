// Holds a decoded configuration against the field tables: refuses what is not supported, notes what has no effect. Nothing is dropped in silence.
import type { Any } from "@bufbuild/protobuf/wkt";
import { fieldValue, type MutableMessage } from "./create-message.ts";
import { decodedAnyOf } from "./decoded-any.ts";
import type { FieldTable } from "./field-table.ts";
import { fieldPath, indexPath, keyPath } from "./locate.ts";
import type { ProblemSink } from "./problem-sink.ts";
import type { FieldType, MessageType, TypeTable } from "./type-table.ts";

/** One table for each message. A second, different table for the same message throws: a programming error. */
export function indexFieldTables(tables: readonly FieldTable[]): ReadonlyMap<string, FieldTable> {
  const index = new Map<string, FieldTable>();
  for (const table of tables) {
    const other = index.get(table.message);
    if (other !== undefined && other !== table && JSON.stringify(other) !== JSON.stringify(table)) {
      throw new Error(`two different field tables for ${table.message}`);
    }
    index.set(table.message, table);
  }
  return index;
}

export class FieldEnforcer {
  readonly #types: TypeTable;
  readonly #tables: ReadonlyMap<string, FieldTable>;
  readonly #sink: ProblemSink;

  constructor(types: TypeTable, tables: ReadonlyMap<string, FieldTable>, sink: ProblemSink) {
    this.#types = types;
    this.#tables = tables;
    this.#sink = sink;
  }

  /** Walks `message` and everything below it that is honoured. */
  check(message: MutableMessage, path: string): void {
    const name = message.$typeName;
    if (name === "google.protobuf.Any") {
      this.#checkAny(message as unknown as Any, path);
      return;
    }
    // Well-known types have meaning as values only.
    if (name.startsWith("google.protobuf.")) return;
    const table = this.#tables.get(name);
    if (table === undefined) {
      this.#sink.add("CFG900", path, `internal error: no field table for ${name}`, {
        hint: "this is a gap in Lamina, not in the configuration: please report it",
      });
      return;
    }
    const type = this.#types.requireMessage(name);
    for (const field of type.fields) {
      const value = fieldValue(message, field);
      if (value !== undefined) this.#checkField(value, field, type, table, fieldPath(path, field.name));
    }
  }

  #checkField(value: unknown, field: FieldType, type: MessageType, table: FieldTable, path: string): void {
    const refusal = table.refused[field.name];
    if (refusal !== undefined) {
      this.#sink.add("CFG030", path, "is not supported by this version of Lamina", { hint: refusal });
      return;
    }
    const reason = table.accepted[field.name];
    if (reason !== undefined) {
      this.#sink.note(path, reason);
      return;
    }
    if (!table.honoured.includes(field.name)) {
      this.#sink.add("CFG900", path, `internal error: the field table of ${type.name} does not list ${field.name}`, {
        hint: "this is a gap in Lamina, not in the configuration: please report it",
      });
      return;
    }
    if (field.isDeprecated) this.#sink.note(path, "deprecated in Envoy's API; it still has its effect");
    if (field.type.kind !== "message") return;
    if (field.container === "list") {
      (value as MutableMessage[]).forEach((item, i) => this.#checkValue(item, indexPath(path, i)));
    } else if (field.container === "map") {
      for (const [key, item] of Object.entries(value as Record<string, MutableMessage>)) {
        this.#checkValue(item, keyPath(path, key));
      }
    } else {
      this.#checkValue(value, path);
    }
  }

  #checkValue(value: unknown, path: string): void {
    // Unwrapped wrappers and Structs are plain values without a type name.
    if (typeof value === "object" && value !== null && "$typeName" in value) this.check(value as MutableMessage, path);
  }

  #checkAny(any: Any, path: string): void {
    const decoded = decodedAnyOf(any);
    // A type without a table belongs to no extension of ours: the slot that holds it refuses it by name.
    if (decoded === undefined || !this.#tables.has(decoded.typeName)) return;
    this.check(decoded.message as MutableMessage, path + decoded.pathSuffix);
  }
}
