// Finds the Anys of a message, by the type table.
import type { Any } from "@bufbuild/protobuf/wkt";
import { fieldValue, type MutableMessage } from "./create-message.ts";
import { fieldPath, indexPath, keyPath } from "./locate.ts";
import type { FieldType, TypeTable } from "./type-table.ts";

/** Calls `visit` for every Any in `message` with its path; does not look into the Anys themselves. */
export function forEachAny(
  types: TypeTable,
  message: MutableMessage,
  path: string,
  visit: (any: Any, path: string) => void,
): void {
  if (message.$typeName === "google.protobuf.Any") {
    visit(message as unknown as Any, path);
    return;
  }
  if (message.$typeName.startsWith("google.protobuf.")) return;
  for (const field of types.requireMessage(message.$typeName).fields) {
    const value = field.type.kind === "message" ? fieldValue(message, field) : undefined;
    if (value !== undefined) visitField(types, value, field, fieldPath(path, field.name), visit);
  }
}

function visitField(
  types: TypeTable,
  value: unknown,
  field: FieldType,
  path: string,
  visit: (any: Any, path: string) => void,
): void {
  const below = (item: unknown, at: string) => {
    if (typeof item === "object" && item !== null && "$typeName" in item) {
      forEachAny(types, item as MutableMessage, at, visit);
    }
  };
  if (field.container === "list") (value as unknown[]).forEach((item, i) => below(item, indexPath(path, i)));
  else if (field.container === "map") {
    for (const [key, item] of Object.entries(value as object)) below(item, keyPath(path, key));
  } else below(value, path);
}
