// Compares field tables with the descriptors of their messages. Used for the core tables and for those of extensions.
import type { FieldTable } from "../../src/config/field-table.ts";
import { protoTypes } from "../../src/config/proto-types.ts";

/** What is wrong with `tables`: fields in no list or in several, names that do not exist, reasons that are empty. */
export function checkFieldTables(tables: readonly FieldTable[]): string[] {
  return tables.flatMap((table) => {
    const type = protoTypes().message(table.message);
    if (type === undefined) return [`${table.message}: no such message`];
    const listed = [...table.honoured, ...Object.keys(table.accepted), ...Object.keys(table.refused)];
    const found: string[] = [];
    for (const field of type.fields) {
      const times = listed.filter((name) => name === field.name).length;
      if (times !== 1) found.push(`${table.message}.${field.name}: listed ${times} times`);
    }
    for (const name of new Set(listed)) {
      if (!type.fields.some((field) => field.name === name)) found.push(`${table.message}.${name}: no such field`);
    }
    for (const [name, reason] of [...Object.entries(table.accepted), ...Object.entries(table.refused)]) {
      if (reason.trim() === "") found.push(`${table.message}.${name}: no reason`);
    }
    return found;
  });
}
