// Tests of src/platform/worker-entry.ts: where the worker's entry module lies in a source tree and in a compiled binary.
import { expect, test } from "bun:test";
import { workerUrl } from "../../src/platform/worker-entry.ts";

test("in a source tree the worker lies one folder above src/platform", () => {
  expect(workerUrl("file:///home/me/lamina/src/platform/worker-entry.ts").href).toBe(
    "file:///home/me/lamina/src/worker.ts",
  );
});

test("in a compiled binary of any name the worker lies beside the binary in the virtual file system", () => {
  expect(workerUrl("file:///$bunfs/root/lamina").href).toBe("file:///$bunfs/root/worker.ts");
  expect(workerUrl("file:///$bunfs/root/lamina-linux-arm64").href).toBe("file:///$bunfs/root/worker.ts");
});
