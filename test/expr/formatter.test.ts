// Substitution formatter: every rendering rule below is what Envoy 1.40 printed for the same format and request.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HeaderBlock } from "../../src/base/header-block.ts";
import { internHeaderName } from "../../src/base/header-names.ts";
import { compileFormat, compileJsonFormat, DEFAULT_ACCESS_LOG_FORMAT, FormatError } from "../../src/expr/formatter.ts";
import { operatorNames } from "../../src/expr/format-operators.ts";
import { RESPONSE_FLAG_NAMES } from "../../src/expr/response-flags.ts";
import { ResponseFlag, StreamInfo } from "../../src/expr/stream-info.ts";

function headers(...fields: [string, string][]): HeaderBlock {
  const block = new HeaderBlock();
  for (const [name, value] of fields) block.append(internHeaderName(name), value);
  return block;
}

function exchange(change: (info: StreamInfo) => void = () => {}): StreamInfo {
  const info = new StreamInfo();
  info.startWallMs = Date.UTC(2026, 10, 24, 19, 50, 43) + 967.874;
  info.startMs = 1000;
  info.endMs = 1005.9;
  info.protocol = "HTTP/1.1";
  info.responseCode = 200;
  info.bytesSent = 5;
  info.connectionId = 2;
  info.downstreamRemoteAddress = { host: "127.0.0.1", port: 46900, text: "127.0.0.1:46900" };
  info.requestHeaders = headers(
    [":method", "GET"],
    [":path", "/d/x?a=hello&b=%20"],
    ["host", "h"],
    ["x", "one"],
    ["x", "two"],
    ["x-b", "bbbbb"],
  );
  info.responseHeaders = new HeaderBlock();
  info.responseHeaders.status = 200;
  change(info);
  return info;
}

const text = (format: string, info = exchange()) => compileFormat(format).format(info);
const withHeader = (value: string) => exchange((info) => info.requestHeaders = headers(["x", value]));

