// Runtime configuration of the router filter, JSON-safe.
import type { AccessLogConfig } from "../observe/access-log-config.ts";

export interface RouterConfig {
  suppressEnvoyHeaders: boolean;
  /** Take the timeout from the request's x-envoy-expected-rq-timeout-ms: a proxy in front has decided it. */
  respectExpectedRqTimeout: boolean;
  /** Names of x-envoy-* request fields whose value must be valid, else 400. */
  strictCheckHeaders: string[];
  upstreamLogs: AccessLogConfig[];
}
