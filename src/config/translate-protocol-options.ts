// Translates HttpProtocolOptions and Http1ProtocolOptions (envoy.config.core.v3) for the connection manager and for clusters.
import type { Duration } from "@bufbuild/protobuf/wkt";
import type { Http1ProtocolOptions, HttpProtocolOptions } from "../gen/envoy/config/core/v3/protocol_pb.ts";
import type { CommonHttpOptions, Http1Options } from "../upstream/http-options.ts";
import type { FieldTable } from "./field-table.ts";
import type { TranslateContext } from "./translate-context.ts";

/** Milliseconds of a Duration, `defaultMs` when absent. */
export function durationMs(duration: Duration | undefined, defaultMs: number): number {
  return duration === undefined ? defaultMs : Number(duration.seconds) * 1000 + duration.nanos / 1_000_000;
}

const UNDERSCORES = ["allow", "reject", "drop"] as const;
const HOUR_MS = 3_600_000;

export function translateCommonHttpOptions(
  proto: HttpProtocolOptions | undefined,
  _ctx: TranslateContext,
): CommonHttpOptions {
  return {
    idleTimeoutMs: durationMs(proto?.idleTimeout, HOUR_MS),
    maxConnectionDurationMs: durationMs(proto?.maxConnectionDuration, 0),
    maxStreamDurationMs: durationMs(proto?.maxStreamDuration, 0),
    maxHeaderCount: proto?.maxHeadersCount ?? 100,
    maxResponseHeadersKb: proto?.maxResponseHeadersKb ?? 0,
    maxRequestsPerConnection: proto?.maxRequestsPerConnection ?? 0,
    headersWithUnderscores: UNDERSCORES[proto?.headersWithUnderscoresAction ?? 0] ?? "allow",
  };
}

export function translateHttp1Options(proto: Http1ProtocolOptions | undefined, ctx: TranslateContext): Http1Options {
  const format = proto?.headerKeyFormat?.headerFormat;
  let headerKeyFormat: Http1Options["headerKeyFormat"] = "lower";
  if (format?.case === "properCaseWords") headerKeyFormat = "proper";
  else if (format?.case === "statefulFormatter") {
    ctx.field("header_key_format").field("stateful_formatter").field("typed_config")
      .extension("header_formatter", format.value.name, format.value.typedConfig);
    headerKeyFormat = "preserve";
  }
  return {
    allowAbsoluteUrl: proto?.allowAbsoluteUrl ?? true,
    acceptHttp10: proto?.acceptHttp10 ?? false,
    defaultHostForHttp10: proto?.defaultHostForHttp10 ?? "",
    enableTrailers: proto?.enableTrailers ?? false,
    allowChunkedLength: proto?.allowChunkedLength ?? false,
    headerKeyFormat,
    sendFullyQualifiedUrl: proto?.sendFullyQualifiedUrl ?? false,
    allowCustomMethods: proto?.allowCustomMethods ?? false,
    streamErrorOnInvalidMessage: proto?.overrideStreamErrorOnInvalidHttpMessage ?? null,
  };
}

export const protocolOptionsFieldTables: readonly FieldTable[] = [
  {
    message: "envoy.config.core.v3.HttpProtocolOptions",
    honoured: [
      "idle_timeout",
      "max_connection_duration",
      "max_stream_duration",
      "max_headers_count",
      "max_response_headers_kb",
      "max_requests_per_connection",
      "headers_with_underscores_action",
    ],
    accepted: {
      max_connection_duration_jitter: "connections end at the plain duration; jitter only spreads reconnects",
    },
    refused: {},
  },
  {
    message: "envoy.config.core.v3.Http1ProtocolOptions",
    honoured: [
      "allow_absolute_url",
      "accept_http_10",
      "default_host_for_http_10",
      "header_key_format",
      "enable_trailers",
      "allow_chunked_length",
      "override_stream_error_on_invalid_http_message",
      "send_fully_qualified_url",
      "allow_custom_methods",
    ],
    accepted: { use_balsa_parser: "Lamina has one HTTP/1 parser of its own" },
    refused: { ignore_http_11_upgrade: "list the upgrades to accept in upgrade_configs instead" },
  },
  {
    message: "envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat",
    honoured: ["proper_case_words", "stateful_formatter"],
    accepted: {},
    refused: {},
  },
  {
    message: "envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords",
    honoured: [],
    accepted: {},
    refused: {},
  },
];
