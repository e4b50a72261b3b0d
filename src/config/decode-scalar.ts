// Scalars, enums, durations and timestamps of proto JSON (https://protobuf.dev/programming-guides/json), as lenient as Envoy's loader.
import { nearestName } from "./nearest-name.ts";
import type { ConfigNode } from "./source-node.ts";
import type { EnumType, ScalarKind } from "./type-table.ts";

/** Why a value was refused; the decoder adds code position and path. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export type ScalarValue = string | number | bigint | boolean | Uint8Array;
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

function accept<T>(value: T): Result<T> {
  return { ok: true, value };
}

function refuse<T>(code: string, message: string, hint?: string): Result<T> {
  return { ok: false, refusal: hint === undefined ? { code, message } : { code, message, hint } };
}

/** Ranges of the integer kinds; 64-bit ones are held as bigint. */
const integerRanges: Partial<Record<ScalarKind, readonly [bigint, bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  sfixed32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sint64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
};

export function isLongKind(kind: ScalarKind): boolean {
  return kind.endsWith("64");
}

/** The value of an unset implicit field. */
export function zeroOf(kind: ScalarKind): ScalarValue {
  if (kind === "string") return "";
  if (kind === "bool") return false;
  if (kind === "bytes") return new Uint8Array(0);
  return isLongKind(kind) ? 0n : 0;
}

export function decodeScalar(node: ConfigNode, kind: ScalarKind): Result<ScalarValue> {
  if (node.kind !== "scalar") return refuse("CFG010", `must be ${kindLabel(kind)}, not ${nodeLabel(node)}`);
  switch (kind) {
    case "string":
      return decodeString(node.value, node.plainText);
    case "bool":
      if (typeof node.value === "boolean") return accept(node.value);
      if (node.value === "true" || node.value === "false") return accept(node.value === "true");
      return refuse("CFG010", "must be true or false");
    case "bytes":
      return typeof node.value === "string" ? decodeBytes(node.value) : refuse("CFG010", "must be base64 text");
    case "double":
    case "float":
      return decodeFloat(node.value, kind);
    default:
      return decodeInteger(node.value, node.plainText, kind);
  }
}

function decodeString(value: string | number | boolean | null, plainText: string | null): Result<ScalarValue> {
  if (typeof value === "string") return accept(value);
  // Envoy's YAML loader hands decimals on as text; whole numbers, booleans and null it does not.
  if (typeof value === "number" && plainText !== null && !Number.isInteger(value)) return accept(plainText);
  return refuse("CFG010", "must be text", `write it in quotes: ${JSON.stringify(plainText ?? String(value))}`);
}

function decodeBytes(text: string): Result<ScalarValue> {
  const standard = text.replaceAll("-", "+").replaceAll("_", "/").replaceAll(/[\s]/g, "");
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(standard) || standard.replaceAll("=", "").length % 4 === 1) {
    return refuse("CFG018", "must be base64 text", "plain text goes into `inline_string`, where the message has it");
  }
  const binary = atob(standard);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return accept(bytes);
}

function decodeFloat(value: string | number | boolean | null, kind: "double" | "float"): Result<ScalarValue> {
  let number = Number.NaN;
  if (typeof value === "number") number = value;
  else if (value === "NaN" || value === "Infinity" || value === "-Infinity") return accept(Number(value));
  else if (typeof value === "string" && /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value)) number = Number(value);
  if (!Number.isFinite(number)) return refuse("CFG016", "must be a number");
  if (kind === "float" && Math.abs(number) > 3.4028234663852886e38) {
    return refuse("CFG016", "is too large for a 32-bit float");
  }
  return accept(number);
}

function decodeInteger(
  value: string | number | boolean | null,
  plainText: string | null,
  kind: ScalarKind,
): Result<ScalarValue> {
  const [min, max] = integerRanges[kind] ?? [0n, 0n];
  let text = typeof value === "number" ? (Number.isInteger(value) ? BigInt(value).toString() : String(value)) : value;
  if (typeof value === "number" && plainText !== null && /^-?\d+$/.test(plainText)) text = plainText;
  if (typeof text === "string" && /^[-+]?0\d/.test(text)) {
    return refuse(
      "CFG016",
      "must be a whole number without leading zeros",
      "a leading zero means octal to some YAML readers",
    );
  }
  if (
    typeof text === "string" && !/^-?\d+$/.test(text) && Number.isInteger(Number(text)) &&
    /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text)
  ) {
    text = BigInt(Number(text)).toString();
  }
  if (typeof text !== "string" || !/^-?\d{1,30}$/.test(text)) {
    return refuse("CFG016", `must be a whole number inside range [${min}, ${max}]`);
  }
  const integer = BigInt(text);
  if (integer < min || integer > max) return refuse("CFG016", `must be inside range [${min}, ${max}]`);
  return accept(isLongKind(kind) ? integer : Number(integer));
}

