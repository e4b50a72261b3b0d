// Child of stream.test.ts: logs through both loggers, then ends as a worker does.
import { StreamInfo } from "../../../../src/expr/stream-info.ts";
import { stderrAccessLog, stdoutAccessLog } from "../../../../src/extensions/access_loggers/stream/index.ts";
import { AccessLogFiles } from "../../../../src/observe/access-log-file.ts";
import { StatStore } from "../../../../src/observe/stats.ts";

const files = new AccessLogFiles(new StatStore(() => {}), { flushIntervalMs: 1000, minFlushBytes: 5000 });
const context = {
  runtime: { getInteger: () => 0, isEnabled: () => true },
  accessLogFiles: files,
  accessLoggerFactories: new Map(),
};
const format = (prefix: string) => ({
  format: { kind: "text", format: `${prefix} %RESPONSE_CODE%\n`, omitEmptyValues: false },
});
const info = new StreamInfo();
info.responseCode = 200;
const out = stdoutAccessLog.materialise(format("out"), context);
for (let i = 0; i < 3000; i++) out.log(info);
stderrAccessLog.materialise(format("err"), context).log(info);
files.close();
