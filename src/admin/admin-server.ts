// Serves the admin application on its address (envoy.config.bootstrap.v3.Admin): access log, allowed paths, request stats.
import { chmodSync } from "node:fs";
import { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";
import type { AccessLogger } from "../observe/access-log.ts";
import { HttpStat, httpStatSchema } from "../observe/schemas/http-connection-manager.ts";
import type { StatBlock, StatStore } from "../observe/stats.ts";
import { StreamInfo } from "../expr/stream-info.ts";
import { toWireText } from "../expr/wire-text.ts";
import { createAdminApp } from "./admin-app.ts";
import { addressText } from "./address-json.ts";
import type { AddressStatus, AdminSource } from "./admin-source.ts";
import { textResponse } from "./endpoint.ts";

/** Bodies (explain questions, runtime values) are small. */
const MAX_BODY_BYTES = 1024 * 1024;

export interface AdminServerOptions {
  /** `port` 0 with a path (abstract: leading `@`) for a UNIX socket. */
  readonly address: AddressStatus;
  /** Permission bits of a socket file; 0 leaves them to the umask. */
  readonly socketMode: number;
  readonly accessLoggers: readonly AccessLogger[];
  /** Whether a path may be asked for; others are answered 403. */
  readonly isPathAllowed: (path: string) => boolean;
  /** Where the requests are counted (`http.admin.`). */
  readonly store: StatStore;
}

export interface AdminServer {
  /** The real address: the port that was given for port 0. */
  readonly address: AddressStatus;
  stop(): void;
}

/** Starts listening. Throws Error when the address cannot be had. */
export function startAdminServer(source: AdminSource, options: AdminServerOptions): AdminServer {
  const app = createAdminApp(source);
  const stats = options.store.block("http.admin.", httpStatSchema);
  let local = options.address;
  const answer = async (request: Request, peer: AddressStatus | null): Promise<Response> => {
    const startMs = performance.now(), startWallMs = Date.now();
    const path = new URL(request.url).pathname;
    const response = options.isPathAllowed(path)
      ? await app.fetch(request)
      : textResponse(`request to path ${path} not allowed`, 403);
    response.headers.set("server", "lamina");
    count(stats, response.status, performance.now() - startMs);
    if (options.accessLoggers.length > 0) {
      const info = describe(request, response, peer, local);
      info.startWallMs = startWallMs;
      info.startMs = startMs;
      info.endMs = performance.now();
      for (const logger of options.accessLoggers) logger.log(info);
    }
    return response;
  };
  const { host, port } = options.address;
  const isPath = host.startsWith("/") || host.startsWith("@");
  const server = isPath
    ? Bun.serve({
      maxRequestBodySize: MAX_BODY_BYTES,
      unix: host.replace(/^@/, "\0"),
      fetch: (request) => answer(request, null),
    })
    : Bun.serve({
      maxRequestBodySize: MAX_BODY_BYTES,
      // Seconds; a scrape of a large mesh takes its time.
      idleTimeout: 60,
      hostname: host,
      port,
      fetch: (request, own) => {
        const peer = own.requestIP(request);
        return answer(request, peer === null ? null : { host: peer.address, port: peer.port });
      },
    });
  if (isPath && options.socketMode !== 0 && host.startsWith("/")) chmodSync(host, options.socketMode);
  local = { host, port: isPath ? 0 : server.port ?? port };
  return { address: local, stop: () => void server.stop(true) };
}

function count(stats: StatBlock, status: number, durationMs: number): void {
  stats.inc(HttpStat.downstreamRqTotal);
  stats.inc(HttpStat.downstreamRqHttp1Total);
  stats.inc(HttpStat.downstreamRqCompleted);
  if (status < 300) stats.inc(HttpStat.downstreamRq2xx);
  else if (status < 500) stats.inc(HttpStat.downstreamRq4xx);
  else stats.inc(HttpStat.downstreamRq5xx);
  stats.record(HttpStat.downstreamRqTime, durationMs);
}

/** What an access log line of an admin request can say. */
function describe(request: Request, response: Response, peer: AddressStatus | null, local: AddressStatus): StreamInfo {
  const info = new StreamInfo();
  const url = new URL(request.url);
  const headers = new HeaderBlock();
  headers.append(Header.method, request.method);
  headers.append(Header.path, toWireText(url.pathname + url.search));
  headers.append(Header.authority, url.host);
  request.headers.forEach((value, name) => {
    if (name !== "host") headers.appendNamed(name, toWireText(value));
  });
  info.requestHeaders = headers;
  info.responseHeaders = new HeaderBlock();
  info.responseHeaders.status = response.status;
  info.protocol = "HTTP/1.1";
  info.responseCode = response.status;
  info.bytesSent = Number(response.headers.get("content-length") ?? 0);
  info.accessLogType = "DownstreamEnd";
  info.downstreamLocalAddress = info.downstreamDirectLocalAddress = { ...local, text: addressText(local) };
  info.downstreamRemoteAddress = info.downstreamDirectRemoteAddress = peer === null
    ? null
    : { ...peer, text: addressText(peer) };
  return info;
}
