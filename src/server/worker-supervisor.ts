// Keeps the workers of the process: starts them, sends every change to all, replaces one that dies with the current snapshot.
import type { ControlMessage, WorkerMessage, WorkerQuestion } from "./messages.ts";
import { WorkerLink } from "./worker-link.ts";

/** What a (re)started worker must be told, in order; made fresh for each, since descriptors belong to who gets them. */
export interface SnapshotSource {
  snapshotFor(workerIndex: number): ControlMessage[];
  onWorkerMessage(workerIndex: number, message: WorkerMessage): void;
  /** A worker died; its connections are gone. */
  onWorkerDeath(workerIndex: number, reason: string): void;
  onAllStarted(): void;
}

export class WorkerSupervisor {
  private readonly links: (WorkerLink | null)[];
  private readonly source: SnapshotSource;
  private isStopping = false;
  private isAnnounced = false;

  constructor(workerCount: number, source: SnapshotSource) {
    this.source = source;
    this.links = Array.from({ length: workerCount }, () => null);
  }

  start(): void {
    for (let i = 0; i < this.links.length; i++) this.startWorker(i);
  }

  private startWorker(index: number): void {
    this.links[index] = new WorkerLink(index, {
      onMessage: (link, message) => this.receive(link, message),
      onDeath: (link, reason) => this.replace(link, reason),
    });
  }

  private receive(link: WorkerLink, message: WorkerMessage): void {
    if (message.kind === "loaded") {
      for (const order of this.source.snapshotFor(link.index)) link.send(order);
      link.isReady = true;
    } else if (message.kind === "started") {
      link.isStarted = true;
      if (!this.isAnnounced && this.links.every((other) => other?.isStarted === true)) {
        this.isAnnounced = true;
        this.source.onAllStarted();
      }
    } else this.source.onWorkerMessage(link.index, message);
  }

  private replace(link: WorkerLink, reason: string): void {
    if (this.isStopping) return;
    this.source.onWorkerDeath(link.index, reason);
    this.startWorker(link.index);
  }

  /** Sends what `make` makes for each worker; one that still loads gets it with its snapshot. */
  broadcast(make: (workerIndex: number) => ControlMessage): void {
    for (const link of this.links) if (link !== null && link.isReady) link.send(make(link.index));
  }

  /** Asks the first worker: all have the same configuration. */
  ask(question: WorkerQuestion): Promise<unknown> {
    return this.links[0]!.ask(question);
  }

  /** Lets the workers flush their logs, then ends them; waits at most `timeoutMs`. */
  async stop(timeoutMs: number): Promise<void> {
    this.isStopping = true;
    await Promise.race([
      Promise.all(this.links.map((link) => link?.stopped())),
      new Promise((resolve) => setTimeout(resolve, timeoutMs)),
    ]);
    for (const link of this.links) link?.terminate();
  }
}
