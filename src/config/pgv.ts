// Checks decoded messages against the `validate.rules` of Envoy's protos (protoc-gen-validate), as the generated rule table has them.
import type { Any, Duration, Timestamp } from "@bufbuild/protobuf/wkt";
import { fieldValue, isFieldSet, type MutableMessage } from "./create-message.ts";
import { decodedAnyOf } from "./decoded-any.ts";
import { fieldPath, indexPath, keyPath } from "./locate.ts";
import { boundsViolation, bytesViolation, durationText, repeatedViolation, stringViolation } from "./pgv-values.ts";
import type {
  EnumRules,
  FieldRules,
  MapRules,
  MessageRules,
  RepeatedRules,
  RuleTable,
  TimestampRules,
  ValueRules,
} from "./pgv-rules.ts";
import type { ProblemSink } from "./problem-sink.ts";
import { isSensitiveField } from "./sensitive-fields.ts";
import { type FieldType, type MessageType, type TypeTable, type ValueType, wrappedScalar } from "./type-table.ts";

/** Nanoseconds of a wall-clock reading, for the few rules that compare with now. */
export type NowNs = () => bigint;

export class RuleChecker {
  readonly #types: TypeTable;
  readonly #rules: RuleTable;
  readonly #sink: ProblemSink;
  readonly #now: NowNs;
  #secretDepth = 0;

  constructor(
    types: TypeTable,
    rules: RuleTable,
    sink: ProblemSink,
    now: NowNs = () => BigInt(Date.now()) * 1_000_000n,
  ) {
    this.#types = types;
    this.#rules = rules;
    this.#sink = sink;
    this.#now = now;
  }

  /** Adds a problem for every rule that `message`, anything below it, or an unpacked Any in it breaks. */
  check(message: MutableMessage, path: string): void {
    if (message.$typeName === "google.protobuf.Any") {
      const decoded = decodedAnyOf(message);
      if (decoded !== undefined) this.check(decoded.message as MutableMessage, path + decoded.pathSuffix);
      return;
    }
    if (message.$typeName.startsWith("google.protobuf.")) return;
    const rules = this.#rules.get(message.$typeName);
    if (rules?.disabled === true) return;
    const type = this.#types.requireMessage(message.$typeName);
    for (const field of type.fields) {
      const isSecret = isSensitiveField(type.name, field.name);
      if (isSecret) this.#secretDepth++;
      this.#checkField(message, field, rules?.fields?.[field.name], fieldPath(path, field.name));
      if (isSecret) this.#secretDepth--;
    }
    if (rules?.requiredOneofs !== undefined) this.#checkOneofs(message, type, rules, path);
  }

