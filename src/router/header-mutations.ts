// Header operations of one level (request_headers_to_add, …_to_remove): compiled once, applied without closures (Envoy: HeaderParser).
import type { HeaderBlock } from "../base/header-block.ts";
import { type HeaderId, internHeaderName } from "../base/header-names.ts";
import { compileFormat, type Formatter } from "../expr/formatter.ts";
import type { StreamInfo } from "../expr/stream-info.ts";
import { toWireText } from "../expr/wire-text.ts";
import type { HeaderAddConfig, HeaderAppendAction, HeaderMutationsConfig } from "./route-config.ts";

/** A header value that may hold substitution operators; plain text costs nothing at run time. */
export class HeaderValue {
  private readonly text: string;
  private readonly formatter: Formatter | null;

  /** Throws Error when the format is bad. */
  constructor(format: string) {
    this.formatter = /%[^%]/.test(format.replaceAll("%%", ""))
      ? compileFormat(format, { omitEmptyValues: true })
      : null;
    // A lone percent sign is for the formatter to refuse.
    if (this.formatter === null && format.replaceAll("%%", "").includes("%")) compileFormat(format);
    this.text = toWireText(format.replaceAll("%%", "%"));
  }

  /** True when the value is the same for all exchanges. */
  get isConstant(): boolean {
    return this.formatter === null;
  }

  /** Wire text without control characters. */
  evaluate(info: StreamInfo): string {
    return this.formatter === null ? this.text : withoutControls(this.formatter.format(info));
  }
}

const APPEND = 0, ADD_IF_ABSENT = 1, OVERWRITE_OR_ADD = 2, OVERWRITE = 3;
const ACTION: Readonly<Record<HeaderAppendAction, number>> = {
  appendIfExistsOrAdd: APPEND,
  addIfAbsent: ADD_IF_ABSENT,
  overwriteIfExistsOrAdd: OVERWRITE_OR_ADD,
  overwriteIfExists: OVERWRITE,
};

class HeaderAdd {
  readonly id: HeaderId;
  readonly value: HeaderValue;
  readonly action: number;
  readonly keepEmptyValue: boolean;
  /** Value for the exchange in hand between the two passes of `apply`; null = nothing to do. */
  pending: string | null = null;

  constructor(config: HeaderAddConfig) {
    this.id = internHeaderName(config.name);
    this.value = new HeaderValue(config.value);
    this.action = ACTION[config.action];
    this.keepEmptyValue = config.keepEmptyValue;
  }
}

export class HeaderMutations {
  private readonly removes: readonly HeaderId[];
  private readonly adds: readonly HeaderAdd[];

  private constructor(config: HeaderMutationsConfig) {
    this.removes = config.removes.map(internHeaderName);
    this.adds = config.adds.map((add) => new HeaderAdd(add));
  }

  /** Null when there is nothing to do. Interns the names. Throws Error when a format is bad. */
  static compile(config: HeaderMutationsConfig): HeaderMutations | null {
    return config.removes.length === 0 && config.adds.length === 0 ? null : new HeaderMutations(config);
  }

  /**
   * Removes, then overwrites, then adds. Values and conditions are evaluated before the first change of this level's adds, so a value may
   * refer to the field that it replaces.
   */
  apply(headers: HeaderBlock, info: StreamInfo): void {
    const removes = this.removes, adds = this.adds;
    for (let i = 0; i < removes.length; i++) headers.remove(removes[i]!);
    for (let i = 0; i < adds.length; i++) {
      const add = adds[i]!;
      add.pending = null;
      if (add.action === ADD_IF_ABSENT ? headers.has(add.id) : add.action === OVERWRITE && !headers.has(add.id)) {
        continue;
      }
      const value = add.value.evaluate(info);
      if (value !== "" || add.keepEmptyValue) add.pending = value;
    }
    for (let i = 0; i < adds.length; i++) {
      const add = adds[i]!;
      if (add.pending !== null && add.action >= OVERWRITE_OR_ADD) headers.set(add.id, add.pending);
    }
    for (let i = 0; i < adds.length; i++) {
      const add = adds[i]!;
      if (add.pending !== null && add.action < OVERWRITE_OR_ADD) headers.append(add.id, add.pending);
    }
  }
}

/**
 * Control characters become spaces: an operator may bring them in from outside (SNI, certificates, metadata), and CR or LF would split the
 * message (CVE-2023-27493).
 */
function withoutControls(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if ((c < 0x20 && c !== 0x09) || c === 0x7f) return replaceControls(text);
  }
  return text;
}

function replaceControls(text: string): string {
  let clean = "";
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    clean += (c < 0x20 && c !== 0x09) || c === 0x7f ? " " : text[i];
  }
  return clean;
}
