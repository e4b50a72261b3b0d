// protobuf's MergeFrom on decoded messages: how Envoy puts `--config-yaml` over the file of `-c`.
import type { Any } from "@bufbuild/protobuf/wkt";
import { isFieldSet, type MutableMessage, type OneofValue } from "./create-message.ts";
import { setOwn } from "./source-node.ts";
import { type FieldType, type TypeTable, wrappedScalar } from "./type-table.ts";

/**
 * Merges `from` into `target`; both are of the same type. Set scalars replace, messages merge, lists append, map entries replace by
 * key, a oneof takes the new case. As in protobuf a scalar without presence that is zero (also the one inside a wrapper or a Duration)
 * does not replace: `enable_dispatcher_stats: false` over `true` stays true, `0.5s` over `5s` gives `5.5s`.
 */
export function mergeMessage(types: TypeTable, target: MutableMessage, from: MutableMessage): void {
  if (from.$typeName === "google.protobuf.Any") {
    if ((from as unknown as Any).typeUrl !== "") throw new Error("an Any is replaced by its holder");
    return;
  }
  for (const field of types.requireMessage(from.$typeName).fields) {
    if (!isFieldSet(from, field)) continue;
    if (field.oneof !== undefined) mergeOneof(types, target, from, field, field.oneof);
    else if (field.container === "list") {
      (target[field.localName] as unknown[]).push(...from[field.localName] as unknown[]);
    } else if (field.container === "map") {
      mergeEntries(target[field.localName] as object, from[field.localName] as object);
    } else target[field.localName] = mergedValue(types, target[field.localName], from[field.localName], field);
  }
}

function mergeOneof(
  types: TypeTable,
  target: MutableMessage,
  from: MutableMessage,
  field: FieldType,
  oneof: string,
): void {
  const old = target[oneof] as OneofValue;
  const added = from[oneof] as OneofValue;
  const isSameMessage = old.case === added.case && field.type.kind === "message";
  target[oneof] = {
    case: added.case,
    value: isSameMessage ? mergedValue(types, old.value, added.value, field) : added.value,
  };
}

function mergedValue(types: TypeTable, old: unknown, added: unknown, field: FieldType): unknown {
  if (field.type.kind !== "message" || old === undefined) return added;
  const name = field.type.message;
  if (name === "google.protobuf.Any") return (added as Any).typeUrl === "" ? old : added;
  if (typeof added === "object" && added !== null && "$typeName" in added && added.$typeName === name) {
    mergeMessage(types, old as MutableMessage, added as MutableMessage);
    return old;
  }
  if (wrappedScalar(name) !== undefined) return isZero(added) ? old : added;
  // A Struct held as plain JSON: a map of values.
  const merged = {};
  mergeEntries(merged, old as object);
  mergeEntries(merged, added as object);
  return merged;
}

function mergeEntries(target: object, from: object): void {
  for (const [key, value] of Object.entries(from)) setOwn(target, key, value);
}

function isZero(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  return value === "" || value === 0 || value === 0n || value === false;
}
