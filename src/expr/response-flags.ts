// Response flags as text: short (`UH,UF`) and long names, in Envoy's order.
import { ResponseFlag } from "./stream-info.ts";

interface FlagName {
  readonly bit: number;
  readonly short: string;
  readonly long: string;
}

const name = (bit: number, short: string, long: string): FlagName => ({ bit, short, long });

/** In the order in which they are printed. */
export const RESPONSE_FLAG_NAMES: readonly FlagName[] = [
  name(ResponseFlag.failedLocalHealthCheck, "LH", "FailedLocalHealthCheck"),
  name(ResponseFlag.noHealthyUpstream, "UH", "NoHealthyUpstream"),
  name(ResponseFlag.upstreamRequestTimeout, "UT", "UpstreamRequestTimeout"),
  name(ResponseFlag.localReset, "LR", "LocalReset"),
  name(ResponseFlag.upstreamRemoteReset, "UR", "UpstreamRemoteReset"),
  name(ResponseFlag.upstreamConnectionFailure, "UF", "UpstreamConnectionFailure"),
  name(ResponseFlag.upstreamConnectionTermination, "UC", "UpstreamConnectionTermination"),
  name(ResponseFlag.upstreamOverflow, "UO", "UpstreamOverflow"),
  name(ResponseFlag.noRouteFound, "NR", "NoRouteFound"),
  name(ResponseFlag.delayInjected, "DI", "DelayInjected"),
  name(ResponseFlag.faultInjected, "FI", "FaultInjected"),
  name(ResponseFlag.rateLimited, "RL", "RateLimited"),
  name(ResponseFlag.unauthorizedExternalService, "UAEX", "UnauthorizedExternalService"),
  name(ResponseFlag.rateLimitServiceError, "RLSE", "RateLimitServiceError"),
  name(ResponseFlag.downstreamConnectionTermination, "DC", "DownstreamConnectionTermination"),
  name(ResponseFlag.upstreamRetryLimitExceeded, "URX", "UpstreamRetryLimitExceeded"),
  name(ResponseFlag.streamIdleTimeout, "SI", "StreamIdleTimeout"),
  name(ResponseFlag.invalidEnvoyRequestHeaders, "IH", "InvalidEnvoyRequestHeaders"),
  name(ResponseFlag.downstreamProtocolError, "DPE", "DownstreamProtocolError"),
  name(ResponseFlag.upstreamMaxStreamDurationReached, "UMSDR", "UpstreamMaxStreamDurationReached"),
  name(ResponseFlag.responseFromCacheFilter, "RFCF", "ResponseFromCacheFilter"),
  name(ResponseFlag.noFilterConfigFound, "NFCF", "NoFilterConfigFound"),
  name(ResponseFlag.durationTimeout, "DT", "DurationTimeout"),
  name(ResponseFlag.upstreamProtocolError, "UPE", "UpstreamProtocolError"),
  name(ResponseFlag.noClusterFound, "NC", "NoClusterFound"),
  name(ResponseFlag.overloadManager, "OM", "OverloadManagerTerminated"),
  name(ResponseFlag.dnsResolutionFailed, "DF", "DnsResolutionFailed"),
  name(ResponseFlag.dropOverload, "DO", "DropOverload"),
  name(ResponseFlag.downstreamRemoteReset, "DR", "DownstreamRemoteReset"),
  name(ResponseFlag.unconditionalDropOverload, "UDO", "UnconditionalDropOverload"),
];

/** Comma-separated names of the set bits; empty when none is set. */
export function responseFlagsText(flags: number, isLong: boolean): string {
  if (flags === 0) return "";
  let text = "";
  for (const flag of RESPONSE_FLAG_NAMES) {
    if ((flags & flag.bit) !== 0) text += (text === "" ? "" : ",") + (isLong ? flag.long : flag.short);
  }
  return text;
}

/** Bit of a short name, or 0 when there is none. */
export function responseFlagOf(short: string): number {
  return RESPONSE_FLAG_NAMES.find((flag) => flag.short === short)?.bit ?? 0;
}
