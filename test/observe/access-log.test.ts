// Access logs: files (batches, rotation, stalled readers, failures), filters, and loggers put together.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HeaderBlock } from "../../src/base/header-block.ts";
import { internHeaderName } from "../../src/base/header-names.ts";
import { ResponseFlag, StreamInfo } from "../../src/expr/stream-info.ts";
import { stdoutAccessLog } from "../../src/extensions/access_loggers/stream/index.ts";
import { fileAccessLog } from "../../src/extensions/access_loggers/file/index.ts";
import type { AccessLogFilterConfig } from "../../src/observe/access-log-config.ts";
import { AccessLogFiles, type BufferedFile } from "../../src/observe/access-log-file.ts";
import { createAccessLogFilter } from "../../src/observe/access-log-filter.ts";
import { createAccessLogger } from "../../src/observe/access-log.ts";
import { FilesystemStat, filesystemStatSchema } from "../../src/observe/schemas/server.ts";
import { StatStore } from "../../src/observe/stats.ts";

let folder: string;
let files: AccessLogFiles;
const store = new StatStore(() => {});
const stats = store.block("filesystem.", filesystemStatSchema);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lamina-log-"));
});
afterEach(() => {
  files.close();
  rmSync(folder, { recursive: true });
});
const open = (minFlushBytes: number, flushIntervalMs = 1e6): (name: string) => BufferedFile => {
  files = new AccessLogFiles(store, { minFlushBytes, flushIntervalMs });
  return (name) => files.open(join(folder, name));
};
const read = (name: string) => readFileSync(join(folder, name), "latin1");

