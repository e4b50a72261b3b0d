// Substitution formatters: text formats (`[%START_TIME%] "%REQ(:METHOD)% …`) compiled once to a flat list and run once per log line.
import { FormatError, type FormatOptions, type Formatter, type Operator, parseFormat } from "./format-operator.ts";
import { createOperator } from "./format-operators.ts";
import type { StreamInfo } from "./stream-info.ts";
import { toWireText } from "./wire-text.ts";

/** Envoy's format of file access logs that give none. */
export const DEFAULT_ACCESS_LOG_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  "%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% " +
  '"%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n';

/** literals[0] op[0] literals[1] op[1] … literals[n] */
class TextFormatter implements Formatter {
  private readonly literals: readonly string[];
  private readonly operators: readonly Operator[];
  private readonly missing: string;

  constructor(literals: readonly string[], operators: readonly Operator[], missing: string) {
    this.literals = literals;
    this.operators = operators;
    this.missing = missing;
  }

  format(info: StreamInfo): string {
    const literals = this.literals, operators = this.operators;
    let text = literals[0]!;
    for (let i = 0; i < operators.length; i++) {
      const value = operators[i]!.text(info);
      text += value === null ? this.missing : value;
      text += literals[i + 1]!;
    }
    return text;
  }
}

/** Compiles a text format. Throws FormatError (unknown operator, bad argument) with the reason. */
export function compileFormat(format: string, options: FormatOptions = {}): Formatter {
  const literals: string[] = [""];
  const operators: Operator[] = [];
  for (const part of parseFormat(format)) {
    if (typeof part === "string") literals[literals.length - 1] = toWireText(part);
    else {
      operators.push(createOperator(part));
      literals.push("");
    }
  }
  return new TextFormatter(literals, operators, options.omitEmptyValues === true ? "" : "-");
}

export { FormatError };
export type { FormatOptions, Formatter };
export { compileJsonFormat } from "./json-formatter.ts";
