// Failures of an upstream attempt → what client, log and stats see: status, flag, texts (Envoy: Router::Filter::onUpstreamReset).
import { ResponseFlag } from "../expr/stream-info.ts";
import { ResetReason } from "../stream/stream.ts";

/** Words of a reset reason in bodies; details have `_` for spaces. */
const TEXT: Readonly<Record<ResetReason, string>> = {
  [ResetReason.localReset]: "local reset",
  [ResetReason.localRefusedStreamReset]: "local refused stream reset",
  [ResetReason.remoteReset]: "remote reset",
  [ResetReason.remoteRefusedStreamReset]: "remote refused stream reset",
  [ResetReason.connectionFailure]: "remote connection failure",
  [ResetReason.localConnectionFailure]: "local connection failure",
  [ResetReason.connectionTimeout]: "connection timeout",
  [ResetReason.connectionTermination]: "connection termination",
  [ResetReason.overflow]: "overflow",
  [ResetReason.protocolError]: "protocol error",
};

const FLAG: Readonly<Record<ResetReason, number>> = {
  [ResetReason.localReset]: ResponseFlag.localReset,
  [ResetReason.localRefusedStreamReset]: ResponseFlag.localReset,
  [ResetReason.remoteReset]: ResponseFlag.upstreamRemoteReset,
  [ResetReason.remoteRefusedStreamReset]: ResponseFlag.upstreamRemoteReset,
  [ResetReason.connectionFailure]: ResponseFlag.upstreamConnectionFailure,
  [ResetReason.localConnectionFailure]: ResponseFlag.upstreamConnectionFailure,
  [ResetReason.connectionTimeout]: ResponseFlag.upstreamConnectionFailure,
  [ResetReason.connectionTermination]: ResponseFlag.upstreamConnectionTermination,
  [ResetReason.overflow]: ResponseFlag.upstreamOverflow,
  [ResetReason.protocolError]: ResponseFlag.upstreamProtocolError,
};

export function flagOf(reason: ResetReason): number {
  return FLAG[reason];
}

/** A protocol error of the upstream is a bad gateway; every other failure makes the service unavailable. */
export function statusOf(reason: ResetReason): number {
  return reason === ResetReason.protocolError ? 502 : 503;
}

/** `detail` is the transport failure reason for connection failures, the codec's words for protocol errors. */
export function bodyOf(reason: ResetReason, detail: string, retried: boolean): string {
  const failure = isConnectFailure(reason) && detail !== "" ? `, transport failure reason: ${detail}` : "";
  return `upstream connect error or disconnect/reset before headers. ${
    retried ? "retried and the latest " : ""
  }reset reason: ${TEXT[reason]}${failure}`;
}

/** Response code details; `started`: the response head had gone downstream already. */
export function detailsOf(reason: ResetReason, detail: string, started: boolean): string {
  const inner = detail === "" || reason === ResetReason.connectionTermination
    ? TEXT[reason]
    : `${TEXT[reason]}|${detail}`;
  return `upstream_reset_${started ? "after" : "before"}_response_started{${inner.replaceAll(" ", "_")}}`;
}

function isConnectFailure(reason: ResetReason): boolean {
  return reason === ResetReason.connectionFailure || reason === ResetReason.localConnectionFailure ||
    reason === ResetReason.connectionTimeout;
}
