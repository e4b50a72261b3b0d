// File logger: the default line reaches the file; a bad path is an error and leaves no file open.
import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_ACCESS_LOG_FORMAT } from "../../../../src/expr/formatter.ts";
import { StreamInfo } from "../../../../src/expr/stream-info.ts";
import { fileAccessLog } from "../../../../src/extensions/access_loggers/file/index.ts";
import { AccessLogFiles } from "../../../../src/observe/access-log-file.ts";
import { StatStore } from "../../../../src/observe/stats.ts";

test("writes the default line", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lamina-log-"));
  const files = new AccessLogFiles(new StatStore(() => {}), { flushIntervalMs: 1e6, minFlushBytes: 1 });
  const context = {
    runtime: { getInteger: () => 0, isEnabled: () => true },
    accessLogFiles: files,
    accessLoggerFactories: new Map(),
  };
  const format = { kind: "text", format: DEFAULT_ACCESS_LOG_FORMAT, omitEmptyValues: false };
  const path = join(folder, "a.log");
  const logger = fileAccessLog.materialise({ path, format }, context);
  const info = new StreamInfo();
  info.startWallMs = 1000;
  info.startMs = 5;
  info.endMs = 7;
  info.protocol = "HTTP/1.1";
  info.responseCode = 503;
  logger.log(info);
  logger.release();
  while (readFileSync(path, "utf8") === "") await new Promise((resolve) => setImmediate(resolve));
  expect(readFileSync(path, "utf8")).toBe(
    '[1970-01-01T00:00:01.000Z] "- - HTTP/1.1" 503 - 0 0 2 - "-" "-" "-" "-" "-"\n',
  );
  expect(() => fileAccessLog.materialise({ path: join(folder, "no/folder"), format }, context)).toThrow(
    "unable to open file",
  );
  rmSync(folder, { recursive: true });
});
