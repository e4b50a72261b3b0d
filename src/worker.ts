// Composition root of a data-plane worker: waits for the control thread's messages and runs what they describe.
import { extensionFactories } from "./extensions/index.ts";
import type { ControlMessage, WorkerMessage } from "./server/messages.ts";
import { WorkerRuntime } from "./server/worker-runtime.ts";

declare const self: Worker;

const send = (message: WorkerMessage): void => self.postMessage(message);
let runtime: WorkerRuntime | null = null;

self.onmessage = (event: MessageEvent<ControlMessage>): void => {
  const message = event.data;
  if (message.kind === "init") runtime = new WorkerRuntime(message.settings, extensionFactories(), send);
  else runtime?.apply(message);
};

// Both are bugs. They cost what they happened in, never the worker: sockets have error handlers of their own.
process.on("uncaughtException", (error) => runtime?.reportThrow(error));
process.on("unhandledRejection", (reason) => runtime?.reportThrow(reason));

send({ kind: "loaded" });
