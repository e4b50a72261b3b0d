// One loop turn: the cached clock and the list of outputs to flush when the current event has been handled.

/** Something with output that leaves in one syscall at the end of the turn. */
export interface Flushable {
  flush(): void;
}

const originMs = Date.now() - performance.now();

/** Times of the current turn. Read, never written, outside this file. */
export const clock = {
  /** Monotonic milliseconds (fraction kept). */
  nowMs: performance.now(),
  /** Wall time in milliseconds since the epoch: the monotonic clock plus an origin that is corrected once a second. */
  wallMs: Date.now(),
};

let wallOriginMs = originMs;
let wallCorrectedMs = clock.nowMs;
let dirty: Flushable[] = [];
let flushing: Flushable[] = [];

/** Starts a turn: every handler of a socket, timer or message calls it first. */
export function beginTurn(): void {
  const now = performance.now();
  clock.nowMs = now;
  if (now - wallCorrectedMs > 1000) {
    wallOriginMs = Date.now() - now;
    wallCorrectedMs = now;
  }
  clock.wallMs = wallOriginMs + now;
}

/** Registers `output` for one `flush()` at the end of this turn; the caller makes sure it registers once. */
export function flushAtEndOfTurn(output: Flushable): void {
  dirty.push(output);
}

/** Ends a turn: flushes what was written, incl. what a flush itself caused. */
export function endTurn(): void {
  while (dirty.length > 0) {
    const batch = dirty;
    dirty = flushing;
    flushing = batch;
    for (let i = 0; i < batch.length; i++) batch[i]!.flush();
    batch.length = 0;
  }
}
