// Access logs of a listener, a connection manager or a TCP proxy: filter, format and sink put together, run once per exchange.
import { compileFormat, compileJsonFormat, type Formatter } from "../expr/formatter.ts";
import type { StreamInfo } from "../expr/stream-info.ts";
import type { AccessLogConfig, LineFormatConfig } from "./access-log-config.ts";
import { type AccessLogFiles, type LineSink } from "./access-log-file.ts";
import { type AccessLogFilter, createAccessLogFilter, type FilterRuntime } from "./access-log-filter.ts";

/** Called when an exchange (or a period of it) ends. */
export interface AccessLogger {
  log(info: StreamInfo): void;
  /** Gives its file back: the configuration that made it is going away. */
  release(): void;
}

/** What loggers are made from in a worker. */
export interface AccessLogContext {
  readonly runtime: FilterRuntime;
  readonly accessLogFiles: AccessLogFiles;
  /** Factories of `extensions/index.ts`, by name. */
  readonly accessLoggerFactories: ReadonlyMap<string, AccessLoggerFactory>;
}

/** Worker half of an access log extension. */
export interface AccessLoggerFactory {
  /** Canonical extension name, e.g. `envoy.access_loggers.file`. */
  readonly name: string;
  /** Throws Error when the sink cannot be opened. */
  materialise(config: unknown, context: AccessLogContext): AccessLogger;
}

/** Compiles the format of a line. Throws FormatError. */
export function createLineFormatter(config: LineFormatConfig): Formatter {
  const options = { omitEmptyValues: config.omitEmptyValues };
  return config.kind === "text" ? compileFormat(config.format, options) : compileJsonFormat(config.format, options);
}

/** Formats a line and hands it to a sink. */
export class LineAccessLogger implements AccessLogger {
  private readonly formatter: Formatter;
  private readonly sink: LineSink;
  private readonly onRelease: () => void;

  constructor(formatter: Formatter, sink: LineSink, onRelease: () => void) {
    this.formatter = formatter;
    this.sink = sink;
    this.onRelease = onRelease;
  }

  log(info: StreamInfo): void {
    this.sink.write(this.formatter.format(info));
  }

  release(): void {
    this.onRelease();
  }
}

/** Logs what its filter lets through. */
class FilteredAccessLogger implements AccessLogger {
  private readonly filter: AccessLogFilter;
  private readonly inner: AccessLogger;

  constructor(filter: AccessLogFilter, inner: AccessLogger) {
    this.filter = filter;
    this.inner = inner;
  }

  log(info: StreamInfo): void {
    if (this.filter.shouldLog(info)) this.inner.log(info);
  }

  release(): void {
    this.inner.release();
  }
}

/** Materialises one entry of an `access_log` list. Throws Error when its sink cannot be opened. */
export function createAccessLogger(config: AccessLogConfig, context: AccessLogContext): AccessLogger {
  const factory = context.accessLoggerFactories.get(config.logger.factory);
  if (factory === undefined) throw new Error(`no access logger ${config.logger.factory} in this build`);
  const filter = config.filter === null ? null : createAccessLogFilter(config.filter, context.runtime);
  const logger = factory.materialise(config.logger.config, context);
  return filter === null ? logger : new FilteredAccessLogger(filter, logger);
}