describe("text formats", () => {
  test("default line", () => {
    expect(text(DEFAULT_ACCESS_LOG_FORMAT)).toBe(
      '[2026-11-24T19:50:43.967Z] "GET /d/x?a=hello&b=%20 HTTP/1.1" 200 - 0 5 5 - "-" "-" "-" "h" "-"\n',
    );
  });

  test.each([
    ["%REQ(X)% %REQ(x-a?x-b):3% [%REQ(:METHOD)% %REQ(HOST)%] %RESP(:STATUS)%", "one bbb [GET h] 200"],
    [
      "%RESPONSE_CODE% %DURATION% %BYTES_RECEIVED% %BYTES_SENT% %PROTOCOL% %% %RESPONSE_FLAGS%",
      "200 5 0 5 HTTP/1.1 % -",
    ],
    [
      "%START_TIME%|%START_TIME(%s.%3f)%|%START_TIME(%Y-%m-%dT%H:%M:%S.%6f %f %1f)%",
      "2026-11-24T19:50:43.967Z|1795549843.967|2026-11-24T19:50:43.967874 967874000 9",
    ],
    ["%START_TIME(%Z %z %e %j %a %A %b %y %p %I)%", "UTC +0000 24 328 Tue Tuesday Nov 26 PM 07"],
    [
      "%START_TIME(%E3S %E6f %U %W %V %G %u %w %D %F %T %R %r %c %x %X %h %C |%k|%l|%P|%Ez %Q %)%",
      "43.967 967874 47 47 48 2026 2 2 11/24/26 2026-11-24 19:50:43 19:50 07:50:43 PM Tue Nov 24 19:50:43 2026 11/24/26 19:50:43 Nov 20 |19| 7|pm|+00:00 %Q %",
    ],
    [
      "%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_PORT%",
      "127.0.0.1:46900 127.0.0.1 46900",
    ],
    [
      "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(16)% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(33)%",
      "127.0.0.0/16 127.0.0.1/32",
    ],
    [
      "%UPSTREAM_HOST% %UPSTREAM_CLUSTER% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %UPSTREAM_CONNECTION_ID% %UPSTREAM_REMOTE_PORT%",
      "- - 0 0 -",
    ],
    [
      "%PATH% %PATH(NQ:PATH)% %QUERY_PARAM(a):2% [%QUERY_PARAM(b)%] %QUERY_PARAMS%",
      "/d/x?a=hello&b=%20 /d/x he [ ] a=hello&b=%20",
    ],
    [
      "%DOWNSTREAM_DETECTED_CLOSE_TYPE% %REQUESTED_SERVER_NAME% %REQUESTED_SERVER_NAME(SNI_FIRST:HOST)% %TRACE_ID% %DOWNSTREAM_PEER_SUBJECT%",
      "Normal - h - -",
    ],
    [
      '%COALESCE({"operators":[{"command":"REQ","param":"nope"},"RESPONSE_CODE"]})%|%COALESCE({"operators":[{"command":"REQ","param":"x","max_length":2}]}):1%',
      "200|o",
    ],
    ["%DYNAMIC_METADATA(a:b)% %FILTER_STATE(a:PLAIN)% %GRPC_STATUS%", "- - -"],
    ["%COMMON_DURATION(DS_RX_BEG:US_TX_BEG:us)% %RESPONSE_DURATION%", "- -"],
  ])("%s", (format, expected) => {
    expect(text(format)).toBe(expected);
  });

  test("decoded query parameters keep what cannot stand in a URI", () => {
    const info = exchange((i) =>
      i.requestHeaders = headers([":path", "/d?b=%09%0a%7f%c3%a9%25%2f%zz%4%3d%3f%3c%22%5c%41"])
    );
    expect(text("%QUERY_PARAMS(DECODED)%", info)).toBe("b=%09%0a%7f%c3%a9%/zz4=?%3c%22%5cA");
  });

  test("an empty header is empty, an absent one is -", () => {
    expect(text("[%REQ(X)%] [%REQ(Y)%]", withHeader(""))).toBe("[] [-]");
    expect(compileFormat("[%REQ(Y)%]", { omitEmptyValues: true }).format(withHeader(""))).toBe("[]");
  });

  test("upstream, flags and details", () => {
    const info = exchange((i) => {
      i.upstream = {
        clusterName: "c",
        clusterStatName: "alt",
        hostAddress: "127.0.0.1:19904",
        hostName: "",
        localAddress: { host: "127.0.0.1", port: 45316, text: "127.0.0.1:45316" },
        connectionId: 5,
        transportFailureReason: "delayed connect error: 111",
        protocol: "HTTP/1.1",
      };
      i.responseFlags = ResponseFlag.noRouteFound | ResponseFlag.upstreamConnectionFailure;
      i.responseCodeDetails = "via upstream";
      i.hostsAttempted = ["10.0.0.1:80", "[::1]:81"];
    });
    expect(
      text(
        "%UPSTREAM_CLUSTER% %UPSTREAM_CLUSTER_RAW% %UPSTREAM_HOST% %UPSTREAM_HOST_NAME% %UPSTREAM_HOST_NAME_WITHOUT_PORT% %UPSTREAM_LOCAL_ADDRESS% %UPSTREAM_LOCAL_PORT% %UPSTREAM_REMOTE_PORT%",
        info,
      ),
    ).toBe("alt c 127.0.0.1:19904 127.0.0.1:19904 127.0.0.1 127.0.0.1:45316 45316 19904");
    expect(text("%RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%", info)).toBe("UF,NR UpstreamConnectionFailure,NoRouteFound");
    expect(text("%RESPONSE_CODE_DETAILS%|%RESPONSE_CODE_DETAILS(ALLOW_WHITESPACES)%", info)).toBe(
      "via_upstream|via upstream",
    );
    expect(text("%UPSTREAM_TRANSPORT_FAILURE_REASON% %UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT%", info)).toBe(
      "delayed_connect_error:_111 10.0.0.1,::1",
    );
  });

  test("every flag has its own bit and name", () => {
    expect(RESPONSE_FLAG_NAMES.map((flag) => flag.bit)).toEqual(Object.values(ResponseFlag));
    expect(new Set(RESPONSE_FLAG_NAMES.map((flag) => flag.short)).size).toBe(30);
  });

  test("metadata and filter state", () => {
    const info = exchange((i) => {
      i.routeMetadata = { ns: { k: "v", n: 1.5, o: { x: [1, 2] }, u: 'é"' } };
      i.dynamicMetadata = new Map([["f", { a: { b: true } }]]);
      i.filterState = new Map<string, unknown>([["s", "text"], ["o", { f: 1 }]]);
    });
    const latin1 = (s: string) => Buffer.from(s, "utf8").toString("latin1");
    expect(
      text(
        "%METADATA(ROUTE:ns:k)% %METADATA(ROUTE:ns:n)% %METADATA(ROUTE:ns:o)% %METADATA(ROUTE:ns:zz)% %METADATA(ROUTE:ns:u)%",
        info,
      ),
    )
      .toBe(latin1('v 1.5 {"x":[1,2]} - é"'));
    expect(
      text(
        "%DYNAMIC_METADATA(f:a:b)% %DYNAMIC_METADATA(f:a)% %DYNAMIC_METADATA(f:a:__proto__)% %METADATA(ROUTE:constructor)%",
        info,
      ),
    )
      .toBe('true {"b":true} - -');
    expect(text("%FILTER_STATE(s:PLAIN)% %FILTER_STATE(s)% %FILTER_STATE(o:TYPED)% %FILTER_STATE(o:FIELD:f)%", info))
      .toBe('text "text" {"f":1} 1');
  });

  test("gRPC status: trailers, headers, mapped HTTP status; nothing without gRPC", () => {
    const grpc = (change: (i: StreamInfo) => void = () => {}) =>
      exchange((i) => {
        i.requestHeaders = headers(["content-type", "application/grpc"]);
        change(i);
      });
    expect(text("%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS(NUMBER)% %GRPC_STATUS_NUMBER%", grpc())).toBe(
      "Unknown UNKNOWN 2 2",
    );
    expect(text("%GRPC_STATUS%", grpc((i) => i.responseTrailers = headers(["grpc-status", "5"])))).toBe("NotFound");
    expect(text("%GRPC_STATUS%", grpc((i) => i.responseHeaders = headers(["grpc-status", "0"])))).toBe("OK");
    expect(text("%GRPC_STATUS%", grpc((i) => i.responseHeaders = headers(["grpc-status", "x"])))).toBe("InvalidCode");
    expect(text("%GRPC_STATUS%", grpc((i) => i.responseCode = 503))).toBe("Unavailable");
  });

  test("control bytes of SNI cannot reach a log line", () => {
    const info = exchange((i) => i.requestedServerName = "a.b\nevil\x00");
    expect(text("%REQUESTED_SERVER_NAME%", info)).toBe("a.b_evil_");
  });

  test("unique ids differ", () => {
    const format = compileFormat("%UNIQUE_ID%");
    expect(format.format(exchange())).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(format.format(exchange())).not.toBe(format.format(exchange()));
  });

  test("the cached second follows the clock both ways", () => {
    const format = compileFormat("%START_TIME(%T.%3f)%");
    const at = (ms: number) => format.format(exchange((i) => i.startWallMs = ms));
    expect([at(1000), at(1999.9), at(2000), at(999), at(0)]).toEqual([
      "00:00:01.000",
      "00:00:01.999",
      "00:00:02.000",
      "00:00:00.999",
      "00:00:00.000",
    ]);
  });
});

