// Runs the test groups one after the other, each in processes of its own, and closes with the totals as `N passed, N failed`.
//
// Usage: scripts/bun.sh scripts/run-tests.ts [GROUP...]   (none named: all but slow)
//
// Bun's JUnit file leaves out files that failed to load and is not written when the runner is killed, so the counts are read
// from the summary that `bun test` prints, and a run without one is a failure. Skipped tests count as failures too: a test
// whose tool is missing has not passed.
import { existsSync } from "node:fs";
import { join } from "node:path";

interface Group {
  readonly name: string;
  /** Test files at once. Tests that measure time or memory run alone. */
  readonly parallel: number;
  /** Limit of one test that sets none itself. */
  readonly testTimeoutMs: number;
  /** Limit of the whole group; what runs longer is ended and counts as failed. */
  readonly groupTimeoutMs: number;
}

/** Every group is the folder test/NAME, except `unit`: that is all of test/ that belongs to no other group. */
export const groups: readonly Group[] = [
  { name: "unit", parallel: 2, testTimeoutMs: 10_000, groupTimeoutMs: 5 * 60_000 },
  { name: "conformance", parallel: 2, testTimeoutMs: 30_000, groupTimeoutMs: 5 * 60_000 },
  { name: "interop", parallel: 2, testTimeoutMs: 30_000, groupTimeoutMs: 5 * 60_000 },
  { name: "integration", parallel: 2, testTimeoutMs: 30_000, groupTimeoutMs: 10 * 60_000 },
  { name: "differential", parallel: 2, testTimeoutMs: 30_000, groupTimeoutMs: 10 * 60_000 },
  { name: "slow", parallel: 1, testTimeoutMs: 300_000, groupTimeoutMs: 20 * 60_000 },
];

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Reads the summary at the end of what `bun test` printed. `exitCode` other than 0 means at least one failure; null means that
 * the runner was killed. Returns null for a run that found no test file.
 */
export function readSummary(output: string, exitCode: number | null): Counts | null {
  if (/did not match any test files|^No tests found/m.test(output)) return null;
  const ran = output.lastIndexOf("\nRan ");
  if (ran < 0) return { passed: 0, failed: 1, skipped: 0 };
  const summary = output.slice(Math.max(0, ran - 400), ran);
  const count = (word: string): number => {
    let total = 0;
    for (const match of summary.matchAll(new RegExp(`^ *(\\d+) ${word}$`, "gm"))) total = Number(match[1]);
    return total;
  };
  const counts = { passed: count("pass"), failed: count("fail"), skipped: count("skip") + count("todo") };
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function groupArguments(root: string, group: Group): string[] | null {
  const args = [
    "test",
    "--no-orphans",
    "--only-failures",
    `--parallel=${group.parallel}`,
    `--timeout=${group.testTimeoutMs}`,
  ];
  if (group.name !== "unit") {
    return existsSync(join(root, "test", group.name)) ? [...args, `./test/${group.name}`] : null;
  }
  for (const other of groups) if (other !== group) args.push(`--path-ignore-patterns=test/${other.name}/**`);
  return [...args, "./test"];
}

async function passThrough(from: ReadableStream<Uint8Array>, to: NodeJS.WriteStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of from) {
    to.write(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

async function runGroup(root: string, group: Group): Promise<Counts | null> {
  const args = groupArguments(root, group);
  if (args === null) return null;
  console.log(`== ${group.name}`);
  const started = performance.now();
  // CI=1 makes Bun refuse `test.only` and the writing of snapshots.
  const child = Bun.spawn([process.execPath, ...args], {
    cwd: root,
    env: { ...process.env, CI: "1", FORCE_COLOR: "0", NO_COLOR: "1" },
    stdout: "pipe",
    stderr: "pipe",
  });
  const limit = setTimeout(() => {
    console.log(`${group.name}: ended after ${group.groupTimeoutMs / 60_000} minutes`);
    child.kill();
  }, group.groupTimeoutMs);
  const [, errors] = await Promise.all([
    passThrough(child.stdout, process.stdout),
    passThrough(child.stderr, process.stderr),
  ]);
  const exitCode = await child.exited;
  clearTimeout(limit);
  const counts = readSummary(errors, child.signalCode === null ? exitCode : null);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (counts !== null) {
    const skipped = counts.skipped === 0 ? "" : ` (${counts.skipped} skipped, which counts as failed)`;
    console.log(`${group.name}: ${counts.passed} pass, ${counts.failed} fail${skipped} in ${seconds} s`);
  }
  return counts;
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !groups.some((group) => group.name === name));
  if (unknown.length > 0) {
    console.error(
      `unknown test group ${unknown.join(", ")}; choose from ${groups.map((group) => group.name).join(", ")}`,
    );
    return 2;
  }
  const root = join(import.meta.dir, "..");
  const chosen = groups.filter((group) => names.length === 0 ? group.name !== "slow" : names.includes(group.name));
  let passed = 0;
  let failed = 0;
  for (const group of chosen) {
    const counts = await runGroup(root, group);
    if (counts === null) continue;
    passed += counts.passed;
    failed += counts.failed + counts.skipped;
  }
  if (passed + failed === 0) console.log("no test ran, which counts as a failure");
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
