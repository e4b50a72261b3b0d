// Empty protobuf-es messages made from the type table: the same shape as `create(Schema)` gives, without the generated code.
import type { Message } from "@bufbuild/protobuf";
import { zeroOf } from "./decode-scalar.ts";
import type { FieldType, MessageType } from "./type-table.ts";

/** A message whose properties can be set by name. */
export type MutableMessage = Message & Record<string, unknown>;

/** A oneof as protobuf-es holds it. */
export interface OneofValue {
  case: string | undefined;
  value?: unknown;
}

/** Zero message of `type`: lists and maps empty, implicit scalars zero, oneofs without a case; sub-messages and optional scalars absent. */
export function createMessage(type: MessageType): MutableMessage {
  const message = { $typeName: type.name } as MutableMessage;
  for (const field of type.fields) {
    if (field.oneof !== undefined) {
      message[field.oneof] ??= { case: undefined };
    } else if (field.container === "list") {
      message[field.localName] = [];
    } else if (field.container === "map") {
      message[field.localName] = {};
    } else if (field.type.kind === "scalar" && !field.isOptional) {
      message[field.localName] = zeroOf(field.type.scalar);
    } else if (field.type.kind === "enum" && !field.isOptional) {
      message[field.localName] = 0;
    }
  }
  return message;
}

/** Whether `field` is set: present, or for fields without presence, other than zero or empty. */
export function isFieldSet(message: MutableMessage, field: FieldType): boolean {
  if (field.oneof !== undefined) return (message[field.oneof] as OneofValue).case === field.localName;
  const value = message[field.localName];
  if (value === undefined) return false;
  if (field.container === "list") return (value as unknown[]).length > 0;
  if (field.container === "map") return Object.keys(value as object).length > 0;
  if (field.isOptional || field.type.kind === "message") return true;
  if (value instanceof Uint8Array) return value.length > 0;
  return value !== "" && value !== 0 && value !== 0n && value !== false;
}

/** Value of a set field; undefined when it is not set. */
export function fieldValue(message: MutableMessage, field: FieldType): unknown {
  if (!isFieldSet(message, field)) return undefined;
  return field.oneof === undefined ? message[field.localName] : (message[field.oneof] as OneofValue).value;
}
