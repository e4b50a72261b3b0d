// Writes src/gen/type-table.txt: every message and enum of the generated code as one compact line (format: src/config/type-table.ts).
import { type DescEnum, type DescField, type DescFile, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { camelCase } from "../../src/config/locate.ts";
import type { FieldRow, FieldRowExtras } from "../../src/config/type-table.ts";

/** google.protobuf.Edition and FeatureSet.FieldPresence numbers. */
const editionProto2 = 998;
const explicitPresence = 1;

const genFolder = process.argv[2] ?? join(import.meta.dirname, "..", "..", "src", "gen");
const lines = new Map<string, string>();

for (const name of readdirSync(genFolder, { recursive: true, encoding: "utf8" })) {
  if (!name.endsWith("_pb.ts")) continue;
  const module: Record<string, unknown> = await import(join(genFolder, name));
  for (const [key, value] of Object.entries(module)) {
    if (key.startsWith("file_")) addFile(value as DescFile);
  }
}
for (const type of ["any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers"]) {
  const module: Record<string, unknown> = await import("@bufbuild/protobuf/wkt");
  addFile(module[`file_google_protobuf_${type}`] as DescFile);
}
const text = [...lines].sort(([a], [b]) => a < b ? -1 : 1).map(([name, json]) => `${name}\t${json}\n`).join("");
writeFileSync(join(genFolder, "type-table.txt"), text);
console.log(`src/gen/type-table.txt: ${lines.size} types, ${Math.round(text.length / 1024)} KB`);

function addFile(file: DescFile): void {
  if ((file.edition as number) === editionProto2) return; // no configuration message is proto2
  for (const desc of file.enums) addEnum(desc);
  for (const desc of file.messages) addMessage(desc);
}

function addEnum(desc: DescEnum): void {
  lines.set(desc.typeName, JSON.stringify({ e: desc.values.map((value) => [value.name, value.number]) }));
}

function addMessage(desc: DescMessage): void {
  const oneofs = desc.oneofs.map((oneof) => oneof.localName);
  const f = desc.fields.map((field) => fieldRow(field, oneofs));
  lines.set(desc.typeName, JSON.stringify(oneofs.length === 0 ? { f } : { f, o: oneofs }));
  for (const nested of desc.nestedEnums) addEnum(nested);
  for (const nested of desc.nestedMessages) addMessage(nested);
}

function fieldRow(field: DescField, oneofs: readonly string[]): FieldRow {
  const extras: FieldRowExtras = {};
  const jsonName = camelCase(field.name);
  if (field.jsonName !== jsonName) extras.j = field.jsonName;
  if (field.localName !== field.jsonName) extras.l = field.localName;
  if (field.oneof !== undefined) extras.o = oneofs.indexOf(field.oneof.localName);
  const isScalar = field.fieldKind === "scalar" || field.fieldKind === "enum";
  if (isScalar && field.oneof === undefined && (field.presence as number) === explicitPresence) extras.p = 1;
  if (field.deprecated) extras.d = 1;
  const row: FieldRow = [field.name, field.number, typeText(field)];
  if (Object.keys(extras).length > 0) row.push(extras);
  return row;
}

function typeText(field: DescField): string {
  const scalarName = (scalar: ScalarType) => ScalarType[scalar].toLowerCase();
  switch (field.fieldKind) {
    case "scalar":
      return scalarName(field.scalar);
    case "enum":
      return `e:${field.enum.typeName}`;
    case "message":
      return `m:${field.message.typeName}`;
    case "list":
      if (field.listKind === "scalar") return `[]${scalarName(field.scalar)}`;
      return field.listKind === "enum" ? `[]e:${field.enum.typeName}` : `[]m:${field.message.typeName}`;
    case "map": {
      const key = `{${scalarName(field.mapKey)}}`;
      if (field.mapKind === "scalar") return key + scalarName(field.scalar);
      return field.mapKind === "enum" ? `${key}e:${field.enum.typeName}` : `${key}m:${field.message.typeName}`;
    }
  }
}