  #checkOneofs(message: MutableMessage, type: MessageType, rules: MessageRules, path: string): void {
    for (const name of rules.requiredOneofs ?? []) {
      const members = type.fields.filter((field) => field.oneof !== undefined && sameName(field.oneof, name));
      if (members.some((field) => isFieldSet(message, field))) continue;
      const names = members.map((field) => field.name);
      this.#sink.add(
        "CFG012",
        path,
        names.length === 1 ? `must have ${names[0]}` : `must have one of ${names.join(", ")}`,
      );
    }
  }

  #checkField(message: MutableMessage, field: FieldType, rules: FieldRules | undefined, path: string): void {
    const value = fieldValue(message, field);
    if (value === undefined && rules?.required === true && field.oneof === undefined) {
      this.#sink.add("CFG012", path, "is required");
      return;
    }
    if (field.container === "list") {
      this.#checkList(value as unknown[] | undefined ?? [], field, rules, path);
    } else if (field.container === "map") {
      this.#checkMap(value as Record<string, unknown> | undefined ?? {}, field, rules, path);
    } else if (value !== undefined) {
      this.#checkValue(value, field.type, rules, path);
    } else if (field.type.kind !== "message" && field.oneof === undefined && !field.isOptional) {
      this.#checkRules(message[field.localName], field.type, rules?.value, path);
    }
  }

  #checkValue(value: unknown, type: ValueType, rules: FieldRules | undefined, path: string): void {
    this.#checkRules(value, type, rules?.value, path);
    const isMessage = type.kind === "message" && typeof value === "object" && value !== null && "$typeName" in value;
    if (isMessage && rules?.skip !== true) this.check(value as MutableMessage, path);
  }

  #checkList(items: unknown[], field: FieldType, rules: FieldRules | undefined, path: string): void {
    const listRules = rules?.value as RepeatedRules | undefined;
    const isIgnored = listRules === undefined || (items.length === 0 && listRules.ignoreEmpty === true);
    if (!isIgnored) {
      const violation = repeatedViolation(items, listRules);
      if (violation !== null) this.#problem(path, violation, items);
    }
    items.forEach((item, i) =>
      this.#checkValue(item, field.type, inherited(rules, listRules?.items), indexPath(path, i))
    );
  }

  #checkMap(map: Record<string, unknown>, field: FieldType, rules: FieldRules | undefined, path: string): void {
    const mapRules = rules?.value as MapRules | undefined;
    const keys = Object.keys(map);
    if (mapRules !== undefined && !(keys.length === 0 && mapRules.ignoreEmpty === true)) {
      const { minPairs, maxPairs } = mapRules;
      if (minPairs !== undefined && keys.length < minPairs) {
        this.#problem(path, `must have at least ${minPairs} entries`, map);
      }
      if (maxPairs !== undefined && keys.length > maxPairs) {
        this.#problem(path, `must have at most ${maxPairs} entries`, map);
      }
    }
    const keyType: ValueType = { kind: "scalar", scalar: field.mapKey ?? "string" };
    for (const key of keys) {
      const at = keyPath(path, key);
      this.#checkRules(mapKeyValue(key, field), keyType, mapRules?.keys?.value, at);
      this.#checkValue(map[key], field.type, inherited(rules, mapRules?.values), at);
    }
  }

  #checkRules(value: unknown, type: ValueType, rules: ValueRules | undefined, path: string): void {
    if (rules === undefined) return;
    const plain = unwrap(value, type);
    const violation = this.#violation(plain, type, rules);
    if (violation !== null) {
      this.#problem(
        path,
        violation,
        rules.kind === "duration" ? durationText(durationNs(plain as Duration)) : plain,
        type,
      );
    }
  }

  #violation(value: unknown, type: ValueType, rules: ValueRules): string | null {
    switch (rules.kind) {
      case "number":
        if (rules.ignoreEmpty === true && value === 0) return null;
        return boundsViolation(value as number, rules, String);
      case "bigint":
        if (rules.ignoreEmpty === true && value === 0n) return null;
        return boundsViolation(value as bigint, rules, String);
      case "bool":
        return rules.const === undefined || rules.const === value ? null : `must be ${rules.const}`;
      case "string":
        return rules.ignoreEmpty === true && value === "" ? null : stringViolation(value as string, rules);
      case "bytes":
        return rules.ignoreEmpty === true && (value as Uint8Array).length === 0
          ? null
          : bytesViolation(value as Uint8Array, rules);
      case "enum":
        return this.#enumViolation(value as number, type, rules);
      case "duration":
        return boundsViolation(durationNs(value as Duration), rules, durationText);
      case "timestamp":
        return this.#timestampViolation(value as Timestamp, rules);
      case "any": {
        const url = (value as Any).typeUrl;
        if (rules.in !== undefined && !rules.in.includes(url)) {
          return `must have "@type" of one of ${rules.in.join(", ")}`;
        }
        return rules.notIn?.includes(url) === true ? `must not have "@type" ${url}` : null;
      }
      case "repeated":
      case "map":
        return null;
    }
  }

  #enumViolation(value: number, type: ValueType, rules: EnumRules): string | null {
    const values = type.kind === "enum" ? this.#types.requireEnum(type.enum).values : [];
    const nameOf = (number: number) => values.find(([, n]) => n === number)?.[0] ?? String(number);
    if (rules.const !== undefined && value !== rules.const) return `must be ${nameOf(rules.const)}`;
    if (rules.in !== undefined && !rules.in.includes(value)) return `must be one of ${rules.in.map(nameOf).join(", ")}`;
    if (rules.notIn?.includes(value) === true) return `must not be one of ${rules.notIn.map(nameOf).join(", ")}`;
    if (rules.definedOnly === true && !values.some(([, number]) => number === value)) {
      return `must be one of ${values.map(([name]) => name).join(", ")}`;
    }
    return null;
  }

  #timestampViolation(value: Timestamp, rules: TimestampRules): string | null {
    const at = durationNs(value);
    const now = this.#now();
    if (rules.ltNow === true && at >= now) return "must lie in the past";
    if (rules.gtNow === true && at <= now) return "must lie in the future";
    if (rules.withinNs !== undefined && (at > now + rules.withinNs || at < now - rules.withinNs)) {
      return `must lie within ${durationText(rules.withinNs)} of now`;
    }
    return boundsViolation(at, rules, (ns) => new Date(Number(ns / 1_000_000n)).toISOString());
  }

  #problem(path: string, message: string, value: unknown, type?: ValueType): void {
    const shown = type?.kind === "enum"
      ? this.#types.requireEnum(type.enum).values.find(([, n]) => n === value)?.[0] ?? value
      : value;
    this.#sink.add("CFG012", path, message, this.#secretDepth > 0 ? {} : { value: shown });
  }
}

/** `skip` of a list or map field holds for what is in it. */
function inherited(outer: FieldRules | undefined, inner: FieldRules | undefined): FieldRules | undefined {
  return outer?.skip === true ? { ...inner, skip: true } : inner;
}

function sameName(localName: string, protoName: string): boolean {
  return localName.toLowerCase() === protoName.replaceAll("_", "").toLowerCase();
}

/** Wrappers inside oneofs, lists and maps are messages: rules are about the value in them. */
function unwrap(value: unknown, type: ValueType): unknown {
  const isMessage = typeof value === "object" && value !== null && "$typeName" in value;
  if (type.kind !== "message" || !isMessage || wrappedScalar(type.message) === undefined) return value;
  return (value as MutableMessage)["value"];
}

function mapKeyValue(key: string, field: FieldType): unknown {
  if (field.mapKey === "string" || field.mapKey === undefined) return key;
  if (field.mapKey === "bool") return key === "true";
  return field.mapKey.endsWith("64") ? BigInt(key) : Number(key);
}

function durationNs(value: { seconds: bigint; nanos: number }): bigint {
  return value.seconds * 1_000_000_000n + BigInt(value.nanos);
}
