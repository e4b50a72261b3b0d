// Earliest-deadline-first scheduler: picks entries in proportion to their weights, as evenly spread as possible.

/** Index-based binary heap: deadline, then order of insertion. */
export class EdfScheduler<T> {
  private readonly entries: T[] = [];
  private readonly deadlines: number[] = [];
  private readonly orders: number[] = [];
  private now = 0;
  private order = 0;

  get size(): number {
    return this.entries.length;
  }

  /** Adds an entry that is due after 1/weight; `weight` > 0. */
  add(entry: T, weight: number): void {
    this.entries.push(entry);
    this.deadlines.push(this.now + 1 / weight);
    this.orders.push(this.order++);
    this.siftUp(this.entries.length - 1);
  }

  /** The entry that is due next, left in place until `reschedule`; undefined when empty. */
  peek(): T | undefined {
    return this.entries[0];
  }

  /** Moves the entry that `peek` gave behind: it is due again after 1/weight. */
  reschedule(weight: number): void {
    if (this.entries.length === 0) return;
    this.now = this.deadlines[0]!;
    this.deadlines[0] = this.now + 1 / weight;
    this.orders[0] = this.order++;
    this.siftDown(0);
  }

  private isBefore(a: number, b: number): boolean {
    const da = this.deadlines[a]!;
    const db = this.deadlines[b]!;
    return da < db || (da === db && this.orders[a]! < this.orders[b]!);
  }

  private swap(a: number, b: number): void {
    const { entries, deadlines, orders } = this;
    const entry = entries[a]!;
    entries[a] = entries[b]!;
    entries[b] = entry;
    const deadline = deadlines[a]!;
    deadlines[a] = deadlines[b]!;
    deadlines[b] = deadline;
    const order = orders[a]!;
    orders[a] = orders[b]!;
    orders[b] = order;
  }

  private siftUp(from: number): void {
    let i = from;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.isBefore(i, parent)) return;
      this.swap(i, parent);
      i = parent;
    }
  }

  private siftDown(from: number): void {
    const size = this.entries.length;
    let i = from;
    for (;;) {
      const left = 2 * i + 1;
      if (left >= size) return;
      const right = left + 1;
      const least = right < size && this.isBefore(right, left) ? right : left;
      if (!this.isBefore(least, i)) return;
      this.swap(least, i);
      i = least;
    }
  }
}
