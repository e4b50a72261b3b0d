// What the filters of a chain may know of the listener and chain they stand in; fixed for the life of the chain.
import type { DrainDecision } from "./drain-sequence.ts";
import type { TrafficDirection } from "./listener-config.ts";

export interface ListenerInfo {
  readonly name: string;
  /** Prefix of the listener's stats with its dot: `listener.0.0.0.0_15006.`. */
  readonly statPrefix: string;
  readonly trafficDirection: TrafficDirection;
  readonly isTransparent: boolean;
  /** `per_connection_buffer_limit_bytes`. */
  readonly bufferLimitBytes: number;
  /** `filter_metadata` of the listener and of the chain. */
  readonly metadata: Record<string, Record<string, unknown>>;
  readonly filterChainName: string;
  readonly filterChainMetadata: Record<string, Record<string, unknown>>;
  /** Whether connections of this chain should end: its own drain, the listener's or the process's. */
  readonly drain: DrainDecision;
}
