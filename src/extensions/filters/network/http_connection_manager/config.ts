// HttpConnectionManager proto → ConnectionManagerConfig (envoy.extensions.filters.network.http_connection_manager.v3).
import type {
  HttpConnectionManager,
  HttpConnectionManager_UpgradeConfig,
  HttpFilter,
  LocalReplyConfig as LocalReplyConfigProto,
} from "../../../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import type { SubstitutionFormatString } from "../../../../gen/envoy/config/core/v3/substitution_format_string_pb.ts";
import type { ExtensionConfig } from "../../../../base/extension-config.ts";
import type { ExtensionTranslator } from "../../../../config/extension.ts";
import type { TranslateContext } from "../../../../config/translate-context.ts";
import { translateAccessLog, translateAccessLogFilter } from "../../../../config/translate-access-log.ts";
import {
  durationMs,
  translateCommonHttpOptions,
  translateHttp1Options,
} from "../../../../config/translate-protocol-options.ts";
import { translateRouteConfiguration } from "../../../../config/translate-route.ts";
import type { BodyFormatConfig, LocalReplyConfig } from "../../../../proxy/local-reply-config.ts";
import type { ConnectionManagerConfig, UpgradeConfig } from "../../../../proxy/connection-manager-config.ts";
import { connectionManagerFieldTables } from "./fields.ts";

const SERVER_HEADER = ["overwrite", "appendIfAbsent", "passThrough"] as const;
const CLIENT_CERT = ["sanitize", "forwardOnly", "appendForward", "sanitizeSet", "alwaysForwardOnly"] as const;
/** IMPLEMENTATION_SPECIFIC_DEFAULT is KEEP_UNCHANGED. */
const ESCAPED_SLASHES = ["keep", "keep", "reject", "unescapeAndRedirect", "unescapeAndForward"] as const;
const CODEC_AUTO = 0, CODEC_HTTP1 = 1;
const TERMINAL_FILTER = "envoy.filters.http.router";

export const httpConnectionManager: ExtensionTranslator<HttpConnectionManager, ConnectionManagerConfig> = {
  name: "envoy.filters.network.http_connection_manager",
  category: "network_filter",
  messageType: "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
  routeMessageType: null,
  status: "stable",
  posture: "robust_to_untrusted_downstream",
  fields: connectionManagerFieldTables,
  translate: translateConnectionManager,
};

function translateConnectionManager(proto: HttpConnectionManager, ctx: TranslateContext): ConnectionManagerConfig {
  if (proto.codecType !== CODEC_AUTO && proto.codecType !== CODEC_HTTP1) {
    ctx.field("codec_type").refuse("CFG070", "only AUTO and HTTP1 are served by this version", {
      value: proto.codecType,
    });
  }
  if (proto.routeSpecifier.case !== "routeConfig") {
    ctx.refuse("CFG071", "must have route_config: routes are given inline in this version", {
      hint: "rds and scoped_routes come with xDS",
    });
  }
  const common = translateCommonHttpOptions(proto.commonHttpProtocolOptions, ctx.field("common_http_protocol_options"));
  const http1 = translateHttp1Options(proto.httpProtocolOptions, ctx.field("http_protocol_options"));
  const internal = proto.internalAddressConfig;
  return {
    statPrefix: proto.statPrefix,
    codecType: proto.codecType === CODEC_HTTP1 ? "http1" : "auto",
    routeConfig: translateRouteConfiguration(proto.routeSpecifier.value, ctx.field("route_config")),
    httpFilters: translateFilters(proto.httpFilters, ctx.field("http_filters"), true),
    upgradeConfigs: proto.upgradeConfigs.map((upgrade, i) =>
      translateUpgrade(upgrade, ctx.field("upgrade_configs").index(i))
    ),
    http1,
    serverName: proto.serverName === "" ? "envoy" : proto.serverName,
    serverHeader: SERVER_HEADER[proto.serverHeaderTransformation] ?? "overwrite",
    useRemoteAddress: proto.useRemoteAddress ?? false,
    xffNumTrustedHops: proto.xffNumTrustedHops,
    skipXffAppend: proto.skipXffAppend,
    appendXForwardedPort: proto.appendXForwardedPort,
    via: proto.via,
    internalCidrs: internal === undefined
      ? null
      : internal.cidrRanges.map((range) => `${range.addressPrefix}/${range.prefixLen ?? 0}`),
    internalUnixSockets: internal?.unixSockets ?? false,
    representIpv4AsMapped: proto.representIpv4RemoteAddressAsIpv4MappedIpv6,
    normalizePath: proto.normalizePath ?? false,
    mergeSlashes: proto.mergeSlashes,
    escapedSlashes: ESCAPED_SLASHES[proto.pathWithEscapedSlashesAction] ?? "keep",
    stripMatchingHostPort: proto.stripMatchingHostPort,
    stripAnyHostPort: proto.stripPortMode.case === "stripAnyHostPort" && proto.stripPortMode.value,
    stripTrailingHostDot: proto.stripTrailingHostDot,
    generateRequestId: proto.generateRequestId ?? true,
    preserveExternalRequestId: proto.preserveExternalRequestId,
    alwaysSetRequestIdInResponse: proto.alwaysSetRequestIdInResponse,
    forwardClientCert: CLIENT_CERT[proto.forwardClientCertDetails] ?? "sanitize",
    schemeOverwrite: proto.schemeHeaderTransformation?.transformation.case === "schemeToOverwrite"
      ? proto.schemeHeaderTransformation.transformation.value
      : "",
    addUserAgent: proto.addUserAgent ?? false,
    proxy100Continue: proto.proxy100Continue,
    headersWithUnderscores: common.headersWithUnderscores,
    streamErrorOnInvalidMessage: http1.streamErrorOnInvalidMessage ?? proto.streamErrorOnInvalidHttpMessage ?? false,
    maxRequestHeadersKb: proto.maxRequestHeadersKb ?? 60,
    maxHeaderCount: common.maxHeaderCount,
    maxRequestsPerConnection: common.maxRequestsPerConnection,
    idleTimeoutMs: common.idleTimeoutMs,
    streamIdleTimeoutMs: durationMs(proto.streamIdleTimeout, 300_000),
    requestTimeoutMs: durationMs(proto.requestTimeout, 0),
    requestHeadersTimeoutMs: durationMs(proto.requestHeadersTimeout, 0),
    maxConnectionDurationMs: common.maxConnectionDurationMs,
    maxStreamDurationMs: common.maxStreamDurationMs,
    drainTimeoutMs: durationMs(proto.drainTimeout, 5000),
    delayedCloseTimeoutMs: durationMs(proto.delayedCloseTimeout, 1000),
    accessLogs: proto.accessLog.map((log, i) => translateAccessLog(log, ctx.field("access_log").index(i))),
    accessLogFlushIntervalMs: durationMs(proto.accessLogOptions?.accessLogFlushInterval, 0),
    flushAccessLogOnNewRequest: proto.accessLogOptions?.flushAccessLogOnNewRequest ?? false,
    localReply: proto.localReplyConfig === undefined
      ? null
      : translateLocalReply(proto.localReplyConfig, ctx.field("local_reply_config")),
  };
}

