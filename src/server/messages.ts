// What the control thread and its workers say to each other; structured-clone safe, applied in order.
import type { ListenerPlacement } from "../net/listener-placement.ts";
import type { StatBatch } from "../observe/stats.ts";
import type { ClusterMessage } from "../upstream/cluster-message.ts";

/** Settings of a worker that stay the same for its whole life. */
export interface WorkerSettings {
  workerIndex: number;
  workerCount: number;
  nodeId: string;
  nodeCluster: string;
  /** Access log files: bytes that are written at once, and the longest wait. */
  fileFlushMinBytes: number;
  fileFlushIntervalMs: number;
  drainTimeMs: number;
  drainStrategy: "gradual" | "immediate";
  /** Memory of ConnectionCounts. */
  connectionCounts: SharedArrayBuffer;
}

export type ControlMessage =
  | { kind: "init"; settings: WorkerSettings }
  | ClusterMessage
  /** `config` is JSON of a ListenerConfig; the descriptors of `placement` belong to the worker. */
  | { kind: "upsertListener"; config: string; placement: ListenerPlacement }
  | { kind: "removeListener"; name: string }
  /** Everything before it makes a complete configuration: answer `started`. */
  | { kind: "start" }
  /** Whole runtime: final values of all layers. */
  | { kind: "runtime"; values: [string, string][] }
  | { kind: "logLevels"; levels: [string, string][] }
  | { kind: "reopenLogs" }
  | { kind: "healthCheck"; isFailed: boolean }
  /** Connections are asked to leave; `stopListening` also closes the listen sockets. */
  | { kind: "drain"; inboundOnly: boolean }
  | { kind: "stopListening"; inboundOnly: boolean }
  /** Flush logs and end. */
  | { kind: "stop" }
  | { kind: "ask"; id: number; question: WorkerQuestion };

/** Questions whose answers need a worker's own state. */
export type WorkerQuestion = { kind: "explain"; request: ExplainRequest };

export interface ExplainRequest {
  method: string;
  url: string;
  headers: [string, string][];
  /** Name of the listener, or empty for the one that the URL's port picks. */
  listener: string;
}

export type WorkerMessage =
  | { kind: "loaded" }
  | { kind: "started" }
  | { kind: "stats"; batch: StatBatch }
  | { kind: "log"; level: string; component: string; message: string }
  | { kind: "answer"; id: number; value: unknown }
  | { kind: "failed"; what: string }
  | { kind: "stopped" };
