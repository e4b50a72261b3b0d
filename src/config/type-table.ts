// Message and enum types as compact rows, materialised on first use: decoding a small bootstrap must not initialise every generated file.
//
// The rows are made at build time from the generated descriptors (`proto/tools/write-type-table.ts` → `src/gen/type-table.txt`), one line per type:
// full name, a tab, and JSON: {"f": fields, "o": oneof names} for a message, {"e": [[name, number], …]} for an enum.
import { camelCase } from "./locate.ts";

/** Scalar kinds by their proto names; 64-bit integers become bigint, bytes Uint8Array, as in protobuf-es messages. */
export type ScalarKind =
  | "double"
  | "float"
  | "int32"
  | "int64"
  | "uint32"
  | "uint64"
  | "sint32"
  | "sint64"
  | "fixed32"
  | "fixed64"
  | "sfixed32"
  | "sfixed64"
  | "bool"
  | "string"
  | "bytes";

/** Type of one value: of a singular field, of an item of a list, or of a map value. */
export type ValueType =
  | { readonly kind: "scalar"; readonly scalar: ScalarKind }
  | { readonly kind: "enum"; readonly enum: string }
  | { readonly kind: "message"; readonly message: string };

export interface FieldType {
  /** Proto name, snake_case. */
  readonly name: string;
  readonly number: number;
  /** Property of the protobuf-es message. */
  readonly localName: string;
  readonly jsonName: string;
  readonly type: ValueType;
  readonly container: "singular" | "list" | "map";
  /** Kind of the keys of a map; undefined otherwise. */
  readonly mapKey: ScalarKind | undefined;
  /** Property of the oneof that the field belongs to. */
  readonly oneof: string | undefined;
  /** True for scalars that know whether they are set (`optional`). */
  readonly isOptional: boolean;
  readonly isDeprecated: boolean;
}

export interface MessageType {
  readonly name: string;
  readonly fields: readonly FieldType[];
  /** Properties of the oneofs. */
  readonly oneofs: readonly string[];
  /** Fields by proto name and by JSON name. */
  readonly byName: ReadonlyMap<string, FieldType>;
}

export interface EnumType {
  readonly name: string;
  readonly values: readonly (readonly [name: string, number: number])[];
}

/** What the emitter leaves out is the usual case: local and JSON name in camelCase, no oneof, not optional, not deprecated. */
export type FieldRow = [name: string, number: number, type: string, extras?: FieldRowExtras];
export interface FieldRowExtras {
  l?: string;
  j?: string;
  o?: number;
  p?: 1;
  d?: 1;
}

/** Looks types up by full proto name. One instance lives as long as the process. */
export class TypeTable {
  readonly #rows = new Map<string, string>();
  readonly #messages = new Map<string, MessageType>();
  readonly #enums = new Map<string, EnumType>();

  constructor(text: string) {
    for (let start = 0; start < text.length;) {
      const newline = text.indexOf("\n", start);
      const end = newline === -1 ? text.length : newline;
      const tab = text.indexOf("\t", start);
      if (tab !== -1 && tab < end) this.#rows.set(text.slice(start, tab), text.slice(tab + 1, end));
      start = end + 1;
    }
  }

  /** The message `name`, or undefined when this build does not know it. */
  message(name: string): MessageType | undefined {
    const known = this.#messages.get(name);
    if (known !== undefined) return known;
    const row = this.#row(name);
    if (row === undefined || row.f === undefined) return undefined;
    const type = messageFromRow(name, row.f, row.o ?? []);
    this.#messages.set(name, type);
    return type;
  }

  /** The message `name`; throws where an unknown one is a bug (names that came from the table itself or from a FieldTable). */
  requireMessage(name: string): MessageType {
    const type = this.message(name);
    if (type === undefined) throw new Error(`message ${name} is not in the type table`);
    return type;
  }

  requireEnum(name: string): EnumType {
    const known = this.#enums.get(name);
    if (known !== undefined) return known;
    const values = this.#row(name)?.e;
    if (values === undefined) throw new Error(`enum ${name} is not in the type table`);
    const type: EnumType = { name, values };
    this.#enums.set(name, type);
    return type;
  }

  /** Names of all types, in the order of the table. */
  names(): IterableIterator<string> {
    return this.#rows.keys();
  }

  #row(name: string): { f?: FieldRow[]; o?: string[]; e?: [string, number][] } | undefined {
    const json = this.#rows.get(name);
    return json === undefined ? undefined : JSON.parse(json);
  }
}

function messageFromRow(name: string, rows: readonly FieldRow[], oneofs: readonly string[]): MessageType {
  const fields = rows.map((row) => fieldFromRow(row, oneofs));
  const byName = new Map<string, FieldType>();
  for (const field of fields) byName.set(field.name, field).set(field.jsonName, field);
  return { name, fields, oneofs, byName };
}

function fieldFromRow([name, number, type, extras]: FieldRow, oneofs: readonly string[]): FieldType {
  const mapType = /^\{(\w+)\}(.*)$/.exec(type);
  const isList = type.startsWith("[]");
  const bare = mapType?.[2] ?? (isList ? type.slice(2) : type);
  const jsonName = extras?.j ?? camelCase(name);
  return {
    name,
    number,
    localName: extras?.l ?? jsonName,
    jsonName,
    type: valueType(bare),
    container: mapType !== null ? "map" : isList ? "list" : "singular",
    mapKey: mapType?.[1] as ScalarKind | undefined,
    oneof: extras?.o === undefined ? undefined : oneofs[extras.o],
    isOptional: extras?.p === 1,
    isDeprecated: extras?.d === 1,
  };
}

function valueType(text: string): ValueType {
  if (text.startsWith("m:")) return { kind: "message", message: text.slice(2) };
  if (text.startsWith("e:")) return { kind: "enum", enum: text.slice(2) };
  return { kind: "scalar", scalar: text as ScalarKind };
}

const wrapperScalars: Readonly<Record<string, ScalarKind>> = {
  "google.protobuf.DoubleValue": "double",
  "google.protobuf.FloatValue": "float",
  "google.protobuf.Int64Value": "int64",
  "google.protobuf.UInt64Value": "uint64",
  "google.protobuf.Int32Value": "int32",
  "google.protobuf.UInt32Value": "uint32",
  "google.protobuf.BoolValue": "bool",
  "google.protobuf.StringValue": "string",
  "google.protobuf.BytesValue": "bytes",
};

/** Kind of the value inside a wrapper message (`google.protobuf.UInt32Value` → `uint32`); undefined for other messages. */
export function wrappedScalar(messageName: string): ScalarKind | undefined {
  return wrapperScalars[messageName];
}
