// Access logs and their filters: proto → runtime form, and what is refused, with its path.
import { describe, expect, test } from "bun:test";
import type { AccessLog } from "../../src/gen/envoy/config/accesslog/v3/accesslog_pb.ts";
import { ConfigError } from "../../src/config/config-error.ts";
import { accessLogFieldTables, translateAccessLog } from "../../src/config/translate-access-log.ts";
import { DEFAULT_ACCESS_LOG_FORMAT } from "../../src/expr/formatter.ts";
import { fileAccessLog } from "../../src/extensions/access_loggers/file/config.ts";
import { stderrAccessLog, stdoutAccessLog } from "../../src/extensions/access_loggers/stream/config.ts";
import { metadataFormatter, reqWithoutQueryFormatter } from "../../src/extensions/formatters/builtin/config.ts";
import { decodeText, testContext } from "./support.ts";

const extensions = [fileAccessLog, stdoutAccessLog, stderrAccessLog, reqWithoutQueryFormatter, metadataFormatter];
const FILE = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog";
const STREAM = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.";

function translate(json: unknown) {
  const { ctx } = testContext(extensions, "access_log[0]");
  return translateAccessLog(decodeText<AccessLog>("envoy.config.accesslog.v3.AccessLog", JSON.stringify(json)), ctx);
}
const log = (filter: unknown) => ({ name: "l", filter, typed_config: { "@type": FILE, path: "/dev/null" } });
const sink = (config: unknown) => ({ name: "l", typed_config: config });

