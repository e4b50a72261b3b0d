// Substitution operators (`%RESPONSE_CODE%`): the contract of one, the error of a bad one, and the parser of format strings.
import { isUtf8 } from "node:buffer";
import type { StreamInfo } from "./stream-info.ts";

/** A refused format; the message names the operator and what is allowed. */
export class FormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FormatError";
  }
}

/** Makes text of an exchange. The result is wire text: one char a byte; write it with `latin1`. */
export interface Formatter {
  format(info: StreamInfo): string;
}

/** Options of a format. */
export interface FormatOptions {
  /** An operator without value gives nothing instead of `-` (`omit_empty_values`; header values); JSON leaves the key out. */
  readonly omitEmptyValues?: boolean;
}

/** One operator, compiled. All text is wire text (bytes as latin1, see wire-text.ts). */
export abstract class Operator {
  /** The value as text, or null when there is none (`-` in text formats). */
  abstract text(info: StreamInfo): string | null;

  /** JSON of the value, or null when there is none. Numbers stay numbers. */
  json(info: StreamInfo): string | null {
    const text = this.text(info);
    return text === null ? null : jsonString(text);
  }
}

/** A number; JSON shows it as one. NaN = no value. */
export abstract class NumberOperator extends Operator {
  abstract number(info: StreamInfo): number;

  text(info: StreamInfo): string | null {
    const value = this.number(info);
    return value === value ? `${value}` : null;
  }

  override json(info: StreamInfo): string | null {
    return this.text(info);
  }
}

/** Cuts the text of another operator. */
export class TruncatedOperator extends Operator {
  private readonly inner: Operator;
  private readonly maxLength: number;

  constructor(inner: Operator, maxLength: number) {
    super();
    this.inner = inner;
    this.maxLength = maxLength;
  }

  text(info: StreamInfo): string | null {
    const text = this.inner.text(info);
    return text === null || text.length <= this.maxLength ? text : text.slice(0, this.maxLength);
  }
}

/** A part of a format string: literal text or an operator call. */
export type FormatPart = string | OperatorCall;

export interface OperatorCall {
  readonly name: string;
  /** Text between the parentheses, or null without them. */
  readonly argument: string | null;
  /** The number after `:`, or null. */
  readonly maxLength: number | null;
}

const CALL = /%([A-Z0-9_]+)(?:\((.*?)\))?(?::([0-9]+))?%/sy;

/** Splits a format string. `%%` is a percent sign. Throws FormatError. */
export function parseFormat(format: string): FormatPart[] {
  const parts: FormatPart[] = [];
  let literal = "";
  for (let at = 0; at < format.length;) {
    const percent = format.indexOf("%", at);
    if (percent < 0) {
      literal += format.slice(at);
      break;
    }
    literal += format.slice(at, percent);
    if (format[percent + 1] === "%") {
      literal += "%";
      at = percent + 2;
      continue;
    }
    CALL.lastIndex = percent;
    const found = CALL.exec(format);
    if (found === null) {
      throw new FormatError(
        `no operator at position ${percent}: ${JSON.stringify(format.slice(percent, percent + 40))} ` +
          `must be %NAME%, %NAME(argument)% or %NAME(argument):length%; write %% for a percent sign`,
      );
    }
    if (literal !== "") parts.push(literal);
    literal = "";
    parts.push({
      name: found[1]!,
      argument: found[2] ?? null,
      maxLength: found[3] === undefined ? null : Number(found[3]),
    });
    at = CALL.lastIndex;
  }
  if (literal !== "") parts.push(literal);
  return parts;
}

const PLAIN_JSON = /^[\x20\x21\x23-\x5b\x5d-\x7f]*$/;

/**
 * JSON string of wire text. Valid UTF-8 passes as it is. In text that is not, every byte but plain ASCII becomes `\u00XX` (what Envoy 1.40
 * writes), so that the line stays valid JSON (CVE-2024-34363).
 */
export function jsonString(wireText: string): string {
  if (PLAIN_JSON.test(wireText)) return `"${wireText}"`;
  // Bytes >= 0x80 pass JSON.stringify untouched: the wire text of the result is the UTF-8 of the JSON.
  if (isUtf8(Buffer.from(wireText, "latin1"))) return JSON.stringify(wireText);
  let json = '"';
  for (let i = 0; i < wireText.length; i++) {
    const code = wireText.charCodeAt(i);
    const isPlain = code >= 0x20 && code < 0x80 && code !== 0x22 && code !== 0x5c;
    json += isPlain ? wireText[i]! : `\\u${code.toString(16).padStart(4, "0")}`;
  }
  return `${json}"`;
}
