// Duration operators: DURATION and its kin, COMMON_DURATION(START:END:ms|us|ns).
import { FormatError, NumberOperator } from "./format-operator.ts";
import type { StreamInfo } from "./stream-info.ts";

/** Time points by their names in COMMON_DURATION; 0 = did not happen. Points of TLS and of bodies are not recorded. */
const POINTS: Readonly<Record<string, (info: StreamInfo) => number>> = {
  DS_RX_BEG: (info) => info.startMs,
  DS_RX_END: (info) => info.requestCompleteMs,
  US_CX_BEG: (info) => info.upstreamConnectBeginMs,
  US_CX_END: (info) => info.upstreamConnectEndMs,
  US_HS_END: () => 0,
  US_TX_BEG: (info) => info.upstreamFirstTxMs,
  US_TX_END: (info) => info.upstreamLastTxMs,
  US_RX_BEG: (info) => info.upstreamFirstRxMs,
  US_RX_BODY_BEG: () => 0,
  US_RX_END: (info) => info.upstreamLastRxMs,
  DS_TX_BEG: (info) => info.downstreamFirstTxMs,
  DS_TX_END: (info) => info.downstreamLastTxMs,
  DS_CX_BEG: () => 0,
  DS_CX_END: () => 0,
};
const UNITS: Readonly<Record<string, number>> = { ms: 1, us: 1e3, ns: 1e6 };

/** Whole units from one point to another; no value when one did not happen. */
export class DurationOperator extends NumberOperator {
  private readonly from: (info: StreamInfo) => number;
  private readonly to: (info: StreamInfo) => number;
  private readonly unitsPerMs: number;

  constructor(from: (info: StreamInfo) => number, to: (info: StreamInfo) => number, unitsPerMs = 1) {
    super();
    this.from = from;
    this.to = to;
    this.unitsPerMs = unitsPerMs;
  }

  number(info: StreamInfo): number {
    const from = this.from(info), to = this.to(info);
    return from === 0 || to === 0 || to < from ? NaN : Math.floor((to - from) * this.unitsPerMs);
  }
}

/** Throws FormatError. */
export function createCommonDuration(argument: string | null): DurationOperator {
  const [start = "", end = "", unit = "ms", ...rest] = (argument ?? "").split(":");
  const from = Object.hasOwn(POINTS, start) ? POINTS[start] : undefined;
  const to = Object.hasOwn(POINTS, end) ? POINTS[end] : undefined;
  if (from === undefined || to === undefined || !Object.hasOwn(UNITS, unit) || rest.length > 0) {
    throw new FormatError(
      `%COMMON_DURATION% takes (START:END:ms|us|ns) with points ${Object.keys(POINTS).join(", ")}: ` +
        `current argument is ${JSON.stringify(argument)}`,
    );
  }
  return new DurationOperator(from, to, UNITS[unit]);
}

const start = (info: StreamInfo) => info.startMs;

/** Duration operators without argument. */
export const DURATIONS: Readonly<Record<string, () => NumberOperator>> = {
  DURATION: () => new DurationOperator(start, (info) => info.endMs),
  REQUEST_DURATION: () => new DurationOperator(start, (info) => info.requestCompleteMs),
  REQUEST_TX_DURATION: () => new DurationOperator(start, (info) => info.upstreamLastTxMs),
  RESPONSE_DURATION: () => new DurationOperator(start, (info) => info.upstreamFirstRxMs),
  RESPONSE_TX_DURATION: () => new DurationOperator((info) => info.upstreamFirstRxMs, (info) => info.downstreamLastTxMs),
  UPSTREAM_CONNECTION_POOL_READY_DURATION: () => new DurationOperator(start, (info) => info.upstreamPoolReadyMs),
};
