// Proto JSON of a decoded message with proto field names and secrets redacted: the form of Envoy's /config_dump.
import type { Any } from "@bufbuild/protobuf/wkt";
import { fieldValue, type MutableMessage } from "./create-message.ts";
import { decodedAnyOf } from "./decoded-any.ts";
import { isSensitiveField } from "./sensitive-fields.ts";
import { nodeToValue, setOwn } from "./source-node.ts";
import { type FieldType, type TypeTable, type ValueType, wrappedScalar } from "./type-table.ts";

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** JSON of `message`; 64-bit integers are strings, bytes base64, durations `"5.500s"`. Secrets print as `[redacted]`. */
export function messageToJson(types: TypeTable, message: MutableMessage): JsonValue {
  return new JsonPrinter(types).message(message, false);
}

const redacted = "[redacted]";

class JsonPrinter {
  readonly #types: TypeTable;

  constructor(types: TypeTable) {
    this.#types = types;
  }

  message(message: MutableMessage, isSecret: boolean): JsonValue {
    switch (message.$typeName) {
      case "google.protobuf.Any":
        return this.#any(message as unknown as Any, isSecret);
      case "google.protobuf.Duration":
        return `${timeText(message)}s`;
      case "google.protobuf.Timestamp":
        return timestampText(message);
      case "google.protobuf.FieldMask":
        return (message["paths"] as string[]).join(",");
      case "google.protobuf.Struct":
        return this.#map(message["fields"] as object, { kind: "message", message: "google.protobuf.Value" }, isSecret);
      case "google.protobuf.ListValue":
        return (message["values"] as MutableMessage[]).map((value) => this.message(value, isSecret));
      case "google.protobuf.Value":
        return this.#value(message["kind"] as { case: string; value: unknown }, isSecret);
    }
    const scalar = wrappedScalar(message.$typeName);
    if (scalar !== undefined) return this.#one(message["value"], { kind: "scalar", scalar }, isSecret);
    const json: Record<string, JsonValue> = {};
    for (const field of this.#types.requireMessage(message.$typeName).fields) {
      const value = fieldValue(message, field);
      if (value === undefined) continue;
      json[field.name] = this.#field(value, field, isSecret || isSensitiveField(message.$typeName, field.name));
    }
    return json;
  }

  #field(value: unknown, field: FieldType, isSecret: boolean): JsonValue {
    if (field.container === "list") return (value as unknown[]).map((item) => this.#one(item, field.type, isSecret));
    if (field.container === "map") return this.#map(value as object, field.type, isSecret);
    return this.#one(value, field.type, isSecret);
  }

  #map(map: object, type: ValueType, isSecret: boolean): JsonValue {
    const json = {};
    for (const [key, value] of Object.entries(map)) setOwn(json, key, this.#one(value, type, isSecret));
    return json;
  }

  #one(value: unknown, type: ValueType, isSecret: boolean): JsonValue {
    if (type.kind === "enum") {
      return this.#types.requireEnum(type.enum).values.find(([, number]) => number === value)?.[0] ?? value as number;
    }
    if (type.kind === "message") {
      if (typeof value === "object" && value !== null && "$typeName" in value) {
        return this.message(value as MutableMessage, isSecret);
      }
      const scalar = wrappedScalar(type.message);
      return scalar === undefined
        ? (isSecret ? redacted : value as JsonValue)
        : this.#one(value, { kind: "scalar", scalar }, isSecret);
    }
    if (isSecret && (typeof value === "string" || value instanceof Uint8Array)) return redacted;
    if (value instanceof Uint8Array) return base64(value);
    if (typeof value === "bigint") return value.toString();
    if (typeof value === "number" && !Number.isFinite(value)) return String(value);
    return value as JsonValue;
  }

  #value(kind: { case: string; value: unknown }, isSecret: boolean): JsonValue {
    if (kind.case === "structValue" || kind.case === "listValue") {
      return this.message(kind.value as MutableMessage, isSecret);
    }
    if (kind.case === "nullValue" || kind.case === undefined) return null;
    return isSecret ? redacted : kind.value as JsonValue;
  }

  #any(any: Any, isSecret: boolean): JsonValue {
    if (any.typeUrl === "") return {};
    const decoded = decodedAnyOf(any);
    if (decoded === undefined) return { "@type": any.typeUrl, value: base64(any.value) };
    if (decoded.typedStruct !== null) {
      const { typeUrl, value } = decoded.typedStruct;
      const plain = value === undefined ? {} : nodeToValue(value) as JsonValue;
      return { "@type": any.typeUrl, type_url: typeUrl, value: isSecret ? redacted : plain };
    }
    const json = this.message(decoded.message as MutableMessage, isSecret);
    const hasValueForm = decoded.pathSuffix !== "" || typeof json !== "object" || json === null || Array.isArray(json);
    return hasValueForm ? { "@type": any.typeUrl, value: json } : { "@type": any.typeUrl, ...json };
  }
}

/** Seconds with 0, 3, 6 or 9 decimals, as protobuf prints them. */
function timeText(message: MutableMessage): string {
  const seconds = message["seconds"] as bigint;
  const nanos = message["nanos"] as number;
  const sign = seconds < 0n || nanos < 0 ? "-" : "";
  const whole = `${sign}${seconds < 0n ? -seconds : seconds}`;
  if (nanos === 0) return whole;
  const digits = String(Math.abs(nanos)).padStart(9, "0");
  const length = digits.endsWith("000000") ? 3 : digits.endsWith("000") ? 6 : 9;
  return `${whole}.${digits.slice(0, length)}`;
}

function timestampText(message: MutableMessage): string {
  const date = new Date(Number(message["seconds"] as bigint) * 1000).toISOString().slice(0, 19);
  const fraction = timeText({ ...message, seconds: 0n } as unknown as MutableMessage).slice(1);
  return `${date}${fraction}Z`;
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
