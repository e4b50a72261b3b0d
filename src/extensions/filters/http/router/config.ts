// Router proto → RouterConfig (envoy.extensions.filters.http.router.v3).
import type { Router } from "../../../../gen/envoy/extensions/filters/http/router/v3/router_pb.ts";
import type { ExtensionTranslator } from "../../../../config/extension.ts";
import { translateAccessLog } from "../../../../config/translate-access-log.ts";
import type { RouterConfig } from "../../../../proxy/router-config.ts";

export const router: ExtensionTranslator<Router, RouterConfig> = {
  name: "envoy.filters.http.router",
  category: "http_filter",
  messageType: "envoy.extensions.filters.http.router.v3.Router",
  routeMessageType: null,
  status: "stable",
  posture: "robust_to_untrusted_downstream",
  fields: [
    {
      message: "envoy.extensions.filters.http.router.v3.Router",
      honoured: ["suppress_envoy_headers", "respect_expected_rq_timeout", "upstream_log", "strict_check_headers"],
      accepted: {
        dynamic_stats: "cluster stats are always kept",
        start_child_span: "there is no tracing in this version",
        suppress_grpc_request_failure_code_stats: "it concerns gRPC stats that come with HTTP/2",
        reject_connect_request_early_data: "payload before the answer to CONNECT is always held back",
      },
      refused: {
        upstream_log_options: "remove it: upstream logs are written at the end of an attempt",
        upstream_http_filters: "put the filters into the connection manager's http_filters",
      },
    },
  ],
  translate: (proto, ctx) => ({
    suppressEnvoyHeaders: proto.suppressEnvoyHeaders,
    respectExpectedRqTimeout: proto.respectExpectedRqTimeout,
    strictCheckHeaders: proto.strictCheckHeaders,
    upstreamLogs: proto.upstreamLog.map((log, i) => translateAccessLog(log, ctx.field("upstream_log").index(i))),
  }),
};
