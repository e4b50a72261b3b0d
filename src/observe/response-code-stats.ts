// Counters of answers by status code and class (`upstream_rq_200`, `upstream_rq_2xx`, `upstream_rq_completed`), made when a code first comes.
import type { Counter, StatStore } from "./stats.ts";

/** Status codes that get a counter of their own; anything else counts in its class only. */
const MIN_CODE = 100, MAX_CODE = 999;

/** One per scope: `cluster.web.`, `cluster.web.external.`, `cluster.web.retry.`, `vhost.v.vcluster.x.`, … */
export class ResponseCodeStats {
  private readonly store: StatStore;
  private readonly stem: string;
  private completed: Counter | null = null;
  /** Classes 1xx to 5xx at 1..5. */
  private readonly classes: (Counter | null)[] = [null, null, null, null, null, null];
  private readonly codes: number[] = [];
  private readonly counters: Counter[] = [];

  /** `prefix` ends with a dot; `stem` is the name before the code. */
  constructor(store: StatStore, prefix: string, stem = "upstream_rq_") {
    this.store = store;
    this.stem = prefix + stem;
  }

  /** Counts one answer. */
  charge(status: number): void {
    (this.completed ??= this.store.counter(`${this.stem}completed`)).inc();
    const family = (status / 100) | 0;
    if (family >= 1 && family <= 5) {
      (this.classes[family] ??= this.store.counter(`${this.stem}${family}xx`)).inc();
    }
    for (let i = 0; i < this.codes.length; i++) {
      if (this.codes[i] === status) return this.counters[i]!.inc();
    }
    if (status < MIN_CODE || status > MAX_CODE) return;
    const counter = this.store.counter(`${this.stem}${status}`);
    this.codes.push(status);
    this.counters.push(counter);
    counter.inc();
  }

  /** Gives the counters back (the scope is going away). */
  release(): void {
    if (this.completed !== null) this.store.releaseCounter(`${this.stem}completed`);
    for (let family = 1; family <= 5; family++) {
      if (this.classes[family] !== null) this.store.releaseCounter(`${this.stem}${family}xx`);
      this.classes[family] = null;
    }
    for (const code of this.codes) this.store.releaseCounter(`${this.stem}${code}`);
    this.completed = null;
    this.codes.length = 0;
    this.counters.length = 0;
  }
}
