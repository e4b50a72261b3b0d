// Starts a data-plane worker thread from src/worker.ts, both in the compiled binary and under `bun run src/main.ts`.

/** Modules of a compiled binary all have the URL of the binary itself in Bun's virtual file system. */
const compiledPrefix = "file:///$bunfs/";

/**
 * The URL of the worker's entry module, seen from a module of src/platform/ whose own URL is `moduleUrl`. In a compiled binary
 * the second entry point of `bun build` lies beside the binary in the virtual file system and keeps its source name.
 */
export function workerUrl(moduleUrl: string): URL {
  return new URL(moduleUrl.startsWith(compiledPrefix) ? "./worker.ts" : "../worker.ts", moduleUrl);
}

/** A new worker thread that runs src/worker.ts; failures to load arrive as its `error` event. */
export function createWorker(): Worker {
  return new Worker(workerUrl(import.meta.url));
}
