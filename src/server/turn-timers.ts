// Drives a thread's timer wheel: ticks only while timers are armed, each tick a loop turn of its own.
import { TimerWheel } from "../base/timer-wheel.ts";
import { beginTurn, clock, endTurn } from "../platform/turn.ts";

const TICK_MS = 50;

/** Starts the ticking and returns the wheel. */
export function startTimerWheel(): TimerWheel {
  const wheel = new TimerWheel(clock.nowMs, TICK_MS);
  setInterval(() => {
    if (wheel.armed === 0) return;
    beginTurn();
    wheel.advance(clock.nowMs);
    endTurn();
  }, TICK_MS);
  return wheel;
}
