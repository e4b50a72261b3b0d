// StdoutAccessLog and StderrAccessLog protos → StreamAccessLogConfig (envoy.extensions.access_loggers.stream.v3).
import type {
  StderrAccessLog,
  StdoutAccessLog,
} from "../../../gen/envoy/extensions/access_loggers/stream/v3/stream_pb.ts";
import type { ExtensionTranslator } from "../../../config/extension.ts";
import type { TranslateContext } from "../../../config/translate-context.ts";
import { translateLineFormat } from "../../../config/translate-line-format.ts";
import { DEFAULT_ACCESS_LOG_FORMAT } from "../../../expr/formatter.ts";
import type { StreamAccessLogConfig } from "./index.ts";

function translate(proto: StdoutAccessLog | StderrAccessLog, ctx: TranslateContext): StreamAccessLogConfig {
  const given = proto.accessLogFormat;
  if (given.case === "logFormat") return { format: translateLineFormat(given.value, ctx.field("log_format")) };
  return { format: { kind: "text", format: DEFAULT_ACCESS_LOG_FORMAT, omitEmptyValues: false } };
}

function createTranslator<P extends StdoutAccessLog | StderrAccessLog>(
  name: string,
  messageType: string,
): ExtensionTranslator<P, StreamAccessLogConfig> {
  return {
    name,
    category: "access_logger",
    messageType,
    routeMessageType: null,
    status: "stable",
    posture: "robust_to_untrusted_downstream",
    fields: [{ message: messageType, honoured: ["log_format"], accepted: {}, refused: {} }],
    translate,
  };
}

export const stdoutAccessLog = createTranslator<StdoutAccessLog>(
  "envoy.access_loggers.stdout",
  "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
);
export const stderrAccessLog = createTranslator<StderrAccessLog>(
  "envoy.access_loggers.stderr",
  "envoy.extensions.access_loggers.stream.v3.StderrAccessLog",
);
