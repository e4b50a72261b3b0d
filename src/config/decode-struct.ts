// google.protobuf.Value, Struct and ListValue as messages (where protobuf-es does not hold them as plain JSON).
import type { MutableMessage } from "./create-message.ts";
import { type ConfigNode, type ObjectNode, setOwn } from "./source-node.ts";

/** A google.protobuf.Value of any node. */
export function decodeValue(node: ConfigNode): MutableMessage {
  return { $typeName: "google.protobuf.Value", kind: valueKind(node) } as unknown as MutableMessage;
}

/** The `fields` of a google.protobuf.Struct message. */
export function decodeStructFields(node: ObjectNode): Record<string, MutableMessage> {
  const fields: Record<string, MutableMessage> = {};
  for (const entry of node.entries) setOwn(fields, entry.key, decodeValue(entry.value));
  return fields;
}

function valueKind(node: ConfigNode): { case: string; value: unknown } {
  switch (node.kind) {
    case "array":
      return {
        case: "listValue",
        value: { $typeName: "google.protobuf.ListValue", values: node.items.map(decodeValue) },
      };
    case "object":
      return { case: "structValue", value: { $typeName: "google.protobuf.Struct", fields: decodeStructFields(node) } };
    case "scalar":
      switch (typeof node.value) {
        case "string":
          return { case: "stringValue", value: node.value };
        case "number":
          return { case: "numberValue", value: node.value };
        case "boolean":
          return { case: "boolValue", value: node.value };
        default:
          return { case: "nullValue", value: 0 };
      }
  }
}
