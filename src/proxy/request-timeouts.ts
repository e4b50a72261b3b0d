// Timeouts of one request: route, x-envoy-upstream-rq-* fields, expected timeout told upstream (Envoy: FilterUtility::finalTimeout).
import type { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";
import type { RouteEntry } from "../router/route-entry.ts";
import type { RouterConfig } from "./router-config.ts";

export interface RequestTimeouts {
  /** Whole response incl. retries; 0 = none. */
  globalMs: number;
  /** One attempt; 0 = none. */
  perTryMs: number;
}

/** Most digits of a timeout field: 999,999,999 ms is eleven days. */
const DIGITS = /^\d{1,9}$/;

/** Fills `timeouts` and edits the fields that speak about them. */
export function resolveTimeouts(
  timeouts: RequestTimeouts,
  route: RouteEntry,
  headers: HeaderBlock,
  config: RouterConfig,
): void {
  timeouts.globalMs = route.timeoutMs;
  timeouts.perTryMs = route.retryPolicy?.perTryTimeoutMs ?? 0;
  const expected = config.respectExpectedRqTimeout ? milliseconds(headers, Header.xEnvoyExpectedRqTimeoutMs) : -1;
  const asked = milliseconds(headers, Header.xEnvoyUpstreamRqTimeoutMs);
  if (expected >= 0) timeouts.globalMs = expected;
  else if (asked >= 0) timeouts.globalMs = asked;
  headers.remove(Header.xEnvoyUpstreamRqTimeoutMs);
  const perTry = milliseconds(headers, Header.xEnvoyUpstreamRqPerTryTimeoutMs);
  if (perTry >= 0) timeouts.perTryMs = perTry;
  headers.remove(Header.xEnvoyUpstreamRqPerTryTimeoutMs);
  if (timeouts.globalMs > 0 && timeouts.perTryMs >= timeouts.globalMs) timeouts.perTryMs = 0;
  if (config.suppressEnvoyHeaders) return;
  const told = timeouts.perTryMs > 0 ? timeouts.perTryMs : timeouts.globalMs;
  if (told > 0) headers.set(Header.xEnvoyExpectedRqTimeoutMs, String(told));
}

function milliseconds(headers: HeaderBlock, id: number): number {
  const value = headers.get(id);
  return value !== null && DIGITS.test(value) ? Number(value) : -1;
}
