// Translates retry policies (envoy.config.route.v3.RetryPolicy).
import type {
  RetryPolicy,
  RetryPolicy_RateLimitedRetryBackOff,
  RetryPolicy_RetryHostPredicate,
} from "../gen/envoy/config/route/v3/route_components_pb.ts";
import { unknownConditions } from "../router/retry-policy.ts";
import type { RateLimitedBackOffConfig, RetryPolicyConfig } from "../router/route-config.ts";
import type { TranslateContext } from "./translate-context.ts";
import { durationMs } from "./translate-protocol-options.ts";
import { translateHeaderMatcher } from "./translate-string-match.ts";

const DEFAULT_BASE_MS = 25;
/** The longest back-off is this many times the base when none is given. */
const DEFAULT_MAX_FACTOR = 10;
const DEFAULT_RATE_LIMITED_MAX_MS = 300_000;
const PREVIOUS_HOSTS = "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate";

export function translateRetryPolicy(proto: RetryPolicy, ctx: TranslateContext): RetryPolicyConfig {
  const unknown = unknownConditions(proto.retryOn);
  if (unknown.length > 0) {
    ctx.field("retry_on").note(`no retry condition is called ${unknown.join(", ")}; it has no effect`);
  }
  proto.retriableStatusCodes.forEach((code, i) => {
    if (code < 100 || code > 599) {
      ctx.field("retriable_status_codes").index(i).note("no response has such a status; it has no effect");
    }
  });
  const headersAt = ctx.field("retriable_headers"), requestHeadersAt = ctx.field("retriable_request_headers");
  return {
    retryOn: proto.retryOn,
    numRetries: proto.numRetries ?? 1,
    perTryTimeoutMs: durationMs(proto.perTryTimeout, 0),
    perTryIdleTimeoutMs: durationMs(proto.perTryIdleTimeout, 0),
    retriableStatusCodes: [...proto.retriableStatusCodes],
    retriableHeaders: proto.retriableHeaders.map((header, i) => translateHeaderMatcher(header, headersAt.index(i))),
    retriableRequestHeaders: proto.retriableRequestHeaders.map((header, i) =>
      translateHeaderMatcher(header, requestHeadersAt.index(i))
    ),
    ...translateBackOff(proto, ctx.field("retry_back_off")),
    rateLimitedBackOff: proto.rateLimitedRetryBackOff === undefined
      ? null
      : translateRateLimitedBackOff(proto.rateLimitedRetryBackOff),
    hostSelectionAttempts: Math.max(1, Number(proto.hostSelectionRetryMaxAttempts)),
    avoidsPreviousHosts: translateHostPredicates(proto.retryHostPredicate, ctx.field("retry_host_predicate")),
  };
}

function translateBackOff(
  proto: RetryPolicy,
  ctx: TranslateContext,
): Pick<RetryPolicyConfig, "backOffBaseMs" | "backOffMaxMs"> {
  const backOff = proto.retryBackOff;
  // Intervals below a millisecond count as one: Envoy's rule.
  const backOffBaseMs = Math.max(1, durationMs(backOff?.baseInterval, DEFAULT_BASE_MS));
  const backOffMaxMs = Math.max(1, durationMs(backOff?.maxInterval, backOffBaseMs * DEFAULT_MAX_FACTOR));
  if (backOffMaxMs < backOffBaseMs) {
    ctx.field("max_interval").refuse("CFG067", "must not be shorter than base_interval", {
      value: `${backOffMaxMs} ms against ${backOffBaseMs} ms`,
    });
  }
  return { backOffBaseMs, backOffMaxMs };
}

function translateRateLimitedBackOff(proto: RetryPolicy_RateLimitedRetryBackOff): RateLimitedBackOffConfig {
  return {
    resetHeaders: proto.resetHeaders.map(({ name, format }) => ({
      name: name.toLowerCase(),
      // RetryPolicy.ResetHeaderFormat: 0 SECONDS, 1 UNIX_TIMESTAMP.
      format: format === 1 ? "unixTimestamp" : "seconds",
    })),
    maxIntervalMs: durationMs(proto.maxInterval, DEFAULT_RATE_LIMITED_MAX_MS),
  };
}

/** True when `previous_hosts` is among them; it is the only one. */
function translateHostPredicates(
  predicates: readonly RetryPolicy_RetryHostPredicate[],
  ctx: TranslateContext,
): boolean {
  predicates.forEach((predicate, i) => {
    const at = ctx.index(i).field("typed_config");
    if (predicate.configType.case !== "typedConfig") {
      return at.refuse("CFG033", 'a retry host predicate needs its typed_config with "@type"', {
        hint: `known: ${PREVIOUS_HOSTS}`,
      });
    }
    const { typeName } = at.unpack(predicate.configType.value);
    if (typeName !== PREVIOUS_HOSTS) {
      at.refuse("CFG031", `this version of Lamina has no retry host predicate ${typeName}`, {
        hint: `known: ${PREVIOUS_HOSTS}`,
      });
    }
  });
  return predicates.length > 0;
}
