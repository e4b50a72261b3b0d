// Access log to a file (envoy.access_loggers.file), worker half.
import type { LineFormatConfig } from "../../../observe/access-log-config.ts";
import { type AccessLoggerFactory, createLineFormatter, LineAccessLogger } from "../../../observe/access-log.ts";

export interface FileAccessLogConfig {
  path: string;
  format: LineFormatConfig;
}

export const fileAccessLog: AccessLoggerFactory = {
  name: "envoy.access_loggers.file",
  materialise(config, context) {
    const { path, format } = config as FileAccessLogConfig;
    const formatter = createLineFormatter(format);
    const file = context.accessLogFiles.open(path);
    return new LineAccessLogger(formatter, file, () => context.accessLogFiles.release(file));
  },
};
