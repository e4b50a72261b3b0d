// Open connections per listener over all workers, in shared memory: one cell per listener and worker, each written by its worker alone.

/** Slot of the count over all listeners that take part in the process-wide limit. */
export const GLOBAL_SLOT = 0;

/** Most listeners with a count of their own; later ones share the last slot's limit check and are counted together. */
export const MAX_SLOTS = 4096;

/** Memory for `workerCount` workers. */
export function createConnectionCountMemory(workerCount: number): SharedArrayBuffer {
  return new SharedArrayBuffer(MAX_SLOTS * workerCount * Int32Array.BYTES_PER_ELEMENT);
}

/** One worker's view (or the control thread's, which only reads and clears). */
export class ConnectionCounts {
  private readonly cells: Int32Array;
  private readonly workerCount: number;
  private readonly workerIndex: number;

  constructor(memory: SharedArrayBuffer, workerCount: number, workerIndex: number) {
    this.cells = new Int32Array(memory);
    this.workerCount = workerCount;
    this.workerIndex = workerIndex;
  }

  add(slot: number, change: number): void {
    const cell = slot * this.workerCount + this.workerIndex;
    this.cells[cell] = this.cells[cell]! + change;
  }

  /** Sum over the workers; may lag behind another worker by the accepts of the moment, as Envoy's check does. */
  total(slot: number): number {
    let sum = 0;
    const first = slot * this.workerCount;
    for (let i = first; i < first + this.workerCount; i++) sum += this.cells[i]!;
    return sum;
  }

  /** Control thread: forgets the connections of a worker that died. */
  clearWorker(workerIndex: number): void {
    for (let cell = workerIndex; cell < this.cells.length; cell += this.workerCount) this.cells[cell] = 0;
  }
}
