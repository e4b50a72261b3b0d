// The single rules of protoc-gen-validate: each function returns what the value must be, or null when it is.
import { RE2JS } from "re2js";
import type { Bounds, BytesRules, RepeatedRules, StringRules, WellKnownString } from "./pgv-rules.ts";

/** Violation of bounds; `print` writes a bound. */
export function boundsViolation<T extends number | bigint>(
  value: T,
  rules: Bounds<T>,
  print: (bound: T) => string,
): string | null {
  if (rules.const !== undefined && value !== rules.const) return `must be ${print(rules.const)}`;
  if (rules.in !== undefined && !rules.in.includes(value)) return `must be one of ${rules.in.map(print).join(", ")}`;
  if (rules.notIn?.includes(value) === true) return `must not be one of ${rules.notIn.map(print).join(", ")}`;
  // NaN passes no bound.
  const low = rules.gte ?? rules.gt;
  const high = rules.lte ?? rules.lt;
  const isAboveLow = low === undefined || (rules.gte !== undefined ? value >= low : value > low);
  const isBelowHigh = high === undefined || (rules.lte !== undefined ? value <= high : value < high);
  if (low !== undefined && high !== undefined) {
    const range = `${rules.gte !== undefined ? "[" : "("}${print(low)}, ${print(high)}${
      rules.lte !== undefined ? "]" : ")"
    }`;
    if (low > high) {
      const outside = `${rules.lte !== undefined ? "(" : "["}${print(high)}, ${print(low)}${
        rules.gte !== undefined ? ")" : "]"
      }`;
      return isAboveLow || isBelowHigh ? null : `must be outside range ${outside}`;
    }
    return isAboveLow && isBelowHigh ? null : `must be inside range ${range}`;
  }
  if (low !== undefined && !isAboveLow) {
    return `must be greater than ${rules.gte !== undefined ? "or equal to " : ""}${print(low)}`;
  }
  if (high !== undefined && !isBelowHigh) {
    return `must be less than ${rules.lte !== undefined ? "or equal to " : ""}${print(high)}`;
  }
  return null;
}

/** Seconds as proto JSON writes a duration: `0.25s`. */
export function durationText(ns: bigint): string {
  const sign = ns < 0n ? "-" : "";
  const digits = (ns < 0n ? -ns : ns).toString().padStart(10, "0");
  const fraction = digits.slice(-9).replace(/0+$/, "");
  return `${sign}${digits.slice(0, -9)}${fraction === "" ? "" : `.${fraction}`}s`;
}

export function repeatedViolation(items: readonly unknown[], rules: RepeatedRules): string | null {
  const { minItems, maxItems } = rules;
  if (minItems !== undefined && minItems === maxItems && items.length !== minItems) {
    return `must have exactly ${count(minItems, "item")}`;
  }
  if (minItems !== undefined && items.length < minItems) return `must have at least ${count(minItems, "item")}`;
  if (maxItems !== undefined && items.length > maxItems) return `must have at most ${count(maxItems, "item")}`;
  if (rules.unique === true && new Set(items.map(identity)).size < items.length) {
    return "must not have the same item twice";
  }
  return null;
}

function identity(item: unknown): unknown {
  return item instanceof Uint8Array ? `bytes ${item.join()}` : item;
}

export function stringViolation(value: string, rules: StringRules): string | null {
  if (rules.const !== undefined && value !== rules.const) return `must be ${JSON.stringify(rules.const)}`;
  if (rules.len !== undefined || rules.minLen !== undefined || rules.maxLen !== undefined) {
    const length = lengthViolation(countCodePoints(value), rules.len, rules.minLen, rules.maxLen, "character");
    if (length !== null) return length;
  }
  if (rules.lenBytes !== undefined || rules.minBytes !== undefined || rules.maxBytes !== undefined) {
    const bytes = lengthViolation(
      new TextEncoder().encode(value).length,
      rules.lenBytes,
      rules.minBytes,
      rules.maxBytes,
      "byte",
    );
    if (bytes !== null) return bytes;
  }
  if (rules.in !== undefined && !rules.in.includes(value)) return `must be one of ${rules.in.join(", ")}`;
  if (rules.notIn?.includes(value) === true) return `must not be one of ${rules.notIn.join(", ")}`;
  if (rules.prefix !== undefined && !value.startsWith(rules.prefix)) {
    return `must begin with ${JSON.stringify(rules.prefix)}`;
  }
  if (rules.suffix !== undefined && !value.endsWith(rules.suffix)) {
    return `must end with ${JSON.stringify(rules.suffix)}`;
  }
  if (rules.contains !== undefined && !value.includes(rules.contains)) {
    return `must contain ${JSON.stringify(rules.contains)}`;
  }
  if (rules.notContains !== undefined && value.includes(rules.notContains)) {
    return `must not contain ${JSON.stringify(rules.notContains)}`;
  }
  if (rules.pattern !== undefined && !matches(rules.pattern, value)) {
    return `must match the regular expression ${rules.pattern}`;
  }
  if (rules.wellKnown !== undefined && !isWellKnown(value, rules.wellKnown)) {
    return `must be ${wellKnownLabels[rules.wellKnown]}`;
  }
  return null;
}

