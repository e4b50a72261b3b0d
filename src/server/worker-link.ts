// The control thread's end of one worker: starts it, sends messages in order, notices its death.
import { createWorker } from "../platform/worker-entry.ts";
import type { ControlMessage, WorkerMessage, WorkerQuestion } from "./messages.ts";

export interface WorkerEvents {
  onMessage(link: WorkerLink, message: WorkerMessage): void;
  /** The thread is gone without having been asked to stop. */
  onDeath(link: WorkerLink, reason: string): void;
}

/** How long a question may stay without an answer. */
const ANSWER_TIMEOUT_MS = 5000;

export class WorkerLink {
  readonly index: number;
  /** Its snapshot was sent: later changes go to it one by one. */
  isReady = false;
  /** It answered that the snapshot is in force. */
  isStarted = false;
  private readonly worker: Worker;
  private readonly events: WorkerEvents;
  private readonly waiting: Map<number, (value: unknown) => void> = new Map();
  private nextQuestion = 1;
  private isGone = false;
  private onStopped: (() => void) | null = null;

  constructor(index: number, events: WorkerEvents) {
    this.index = index;
    this.events = events;
    this.worker = createWorker();
    this.worker.onmessage = (event: MessageEvent<WorkerMessage>) => this.receive(event.data);
    this.worker.onerror = (event: ErrorEvent) => this.die(event.message);
    this.worker.addEventListener("close", () => this.die("the thread ended"));
  }

  send(message: ControlMessage): void {
    if (!this.isGone) this.worker.postMessage(message);
  }

  /** Asks the worker; null when it does not answer in time. */
  ask(question: WorkerQuestion): Promise<unknown> {
    const id = this.nextQuestion++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.answer(id, null), ANSWER_TIMEOUT_MS);
      this.waiting.set(id, (value) => {
        clearTimeout(timer);
        resolve(value);
      });
      this.send({ kind: "ask", id, question });
    });
  }

  private answer(id: number, value: unknown): void {
    const resolve = this.waiting.get(id);
    this.waiting.delete(id);
    resolve?.(value);
  }

  private receive(message: WorkerMessage): void {
    if (message.kind === "answer") this.answer(message.id, message.value);
    else if (message.kind === "stopped") this.onStopped?.();
    else this.events.onMessage(this, message);
  }

  /** Asks the worker to flush and end; resolves when it says it is done or dies. */
  stopped(): Promise<void> {
    return new Promise((resolve) => {
      this.onStopped = resolve;
      this.send({ kind: "stop" });
      if (this.isGone) resolve();
    });
  }

  /** Ends the thread without the death being reported. */
  terminate(): void {
    this.isGone = true;
    this.worker.terminate();
  }

  private die(reason: string): void {
    if (this.isGone) return;
    this.isGone = true;
    for (const id of [...this.waiting.keys()]) this.answer(id, null);
    this.onStopped?.();
    this.events.onDeath(this, reason);
  }
}
