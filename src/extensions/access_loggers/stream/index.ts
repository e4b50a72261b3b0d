// Access logs to standard output and standard error (envoy.access_loggers.stdout, .stderr), worker half.
import type { LineFormatConfig } from "../../../observe/access-log-config.ts";
import { type AccessLoggerFactory, createLineFormatter, LineAccessLogger } from "../../../observe/access-log.ts";

export interface StreamAccessLogConfig {
  format: LineFormatConfig;
}

function createFactory(name: string, path: string): AccessLoggerFactory {
  return {
    name,
    materialise(config, context) {
      const formatter = createLineFormatter((config as StreamAccessLogConfig).format);
      const file = context.accessLogFiles.open(path);
      return new LineAccessLogger(formatter, file, () => context.accessLogFiles.release(file));
    },
  };
}

export const stdoutAccessLog = createFactory("envoy.access_loggers.stdout", "/dev/stdout");
export const stderrAccessLog = createFactory("envoy.access_loggers.stderr", "/dev/stderr");
