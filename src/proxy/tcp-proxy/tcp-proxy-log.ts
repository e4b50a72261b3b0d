// Stream info of a TCP proxy's connection, filled when an access log entry is due.
import { StreamInfo } from "../../expr/stream-info.ts";
import type { Connection } from "../../net/connection.ts";
import type { ServerConnection } from "../../net/server-connection.ts";
import type { Cluster } from "../../upstream/cluster.ts";
import type { Host } from "../../upstream/host.ts";

/** The part that is known when the connection arrives. */
export function createStreamInfo(downstream: ServerConnection): StreamInfo {
  const info = new StreamInfo();
  info.startWallMs = downstream.openedWallMs;
  info.startMs = downstream.openedMs;
  info.connectionId = downstream.id;
  info.filterChainName = downstream.listener.filterChainName;
  info.listenerMetadata = downstream.listener.metadata;
  info.downstreamRemoteAddress = downstream.remoteAddress;
  info.downstreamDirectRemoteAddress = downstream.directRemoteAddress;
  info.downstreamLocalAddress = downstream.localAddress;
  info.downstreamDirectLocalAddress = downstream.directLocalAddress;
  info.requestedServerName = downstream.requestedServerName;
  info.dynamicMetadata = downstream.dynamicMetadata;
  info.filterState = downstream.filterState;
  return info;
}

/** An attempt to connect to `host` begins. */
export function recordAttempt(info: StreamInfo, cluster: Cluster, host: Host): void {
  info.attemptCount++;
  (info.hostsAttempted ??= []).push(host.addressText);
  info.clusterMetadata = cluster.config.metadata;
  info.hostMetadata = host.metadata;
  info.upstream = {
    clusterName: cluster.name,
    clusterStatName: cluster.config.statName,
    hostAddress: host.addressText,
    hostName: host.hostname,
    localAddress: null,
    connectionId: 0,
    transportFailureReason: "",
    protocol: "",
  };
}

/** Bytes so far. `upstream` is null when there never was one. */
export function recordBytes(info: StreamInfo, downstream: Connection, upstream: Connection | null): void {
  info.downstreamWireBytesReceived = downstream.bytesRead;
  info.downstreamWireBytesSent = downstream.bytesWritten;
  if (upstream === null) return;
  info.upstreamWireBytesReceived = upstream.bytesRead;
  info.upstreamWireBytesSent = upstream.bytesWritten;
}