function translateFilters(
  filters: readonly HttpFilter[],
  ctx: TranslateContext,
  needsRouter: boolean,
): ExtensionConfig[] {
  const names = new Set<string>();
  const translated = filters.map((filter, i) => {
    const at = ctx.index(i);
    if (names.has(filter.name)) {
      at.field("name").refuse("CFG072", "must be unique in the chain: overrides of routes are keyed by it", {
        value: filter.name,
      });
    }
    names.add(filter.name);
    if (filter.configType.case === "configDiscovery") {
      at.field("config_discovery").refuse("CFG073", "is not there yet: give typed_config", {
        hint: "config_discovery comes with xDS",
      });
    }
    const config = at.field("typed_config").extension(
      "http_filter",
      filter.name,
      filter.configType.case === "typedConfig" ? filter.configType.value : undefined,
    );
    return filter.disabled ? { ...config, disabled: true } : config;
  });
  if (needsRouter || translated.length > 0) {
    const last = translated.at(-1);
    if (last?.factory !== TERMINAL_FILTER) {
      ctx.refuse("CFG074", `the last HTTP filter must be ${TERMINAL_FILTER}, which ends the chain`, {
        value: last?.name ?? "",
      });
    }
    if (last.disabled === true) {
      ctx.index(translated.length - 1).field("disabled").refuse("CFG074", "a terminal filter cannot be disabled");
    }
    const early = translated.findIndex((f, i) => f.factory === TERMINAL_FILTER && i < translated.length - 1);
    if (early >= 0) ctx.index(early).refuse("CFG074", `${TERMINAL_FILTER} must be the last HTTP filter`);
  }
  return translated;
}

function translateUpgrade(proto: HttpConnectionManager_UpgradeConfig, ctx: TranslateContext): UpgradeConfig {
  return {
    upgradeType: proto.upgradeType.toLowerCase(),
    enabled: proto.enabled ?? true,
    filters: proto.filters.length === 0 ? null : translateFilters(proto.filters, ctx.field("filters"), false),
  };
}

function translateLocalReply(proto: LocalReplyConfigProto, ctx: TranslateContext): LocalReplyConfig {
  return {
    mappers: proto.mappers.map((mapper, i) => {
      const at = ctx.field("mappers").index(i);
      return {
        filter: translateAccessLogFilter(mapper.filter!, at.field("filter")),
        statusCode: mapper.statusCode ?? 0,
        body: mapper.body === undefined ? null : inlineText(mapper.body.specifier, at.field("body")),
        bodyFormat: mapper.bodyFormatOverride === undefined
          ? null
          : translateBodyFormat(mapper.bodyFormatOverride, at.field("body_format_override")),
        // APPEND_IF_EXISTS_OR_ADD is 0; OVERWRITE_IF_EXISTS_OR_ADD (2) replaces.
        headersToAdd: mapper.headersToAdd.map((option) => ({
          name: option.header!.key.toLowerCase(),
          value: option.header!.value,
          append: option.append ?? option.appendAction === 0,
        })),
      };
    }),
    bodyFormat: proto.bodyFormat === undefined ? null : translateBodyFormat(proto.bodyFormat, ctx.field("body_format")),
  };
}

function translateBodyFormat(proto: SubstitutionFormatString, ctx: TranslateContext): BodyFormatConfig {
  switch (proto.format.case) {
    case "jsonFormat":
      return { kind: "json", format: proto.format.value, contentType: proto.contentType || "application/json" };
    case "textFormat":
      return { kind: "text", format: proto.format.value, contentType: proto.contentType || "text/plain" };
    case "textFormatSource":
      return {
        kind: "text",
        format: inlineText(proto.format.value.specifier, ctx.field("text_format_source")),
        contentType: proto.contentType || "text/plain",
      };
    default:
      return ctx.refuse("CFG075", "must have json_format, text_format or text_format_source");
  }
}

/** Text of a DataSource that needs no file at run time. */
function inlineText(specifier: { case: string | undefined; value?: unknown }, ctx: TranslateContext): string {
  if (specifier.case === "inlineString") return specifier.value as string;
  if (specifier.case === "inlineBytes") return Buffer.from(specifier.value as Uint8Array).toString("latin1");
  return ctx.refuse("CFG076", "only inline_string and inline_bytes are read here", {
    hint: "put the text into the configuration",
  });
}
