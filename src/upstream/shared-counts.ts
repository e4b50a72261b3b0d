// Process-wide counts without locks: each worker writes its own row of a record in shared memory, readers add the rows up (design §5).

/** A record is one cache line per worker, so that workers never write to the same line. */
const RECORD_BYTES = 64;
const RECORD_INTS = RECORD_BYTES / 4;
const RECORDS_PER_PAGE = 1024;

/** Int32 cells of a host's record (gauges). */
export const HostCount = { activeConnections: 0, activeRequests: 1 } as const;

/** Float64 cells of a host's record (counters), after the two gauges. */
export const HostTotal = {
  connections: 1,
  connectFailures: 2,
  requests: 3,
  requestSuccesses: 4,
  requestErrors: 5,
  requestTimeouts: 6,
} as const;

/** Int32 cells of a cluster's record: five per priority (default, high). */
export const BreakerCount = { connections: 0, pending: 1, requests: 2, retries: 3, pools: 4 } as const;
export const BREAKER_COUNTS = 5;

/** One worker's handle of a record. Only its own row is written. */
export class CountRecord {
  private readonly ints: Int32Array;
  private readonly doubles: Float64Array;
  /** Index of cell 0 of the own row, of row 0, and the distance of rows, in ints. */
  private readonly own: number;
  private readonly first: number;
  private readonly stride: number;
  private readonly end: number;

  constructor(ints: Int32Array, doubles: Float64Array, first: number, stride: number, rows: number, row: number) {
    this.ints = ints;
    this.doubles = doubles;
    this.first = first;
    this.stride = stride;
    this.own = first + row * stride;
    this.end = first + rows * stride;
  }

  inc(cell: number): void {
    const i = this.own + cell;
    this.ints[i] = this.ints[i]! + 1;
  }

  dec(cell: number): void {
    const i = this.own + cell;
    this.ints[i] = this.ints[i]! - 1;
  }

  /** Sum over all workers. Another worker's change may be seen a moment late. */
  sum(cell: number): number {
    let total = 0;
    for (let i = this.first + cell; i < this.end; i += this.stride) total += this.ints[i]!;
    return total;
  }

  /** This worker's part. */
  own32(cell: number): number {
    return this.ints[this.own + cell]!;
  }

  incTotal(cell: number): void {
    const i = (this.own >> 1) + cell;
    this.doubles[i] = this.doubles[i]! + 1;
  }

  sumTotal(cell: number): number {
    let total = 0;
    for (let i = this.first; i < this.end; i += this.stride) total += this.doubles[(i >> 1) + cell]!;
    return total;
  }
}

/** A record of one worker alone (hosts that exist in one worker only: original_dst). */
export function createLocalRecord(): CountRecord {
  const buffer = new ArrayBuffer(RECORD_BYTES);
  return new CountRecord(new Int32Array(buffer), new Float64Array(buffer), 0, RECORD_INTS, 1, 0);
}

/** A worker's (or the control thread's, `row` 0 read-only by habit) view of the pages that the control thread allocates. */
export class SharedCounts {
  private readonly ints: Int32Array[] = [];
  private readonly doubles: Float64Array[] = [];
  private readonly rows: number;
  private readonly row: number;

  constructor(rows: number, row: number) {
    this.rows = rows;
    this.row = row;
  }

  addPage(page: SharedArrayBuffer): void {
    this.ints.push(new Int32Array(page));
    this.doubles.push(new Float64Array(page));
  }

  get pageCount(): number {
    return this.ints.length;
  }

  record(number: number): CountRecord {
    const page = Math.floor(number / RECORDS_PER_PAGE);
    const ints = this.ints[page];
    if (ints === undefined) throw new RangeError(`count record ${number}: page ${page} is unknown`);
    const first = (number % RECORDS_PER_PAGE) * RECORD_INTS;
    return new CountRecord(ints, this.doubles[page]!, first, RECORDS_PER_PAGE * RECORD_INTS, this.rows, this.row);
  }
}

interface ReleasedRecord {
  readonly number: number;
  readonly releasedMs: number;
}

/** `host` records hold two gauges and totals, `breaker` records only gauges. */
export type RecordKind = "host" | "breaker";

/** A released record is not handed out again before this: no worker may still be about to count on it. */
const QUARANTINE_MS = 60_000;
const HOST_GAUGES = 2;

/** Control thread: allocates records, takes them back, gives back what a dead worker held. */
export class SharedCountAllocator {
  readonly pages: SharedArrayBuffer[] = [];
  private readonly workers: number;
  private readonly onPage: (page: SharedArrayBuffer) => void;
  private readonly released: ReleasedRecord[] = [];
  /** Kind of each record that was ever handed out. */
  private readonly kinds: RecordKind[] = [];
  private readonly view: SharedCounts;

  /** `onPage` is told of a new page before any record on it is handed out. */
  constructor(workers: number, onPage: (page: SharedArrayBuffer) => void) {
    this.workers = workers;
    this.onPage = onPage;
    this.view = new SharedCounts(workers, 0);
  }

  allocate(kind: RecordKind, nowMs: number): number {
    const reused = this.takeReleased(nowMs);
    if (reused >= 0) {
      this.kinds[reused] = kind;
      return reused;
    }
    if (this.kinds.length === this.pages.length * RECORDS_PER_PAGE) {
      const page = new SharedArrayBuffer(RECORDS_PER_PAGE * RECORD_BYTES * this.workers);
      this.pages.push(page);
      this.view.addPage(page);
      this.onPage(page);
    }
    this.kinds.push(kind);
    return this.kinds.length - 1;
  }

  release(number: number, nowMs: number): void {
    this.released.push({ number, releasedMs: nowMs });
  }

  /** For reading sums. */
  record(number: number): CountRecord {
    return this.view.record(number);
  }

  /** A worker died: the connections and requests it held are gone. Its totals stay; the replacement goes on counting in the same row. */
  clearWorkerGauges(worker: number): void {
    for (let number = 0; number < this.kinds.length; number++) {
      this.row(number, worker).fill(0, 0, this.kinds[number] === "host" ? HOST_GAUGES : RECORD_INTS);
    }
  }

  /** The oldest released record if its quarantine is over and nobody holds anything of it, else -1. */
  private takeReleased(nowMs: number): number {
    const oldest = this.released[0];
    if (oldest === undefined || nowMs - oldest.releasedMs < QUARANTINE_MS) return -1;
    this.released.shift();
    const number = oldest.number;
    if (this.isHeld(number)) {
      this.release(number, nowMs);
      return -1;
    }
    for (let worker = 0; worker < this.workers; worker++) this.row(number, worker).fill(0);
    return number;
  }

  private isHeld(number: number): boolean {
    const gauges = this.kinds[number] === "host" ? HOST_GAUGES : RECORD_INTS;
    for (let worker = 0; worker < this.workers; worker++) {
      const row = this.row(number, worker);
      for (let cell = 0; cell < gauges; cell++) if (row[cell] !== 0) return true;
    }
    return false;
  }

  private row(number: number, worker: number): Int32Array {
    const page = this.pages[Math.floor(number / RECORDS_PER_PAGE)]!;
    const start = (worker * RECORDS_PER_PAGE + number % RECORDS_PER_PAGE) * RECORD_BYTES;
    return new Int32Array(page, start, RECORD_INTS);
  }
}
