// Checks of a request before filters run: authority, path form, path normalisation, host forms (Envoy: ConnectionManagerImpl::ActiveStream::decodeHeaders).
import type { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";
import { ResponseFlag } from "../expr/stream-info.ts";
import { HttpStat } from "../observe/schemas/http-connection-manager.ts";
import { PathVerdict } from "../router/path-normalization.ts";
import type { LocalReply } from "../stream/filter.ts";
import type { ServerStreamEncoder } from "../stream/server-connection.ts";
import type { HttpConnection } from "./http-connection.ts";
import type { ManagerRuntime } from "./manager-runtime.ts";

function refusal(status: number, details: string, body = ""): LocalReply {
  return { status, body, details, flags: 0, modifyHeaders: null, grpcStatus: null };
}

const MISSING_HOST = refusal(400, "missing_host_header");
const MISSING_PATH = refusal(404, "missing_path_rejected");
const ABSOLUTE_PATH = refusal(404, "absolute_path_rejected");
const BAD_PATH = refusal(400, "path_normalization_failed");
const BAD_SCHEME: LocalReply = {
  ...refusal(400, "http1.unexpected_scheme"),
  flags: ResponseFlag.downstreamProtocolError,
};

/** Null when the request may go on; edits `:path` and `:authority` as the configuration asks. */
export function checkRequest(
  headers: HeaderBlock,
  manager: ManagerRuntime,
  encoder: ServerStreamEncoder,
  connection: HttpConnection,
): LocalReply | null {
  const config = manager.config;
  const authority = headers.get(Header.authority);
  if (authority === null) {
    if (encoder.protocolName !== "HTTP/1.0" || config.http1.defaultHostForHttp10 === "") return MISSING_HOST;
    headers.append(Header.authority, config.http1.defaultHostForHttp10);
  }
  if (encoder.requestScheme !== "" && (encoder.requestScheme === "https") !== connection.origin.isTls) {
    return BAD_SCHEME;
  }
  if (encoder.upgradeToken === "connect") return null;
  const pathIndex = headers.indexOf(Header.path);
  if (pathIndex < 0) {
    manager.stats.inc(HttpStat.downstreamRqNonRelativePath);
    return MISSING_PATH;
  }
  const path = headers.valueAt(pathIndex);
  if (path.charCodeAt(0) !== 0x2f) {
    if (path === "*" && headers.get(Header.method) === "OPTIONS") return null;
    manager.stats.inc(HttpStat.downstreamRqNonRelativePath);
    return ABSOLUTE_PATH;
  }
  const normalized = manager.normalizer.normalize(path);
  if (normalized !== PathVerdict.unchanged) {
    if (normalized === PathVerdict.reject) {
      manager.stats.inc(HttpStat.downstreamRqFailedPathNormalization);
      return BAD_PATH;
    }
    if (normalized === PathVerdict.redirect) return redirectTo(manager.normalizer.path);
    headers.setAt(pathIndex, manager.normalizer.path);
  }
  if (authority !== null && manager.editsAuthority) {
    editAuthority(
      headers,
      authority,
      config.stripAnyHostPort,
      config.stripMatchingHostPort,
      config.stripTrailingHostDot,
      connection,
    );
  }
  return null;
}

function redirectTo(path: string): LocalReply {
  return {
    ...refusal(307, "path_normalization_failed"),
    modifyHeaders: (headers) => headers.append(Header.location, path),
  };
}

/** strip_any_host_port, strip_matching_host_port, strip_trailing_host_dot; an IPv6 literal keeps its brackets. */
function editAuthority(
  headers: HeaderBlock,
  authority: string,
  anyPort: boolean,
  matchingPort: boolean,
  dot: boolean,
  connection: HttpConnection,
): void {
  let host = authority, port = "";
  const colon = authority.lastIndexOf(":");
  if (colon > authority.lastIndexOf("]") && colon >= 0) {
    host = authority.slice(0, colon);
    port = authority.slice(colon + 1);
  }
  if (dot && host.endsWith(".")) host = host.slice(0, -1);
  const dropsPort = port !== "" && (anyPort || (matchingPort && Number(port) === connection.origin.localPort));
  const edited = port === "" || dropsPort ? host : `${host}:${port}`;
  if (edited !== authority) headers.set(Header.authority, edited);
}
