// The process log: one line a message to stderr or `--log-path`, in Envoy's format, with a level per component.
import { closeSync, writeSync } from "node:fs";
import { openForAppend } from "./access-log-file.ts";
import { type LogLevel, LogLevels, LogOptionError, parseComponentLevels, parseLogLevel } from "./log-levels.ts";
import { DEFAULT_LOG_PATTERN, jsonLogPattern, LogPattern } from "./log-pattern.ts";

/** What the command line says about the process log. */
export interface LogOptions {
  /** `-l` */
  readonly level: string;
  /** `--component-log-level`, e.g. `main:debug,http:trace`. */
  readonly componentLevels: string;
  /** `--log-format`; empty for Envoy's default. */
  readonly format: string;
  /** `--log-format-escaped`: line breaks in messages are written as \n. */
  readonly escapeLineBreaks: boolean;
  /** `--log-path`; empty for stderr. */
  readonly path: string;
}

/** Format of `application_log_config`. */
export type ApplicationLogFormat =
  | { readonly kind: "text"; readonly format: string }
  | { readonly kind: "json"; readonly fields: Readonly<Record<string, unknown>> };

const STDERR = 2;

/** Lives on the control thread; workers send their messages (and get the levels, to send no more than is wanted). */
export class ProcessLog {
  readonly levels: LogLevels;
  private readonly options: LogOptions;
  private pattern: LogPattern;
  private fd: number;

  /** Throws LogOptionError (in Envoy's words) for a bad level or component, Error when the file cannot be opened. */
  constructor(options: LogOptions) {
    this.options = options;
    const level = parseLogLevel(options.level);
    if (level === null) throw new LogOptionError(`invalid log level specified '${options.level}'`);
    this.levels = new LogLevels(level);
    for (const [logger, own] of parseComponentLevels(options.componentLevels)) this.levels.set(logger, own);
    this.pattern = new LogPattern(this.escaped(options.format || DEFAULT_LOG_PATTERN));
    this.fd = options.path === "" ? STDERR : openForAppend(options.path);
  }

  private escaped(pattern: string): string {
    return this.options.escapeLineBreaks ? pattern.replace(/%v/g, "%_") : pattern;
  }

  /** The format in force (shown by /server_info). */
  get format(): string {
    return this.pattern.pattern;
  }

  /** Takes the bootstrap's `application_log_config`, which must not meet `--log-format`. Throws LogOptionError. */
  useFormat(format: ApplicationLogFormat): void {
    if (this.options.format !== "") {
      throw new LogOptionError(
        "Only one of ApplicationLogConfig.log_format or CLI option --log-format can be specified.",
      );
    }
    this.pattern = new LogPattern(format.kind === "json" ? jsonLogPattern(format.fields) : this.escaped(format.format));
  }

  isEnabled(logger: string, level: LogLevel): boolean {
    return this.levels.isEnabled(logger, level);
  }

  /** Writes a message when its logger is at that level. `thread`: 0 for the control thread, n for worker n-1. */
  log(level: LogLevel, logger: string, message: string, thread = 0): void {
    if (!this.levels.isEnabled(logger, level)) return;
    const record = { wallMs: Date.now(), level, logger, message, thread, file: `lamina/${logger}`, line: 0 };
    this.writeLine(`${this.pattern.format(record)}\n`);
  }

  /** A log that cannot be written must not stop the proxy: what the reader does not take is dropped. */
  private writeLine(line: string): void {
    const bytes = Buffer.from(line, "utf8");
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.fd, bytes, at, bytes.length - at);
    } catch {
      // Nowhere to tell it.
    }
  }

  debug(logger: string, message: string): void {
    this.log("debug", logger, message);
  }

  info(logger: string, message: string): void {
    this.log("info", logger, message);
  }

  warning(logger: string, message: string): void {
    this.log("warning", logger, message);
  }

  error(logger: string, message: string): void {
    this.log("error", logger, message);
  }

  critical(logger: string, message: string): void {
    this.log("critical", logger, message);
  }

  /** SIGUSR1, `/reopen_logs`: the file may have been moved. */
  reopen(): void {
    if (this.fd === STDERR) return;
    const old = this.fd;
    this.fd = openForAppend(this.options.path);
    closeSync(old);
  }
}

export { LogOptionError };
export type { LogLevel };
