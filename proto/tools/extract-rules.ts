// Writes the table of validation rules (shape: src/config/pgv-rules.ts) from the `validate.rules` annotations in a buf image.
//
// Usage: bun extract-rules.ts IMAGE OUTPUT.ts
import { createFileRegistry, fromBinary, getOption, hasOption } from "@bufbuild/protobuf";
import type { DescExtension, DescMessage, FileRegistry } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { readFileSync, writeFileSync } from "node:fs";
import type { FieldRules, MessageRules, ValueRules } from "../../src/config/pgv-rules.ts";

type Json = Record<string, unknown>;

const [imageFile, outputFile] = process.argv.slice(2);
if (imageFile === undefined || outputFile === undefined) throw new Error("usage: bun extract-rules.ts IMAGE OUTPUT.ts");
const registry: FileRegistry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(imageFile)));

const rulesExtension = extension("validate.rules");
const requiredExtension = extension("validate.required");
const disablingExtensions = [extension("validate.disabled"), extension("validate.ignored")];

const entries: [string, MessageRules][] = [];
let fieldCount = 0;
for (const file of registry.files) for (const message of file.messages) visit(message);
entries.sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(outputFile, sourceText());
console.log(`${fieldCount} field rules in ${entries.length} messages`);

function extension(name: string): DescExtension {
  const found = registry.getExtension(name);
  if (found === undefined) throw new Error(`${name} is not in the image`);
  return found;
}

function visit(message: DescMessage): void {
  const rules = messageRules(message);
  if (Object.keys(rules).length > 0) entries.push([message.typeName, rules as MessageRules]);
  for (const nested of message.nestedMessages) visit(nested);
}

function messageRules(message: DescMessage): Json {
  if (disablingExtensions.some((option) => hasOption(message, option) && getOption(message, option) === true)) {
    return { disabled: true };
  }
  const fields: Json = {};
  for (const field of message.fields) {
    if (!hasOption(field, rulesExtension)) continue;
    const rules = fieldRules(reflect(ruleMessage("validate.FieldRules"), getOption(field, rulesExtension) as never));
    if (Object.keys(rules).length > 0) fields[field.name] = rules;
  }
  const requiredOneofs = message.oneofs
    .filter((oneof) => hasOption(oneof, requiredExtension) && getOption(oneof, requiredExtension) === true)
    .map((oneof) => oneof.name);
  const count = Object.keys(fields).length;
  fieldCount += count;
  return { ...(count > 0 && { fields }), ...(requiredOneofs.length > 0 && { requiredOneofs }) };
}

function ruleMessage(name: string): DescMessage {
  const found = registry.getMessage(name);
  if (found === undefined) throw new Error(`${name} is not in the image`);
  return found;
}

/** Turns a validate.FieldRules into our FieldRules; an annotation without effect gives {}. */
function fieldRules(rules: ReflectMessage): FieldRules {
  const result: Json = {};
  for (const field of rules.fields) {
    if (!rules.isSet(field)) continue;
    const nested = rules.get(field) as ReflectMessage;
    const plain = plainRules(nested);
    if (field.name === "message") {
      Object.assign(result, plain);
      continue;
    }
    // `required` of Any, Duration and Timestamp says the same as that of a message.
    if (plain.required === true) result.required = true;
    delete plain.required;
    if (Object.keys(plain).length > 0) result.value = { kind: kindOf(field.name), ...plain };
  }
  return result as FieldRules;
}

function kindOf(ruleField: string): ValueRules["kind"] {
  if (/^([su]?int|s?fixed)64$/.test(ruleField)) return "bigint";
  if (/^(float|double|([su]?int|s?fixed)32)$/.test(ruleField)) return "number";
  return ruleField as ValueRules["kind"];
}

/** The set fields of a rule message as a plain object; flags that are false are left out. */
function plainRules(rules: ReflectMessage): Json {
  const plain: Json = {};
  const isBigint = kindOf(ruleName(rules)) === "bigint";
  for (const field of rules.fields) {
    if (!rules.isSet(field)) continue;
    if (field.fieldKind === "list") {
      const items = [...(rules.get(field) as Iterable<unknown>)].map((item) => plainValue(item, isBigint));
      if (items.length > 0) plain[field.localName] = items;
    } else if (field.oneof?.name === "well_known") {
      const name = wellKnown(rules, field.name);
      if (name !== undefined) plain.wellKnown = name;
    } else if (field.name === "strict") {
      // Part of the name of the well-known format.
    } else if (field.name === "within") {
      plain.withinNs = plainValue(rules.get(field), isBigint);
    } else {
      const value = rules.get(field);
      if (value !== false || field.name === "const") plain[field.localName] = plainValue(value, isBigint);
    }
  }
  return plain;
}

/** `validate.UInt32Rules` → `uint32`. */
function ruleName(rules: ReflectMessage): string {
  return rules.desc.name.replace(/Rules$/, "").toLowerCase();
}

function wellKnown(rules: ReflectMessage, name: string): string | undefined {
  const value = rules.get(rules.desc.fields.find((field) => field.name === name)!);
  if (name !== "well_known_regex") return value === true ? name : undefined;
  const strict = rules.get(rules.desc.fields.find((field) => field.name === "strict")!) === true;
  const header = value === 1 ? "http_header_name" : value === 2 ? "http_header_value" : undefined;
  return header === undefined || strict ? header : `${header}_loose`;
}

function plainValue(value: unknown, isBigint: boolean): unknown {
  if (typeof value === "bigint") return isBigint ? value : Number(value);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const message = value as ReflectMessage;
  switch (message.desc.typeName) {
    case "validate.FieldRules":
      return fieldRules(message);
    case "google.protobuf.Duration":
    case "google.protobuf.Timestamp": {
      const { seconds, nanos } = message.message as unknown as { seconds: bigint; nanos: number };
      return seconds * 1_000_000_000n + BigInt(nanos);
    }
  }
  throw new Error(`${message.desc.typeName} is not expected in a rule`);
}

function sourceText(): string {
  const lines = entries.map(([name, rules]) => `  [${JSON.stringify(name)}, ${literal(rules)}],\n`);
  return `// Validation rules of the proto subset; generated by proto/tools/extract-rules.ts.\n` +
    `import type { MessageRules, RuleTable } from "../config/pgv-rules.ts";\n\n` +
    `export const validateRules: RuleTable = new Map<string, MessageRules>([\n${lines.join("")}]);\n`;
}

function literal(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return `new Uint8Array([${value.join(", ")}])`;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([key, member]) => `${key}: ${literal(member)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error("a bound is not a finite number");
  return JSON.stringify(value);
}
