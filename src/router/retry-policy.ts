// Retry policies compiled for the router filter (envoy.config.route.v3.RetryPolicy; conditions of x-envoy-retry-on and x-envoy-retry-grpc-on).
import type { HeaderBlock } from "../base/header-block.ts";
import { type HeaderId, internHeaderName } from "../base/header-names.ts";
import { HeaderMatcher } from "../expr/header-matcher.ts";
import type { RateLimitedBackOffConfig, RetryPolicyConfig } from "./route-config.ts";

/** Retry conditions as bits. */
export const RetryOn = {
  fiveXx: 1 << 0,
  gatewayError: 1 << 1,
  reset: 1 << 2,
  resetBeforeRequest: 1 << 3,
  connectFailure: 1 << 4,
  envoyRatelimited: 1 << 5,
  retriable4xx: 1 << 6,
  refusedStream: 1 << 7,
  retriableStatusCodes: 1 << 8,
  retriableHeaders: 1 << 9,
  http3PostConnectFailure: 1 << 10,
  grpcCancelled: 1 << 11,
  grpcDeadlineExceeded: 1 << 12,
  grpcInternal: 1 << 13,
  grpcResourceExhausted: 1 << 14,
  grpcUnavailable: 1 << 15,
  /** All gRPC conditions. */
  anyGrpc: (1 << 11) | (1 << 12) | (1 << 13) | (1 << 14) | (1 << 15),
} as const;

const HTTP_CONDITIONS: ReadonlyMap<string, number> = new Map([
  ["5xx", RetryOn.fiveXx],
  ["gateway-error", RetryOn.gatewayError],
  ["reset", RetryOn.reset],
  ["reset-before-request", RetryOn.resetBeforeRequest],
  ["connect-failure", RetryOn.connectFailure],
  ["envoy-ratelimited", RetryOn.envoyRatelimited],
  ["retriable-4xx", RetryOn.retriable4xx],
  ["refused-stream", RetryOn.refusedStream],
  ["retriable-status-codes", RetryOn.retriableStatusCodes],
  ["retriable-headers", RetryOn.retriableHeaders],
  ["http3-post-connect-failure", RetryOn.http3PostConnectFailure],
]);

const GRPC_CONDITIONS: ReadonlyMap<string, number> = new Map([
  ["cancelled", RetryOn.grpcCancelled],
  ["deadline-exceeded", RetryOn.grpcDeadlineExceeded],
  ["internal", RetryOn.grpcInternal],
  ["resource-exhausted", RetryOn.grpcResourceExhausted],
  ["unavailable", RetryOn.grpcUnavailable],
]);

/** What a comma separated list of conditions means. */
export interface ParsedConditions {
  /** Bits of RetryOn. */
  readonly conditions: number;
  /** False when a name is not known (strict_check_headers asks). */
  readonly allKnown: boolean;
}

/** Parses a value of x-envoy-retry-on. */
export function parseRetryOn(text: string): ParsedConditions {
  return parseConditions(text, HTTP_CONDITIONS);
}

/** Parses a value of x-envoy-retry-grpc-on. */
export function parseRetryGrpcOn(text: string): ParsedConditions {
  return parseConditions(text, GRPC_CONDITIONS);
}

function parseConditions(text: string, known: ReadonlyMap<string, number>): ParsedConditions {
  let conditions = 0, allKnown = true;
  for (const part of text.split(",")) {
    const name = part.trim();
    const bit = known.get(name);
    if (bit !== undefined) conditions |= bit;
    else if (name !== "") allKnown = false;
  }
  return { conditions, allKnown };
}

/** Names in the `retry_on` of a policy that are no condition, HTTP or gRPC. */
export function unknownConditions(retryOn: string): string[] {
  return retryOn.split(",").map((name) => name.trim())
    .filter((name) => name !== "" && !HTTP_CONDITIONS.has(name) && !GRPC_CONDITIONS.has(name));
}

/** Compiled policy; times in milliseconds, 0 = none. */
export class RetryPolicy {
  /** Bits of RetryOn. */
  readonly retryOn: number;
  readonly numRetries: number;
  readonly perTryTimeoutMs: number;
  readonly perTryIdleTimeoutMs: number;
  readonly retriableStatusCodes: readonly number[];
  /** One that matches a response is enough to retry (`retriable-headers`). */
  readonly retriableHeaders: readonly HeaderMatcher[];
  /** When not empty, one must match the request, else nothing is retried. */
  readonly retriableRequestHeaders: readonly HeaderMatcher[];
  readonly backOffBaseMs: number;
  readonly backOffMaxMs: number;
  readonly hostSelectionAttempts: number;
  readonly avoidsPreviousHosts: boolean;
  private readonly rateLimited: RateLimitedBackOff | null;

  /** Throws Error when a regex does not compile. */
  constructor(config: RetryPolicyConfig) {
    this.retryOn = parseRetryOn(config.retryOn).conditions | parseRetryGrpcOn(config.retryOn).conditions;
    this.numRetries = config.numRetries;
    this.perTryTimeoutMs = config.perTryTimeoutMs;
    this.perTryIdleTimeoutMs = config.perTryIdleTimeoutMs;
    this.retriableStatusCodes = config.retriableStatusCodes;
    this.retriableHeaders = config.retriableHeaders.map((header) => new HeaderMatcher(header));
    this.retriableRequestHeaders = config.retriableRequestHeaders.map((header) => new HeaderMatcher(header));
    this.backOffBaseMs = config.backOffBaseMs;
    this.backOffMaxMs = config.backOffMaxMs;
    this.hostSelectionAttempts = config.hostSelectionAttempts;
    this.avoidsPreviousHosts = config.avoidsPreviousHosts;
    this.rateLimited = config.rateLimitedBackOff === null ? null : new RateLimitedBackOff(config.rateLimitedBackOff);
  }

  /** The wait that a response's reset header asks for (rate_limited_retry_back_off), or null. `wallMs` is wall time since the epoch. */
  rateLimitedBackOffMs(response: HeaderBlock, wallMs: number = Date.now()): number | null {
    return this.rateLimited === null ? null : this.rateLimited.intervalMs(response, wallMs);
  }
}

class RateLimitedBackOff {
  private readonly ids: readonly HeaderId[];
  private readonly areTimestamps: readonly boolean[];
  private readonly maxIntervalMs: number;

  constructor(config: RateLimitedBackOffConfig) {
    this.ids = config.resetHeaders.map((header) => internHeaderName(header.name));
    this.areTimestamps = config.resetHeaders.map((header) => header.format === "unixTimestamp");
    this.maxIntervalMs = config.maxIntervalMs;
  }

  /** The first header that gives a future time within the bound decides. */
  intervalMs(response: HeaderBlock, wallMs: number): number | null {
    for (let i = 0; i < this.ids.length; i++) {
      const text = response.get(this.ids[i]!);
      if (text === null || !/^\d{1,12}$/.test(text)) continue;
      const intervalMs = this.areTimestamps[i] ? Number(text) * 1000 - wallMs : Number(text) * 1000;
      if (intervalMs > 0 && intervalMs <= this.maxIntervalMs) return intervalMs;
    }
    return null;
  }
}
