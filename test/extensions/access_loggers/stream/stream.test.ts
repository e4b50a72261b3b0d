// stdout and stderr loggers in a process of their own: lines come out whole, through sockets and through pipes.
import { expect, test } from "bun:test";
import { join } from "node:path";

const program = join(import.meta.dir, "print.ts");

// Bun gives its children sockets, a shell gives them pipes.
test.each([
  ["sockets", [process.execPath, program]],
  ["pipes", ["sh", "-c", `{ "${process.execPath}" "${program}" 2>&3 | cat; } 3>&2`]],
])("through %s", async (_name, command) => {
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  expect([out === "out 200\n".repeat(3000), out.length, err, code]).toEqual([true, 24_000, "err 200\n", 0]);
});
