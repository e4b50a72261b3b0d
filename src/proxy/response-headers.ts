// Edits of the response head on its way downstream: hop-by-hop fields, server, date, via, request id (Envoy: mutateResponseHeaders).
import type { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";
import { httpDate } from "./http-date.ts";

/** `requestId` is echoed when the configuration asks for it; `isUpgrade` keeps the upgrade fields of a 101. */
export function prepareResponseHeaders(
  headers: HeaderBlock,
  config: ConnectionManagerConfig,
  requestId: string | null,
  isUpgrade: boolean,
): void {
  if (!isUpgrade) {
    headers.remove(Header.connection);
    headers.remove(Header.upgrade);
  }
  headers.remove(Header.transferEncoding);
  headers.remove(Header.keepAlive);
  headers.remove(Header.proxyConnection);
  if (config.serverHeader === "overwrite") headers.set(Header.server, config.serverName);
  else if (config.serverHeader === "appendIfAbsent" && !headers.has(Header.server)) {
    headers.append(Header.server, config.serverName);
  }
  if (!headers.has(Header.date)) headers.append(Header.date, httpDate());
  if (requestId !== null && config.alwaysSetRequestIdInResponse) headers.set(Header.xRequestId, requestId);
  if (config.via !== "") headers.append(Header.via, config.via);
}
