// Levels and loggers of the process log, named as Envoy's (`-l`, `--component-log-level`, POST /logging).

/** In order of severity; `off` writes nothing. */
export const LOG_LEVELS = ["trace", "debug", "info", "warning", "error", "critical", "off"] as const;
export type LogLevel = typeof LOG_LEVELS[number];

/** Loggers in the order in which Envoy lists them. */
export const LOGGERS: readonly string[] = (
  "a2a admin ai_protocol_manager alternate_protocols_cache aws assert backtrace basic_auth cache_filter client " +
  "config connection conn_handler compression credential_injector decompression dns dubbo envoy_bug ext_authz " +
  "ext_proc rocketmq file filter forward_proxy geolocation grpc happy_eyeballs hc health_checker http http2 " +
  "hystrix init io jwt json_rpc kafka key_value_store lua local_rate_limit main matcher mcp misc mongo " +
  "multi_connection notification oauth2 quic quic_stream pool rate_limit_quota rbac rds redis router runtime " +
  "stats secret sse tap testing thrift tracing upstream udp wasm websocket golang stats_sinks dynamic_modules " +
  "ip_tagging"
).split(" ");

/** A refused level or logger; the text is Envoy's. */
export class LogOptionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LogOptionError";
  }
}

/** `warn` is a synonym of `warning`. Null for what is no level. */
export function parseLogLevel(text: string): LogLevel | null {
  if (text === "warn") return "warning";
  return LOG_LEVELS.find((level) => level === text) ?? null;
}

/** Current level of every logger. */
export class LogLevels {
  private readonly levels = new Map<string, number>();

  constructor(level: LogLevel) {
    this.setAll(level);
  }

  setAll(level: LogLevel): void {
    for (const logger of LOGGERS) this.levels.set(logger, LOG_LEVELS.indexOf(level));
  }

  /** Throws LogOptionError for an unknown logger. */
  set(logger: string, level: LogLevel): void {
    if (!this.levels.has(logger)) throw new LogOptionError(`invalid component specified '${logger}'`);
    this.levels.set(logger, LOG_LEVELS.indexOf(level));
  }

  has(logger: string): boolean {
    return this.levels.has(logger);
  }

  isEnabled(logger: string, level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) >= (this.levels.get(logger) ?? this.levels.get("misc")!);
  }

  /** `[logger, level]` in Envoy's order. */
  list(): [string, LogLevel][] {
    return [...this.levels].map(([logger, level]) => [logger, LOG_LEVELS[level]!]);
  }
}

/** `main:debug,http:trace` → pairs. Throws LogOptionError in Envoy's words. */
export function parseComponentLevels(text: string): [string, LogLevel][] {
  if (text === "") return [];
  return text.split(",").map((part) => {
    const [logger, level, ...rest] = part.split(":");
    if (!logger || !level || rest.length > 0) {
      throw new LogOptionError(`component log level not correctly specified '${part}'`);
    }
    const parsed = parseLogLevel(level);
    if (parsed === null) throw new LogOptionError(`invalid log level specified '${level}'`);
    if (!LOGGERS.includes(logger)) throw new LogOptionError(`invalid component specified '${logger}'`);
    return [logger, parsed];
  });
}
