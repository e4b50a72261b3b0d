// Access log entries of a listener: one per connection when it is gone, and per socket that found no filter chain.
import { ResponseFlag, StreamInfo } from "../expr/stream-info.ts";
import { clock } from "../platform/turn.ts";
import type { AcceptedSocket } from "./accepted-socket.ts";
import type { ConnectionLogger } from "./listener-context.ts";
import type { ServerConnection } from "./server-connection.ts";

export function logConnection(connection: ServerConnection, loggers: readonly ConnectionLogger[]): void {
  const info = new StreamInfo();
  describePeer(info, connection);
  info.startWallMs = connection.openedWallMs;
  info.startMs = connection.openedMs;
  info.endMs = clock.nowMs;
  info.connectionId = connection.id;
  info.filterChainName = connection.listener.filterChainName;
  info.bytesReceived = info.downstreamWireBytesReceived = connection.bytesRead;
  info.bytesSent = info.downstreamWireBytesSent = connection.bytesWritten;
  info.listenerMetadata = connection.listener.metadata;
  for (const logger of loggers) logger.log(info);
}

export function logUnmatchedSocket(
  accepted: AcceptedSocket,
  metadata: Record<string, Record<string, unknown>>,
  loggers: readonly ConnectionLogger[],
): void {
  if (loggers.length === 0) return;
  const info = new StreamInfo();
  describePeer(info, accepted);
  info.startWallMs = clock.wallMs;
  info.startMs = info.endMs = clock.nowMs;
  info.setFlag(ResponseFlag.noRouteFound);
  info.responseCodeDetails = "filter_chain_not_found";
  info.listenerMetadata = metadata;
  for (const logger of loggers) logger.log(info);
}

function describePeer(info: StreamInfo, peer: AcceptedSocket | ServerConnection): void {
  info.downstreamRemoteAddress = peer.remoteAddress;
  info.downstreamDirectRemoteAddress = peer.directRemoteAddress;
  info.downstreamLocalAddress = peer.localAddress;
  info.downstreamDirectLocalAddress = peer.directLocalAddress;
  info.requestedServerName = peer.requestedServerName;
  info.dynamicMetadata = peer.dynamicMetadata;
  info.filterState = peer.filterState;
  info.accessLogType = "TcpConnectionEnd";
}
