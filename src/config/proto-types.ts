// The one TypeTable of the process, over the generated rows. Read on first use.
import rows from "../gen/type-table.txt" with { type: "text" };
import { TypeTable } from "./type-table.ts";

let table: TypeTable | null = null;

export function protoTypes(): TypeTable {
  table ??= new TypeTable(rows);
  return table;
}
