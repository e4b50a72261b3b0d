// Tests of scripts/run-tests.ts: what counts as passed, failed and skipped in the output of `bun test`.
import { describe, expect, test } from "bun:test";
import { readSummary } from "../../scripts/run-tests.ts";

describe("readSummary", () => {
  const summary = (lines: string) =>
    `test/a.test.ts:\n(pass) a [0.04ms]\n\n${lines}\nRan 5 tests across 2 files. [20.00ms]\n`;

  test("reads all four counts and adds todo to skipped", () => {
    const output = summary(" 12 pass\n 1 skip\n 2 todo\n 3 fail\n 1 error\n 40 expect() calls");
    expect(readSummary(output, 1)).toEqual({ passed: 12, failed: 3, skipped: 3 });
  });

  test("reads a run without failures", () => {
    expect(readSummary(summary(" 7 pass\n 0 fail\n 9 expect() calls"), 0)).toEqual({
      passed: 7,
      failed: 0,
      skipped: 0,
    });
  });

  test("does not take what a test printed for the summary", () => {
    const output = ` 99 fail\n 98 pass\n${" filler\n".repeat(100)}${summary(" 7 pass\n 0 fail")}`;
    expect(readSummary(output, 0)).toEqual({ passed: 7, failed: 0, skipped: 0 });
  });

  test("a non-zero exit code without a failed test is one failure", () => {
    expect(readSummary(summary(" 7 pass\n 0 fail"), 1)).toEqual({ passed: 7, failed: 1, skipped: 0 });
    expect(readSummary(summary(" 7 pass\n 0 fail"), null)).toEqual({ passed: 7, failed: 1, skipped: 0 });
  });

  test("a runner that died before its summary is one failure", () => {
    expect(readSummary("test/a.test.ts:\n(pass) a\n", null)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(readSummary("", 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test("a group without test files has no counts", () => {
    expect(readSummary("The following filters did not match any test files:\n ./test/slow\n", 1)).toBeNull();
  });
});
