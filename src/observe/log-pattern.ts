// Patterns of process log lines: the spdlog flags that Envoy's `--log-format` and application_log_config take.
import { basename } from "node:path";
import { TimeFormat } from "../expr/format-time.ts";
import type { LogLevel } from "./log-levels.ts";

/** One message on its way to a line. */
export interface LogRecord {
  readonly wallMs: number;
  readonly level: LogLevel;
  readonly logger: string;
  readonly message: string;
  /** 0 is the control thread, n the worker n-1. */
  readonly thread: number;
  /** Where the message comes from: a module and 0, as positions in the compiled program say nothing. */
  readonly file: string;
  readonly line: number;
}

type Piece = (record: LogRecord) => string;

const LEVEL_LETTERS: Readonly<Record<LogLevel, string>> = {
  trace: "T",
  debug: "D",
  info: "I",
  warning: "W",
  error: "E",
  critical: "C",
  off: "O",
};

/** JSON text without its quotes. */
function jsonEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Flags of spdlog that are not times. `%j` and `%_` are Envoy's: the message JSON-escaped, or with its line breaks escaped. */
const FLAGS: Readonly<Record<string, Piece>> = {
  v: (r) => r.message,
  j: (r) => jsonEscaped(r.message),
  _: (r) => r.message.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r"),
  l: (r) => r.level,
  L: (r) => LEVEL_LETTERS[r.level],
  n: (r) => r.logger,
  // Threads of one process: process id plus the number of the thread, which is what Linux gives in practice.
  t: (r) => `${process.pid + r.thread}`,
  P: () => `${process.pid}`,
  s: (r) => basename(r.file),
  g: (r) => r.file,
  "#": (r) => `${r.line}`,
  "!": (r) => r.logger,
  "@": (r) => `${r.file}:${r.line}`,
  "%": () => "%",
};

/** Time flags of spdlog → strftime as TimeFormat reads it. Local time, as Envoy logs. */
const TIMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries([..."aAbBcCYDxmdHIMSprRTXzh"].map((flag) => [flag, `%${flag}`])),
  C: "%y",
  z: "%Ez",
  e: "%3f",
  f: "%6f",
  F: "%9f",
  E: "%s",
};

const FLAG = /%([-=]?)(\d{1,2})?(.)/gs;

/** A compiled pattern. Unknown flags stand as they are. */
export class LogPattern {
  readonly pattern: string;
  private readonly pieces: Piece[] = [];
  private previousMs = 0;

  constructor(pattern: string) {
    this.pattern = pattern;
    let at = 0;
    for (const found of pattern.matchAll(FLAG)) {
      this.literal(pattern.slice(at, found.index));
      at = found.index + found[0].length;
      const piece = this.flag(found[3]!);
      if (piece === null) this.literal(found[0]);
      else this.pieces.push(found[2] === undefined ? piece : padded(piece, found[1]!, Number(found[2])));
    }
    this.literal(pattern.slice(at));
  }

  private literal(text: string): void {
    if (text !== "") this.pieces.push(() => text);
  }

  private flag(flag: string): Piece | null {
    if (Object.hasOwn(FLAGS, flag)) return FLAGS[flag]!;
    if (Object.hasOwn(TIMES, flag)) {
      const time = new TimeFormat(TIMES[flag]!, true);
      return (record) => time.format(record.wallMs);
    }
    // Time since the previous message in milliseconds, microseconds, nanoseconds, seconds.
    const unit = { o: 1, i: 1e3, u: 1e6, O: 1e-3 }[flag];
    return unit === undefined
      ? null
      : (record) => `${Math.max(0, Math.floor((record.wallMs - this.previousMs) * unit))}`;
  }

  /** The line, without its line end. */
  format(record: LogRecord): string {
    if (this.previousMs === 0) this.previousMs = record.wallMs;
    let line = "";
    for (const piece of this.pieces) line += piece(record);
    this.previousMs = record.wallMs;
    return line;
  }
}

function padded(piece: Piece, align: string, width: number): Piece {
  return (record) => {
    const text = piece(record);
    if (align === "-") return text.padEnd(width);
    if (align === "=") {
      return text.padStart(text.length + Math.floor(Math.max(0, width - text.length) / 2)).padEnd(width);
    }
    return text.padStart(width);
  };
}

/** Envoy's default format. */
export const DEFAULT_LOG_PATTERN = "[%Y-%m-%d %T.%e][%t][%l][%n] [%g:%#] %v";

/** Pattern of a JSON application log (`application_log_config.log_format.json_format`): values are patterns, `%v` is escaped. */
export function jsonLogPattern(fields: Readonly<Record<string, unknown>>): string {
  const value = (field: unknown): unknown => {
    if (typeof field === "string") return field.replace(/%v/g, "%j");
    if (Array.isArray(field)) return field.map(value);
    if (typeof field !== "object" || field === null) return field;
    return Object.fromEntries(
      Object.entries(field).sort(([a], [b]) => a < b ? -1 : 1).map(([key, inner]) => [key, value(inner)]),
    );
  };
  return JSON.stringify(value(fields));
}
