// Process log: levels, components, patterns as Envoy 1.40 printed them.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogOptions, ProcessLog } from "../../src/observe/log.ts";
import { parseLogLevel } from "../../src/observe/log-levels.ts";
import { DEFAULT_LOG_PATTERN, jsonLogPattern, LogPattern } from "../../src/observe/log-pattern.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lamina-log-"));
});
afterEach(() => rmSync(folder, { recursive: true }));
const path = () => join(folder, "out.log");
const lines = () => readFileSync(path(), "utf8");
const options = (change: Partial<LogOptions> = {}): LogOptions => ({
  level: "info",
  componentLevels: "",
  format: "%l %n %v",
  escapeLineBreaks: false,
  path: path(),
  ...change,
});

describe("levels", () => {
  test("a message is written when its logger is at that level", () => {
    const log = new ProcessLog(options({ componentLevels: "http:debug,main:off" }));
    log.debug("http", "a");
    log.debug("upstream", "b");
    log.warning("upstream", "c");
    log.critical("main", "d");
    log.info("no_such_logger", "e");
    expect(lines()).toBe("debug http a\nwarning upstream c\ninfo no_such_logger e\n");
    log.levels.setAll("error");
    log.info("http", "f");
    log.levels.set("http", "info");
    log.info("http", "g");
    expect(lines()).toEndWith("\ninfo http g\n");
    expect(lines()).not.toContain("f\n");
  });

  test.each([
    [{ level: "nope" }, "invalid log level specified 'nope'"],
    [{ componentLevels: "foo:debug" }, "invalid component specified 'foo'"],
    [{ componentLevels: "main:xx" }, "invalid log level specified 'xx'"],
    [{ componentLevels: "main" }, "component log level not correctly specified 'main'"],
  ])("%j", (change, message) => {
    expect(() => new ProcessLog(options(change))).toThrow(message);
  });

  test("warn is warning", () => expect(parseLogLevel("warn")).toBe("warning"));
});

describe("patterns", () => {
  const offset = new Date(2026, 10, 24).getTimezoneOffset() * 60_000;
  const record = {
    wallMs: Date.UTC(2026, 10, 24, 20, 57, 22) + 574.656 + offset,
    level: "info",
    logger: "main",
    message: 'runtime: {"a"}\nb',
    thread: 0,
    file: "source/server/server.cc",
    line: 989,
  } as const;
  const format = (pattern: string) => new LogPattern(pattern).format(record);

  test("default", () => {
    expect(format(DEFAULT_LOG_PATTERN)).toBe(
      `[2026-11-24 20:57:22.574][${process.pid}][info][main] [source/server/server.cc:989] runtime: {"a"}\nb`,
    );
  });

  test.each([
    [
      "%L|%l|%n|%a %A|%b %B|%C|%Y|%D %x|%m|%d|%H|%I|%M|%S|%e|%f",
      "I|info|main|Tue Tuesday|Nov November|26|2026|11/24/26 11/24/26|11|24|20|08|57|22|574|574656",
    ],
    [
      "%c|%p|%r|%R|%T %X|%%|%s|%g|%#|%@",
      "Tue Nov 24 20:57:22 2026|PM|08:57:22 PM|20:57|20:57:22 20:57:22|%|server.cc|source/server/server.cc|989|source/server/server.cc:989",
    ],
    ["%8l|%-8l|%=8l|%k|%*", "    info|info    |  info  |%k|%*"],
    ["%_", 'runtime: {"a"}\\nb'],
    ["%j", 'runtime: {\\"a\\"}\\nb'],
    ["100%", "100%"],
  ])("%s", (pattern, expected) => {
    expect(format(pattern)).toBe(expected);
  });

  test("JSON", () => {
    const pattern = jsonLogPattern({ Message: "%v", Level: "%l", nested: { t: "%n" } });
    expect(JSON.parse(format(pattern))).toEqual({ Level: "info", Message: record.message, nested: { t: "main" } });
  });
});

describe("ProcessLog", () => {
  test("escapes line breaks when told, takes one format only", () => {
    const log = new ProcessLog(options({ escapeLineBreaks: true }));
    log.info("main", "a\nb");
    expect(lines()).toBe("info main a\\nb\n");
    expect(() => log.useFormat({ kind: "text", format: "%v" })).toThrow(
      "Only one of ApplicationLogConfig.log_format or CLI option --log-format",
    );
    const other = new ProcessLog(options({ format: "" }));
    other.useFormat({ kind: "json", fields: { m: "%v" } });
    other.info("main", 'q"');
    expect(lines()).toEndWith('{"m":"q\\""}\n');
    expect(other.format).toBe('{"m":"%j"}');
  });

  test("worker threads have numbers of their own, and a moved file is followed", () => {
    const log = new ProcessLog(options({ format: "%t %v" }));
    log.log("info", "main", "x", 2);
    expect(lines()).toBe(`${process.pid + 2} x\n`);
    renameSync(path(), join(folder, "old.log"));
    log.reopen();
    log.info("main", "y");
    expect(lines()).toBe(`${process.pid} y\n`);
  });
});
