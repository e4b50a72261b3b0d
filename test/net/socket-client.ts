// A raw TCP or UNIX-socket client for tests: send, wait for bytes, see how the connection ended.
import { connect, type Socket } from "node:net";

export class SocketClient {
  readonly socket: Socket;
  private received: Buffer = Buffer.alloc(0);
  private waiters: (() => void)[] = [];
  private isOver = false;
  /** `end` (FIN), `reset` (RST or another error); null while open. */
  ending: "end" | "reset" | null = null;

  constructor(target: { port: number; host?: string; localAddress?: string; localPort?: number } | { path: string }) {
    this.socket = connect({ allowHalfOpen: true, ...target });
    this.socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    this.socket.on("end", () => this.finish("end"));
    this.socket.on("error", () => this.finish("reset"));
    this.socket.on("close", () => {
      this.isOver = true;
      this.wake();
    });
  }

  private finish(how: "end" | "reset"): void {
    this.ending ??= how;
    this.isOver = true;
    this.wake();
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }

  get text(): string {
    return this.received.toString("latin1");
  }

  connected(): Promise<void> {
    return this.socket.connecting
      ? new Promise((resolve, reject) => this.socket.once("connect", resolve).once("error", reject))
      : Promise.resolve();
  }

  send(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.socket.write(data as string, () => resolve()));
  }

  /** Everything received once it contains `text`; fails when the connection ends before. */
  async until(text: string): Promise<string> {
    while (!this.text.includes(text)) {
      if (this.isOver) throw new Error(`connection ended (${this.ending}) after ${JSON.stringify(this.text)}`);
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
    return this.text;
  }

  /** Waits for the end and says how it came. */
  async ended(): Promise<"end" | "reset" | null> {
    while (!this.isOver) await new Promise<void>((resolve) => this.waiters.push(resolve));
    return this.ending;
  }

  finishWriting(): void {
    this.socket.end();
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Waits until `condition` holds, polling the event loop; the test's own timeout is the limit. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
