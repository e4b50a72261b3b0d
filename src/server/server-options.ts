// What the command line decides about a server (Envoy's CommandLineOptions); the configuration decides the rest.
import type { LogOptions } from "../observe/log.ts";

export interface ServerOptions {
  /** Data-plane workers. */
  concurrency: number;
  drainTimeMs: number;
  drainStrategy: "gradual" | "immediate";
  /** `--file-flush-interval-msec`, `--file-flush-min-size-kb`. */
  fileFlushIntervalMs: number;
  fileFlushMinBytes: number;
  /** File that gets the admin address once it listens; empty for none. */
  adminAddressPath: string;
  serviceCluster: string;
  serviceNode: string;
  serviceZone: string;
  /** For /server_info: the options as given. */
  commandLine: Record<string, unknown>;
  log: LogOptions;
}
