// FileAccessLog proto → FileAccessLogConfig (envoy.extensions.access_loggers.file.v3).
import type { FileAccessLog } from "../../../gen/envoy/extensions/access_loggers/file/v3/file_pb.ts";
import type { ExtensionTranslator } from "../../../config/extension.ts";
import type { TranslateContext } from "../../../config/translate-context.ts";
import { jsonLineFormat, textLineFormat, translateLineFormat } from "../../../config/translate-line-format.ts";
import { DEFAULT_ACCESS_LOG_FORMAT } from "../../../expr/formatter.ts";
import type { LineFormatConfig } from "../../../observe/access-log-config.ts";
import type { FileAccessLogConfig } from "./index.ts";

function format(proto: FileAccessLog, ctx: TranslateContext): LineFormatConfig {
  const given = proto.accessLogFormat;
  switch (given.case) {
    case "format":
      // An empty format means the default one.
      return textLineFormat(given.value || DEFAULT_ACCESS_LOG_FORMAT, false, ctx.field("format"));
    case "jsonFormat":
      return jsonLineFormat(given.value, false, ctx.field("json_format"));
    case "typedJsonFormat":
      return jsonLineFormat(given.value, false, ctx.field("typed_json_format"));
    case "logFormat":
      return translateLineFormat(given.value, ctx.field("log_format"));
    default:
      return { kind: "text", format: DEFAULT_ACCESS_LOG_FORMAT, omitEmptyValues: false };
  }
}

export const fileAccessLog: ExtensionTranslator<FileAccessLog, FileAccessLogConfig> = {
  name: "envoy.access_loggers.file",
  category: "access_logger",
  messageType: "envoy.extensions.access_loggers.file.v3.FileAccessLog",
  routeMessageType: null,
  status: "stable",
  posture: "robust_to_untrusted_downstream",
  fields: [
    {
      message: "envoy.extensions.access_loggers.file.v3.FileAccessLog",
      honoured: ["path", "format", "json_format", "typed_json_format", "log_format"],
      accepted: {},
      refused: {},
    },
  ],
  translate: (proto, ctx) => ({ path: proto.path, format: format(proto, ctx) }),
};
