// Drain of a listener or filter chain: while it runs, connections are asked to close, with rising chance (Envoy: DrainManager).
import { clock } from "../platform/turn.ts";

/** Asked once a response: whether the connection should now end. */
export interface DrainDecision {
  shouldClose(): boolean;
}

/** The process's part: `shouldClose` of its own drain sequence, and the health check state that `/healthcheck/fail` sets. */
export interface ProcessDrain extends DrainDecision {
  isHealthCheckFailed(): boolean;
}

export interface DrainSettings {
  /** `--drain-time-s`. */
  readonly timeMs: number;
  /** `--drain-strategy`: the chance rises over the time, or is 1 at once. */
  readonly strategy: "gradual" | "immediate";
}

export class DrainSequence implements DrainDecision {
  private readonly parent: DrainDecision;
  private readonly settings: DrainSettings;
  /** 0 while not started. */
  private startedMs = 0;

  constructor(parent: DrainDecision, settings: DrainSettings) {
    this.parent = parent;
    this.settings = settings;
  }

  get isStarted(): boolean {
    return this.startedMs !== 0;
  }

  /** Starting twice changes nothing. */
  start(): void {
    if (this.startedMs === 0) this.startedMs = clock.nowMs;
  }

  shouldClose(): boolean {
    if (this.startedMs !== 0) {
      if (this.settings.strategy === "immediate") return true;
      const elapsedMs = clock.nowMs - this.startedMs;
      if (elapsedMs >= this.settings.timeMs || Math.random() * this.settings.timeMs < elapsedMs) return true;
    }
    return this.parent.shouldClose();
  }
}

/** What a listener of drain type `default` or `modifyOnly` takes from the process. */
export class ListenerDrainParent implements DrainDecision {
  private readonly process: ProcessDrain;
  private readonly includesHealthCheck: boolean;

  constructor(process: ProcessDrain, includesHealthCheck: boolean) {
    this.process = process;
    this.includesHealthCheck = includesHealthCheck;
  }

  shouldClose(): boolean {
    return this.process.shouldClose() || (this.includesHealthCheck && this.process.isHealthCheckFailed());
  }
}