export function bytesViolation(value: Uint8Array, rules: BytesRules): string | null {
  if (rules.const !== undefined && !isSame(value, rules.const)) return "must have the one allowed value";
  const length = lengthViolation(value.length, rules.len, rules.minLen, rules.maxLen, "byte");
  if (length !== null) return length;
  if (rules.in !== undefined && !rules.in.some((item) => isSame(value, item))) {
    return "must be one of the allowed values";
  }
  if (rules.notIn?.some((item) => isSame(value, item)) === true) return "must not have this value";
  if (rules.prefix !== undefined && !isSame(value.subarray(0, rules.prefix.length), rules.prefix)) {
    return "must begin with the given bytes";
  }
  if (
    rules.suffix !== undefined && !isSame(value.subarray(Math.max(0, value.length - rules.suffix.length)), rules.suffix)
  ) {
    return "must end with the given bytes";
  }
  if (rules.contains !== undefined && !latin1(value).includes(latin1(rules.contains))) {
    return "must contain the given bytes";
  }
  if (rules.pattern !== undefined && !matches(rules.pattern, latin1(value))) {
    return `must match the regular expression ${rules.pattern}`;
  }
  if (rules.wellKnown === "ipv4" && value.length !== 4) return "must be an IPv4 address (4 bytes)";
  if (rules.wellKnown === "ipv6" && value.length !== 16) return "must be an IPv6 address (16 bytes)";
  if (rules.wellKnown === "ip" && value.length !== 4 && value.length !== 16) {
    return "must be an IP address (4 or 16 bytes)";
  }
  return null;
}

function lengthViolation(
  length: number,
  exact: number | undefined,
  min: number | undefined,
  max: number | undefined,
  unit: string,
): string | null {
  if (exact !== undefined) return length === exact ? null : `must be exactly ${count(exact, unit)} long`;
  if (min !== undefined && max !== undefined && (length < min || length > max)) {
    return `must be ${min} to ${count(max, unit)} long`;
  }
  if (min !== undefined && length < min) {
    return min === 1 ? "must not be empty" : `must be at least ${count(min, unit)} long`;
  }
  if (max !== undefined && length > max) return `must be at most ${count(max, unit)} long`;
  return null;
}

function count(n: number, unit: string): string {
  return `${n} ${unit}${n === 1 ? "" : "s"}`;
}

function countCodePoints(text: string): number {
  let points = 0;
  for (const _ of text) points++;
  return points;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

const programs = new Map<string, RE2JS>();

function matches(pattern: string, text: string): boolean {
  let program = programs.get(pattern);
  if (program === undefined) {
    program = RE2JS.compile(pattern);
    programs.set(pattern, program);
  }
  return program.matcher(text).find();
}

const wellKnownLabels: Readonly<Record<WellKnownString, string>> = {
  email: "an e-mail address",
  hostname: "a host name",
  ip: "an IP address",
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  uri: "an absolute URI",
  uri_ref: "a URI or a relative reference",
  address: "a host name or an IP address",
  uuid: "a UUID",
  http_header_name: "a header name",
  http_header_name_loose: "a header name without NUL, CR or LF",
  http_header_value: "a header value",
  http_header_value_loose: "a header value without NUL, CR or LF",
};

function isWellKnown(value: string, form: WellKnownString): boolean {
  switch (form) {
    case "http_header_name":
      return /^:?[0-9a-zA-Z!#$%&'*+\-.^_|~`]+$/.test(value);
    case "http_header_name_loose":
      return !/[\0\r\n]/.test(value);
    case "http_header_value":
      return !/[\x00-\x08\x0a-\x1f\x7f]/.test(value);
    case "http_header_value_loose":
      return !/[\0\r\n]/.test(value);
    case "uuid":
      return /^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/.test(value);
    case "ipv4":
      return isIpv4(value);
    case "ipv6":
      return isIpv6(value);
    case "ip":
      return isIpv4(value) || isIpv6(value);
    case "hostname":
      return isHostname(value);
    case "address":
      return isHostname(value) || isIpv4(value) || isIpv6(value);
    case "email": {
      const at = value.lastIndexOf("@");
      return at > 0 && at <= 64 && value.length <= 254 && !/[\s<>]/.test(value) && isHostname(value.slice(at + 1));
    }
    case "uri":
      return /^[a-zA-Z][a-zA-Z0-9+.-]*:\S*$/.test(value) && isUriText(value);
    case "uri_ref":
      return isUriText(value);
  }
}

function isUriText(value: string): boolean {
  return /^[\x21-\x7e]*$/.test(value) && !/[<>"{}|\\^`]/.test(value) && !/%(?![0-9a-fA-F]{2})/.test(value);
}

function isIpv4(value: string): boolean {
  const parts = value.split(".");
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIpv6(value: string): boolean {
  const address = value.split("%", 1)[0] ?? "";
  const halves = address.split("::");
  if (halves.length > 2) return false;
  let groups = 0;
  for (let h = 0; h < halves.length; h++) {
    const half = halves[h] ?? "";
    if (half === "") continue;
    const parts = half.split(":");
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] ?? "";
      const isLast = h === halves.length - 1 && i === parts.length - 1;
      if (isLast && part.includes(".")) {
        if (!isIpv4(part)) return false;
        groups += 2;
      } else {
        if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return false;
        groups++;
      }
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8;
}

/** RFC 1034 labels; underscores are not allowed; a final dot is. */
function isHostname(value: string): boolean {
  const name = value.endsWith(".") ? value.slice(0, -1) : value;
  if (name.length === 0 || name.length > 253) return false;
  return name.split(".").every((label) => /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/.test(label));
}