describe("refused formats", () => {
  test.each([
    ["%RESPONSE_CDE%", "unknown operator %RESPONSE_CDE%: did you mean %RESPONSE_CODE%?"],
    ["x%", "no operator at position 1"],
    ["%req(a)%", "no operator at position 0"],
    ["%RESP(A)", "no operator at position 0"],
    ["%RESPONSE_CODE%%", "no operator at position 15"],
    ["%REQ%", "%REQ% must name one header"],
    ["%REQ()%", "%REQ% must name one header"],
    ["%REQ(a?b?c)%", "%REQ% must name one header"],
    ["%RESPONSE_CODE(x)%", "takes no argument"],
    ["%PROTOCOL:2%", "takes no length"],
    ["%ENVIRONMENT%", "must name a variable"],
    ["%DYNAMIC_METADATA%", "must name a metadata namespace"],
    ["%METADATA(NOPE:a)%", "%METADATA% must be"],
    ["%FILTER_STATE(a:X)%", "%FILTER_STATE% takes"],
    ["%COMMON_DURATION(A:B)%", "%COMMON_DURATION% takes"],
    ["%COMMON_DURATION(__proto__:DS_RX_BEG)%", "%COMMON_DURATION% takes"],
    ["%COALESCE({})%", "%COALESCE% takes"],
    ["%PATH(X)%", "%PATH% takes"],
    ["%START_TIME(%n)%", "must not have line breaks"],
    ["%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(129)%", "takes a prefix length"],
    ["%GRPC_STATUS(X)%", "%GRPC_STATUS% takes"],
  ])("%s", (format, reason) => {
    expect(() => compileFormat(format)).toThrow(FormatError);
    expect(() => compileFormat(format)).toThrow(reason);
  });

  test("every listed operator compiles with some argument", () => {
    const operators: Record<string, string> = {
      COALESCE: '{"operators":["PROTOCOL"]}',
      COMMON_DURATION: "DS_RX_BEG:DS_RX_END",
      METADATA: "ROUTE:a",
      PATH: "",
      QUERY_PARAMS: "",
      GRPC_STATUS: "",
      REQUESTED_SERVER_NAME: "",
    };
    for (const name of operatorNames()) {
      const argument = operators[name] ??
        (/^(REQ|RESP|TRAILER|REQUEST_HEADER|RESPONSE_HEADER|RESPONSE_TRAILER|REQ_WITHOUT_QUERY|QUERY_PARAM|FILTER_STATE|ENVIRONMENT|.*_METADATA)$/
            .test(name)
          ? "a"
          : null);
      expect(() => compileFormat(argument === null ? `%${name}%` : `%${name}(${argument})%`)).not.toThrow();
    }
  });

  test("any text either compiles or is a FormatError", () => {
    const piece = fc.oneof(fc.constantFrom("%", "%%", "%REQ(", ")%", ":3%", "%PROTOCOL%", "(", "a"), fc.string());
    fc.assert(fc.property(fc.array(piece).map((pieces) => pieces.join("")), (format) => {
      try {
        compileFormat(format).format(exchange());
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }));
  });
});

describe("JSON formats", () => {
  const json = (format: Record<string, unknown>, info = exchange(), omitEmptyValues = false) =>
    compileJsonFormat(format, { omitEmptyValues }).format(info);

  test("types, nesting, key order", () => {
    expect(json({
      z: "%RESPONSE_CODE%",
      a: "%PROTOCOL%",
      m: "%REQ(X)%",
      t: "x%REQ(X)%y",
      n: { q: "%BYTES_SENT%", e: "%REQ(NOPE)%" },
      l: ["%DURATION%", "%REQ(NOPE)%", true, null, 1.5],
      num: 5,
      fl: "%RESPONSE_FLAGS%",
      mdt: "%METADATA(ROUTE:ns:n)%!",
      cut: "%REQ(X):2%",
      e: "",
      b: {},
    })).toBe(
      '{"a":"HTTP/1.1","b":{},"cut":"on","e":"","fl":"-","l":[5,null,true,null,1.5],"m":"one","mdt":"-!","n":{"e":null,"q":5},"num":5,"t":"xoney","z":200}\n',
    );
  });

  test("omit_empty_values leaves out absent keys and objects that end up empty", () => {
    const format = {
      z: "%RESPONSE_CODE%",
      n: { e: "%REQ(NOPE)%" },
      l: ["%REQ(NOPE)%"],
      s: "%REQ(NOPE)%%REQ(NOPE)%",
      e: "",
      b: {},
    };
    expect(json(format, exchange(), true)).toBe('{"e":"","l":[],"s":"","z":200}\n');
    expect(json({ a: "%REQ(NOPE)%" }, exchange(), true)).toBe("{}\n");
  });

  test("UTF-8 passes, anything else is escaped byte by byte", () => {
    expect(json({ m: "%REQ(X)%" }, withHeader('\xc3\xa9\xf0\x9f\x98\x80/<>"\\'))).toBe(
      '{"m":"\xc3\xa9\xf0\x9f\x98\x80/<>\\"\\\\"}\n',
    );
    expect(json({ m: "%REQ(X)%" }, withHeader('\xc3\xa9"\\ \xff\tz'))).toBe(
      '{"m":"\\u00c3\\u00a9\\u0022\\u005c \\u00ff\\u0009z"}\n',
    );
  });

  test("any header bytes give one line of valid JSON", () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array).toString("latin1"));
    fc.assert(fc.property(bytes, (value) => {
      const line = json({ h: "%REQ(X)%", t: "a%REQ(X)%b" }, withHeader(value));
      expect(line.indexOf("\n")).toBe(line.length - 1);
      const parsed = JSON.parse(Buffer.from(line, "latin1").toString("utf8")) as { h: string; t: string };
      expect(parsed.t).toBe(`a${parsed.h}b`);
    }));
  });
});
