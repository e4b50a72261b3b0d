// Translates the admin block (envoy.config.bootstrap.v3.Admin).
import type { Admin } from "../gen/envoy/config/bootstrap/v3/bootstrap_pb.ts";
import type { Address } from "../gen/envoy/config/core/v3/address_pb.ts";
import type { AccessLog } from "../gen/envoy/config/accesslog/v3/accesslog_pb.ts";
import type { AccessLogConfig } from "../observe/access-log-config.ts";
import type { FieldTable } from "./field-table.ts";
import type { AdminAddress, AdminConfig } from "./runtime-bootstrap.ts";
import type { TranslateContext } from "./translate-context.ts";
import { translateStringMatcher } from "./translate-string-match.ts";

/** Passed in by the composition root: the access log translator lives beside the loggers. */
export type TranslateAccessLogs = (protos: readonly AccessLog[], ctx: TranslateContext) => AccessLogConfig[];

export function translateAdmin(
  proto: Admin,
  ctx: TranslateContext,
  translateAccessLogs: TranslateAccessLogs,
): AdminConfig {
  return {
    address: proto.address === undefined ? null : adminAddress(proto.address, ctx.field("address")),
    accessLogs: translateAccessLogs(proto.accessLog, ctx.field("access_log")),
    accessLogPath: proto.accessLogPath,
    allowPaths: proto.allowPaths.map((path, i) => translateStringMatcher(path, ctx.field("allow_paths").index(i))),
  };
}

function adminAddress(proto: Address, ctx: TranslateContext): AdminAddress {
  const address = proto.address;
  if (address.case === "pipe") return { kind: "pipe", path: address.value.path, mode: address.value.mode };
  if (address.case !== "socketAddress") {
    return ctx.refuse("CFG036", "the admin server needs a socket_address or a pipe");
  }
  const at = ctx.field("socket_address");
  const socket = address.value;
  if (socket.protocol !== 0) at.field("protocol").refuse("CFG036", "the admin server speaks TCP only");
  if (socket.portSpecifier.case !== "portValue") {
    return at.refuse("CFG036", "needs port_value: named ports are not resolved");
  }
  return { kind: "ip", host: socket.address, port: socket.portSpecifier.value };
}

export const adminFieldTables: readonly FieldTable[] = [
  {
    message: "envoy.config.bootstrap.v3.Admin",
    honoured: ["access_log", "access_log_path", "address", "allow_paths"],
    accepted: {
      profile_path:
        "there is no profiler that writes there: /cpuprofiler and /heapprofiler answer that they are not available",
      ignore_global_conn_limit: "the admin server counts towards no connection limit in any case",
    },
    refused: { socket_options: "leave them out: the admin listener has none" },
  },
];