/** Enum values by name (case does not matter, as in Envoy) or number. */
export function decodeEnum(node: ConfigNode, type: EnumType): Result<number> {
  const value = node.kind === "scalar" ? node.value : null;
  if (typeof value === "number" && Number.isInteger(value) && Math.abs(value) < 2 ** 31) return accept(value);
  if (typeof value === "string") {
    for (const [name, number] of type.values) if (name === value) return accept(number);
    const upper = value.toUpperCase();
    for (const [name, number] of type.values) if (name.toUpperCase() === upper) return accept(number);
    if (/^-?\d{1,9}$/.test(value)) return accept(Number(value));
  }
  const names = type.values.map(([name]) => name);
  const near = typeof value === "string" ? nearestName(value, names) : undefined;
  return refuse(
    "CFG015",
    `must be one of ${names.join(", ")}`,
    near === undefined ? undefined : `did you mean ${near}?`,
  );
}

export interface SecondsAndNanos {
  readonly seconds: bigint;
  readonly nanos: number;
}

const maxDurationSeconds = 315_576_000_000n;

/** `"1.5s"` → {seconds: 1n, nanos: 500000000}. */
export function decodeDuration(node: ConfigNode): Result<SecondsAndNanos> {
  const value = node.kind === "scalar" ? node.value : null;
  const match = typeof value === "string" ? /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(value) : null;
  if (match === null) return refuse("CFG017", 'must be a duration in seconds, e.g. "1.5s"', durationHint(value));
  const seconds = BigInt(match[2] ?? "0");
  const nanos = Number((match[3] ?? "").padEnd(9, "0"));
  if (seconds > maxDurationSeconds) return refuse("CFG017", `must not exceed ${maxDurationSeconds}s`);
  const sign = match[1] === "-" ? -1 : 1;
  return accept({ seconds: BigInt(sign) * seconds, nanos: nanos === 0 ? 0 : sign * nanos });
}

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, us: 0.000001, m: 60, min: 60, h: 3600, d: 86400 };

function durationHint(value: unknown): string | undefined {
  if (typeof value === "number") return `write "${value}s"`;
  const match = typeof value === "string" ? /^(\d+(?:\.\d+)?)\s*(ms|us|min|m|h|d)$/.exec(value) : null;
  const factor = unitSeconds[match?.[2] ?? ""];
  if (match === null || factor === undefined) return undefined;
  return `write "${Number((Number(match[1]) * factor).toFixed(9))}s"`;
}

/** RFC 3339 → seconds since the epoch and nanoseconds. */
export function decodeTimestamp(node: ConfigNode): Result<SecondsAndNanos> {
  const value = node.kind === "scalar" ? node.value : null;
  const match = typeof value === "string"
    ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[-+]\d\d:\d\d)$/.exec(value)
    : null;
  const milliseconds = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
  if (match === null || Number.isNaN(milliseconds)) {
    return refuse("CFG017", 'must be a time as in RFC 3339, e.g. "2026-01-31T08:00:00Z"');
  }
  return accept({ seconds: BigInt(Math.floor(milliseconds / 1000)), nanos: Number((match[2] ?? "").padEnd(9, "0")) });
}

export function kindLabel(kind: ScalarKind): string {
  if (kind === "string") return "text";
  if (kind === "bool") return "true or false";
  if (kind === "bytes") return "base64 text";
  return kind === "double" || kind === "float" ? "a number" : "a whole number";
}

export function nodeLabel(node: ConfigNode): string {
  if (node.kind === "array") return "a list";
  if (node.kind === "object") return "an object";
  if (node.value === null) return "null";
  return typeof node.value === "string" ? "text" : typeof node.value === "number" ? "a number" : "true or false";
}