function problem(json: unknown): { path: string; message: string } {
  try {
    translate(json);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems[0]!;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("sinks", () => {
  test("a file without format has Envoy's line", () => {
    expect(translate(log(undefined))).toEqual({
      filter: null,
      logger: {
        factory: "envoy.access_loggers.file",
        name: "l",
        config: {
          path: "/dev/null",
          format: { kind: "text", format: DEFAULT_ACCESS_LOG_FORMAT, omitEmptyValues: false },
        },
      },
    });
  });

  test.each<[string, unknown, unknown]>([
    ["format", { "@type": FILE, path: "a", format: "x%PROTOCOL%" }, {
      kind: "text",
      format: "x%PROTOCOL%",
      omitEmptyValues: false,
    }],
    ["json_format", { "@type": FILE, path: "a", json_format: { k: "%PROTOCOL%" } }, {
      kind: "json",
      format: { k: "%PROTOCOL%" },
      omitEmptyValues: false,
    }],
    ["typed_json_format", { "@type": FILE, path: "a", typed_json_format: { k: 1 } }, {
      kind: "json",
      format: { k: 1 },
      omitEmptyValues: false,
    }],
    ["log_format text", {
      "@type": FILE,
      path: "a",
      log_format: { text_format_source: { inline_string: "é%PROTOCOL%" }, omit_empty_values: true },
    }, { kind: "text", format: "é%PROTOCOL%", omitEmptyValues: true }],
    ["log_format json", {
      "@type": `${STREAM}StdoutAccessLog`,
      log_format: { json_format: { n: { l: ["%PROTOCOL%"] } } },
    }, { kind: "json", format: { n: { l: ["%PROTOCOL%"] } }, omitEmptyValues: false }],
    ["stderr default", { "@type": `${STREAM}StderrAccessLog` }, {
      kind: "text",
      format: DEFAULT_ACCESS_LOG_FORMAT,
      omitEmptyValues: false,
    }],
  ])("%s", (_name, config, format) => {
    expect((translate(sink(config)).logger.config as { format: unknown }).format).toEqual(format);
  });

  test("formatter extensions that are built in are taken, as istiod sends them", () => {
    const formatters = ["req_without_query.v3.ReqWithoutQuery", "metadata.v3.Metadata"].map((type) => ({
      name: type,
      typed_config: { "@type": `type.googleapis.com/envoy.extensions.formatter.${type}` },
    }));
    const log_format = { text_format_source: { inline_string: "%REQ_WITHOUT_QUERY(:PATH)%" }, formatters };
    expect(translate(sink({ "@type": FILE, path: "a", log_format })).logger.factory).toBe("envoy.access_loggers.file");
  });
});

describe("filters", () => {
  const runtimeValue = { default_value: 400, runtime_key: "k" };
  test.each<[string, unknown, unknown]>([
    ["status", { status_code_filter: { comparison: { op: "GE", value: runtimeValue } } }, {
      kind: "statusCode",
      comparison: { op: "ge", value: 400, runtimeKey: "k" },
    }],
    ["duration", { duration_filter: { comparison: { op: "NE", value: runtimeValue } } }, {
      kind: "duration",
      comparison: { op: "ne", value: 400, runtimeKey: "k" },
    }],
    ["health check", { not_health_check_filter: {} }, { kind: "notHealthCheck" }],
    ["traceable", { traceable_filter: {} }, { kind: "traceable" }],
    ["runtime", {
      runtime_filter: { runtime_key: "k", percent_sampled: { numerator: 5, denominator: "TEN_THOUSAND" } },
    }, { kind: "runtime", runtimeKey: "k", numerator: 5, denominator: 10_000, useIndependentRandomness: false }],
    ["and, or", {
      and_filter: {
        filters: [{ not_health_check_filter: {} }, {
          or_filter: { filters: [{ traceable_filter: {} }, { traceable_filter: {} }] },
        }],
      },
    }, {
      kind: "and",
      filters: [{ kind: "notHealthCheck" }, { kind: "or", filters: [{ kind: "traceable" }, { kind: "traceable" }] }],
    }],
    ["header", { header_filter: { header: { name: "x", present_match: true } } }, {
      kind: "header",
      header: { name: "x", condition: { kind: "present", present: true }, invert: false, treatMissingAsEmpty: false },
    }],
    ["flags", { response_flag_filter: { flags: ["UF", "NR"] } }, { kind: "responseFlag", flags: ["UF", "NR"] }],
    ["grpc", { grpc_status_filter: { statuses: ["OK", "UNAVAILABLE"], exclude: true } }, {
      kind: "grpcStatus",
      statuses: [0, 14],
      exclude: true,
    }],
    ["log type", { log_type_filter: { types: ["TcpConnectionStart", "DownstreamEnd"] } }, {
      kind: "logType",
      types: ["TcpConnectionStart", "DownstreamEnd"],
      exclude: false,
    }],
    ["metadata", {
      metadata_filter: {
        matcher: {
          filter: "f",
          path: [{ key: "a" }],
          value: {
            or_match: {
              value_matchers: [{ double_match: { range: { start: 1, end: 2 } } }, {
                list_match: { one_of: { bool_match: true } },
              }],
            },
          },
        },
        match_if_key_not_found: false,
      },
    }, {
      kind: "metadata",
      namespace: "f",
      path: ["a"],
      value: {
        kind: "oneOf",
        values: [{ kind: "range", start: 1, end: 2 }, { kind: "list", value: { kind: "bool", value: true } }],
      },
      matchIfNotFound: false,
      invert: false,
    }],
  ])("%s", (_name, filter, expected) => {
    expect(translate(log(filter)).filter).toEqual(expected as never);
  });
});

describe("refused", () => {
  test.each<[string, unknown, string, string]>([
    [
      "unknown operator",
      sink({ "@type": FILE, path: "a", log_format: { text_format_source: { inline_string: "%NOPE%" } } }),
      "access_log[0].typed_config.log_format.text_format_source",
      "unknown operator %NOPE%",
    ],
    [
      "bad operator in JSON",
      sink({ "@type": FILE, path: "a", json_format: { a: { b: "%REQ%" } } }),
      "access_log[0].typed_config.json_format",
      "%REQ% must name one header",
    ],
    [
      "format from a file",
      sink({ "@type": FILE, path: "a", log_format: { text_format_source: { filename: "x" } } }),
      "access_log[0].typed_config.log_format.text_format_source",
      "must stand in the configuration",
    ],
    [
      "another extension",
      sink({ "@type": "type.googleapis.com/envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig" }),
      "access_log[0].typed_config",
      "HttpGrpcAccessLogConfig",
    ],
    ["no typed_config", { name: "l" }, "access_log[0].typed_config", "typed_config"],
  ])("%s", (_name, config, path, message) => {
    const found = problem(config);
    expect(found.path).toBe(path);
    expect(found.message).toContain(message);
  });
});

test("every message has one table", () => {
  const names = accessLogFieldTables.map((table) => table.message);
  expect(new Set(names).size).toBe(names.length);
});
