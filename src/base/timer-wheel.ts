// A coarse hashed timer wheel with intrusive nodes: arming and disarming a timer costs a few nanoseconds and no allocation.

/** Something that can expire; embed one per purpose and reuse it. `wheel` slots link nodes both ways. */
export class Timer {
  next: Timer | null = null;
  prev: Timer | null = null;
  /** Milliseconds on the wheel's clock; 0 while not armed. */
  deadlineMs = 0;
  readonly onExpire: () => void;

  constructor(onExpire: () => void) {
    this.onExpire = onExpire;
  }

  get isArmed(): boolean {
    return this.next !== null;
  }
}

/** Timers of one thread. Resolution is `tickMs`; a timer never fires early and at most one tick late. */
export class TimerWheel {
  readonly tickMs: number;
  private readonly slots: Timer[];
  private readonly slotMask: number;
  private currentTick: number;
  /** Armed timers. */
  armed = 0;

  constructor(nowMs: number, tickMs = 50, slotCount = 1024) {
    if ((slotCount & (slotCount - 1)) !== 0) throw new RangeError("slotCount must be a power of two");
    this.tickMs = tickMs;
    this.slotMask = slotCount - 1;
    this.slots = Array.from({ length: slotCount }, () => {
      const head = new Timer(() => {});
      head.next = head.prev = head;
      return head;
    });
    this.currentTick = Math.floor(nowMs / tickMs);
  }

  /** Arms (or re-arms) `timer` to fire `delayMs` after `nowMs`. */
  arm(timer: Timer, nowMs: number, delayMs: number): void {
    if (timer.next !== null) this.disarm(timer);
    timer.deadlineMs = nowMs + delayMs;
    this.link(timer);
    this.armed++;
  }

  disarm(timer: Timer): void {
    if (timer.next === null) return;
    timer.prev!.next = timer.next;
    timer.next.prev = timer.prev;
    timer.next = timer.prev = null;
    timer.deadlineMs = 0;
    this.armed--;
  }

  private link(timer: Timer): void {
    const tick = Math.max(Math.ceil(timer.deadlineMs / this.tickMs), this.currentTick + 1);
    const head = this.slots[tick & this.slotMask]!;
    timer.prev = head.prev;
    timer.next = head;
    head.prev!.next = timer;
    head.prev = timer;
  }

  /** Fires what is due at `nowMs`. A callback may arm and disarm any timer. */
  advance(nowMs: number): void {
    const target = Math.floor(nowMs / this.tickMs);
    if (target - this.currentTick > this.slotMask) this.currentTick = target - this.slotMask - 1;
    while (this.currentTick < target) {
      this.currentTick++;
      const head = this.slots[this.currentTick & this.slotMask]!;
      if (head.next === head) continue;
      // Move the slot to a private list first: a callback that re-arms must not be visited again in this pass.
      const due = new Timer(() => {});
      due.next = head.next;
      due.prev = head.prev;
      due.next!.prev = due;
      due.prev!.next = due;
      head.next = head.prev = head;
      while (due.next !== due) {
        const timer = due.next!;
        due.next = timer.next;
        timer.next!.prev = due;
        timer.next = timer.prev = null;
        if (timer.deadlineMs <= nowMs) {
          this.armed--;
          timer.deadlineMs = 0;
          timer.onExpire();
        } else this.link(timer);
      }
    }
  }
}