/** Waits until `isDone` holds; the file's own I/O drives it. */
async function until(isDone: () => boolean): Promise<void> {
  for (let left = 2000; !isDone(); left--) {
    if (left === 0) throw new Error("it did not come");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("BufferedFile", () => {
  test("lines stay in memory until the threshold, then all leave", async () => {
    const file = open(100)("a.log");
    for (let i = 0; i < 9; i++) file.write("0123456789\n");
    expect([read("a.log"), file.bufferedBytes]).toEqual(["", 99]);
    file.write("last\n");
    await until(() => read("a.log").length > 0);
    expect(read("a.log")).toBe("0123456789\n".repeat(9) + "last\n");
  });

  test("bytes above 0x7F are written as they came", async () => {
    open(1)("a.log").write("\xc3\xa9\xff\n");
    await until(() => read("a.log").length > 0);
    expect(readFileSync(join(folder, "a.log"))).toEqual(Buffer.from([0xc3, 0xa9, 0xff, 10]));
  });

  test("order is kept over many batches, lines larger than the buffer included", async () => {
    const file = open(1000)("a.log");
    const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${"x".repeat(i % 97 === 0 ? 30_000 : i % 50)}\n`);
    for (const line of lines) file.write(line);
    files.close();
    await until(() => read("a.log").length === lines.join("").length);
    expect(read("a.log")).toBe(lines.join(""));
  });

  test("the timer flushes what waits", async () => {
    open(1e6, 1)("a.log").write("line\n");
    await until(() => read("a.log") === "line\n");
    expect(stats.get(FilesystemStat.flushedByTimer)).toBeGreaterThan(0);
  });

  test("close writes the rest, once the last user is gone", async () => {
    const file = open(1e6)("a.log");
    expect(files.open(join(folder, "a.log"))).toBe(file);
    file.write("line\n");
    files.release(file);
    expect(read("a.log")).toBe("");
    files.release(file);
    await until(() => read("a.log") === "line\n");
  });

  test("reopen follows a rotated path", async () => {
    const file = open(1)("a.log");
    file.write("old\n");
    await until(() => read("a.log") === "old\n");
    renameSync(join(folder, "a.log"), join(folder, "a.log.1"));
    files.reopen();
    file.write("new\n");
    await until(() => existsSync(join(folder, "a.log")) && read("a.log") === "new\n");
    expect(read("a.log.1")).toBe("old\n");
  });

  test("a reader that stalls costs memory, then lines, never the thread; none is cut or reordered", async () => {
    const fifo = join(folder, "fifo");
    expect(Bun.spawnSync(["mkfifo", fifo]).exitCode).toBe(0);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const file = open(4096)("fifo");
    const dropped = stats.get(FilesystemStat.linesDropped);
    const line = (i: number) => `${i} ${"y".repeat(200)}\n`;
    const startMs = performance.now();
    let written = 0;
    while (stats.get(FilesystemStat.linesDropped) === dropped) file.write(line(written++));
    expect(performance.now() - startMs).toBeLessThan(5000);
    expect(file.bufferedBytes).toBeLessThanOrEqual(16 * 1024 * 1024);
    const chunk = Buffer.alloc(65_536);
    const expected = Array.from({ length: written - 1 }, (_, i) => line(i)).join("");
    let text = "";
    await until(() => {
      for (;;) {
        let count: number;
        try {
          count = readSync(reader, chunk);
        } catch {
          count = 0;
        }
        if (count === 0) break;
        text += chunk.latin1Slice(0, count);
      }
      file.flush();
      return text.length >= expected.length;
    });
    closeSync(reader);
    expect(text === expected).toBe(true);
  });

  test("a path that cannot be opened is an error that names it", () => {
    expect(() => open(1)("no/such/folder")).toThrow(`unable to open file '${join(folder, "no/such/folder")}'`);
  });

  test("a full disk loses lines, is counted and stops nothing", () => {
    files = new AccessLogFiles(store, { minFlushBytes: 1, flushIntervalMs: 1e6 });
    const file = files.open("/dev/full");
    const failed = stats.get(FilesystemStat.writeFailed);
    file.write("line\n");
    expect(stats.get(FilesystemStat.writeFailed)).toBe(failed + 1);
    expect(file.bufferedBytes).toBe(0);
  });
});

describe("filters", () => {
  const runtime = {
    getInteger: (key: string, value: number) => key === "code" ? 404 : value,
    isEnabled: (_key: string, numerator: number, denominator: number, random: number) =>
      random % denominator < numerator,
  };
  const headers = (...fields: [string, string][]) => {
    const block = new HeaderBlock();
    for (const [name, value] of fields) block.append(internHeaderName(name), value);
    return block;
  };
  const base = (): StreamInfo => {
    const info = new StreamInfo();
    info.startMs = 1000;
    info.endMs = 1050.9;
    info.responseCode = 200;
    info.accessLogType = "DownstreamEnd";
    info.requestHeaders = headers(["x", "y"], ["x-request-id", "0000000a-0000-4000-8000-000000000000"]);
    info.responseFlags = ResponseFlag.noRouteFound;
    info.dynamicMetadata = new Map([["ns", { a: { s: "text", n: 5, b: true, l: [1, 2], nil: null } }]]);
    return info;
  };
  const compare = (op: "eq" | "ge" | "le" | "ne", value: number, runtimeKey = "") => ({ op, value, runtimeKey });
  const metadata = (
    key: string,
    value: (AccessLogFilterConfig & { kind: "metadata" })["value"],
    invert = false,
  ): AccessLogFilterConfig => ({
    kind: "metadata",
    namespace: "ns",
    path: ["a", key],
    value,
    matchIfNotFound: true,
    invert,
  });
  const never: AccessLogFilterConfig = { kind: "statusCode", comparison: compare("eq", 1) };
  const always: AccessLogFilterConfig = { kind: "notHealthCheck" };

  test.each<[string, AccessLogFilterConfig, boolean]>([
    ["code =", { kind: "statusCode", comparison: compare("eq", 200) }, true],
    ["code >=", { kind: "statusCode", comparison: compare("ge", 201) }, false],
    ["code <=", { kind: "statusCode", comparison: compare("le", 200) }, true],
    ["code !=", { kind: "statusCode", comparison: compare("ne", 200) }, false],
    ["code from runtime", { kind: "statusCode", comparison: compare("eq", 200, "code") }, false],
    ["duration is whole milliseconds", { kind: "duration", comparison: compare("ge", 51) }, false],
    ["duration", { kind: "duration", comparison: compare("eq", 50) }, true],
    ["not a health check", always, true],
    ["not traced", { kind: "traceable" }, false],
    ["runtime by request id (10 of 100)", {
      kind: "runtime",
      runtimeKey: "k",
      numerator: 11,
      denominator: 100,
      useIndependentRandomness: false,
    }, true],
    ["runtime by request id (10 not below 10)", {
      kind: "runtime",
      runtimeKey: "k",
      numerator: 10,
      denominator: 100,
      useIndependentRandomness: false,
    }, false],
    ["runtime always", {
      kind: "runtime",
      runtimeKey: "k",
      numerator: 100,
      denominator: 100,
      useIndependentRandomness: true,
    }, true],
    ["and", { kind: "and", filters: [always, never] }, false],
    ["or", { kind: "or", filters: [never, always] }, true],
    ["header", {
      kind: "header",
      header: {
        name: "X",
        condition: { kind: "string", match: { kind: "exact", value: "y", ignoreCase: false } },
        invert: false,
        treatMissingAsEmpty: false,
      },
    }, true],
    ["any flag", { kind: "responseFlag", flags: [] }, true],
    ["that flag", { kind: "responseFlag", flags: ["UF", "NR"] }, true],
    ["other flags", { kind: "responseFlag", flags: ["UF"] }, false],
    ["grpc status of an HTTP answer", { kind: "grpcStatus", statuses: [2], exclude: false }, true],
    ["grpc status excluded", { kind: "grpcStatus", statuses: [2], exclude: true }, false],
    ["log type", { kind: "logType", types: ["DownstreamEnd"], exclude: false }, true],
    ["log type excluded", { kind: "logType", types: ["DownstreamEnd"], exclude: true }, false],
    [
      "metadata string",
      metadata("s", { kind: "string", match: { kind: "prefix", value: "te", ignoreCase: false } }),
      true,
    ],
    [
      "metadata inverted",
      metadata("s", { kind: "string", match: { kind: "prefix", value: "te", ignoreCase: false } }, true),
      false,
    ],
    ["metadata number", metadata("n", { kind: "exactNumber", value: 5 }), true],
    ["metadata range", metadata("n", { kind: "range", start: 0, end: 5 }), false],
    ["metadata bool", metadata("b", { kind: "bool", value: false }), false],
    ["metadata null", metadata("nil", { kind: "null" }), true],
    ["metadata list", metadata("l", { kind: "list", value: { kind: "exactNumber", value: 2 } }), true],
    [
      "metadata one of",
      metadata("n", { kind: "oneOf", values: [{ kind: "bool", value: true }, { kind: "exactNumber", value: 5 }] }),
      true,
    ],
    ["metadata present", metadata("n", { kind: "present", present: true }), true],
    ["metadata absent: as configured", metadata("toString", { kind: "null" }), true],
  ])("%s", (_name, config, expected) => {
    expect(createAccessLogFilter(config, runtime).shouldLog(base())).toBe(expected);
  });

  test("an exchange without end has no duration; a health check is not logged", () => {
    const info = base();
    info.endMs = 0;
    info.isHealthCheck = true;
    expect(createAccessLogFilter({ kind: "duration", comparison: compare("ge", 0) }, runtime).shouldLog(info)).toBe(
      false,
    );
    expect(createAccessLogFilter(always, runtime).shouldLog(info)).toBe(false);
  });

  test("a logger writes what its filter lets through and gives its file back", async () => {
    files = new AccessLogFiles(store, { minFlushBytes: 1, flushIntervalMs: 1e6 });
    const context = {
      runtime,
      accessLogFiles: files,
      accessLoggerFactories: new Map([fileAccessLog, stdoutAccessLog].map((factory) => [factory.name, factory])),
    };
    const format = { kind: "text", format: "%RESPONSE_CODE%\n", omitEmptyValues: false };
    const config = { factory: "envoy.access_loggers.file", name: "x", config: { path: join(folder, "a.log"), format } };
    const logger = createAccessLogger({
      filter: { kind: "statusCode", comparison: compare("ge", 300) },
      logger: config,
    }, context);
    const info = base();
    logger.log(info);
    info.responseCode = 503;
    logger.log(info);
    logger.release();
    await until(() => read("a.log") === "503\n");
    expect(() => createAccessLogger({ filter: null, logger: { ...config, factory: "nope" } }, context)).toThrow(
      "no access logger nope",
    );
  });
});
