// Retries of one request: which failures qualify, how many are left, how long to back off (Envoy: Router::RetryStateImpl; envoy.md §1.3).
import type { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";
import { randomUint32 } from "../platform/random.ts";
import { parseRetryGrpcOn, parseRetryOn, RetryOn, type RetryPolicy } from "../router/retry-policy.ts";
import { ResetReason } from "../stream/stream.ts";

/** Verdict on one failed attempt. */
export const RetryVerdict = { no: 0, yes: 1, exhausted: 2 } as const;
export type RetryVerdict = typeof RetryVerdict[keyof typeof RetryVerdict];

/** gRPC status → condition bit. */
const GRPC_CONDITION: Readonly<Record<string, number>> = {
  "1": RetryOn.grpcCancelled,
  "4": RetryOn.grpcDeadlineExceeded,
  "8": RetryOn.grpcResourceExhausted,
  "13": RetryOn.grpcInternal,
  "14": RetryOn.grpcUnavailable,
};

export class RetryState {
  /** Retries made so far. */
  retries = 0;
  private readonly policy: RetryPolicy;
  private readonly conditions: number;
  private readonly codes: readonly number[];
  private readonly maxRetries: number;

  private constructor(policy: RetryPolicy, conditions: number, codes: readonly number[], maxRetries: number) {
    this.policy = policy;
    this.conditions = conditions;
    this.codes = codes;
    this.maxRetries = maxRetries;
  }

  /** State for a request, or null when nothing would be retried. Reads and removes the request's x-envoy-retry-* fields. */
  static create(policy: RetryPolicy | null, headers: HeaderBlock): RetryState | null {
    let conditions = policy === null ? 0 : policy.retryOn;
    let maxRetries = policy === null ? 1 : policy.numRetries;
    let codes: readonly number[] = policy === null ? [] : policy.retriableStatusCodes;
    const retryOn = headers.get(Header.xEnvoyRetryOn);
    if (retryOn !== null) conditions |= parseRetryOn(retryOn).conditions;
    const grpcOn = headers.get(Header.xEnvoyRetryGrpcOn);
    if (grpcOn !== null) conditions |= parseRetryGrpcOn(grpcOn).conditions;
    const max = headers.get(Header.xEnvoyMaxRetries);
    if (max !== null && /^\d{1,9}$/.test(max)) maxRetries = Number(max);
    const extraCodes = headers.get(Header.xEnvoyRetriableStatusCodes);
    if (extraCodes !== null) {
      codes = codes.concat(extraCodes.split(",").map((c) => Number(c.trim())).filter((c) => Number.isInteger(c)));
    }
    for (const id of REQUEST_FIELDS) headers.remove(id);
    if (conditions === 0) return null;
    if (
      policy !== null && policy.retriableRequestHeaders.length > 0 &&
      !policy.retriableRequestHeaders.some((m) => m.matches(headers))
    ) return null;
    return new RetryState(policy ?? NO_POLICY, conditions, codes, maxRetries);
  }

  /** Whether a response with this head should be retried. */
  onHeaders(headers: HeaderBlock): RetryVerdict {
    return this.matchesHeaders(headers) ? this.take() : RetryVerdict.no;
  }

  private matchesHeaders(headers: HeaderBlock): boolean {
    const { conditions } = this, status = headers.status;
    if (headers.has(Header.xEnvoyRatelimited) && (conditions & RetryOn.envoyRatelimited) === 0) return false;
    if (headers.has(Header.xEnvoyRatelimited)) return true;
    if (status >= 500 && (conditions & RetryOn.fiveXx) !== 0) return true;
    if ((status === 502 || status === 503 || status === 504) && (conditions & RetryOn.gatewayError) !== 0) return true;
    if (status === 409 && (conditions & RetryOn.retriable4xx) !== 0) return true;
    if ((conditions & RetryOn.retriableStatusCodes) !== 0 && this.codes.includes(status)) return true;
    if ((conditions & RetryOn.retriableHeaders) !== 0 && this.policy.retriableHeaders.some((m) => m.matches(headers))) {
      return true;
    }
    if ((conditions & RetryOn.anyGrpc) !== 0) {
      const grpcStatus = headers.get(Header.grpcStatus);
      if (grpcStatus !== null && ((GRPC_CONDITION[grpcStatus] ?? 0) & conditions) !== 0) return true;
    }
    return false;
  }

  /** Whether a failed attempt should be retried. `requestSent`: some of the request reached the upstream. */
  onReset(reason: ResetReason, requestSent: boolean): RetryVerdict {
    return this.matchesReset(reason, requestSent) ? this.take() : RetryVerdict.no;
  }

  private matchesReset(reason: ResetReason, requestSent: boolean): boolean {
    const { conditions } = this;
    // An overflow is our own refusal: trying again at once would add to the load (x-envoy-overloaded).
    if (reason === ResetReason.overflow) return false;
    if ((conditions & (RetryOn.reset | RetryOn.fiveXx | RetryOn.gatewayError)) !== 0) return true;
    if ((conditions & RetryOn.resetBeforeRequest) !== 0 && !requestSent) return true;
    if (
      (conditions & RetryOn.connectFailure) !== 0 &&
      (reason === ResetReason.connectionFailure || reason === ResetReason.localConnectionFailure ||
        reason === ResetReason.connectionTimeout)
    ) return true;
    return (conditions & RetryOn.refusedStream) !== 0 && reason === ResetReason.remoteRefusedStreamReset;
  }

  /** Whether a per-try timeout should be retried: it counts as a gateway error (504). */
  onPerTryTimeout(): RetryVerdict {
    const matches = (this.conditions & (RetryOn.fiveXx | RetryOn.gatewayError | RetryOn.reset)) !== 0 ||
      ((this.conditions & RetryOn.retriableStatusCodes) !== 0 && this.codes.includes(504));
    return matches ? this.take() : RetryVerdict.no;
  }

  private take(): RetryVerdict {
    if (this.retries >= this.maxRetries) return RetryVerdict.exhausted;
    this.retries++;
    return RetryVerdict.yes;
  }

  /** Milliseconds until the next attempt: fully jittered in [0, (2^n − 1) · base), at most `maxMs`; or what the upstream asked for. */
  backOffMs(response: HeaderBlock | null): number {
    const asked = response === null ? null : this.policy.rateLimitedBackOffMs(response);
    if (asked !== null) return asked + (randomUint32() % Math.max(1, Math.floor(asked / 2)));
    const { backOffBaseMs, backOffMaxMs } = this.policy;
    const ceiling = Math.min((2 ** this.retries - 1) * backOffBaseMs, backOffMaxMs);
    return ceiling <= 0 ? 0 : randomUint32() % Math.max(1, Math.floor(ceiling));
  }
}

const REQUEST_FIELDS = [
  Header.xEnvoyRetryOn,
  Header.xEnvoyRetryGrpcOn,
  Header.xEnvoyMaxRetries,
  Header.xEnvoyRetriableStatusCodes,
  Header.xEnvoyRetriableHeaderNames,
];

/** A request that asks for retries by its own header fields gets Envoy's default back-off: 25 ms base, 250 ms at most. */
const NO_POLICY: RetryPolicy = {
  retryOn: 0,
  numRetries: 1,
  retriableStatusCodes: [],
  retriableHeaders: [],
  retriableRequestHeaders: [],
  backOffBaseMs: 25,
  backOffMaxMs: 250,
  rateLimitedBackOffMs: () => null,
} as unknown as RetryPolicy;
