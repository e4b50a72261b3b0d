// Hostile HTTP/1 input (reference/envoy.md §5.2 items 1–32 as far as the codec decides): verdict, details, and where Envoy 1.40 is laxer.
import { describe, expect, test } from "bun:test";
import { HeaderBlock } from "../../../src/base/header-block.ts";
import { OutputBuffer } from "../../../src/base/output-buffer.ts";
import { nominatedNames } from "../../../src/protocol/http1/connection-tokens.ts";
import { Http1HeadEncoder } from "../../../src/protocol/http1/head-encoder.ts";
import { Method } from "../../../src/protocol/http1/methods.ts";
import { DEFAULT_HTTP1_OPTIONS } from "../../../src/protocol/http1/options.ts";
import { Http1RequestDecoder } from "../../../src/protocol/http1/request-decoder.ts";
import { type RunOptions, runRequests, runResponse } from "./recorder.ts";

const CODEC = "400 http1.codec_error";
const CHARS = "400 http1.invalid_characters";
const TE = "501 http1.invalid_transfer_encoding";
const URL_ERROR = "400 http1.invalid_url";
const TOO_LARGE = "431 http1.headers_too_large";
const TOO_MANY = "431 http1.too_many_headers";
const LOW = "426 low_version";

/** `[item, what, input, verdict, what Envoy 1.40 does when it differs]`; a verdict is `status details` or `ok`. */
type Row = readonly [item: number, what: string, input: string, verdict: string, envoy?: string];

const get = (lines: string, body = "") => `GET / HTTP/1.1\r\nhost: a\r\n${lines}\r\n${body}`;
const post = (lines: string, body: string) => `POST / HTTP/1.1\r\nhost: a\r\n${lines}\r\n${body}`;
const line = (requestLine: string, lines = "host: a\r\n") => `${requestLine}\r\n${lines}\r\n`;
const chunked = (body: string) => post("transfer-encoding: chunked\r\n", body);
const sized = (size: string) => chunked(`${size}\r\nabcde\r\n0\r\n\r\n`);
const BODY = "5\r\nabcde\r\n0\r\n\r\n";

const FRAMING: Row[] = [
  [
    1,
    "content-length and chunked",
    post("content-length: 5\r\ntransfer-encoding: chunked\r\n", BODY),
    "400 http1.content_length_and_chunked_not_allowed",
  ],
  [
    1,
    "chunked and content-length",
    post("transfer-encoding: chunked\r\ncontent-length: 5\r\n", BODY),
    "400 http1.content_length_and_chunked_not_allowed",
  ],
  [2, "two lengths", post("content-length: 5\r\ncontent-length: 6\r\n", "abcdef"), CODEC],
  [2, "the same length twice", post("content-length: 5\r\ncontent-length: 5\r\n", "abcde"), CODEC],
  [2, "length list", post("content-length: 5, 6\r\n", "abcdef"), CODEC],
  ...["+5", "-5", "0x5", "5_0", '" "', "", "1Z", "5 5", "5,", "\xb2", "9007199254740993000", "99999999999999999999"]
    .map(
      (v): Row => [3, `content-length ${JSON.stringify(v)}`, post(`content-length: ${v}\r\n`, "abcdefghij"), CODEC],
    ),
  [3, "content-length 010", post("content-length: 010\r\n", "abcdefghij"), CODEC, "forwards 010"],
  [3, "content-length 00", post("content-length: 00\r\n", ""), CODEC, "forwards 00"],
  [3, "content-length 2^53 + 1", post("content-length: 9007199254740993\r\n", ""), CODEC, "accepts"],
  ...[
    "chunked, chunked",
    "chunked, gzip",
    "gzip, chunked",
    "identity",
    "gzip",
    ",chunked",
    "chunked,",
    "xchunked",
    "\xa0chunked",
    "chunked;q=1",
    '"chunked"',
    "chunke",
    "chunkedd",
    "chunked\tgzip",
  ].map(
    (v): Row => [4, `transfer-encoding ${JSON.stringify(v)}`, post(`transfer-encoding: ${v}\r\n`, "0\r\n\r\n"), TE],
  ),
  [4, "chunked twice", post("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n"), TE],
  [4, "chunked then identity", post("transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n", "0\r\n\r\n"), TE],
  [5, "VT before chunked", post("transfer-encoding: \x0bchunked\r\n", "0\r\n\r\n"), CHARS],
  [5, "Chunked in capitals", post("transfer-encoding: CHUNKED\r\n", "0\r\n\r\n"), "ok"],
  [5, "chunked with spaces behind", post("transfer-encoding: chunked \t\r\n", "0\r\n\r\n"), "ok"],
  [
    5,
    "chunked in HTTP/1.0",
    "POST / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "400 http1.invalid_transfer_encoding",
    "accepts",
  ],
  [6, "space before the colon of content-length", post("content-length : 5\r\n", "abcde"), CODEC],
  [6, "space before the colon of transfer-encoding", post("transfer-encoding : chunked\r\n", "0\r\n\r\n"), CODEC],
  [6, "tab before a colon", get("x\t: 5\r\n"), CODEC],
  [7, "folded field", get("x: a\r\n b\r\n"), CODEC, "joins the lines"],
  [7, "folded by tab", get("x: a\r\n\tb\r\n"), CODEC, "joins the lines"],
  [7, "space before the first field", "GET / HTTP/1.1\r\n host: a\r\n\r\n", CODEC],
  [7, "folded transfer-encoding", post("transfer-encoding:\r\n chunked\r\n", "0\r\n\r\n"), CODEC, "reads chunked"],
  [8, "LF line ends", "GET / HTTP/1.1\nhost: a\n\n", CODEC, "accepts"],
  [8, "one LF line end", get("x: y\nz: 1\r\n"), CODEC, "accepts"],
  [8, "LF ends the head", "GET / HTTP/1.1\r\nhost: a\r\n\n", CODEC, "accepts"],
  [8, "CR CR LF", get("x: y\r\r\n"), CODEC, "accepts"],
  [8, "LF before the request", "\nGET / HTTP/1.1\r\nhost: a\r\n\r\n", CODEC, "accepts"],
  [9, "CR in a value", get("x: a\rb\r\n"), CODEC, "drops the CR"],
  [9, "CR in a name", get("x\ry: b\r\n"), CODEC],
  [9, "head ends by CR LF CR X", "GET / HTTP/1.1\r\nhost: a\r\n\rX\r\n\r\n", CODEC],
  ...["\0", "\x01", "\x08", "\x0b", "\x0c", "\x1b", "\x1f", "\x7f"].flatMap((c): Row[] => [
    [10, `${JSON.stringify(c)} in a value`, get(`x: a${c}b\r\n`), CHARS],
    [10, `${JSON.stringify(c)} in a name`, get(`x${c}y: b\r\n`), CHARS],
    [10, `${JSON.stringify(c)} in the target`, line(`GET /a${c}b HTTP/1.1`), CHARS],
    [10, `${JSON.stringify(c)} in the method`, line(`GE${c}T / HTTP/1.1`), CHARS],
  ]),
  [11, "empty name", get(": x\r\n"), CODEC],
  [11, "space in a name", get("a b: x\r\n"), CODEC],
  [11, "obs-text in a name", get("a\xe9: x\r\n"), CODEC],
  [11, "no colon", get("abc\r\n"), CODEC],
  ...["(", ")", "<", ">", "@", ",", ";", "\\", '"', "/", "[", "]", "?", "=", "{", "}"].map(
    (c): Row => [11, `${c} in a name`, get(`a${c}b: x\r\n`), CODEC],
  ),
  [11, "obs-text in a value is allowed", get("x: \xe9\xff\r\n"), "ok"],
];

const CHUNKS: Row[] = [
  ...["0x5", "+5", "-1", "1_0", " 5", "5z", "", "g", ";a", "5,", "FFFFFFFFFFFFFFFFF", "10000000000000000"].map(
    (v): Row => [13, `chunk size ${JSON.stringify(v)}`, sized(v), CODEC],
  ),
  [13, "chunk size 2^64 - 1", sized("FFFFFFFFFFFFFFFF"), CODEC, "waits for that much"],
  [13, "chunk size 2^53", sized("20000000000000"), CODEC, "waits for that much"],
  [13, "17 digits of chunk size", sized("00000000000000005"), CODEC, "accepts leading zeros"],
  [13, "space after the size", sized("5 "), CODEC, "accepts"],
  [13, "tab after the size", sized("5\t"), CODEC, "accepts"],
  [13, "leading zeros", sized("0005"), "ok"],
  [14, "CR in an extension", sized("5;a\rb"), CODEC],
  [14, "LF in an extension", sized("5;a\nb"), CODEC],
  [14, "NUL in an extension", sized("5;\0"), CODEC, "accepts"],
  [14, "LF ends the size line", chunked("5\nabcde\r\n0\r\n\r\n"), CODEC],
  [14, "extension of 1 MiB", sized(`5;${"a".repeat(1 << 20)}`), CODEC, "reads it all"],
  [14, "extensions outweigh the body", chunked(`1;${"a".repeat(200)}\r\nx\r\n`.repeat(200)), CODEC, "reads them all"],
  [14, "extension with a quoted string", sized('5;a="b c;d"'), "ok"],
  [14, "white space before an extension", sized("5 ;a=b"), "ok"],
  [15, "no CRLF after the data", chunked("5\r\nabcdeXX0\r\n\r\n"), CODEC],
  [15, "LF after the data", chunked("5\r\nabcde\n0\r\n\r\n"), CODEC, "accepts"],
  [15, "CR only after the data", chunked("5\r\nabcde\rX0\r\n\r\n"), CODEC],
  [15, "LF ends the last chunk", chunked("5\r\nabcde\r\n0\n\n"), CODEC],
  [15, "LF ends the body", chunked("5\r\nabcde\r\n0\r\n\n"), CODEC, "accepts"],
  [16, "pseudo field as trailer", chunked("0\r\n:path: /x\r\n\r\n"), CODEC],
  [16, "folded trailer", chunked("0\r\nx: 1\r\n y\r\n\r\n"), CODEC, "joins the lines"],
  [16, "NUL in a trailer", chunked("0\r\nx: \0\r\n\r\n"), CHARS],
  [16, "10,000 trailers", chunked(`0\r\n${"x: y\r\n".repeat(10_000)}\r\n`), TOO_MANY],
  [16, "trailers over the size limit", chunked(`0\r\nx: ${"y".repeat(70_000)}\r\n\r\n`), TOO_LARGE],
];

const HOST: Row[] = [
  [22, "no host", line("GET / HTTP/1.1", ""), "400 missing_host_header"],
  [22, "two hosts", line("GET / HTTP/1.1", "host: a\r\nhost: b\r\n"), CODEC, "forwards a,b"],
  [22, "the same host twice", line("GET / HTTP/1.1", "host: a\r\nhost: a\r\n"), CODEC, "forwards a,a"],
  ...["a b", "a/b", "a?b", "a#b", "a\\b", "a\xe9", '"a"', "<a>", "{a}", "a|b", "a^b", "a`b", "a\tb"].map(
    (
      v,
    ): Row => [22, `host ${JSON.stringify(v)}`, line("GET / HTTP/1.1", `host: ${v}\r\n`), "400 http.invalid_authority"],
  ),
  ...["a@b", "u:p@h", "[::1", "::1", "a:x", "a:99999", "a:80:90", "[]", "[::1]x", "[:/]", "a[b"].map(
    (
      v,
    ): Row => [22, `host ${v}`, line("GET / HTTP/1.1", `host: ${v}\r\n`), "400 http.invalid_authority", "accepts most"],
  ),
  [22, "NUL in host", line("GET / HTTP/1.1", "host: google.com\0.evil\r\n"), CHARS],
  ...["", "a", "a.b:80", "a:", "[::1]:80", "[fe80::1%25eth0]", "a_b", "%61", "outbound_.80_._.x.svc.cluster.local"].map(
    (v): Row => [22, `host ${v} is allowed`, line("GET / HTTP/1.1", `host: ${v}\r\n`), "ok"],
  ),
  [23, "userinfo in the target", line("GET http://u:p@b/x HTTP/1.1"), URL_ERROR, "drops the userinfo"],
  [23, "empty authority in the target", line("GET http:///x HTTP/1.1"), URL_ERROR],
  [23, "no authority in the target", line("GET http:// HTTP/1.1"), URL_ERROR],
  [23, "port without host in the target", line("GET http://:80/ HTTP/1.1"), URL_ERROR],
  [23, "bad port in the target", line("GET http://a:b/ HTTP/1.1"), URL_ERROR],
  [23, "foreign scheme", line("GET ftp://b/x HTTP/1.1"), "400 http1.invalid_scheme"],
  [23, "two hosts besides absolute form", line("GET http://b/ HTTP/1.1", "host: a\r\nhost: b\r\n"), CODEC, "accepts"],
  [24, "fragment", line("GET /a#f HTTP/1.1"), "400 path_normalization_failed"],
  [24, "space in the target", line("GET /a b HTTP/1.1"), CODEC],
  [24, "tab in the target", line("GET /a\tb HTTP/1.1"), CODEC],
  [24, "raw UTF-8 in the target", line("GET /\xc3\xa9 HTTP/1.1"), CODEC],
  [24, "asterisk for GET", line("GET * HTTP/1.1"), URL_ERROR],
  ...["a", "foo/bar", "?x", "http:/a", "http:", "a:80"].map(
    (v): Row => [24, `target ${v}`, line(`GET ${v} HTTP/1.1`), CODEC],
  ),
  [24, "two spaces", line("GET  / HTTP/1.1"), CODEC, "accepts"],
  [24, "two spaces before the version", line("GET /  HTTP/1.1"), CODEC, "accepts"],
  [24, "space after the version", line("GET / HTTP/1.1 "), CODEC, "accepts"],
  [24, "tab as separator", line("GET\t/ HTTP/1.1"), CODEC, "accepts"],
  [24, "space before the method", line(" GET / HTTP/1.1"), CODEC],
  ...["/a\\b", '/a"b', "/a<b>", "/a{b}|^`", "/%zz", "/%00", "//evil/", "/[a]"].map(
    (v): Row => [24, `target ${v} is passed on as it is`, line(`GET ${v} HTTP/1.1`), "ok"],
  ),
];

const LINES: Row[] = [
  [25, "HTTP/0.9", "GET /\r\n", LOW],
  ...["HTTP/1.0", "HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/9.9"].map((v): Row => [25, v, line(`GET / ${v}`), LOW]),
  ...[
    "HTTP/1.32",
    "http/1.1",
    "HTTP/4294967295.255",
    "HTTP/1.",
    "HTTP/11",
    "HTTP/1.1x",
    "HTTPS/1.1",
    "ICE/1.0",
    "HTTP/1,1",
    "HTTP/ 1.1",
    "",
  ].map((v): Row => [25, `version ${JSON.stringify(v)}`, line(`GET / ${v}`), CODEC]),
  ...["G(T", "FOO", "get", "G@T", "PRI", "GETT", ""].map((
    v,
  ): Row => [26, `method ${v}`, line(`${v} / HTTP/1.1`), CODEC]),
  [26, "method of 64 KiB", line(`${"A".repeat(65_536)} / HTTP/1.1`), TOO_LARGE],
  [26, "method of 65 bytes", line(`${"A".repeat(65)} / HTTP/1.1`), CODEC],
  [
    28,
    "connection nominates x-forwarded-for",
    get("connection: x-forwarded-for\r\nx-forwarded-for: 1.2.3.4\r\n"),
    "400 http1.connection_header_rejected",
  ],
  [
    28,
    "connection nominates x-forwarded-proto besides close",
    get("connection: close, X-Forwarded-Proto\r\n"),
    "400 http1.connection_header_rejected",
  ],
  [28, "connection nominates a pseudo field", get("connection: :method\r\n"), "400 http1.connection_header_rejected"],
  [
    21,
    "CONNECT with a length",
    line("CONNECT a:80 HTTP/1.1", "host: a\r\ncontent-length: 3\r\n"),
    "400 http1.body_disallowed",
  ],
  [
    21,
    "CONNECT with chunks",
    line("CONNECT a:80 HTTP/1.1", "host: a\r\ntransfer-encoding: chunked\r\n"),
    "400 http1.body_disallowed",
    "501",
  ],
  ...["a", "/a", "http://a:80/", "a:", ":80", "a@b:80", "a:80/", "*"].map(
    (v): Row => [21, `CONNECT ${v}`, line(`CONNECT ${v} HTTP/1.1`), URL_ERROR],
  ),
  [12, "name of 64 KiB", get(`${"a".repeat(65_536)}: x\r\n`), TOO_LARGE],
  [32, "value over the limit", get(`x: ${"a".repeat(61 * 1024)}\r\n`), TOO_LARGE],
  [32, "target over the limit", line(`GET /${"a".repeat(1 << 20)} HTTP/1.1`), TOO_LARGE],
  [32, "101 fields", get("x: y\r\n".repeat(100)), TOO_MANY],
  [32, "10,000 fields", get("x: y\r\n".repeat(10_000)), TOO_MANY],
  [32, "100 fields", get("x: y\r\n".repeat(99)), "ok"],
  [32, "59 KiB of fields", get(`x: ${"a".repeat(59 * 1024)}\r\n`), "ok"],
];

function verdictOf(input: string, options: RunOptions = {}): string {
  const { error } = runRequests(input, { startTunnels: true, ...options }).messages.at(-1)!;
  return error === null ? "ok" : `${error.status} ${error.details}`;
}

for (const [title, rows] of Object.entries({ FRAMING, CHUNKS, HOST, LINES })) {
  describe(title.toLowerCase(), () => {
    for (const [item, what, input, verdict, envoy] of rows) {
      test(`${item}: ${what} → ${verdict}${envoy === undefined ? "" : ` (Envoy: ${envoy})`}`, () => {
        const decoder = input.includes("HTTP/1.0\r\n") && verdict !== LOW ? { allowHttp10: true } : {};
        expect(verdictOf(input, { decoder })).toBe(verdict);
        const cuts = Array.from({ length: Math.min(input.length, 70_000) }, (_, i) => i);
        expect(verdictOf(input, { decoder, cuts })).toBe(verdict);
      });
    }
  });
}

test("2, 3: what is accepted is forwarded with the one length that was read", () => {
  const headers = new HeaderBlock();
  const decoder = new Http1RequestDecoder(DEFAULT_HTTP1_OPTIONS, {
    onHeaders: () => {},
    onBody: () => {},
    onTrailers: () => {},
    onComplete: () => {},
    onError: (error) => {
      throw new Error(error.message);
    },
  });
  decoder.begin(headers, new HeaderBlock());
  decoder.decode(Buffer.from(post("Content-Length:   5  \r\n", "abcde")), 0);
  const out = new OutputBuffer();
  new Http1HeadEncoder({ headerKeyFormat: "lower", sendFullyQualifiedUrl: false, enableTrailers: false })
    .encodeRequest(out, headers, false);
  expect(out.bytes.toString("latin1", 0, out.length)).toBe("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n");
});

test("16: trailers that frame, route or authenticate are dropped, the others pass", () => {
  const input = chunked(
    "0\r\ncontent-length: 5\r\nhost: evil\r\ntransfer-encoding: chunked\r\nauthorization: x\r\nx-t: 1\r\n\r\n",
  );
  expect(runRequests(input).messages[0]!.trailers).toEqual(["x-t: 1"]);
});

test("17: what follows a complete message is decoded only as the next message, and its error does not touch the first", () => {
  const input = `${chunked("0\r\n\r\n")}GARBAGE\r\n\r\n`;
  expect(runRequests(input, { maxMessages: 1 }).consumed).toBe(input.length - "GARBAGE\r\n\r\n".length);
  const [first, second] = runRequests(input).messages;
  expect(first!.isComplete).toBe(true);
  expect(second!.error?.details).toBe("http1.codec_error");
});

test("18: bodies of GET, HEAD and DELETE are read by their length, never as a request", () => {
  for (const method of ["GET", "HEAD", "DELETE"]) {
    const smuggled = "GET /evil HTTP/1.1\r\nhost: a\r\n\r\n";
    const input = `${method} / HTTP/1.1\r\nhost: a\r\ncontent-length: ${smuggled.length}\r\n\r\n${smuggled}`;
    const { messages } = runRequests(input);
    expect(messages.map((m) => m.body)).toEqual([smuggled]);
  }
});

describe("19, 20: responses", () => {
  const HELLO = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

  test.each([
    ["HEAD", HELLO, Method.head, "hello"],
    ["204", "HTTP/1.1 204 No Content\r\n\r\nhello", Method.get, "hello"],
    ["304", "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\nhello", Method.get, "hello"],
    ["extra bytes", `${HELLO}EXTRA`, Method.get, "EXTRA"],
    ["a second response", HELLO + HELLO, Method.get, HELLO],
  ])("%s: bytes after the end stay unread, so the connection is not reused", (_, input, method, left) => {
    const { message, consumed } = runResponse(input, { method });
    expect(message.isComplete).toBe(true);
    expect(input.slice(consumed)).toBe(left);
  });

  test.each([
    ["204 with a length", "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n", "http1.content_length_not_allowed"],
    [
      "204 with chunks",
      "HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n",
      "http1.transfer_encoding_not_allowed",
    ],
    ["100 with a length", "HTTP/1.1 100 Continue\r\ncontent-length: 5\r\n\r\n", "http1.content_length_not_allowed"],
    [
      "both lengths",
      "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
      "http1.content_length_and_chunked_not_allowed",
    ],
    [
      "the same length twice",
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok",
      "http1.codec_error",
    ],
    ["gzip, chunked", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n", "http1.invalid_transfer_encoding"],
    [
      "chunked in HTTP/1.0 (Envoy accepts)",
      "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
      "http1.invalid_transfer_encoding",
    ],
    [
      "unexpected 101 (Envoy forwards it)",
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
      "http1.codec_error",
    ],
    ["two digits (Envoy forwards 20)", "HTTP/1.1 20 OK\r\n\r\n", "http1.codec_error"],
    ["099 (Envoy forwards 99)", "HTTP/1.1 099 OK\r\n\r\n", "http1.codec_error"],
    ["four digits", "HTTP/1.1 2000 OK\r\n\r\n", "http1.codec_error"],
    ["two spaces (Envoy accepts)", "HTTP/1.1  200 OK\r\n\r\n", "http1.codec_error"],
    ["HTTP/2.0 (Envoy accepts)", "HTTP/2.0 200 OK\r\n\r\n", "http1.codec_error"],
    ["LF line ends (Envoy accepts)", "HTTP/1.1 200 OK\ncontent-length: 0\n\n", "http1.codec_error"],
    ["folded field (Envoy joins)", "HTTP/1.1 200 OK\r\nx: a\r\n b\r\n\r\n", "http1.codec_error"],
    ["NUL in a value", "HTTP/1.1 200 OK\r\nx: \0\r\n\r\n", "http1.invalid_characters"],
    ["CTL in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n", "http1.codec_error"],
    ["empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", "http1.codec_error"],
    ["no HTTP", "GARBAGE\r\n\r\n", "http1.codec_error"],
    ["too many fields", `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(101)}\r\n`, "http1.too_many_headers"],
    ["head over the limit", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(70_000)}\r\n\r\n`, "http1.headers_too_large"],
    ["1xx storm (Envoy forwards all)", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000), "http1.codec_error"],
  ])("%s is an error", (_, input, details) => {
    expect(runResponse(input, { isUpgrade: false }).message.error?.details).toBe(details);
  });

  test("200 to an upgrade is no tunnel", () => {
    const { message, consumed } = runResponse(`${HELLO}\x81\x05evil`, { isUpgrade: true });
    expect(message.facts).toMatchObject({ isUpgrade: false, framing: 1 });
    expect(message.isComplete).toBe(true);
    expect(consumed).toBe(HELLO.length);
  });
});

test("21: bytes after CONNECT or an upgrade are held until the tunnel starts", () => {
  for (
    const head of ["CONNECT a:80 HTTP/1.1\r\nhost: a\r\n\r\n", get("connection: upgrade\r\nupgrade: websocket\r\n")]
  ) {
    const input = `${head}payload`;
    const held = runRequests(input);
    expect(held.consumed).toBe(head.length);
    expect(held.messages[0]).toMatchObject({ headEndsStream: false, body: "", isComplete: false });
    expect(runRequests(input, { startTunnels: true }).messages[0]!.body).toBe("payload");
  }
});

test("21: an upgrade with a body is an ordinary request", () => {
  const { messages } = runRequests(post("connection: upgrade\r\nupgrade: websocket\r\ncontent-length: 5\r\n", "abcde"));
  expect(messages[0]).toMatchObject({ body: "abcde", isComplete: true, facts: { isUpgrade: false } });
});

test("27: only an exact expect: 100-continue is one", () => {
  const factsOf = (expectation: string) => runRequests(get(`expect: ${expectation}\r\n`)).messages[0]!.facts;
  expect(factsOf("100-Continue")).toMatchObject({ expectContinue: true, hasUnknownExpect: false });
  for (const v of ["x", "100-continue, x", "y 100-continue", "100-continue\r\nexpect: 100-continue"]) {
    expect(factsOf(v)).toMatchObject({ expectContinue: false, hasUnknownExpect: true });
  }
});

test("28: framing, routing and credentials are never given out for removal", () => {
  const headers = new HeaderBlock();
  headers.appendNamed("connection", "close, X-Foo, content-length, Authorization, cookie, host, te");
  headers.appendNamed("connection", "x-bar,, keep-alive");
  expect(nominatedNames(headers)).toEqual(["x-foo", "x-bar"]);
});

test("29: h2c is not offered upstream, alone or in a list", () => {
  for (const upgrade of ["h2c", "H2C", "websocket, h2c"]) {
    const { messages } = runRequests(
      get(`connection: upgrade, http2-settings\r\nupgrade: ${upgrade}\r\nhttp2-settings: AAMAAABkAAQAAP\r\n`),
    );
    expect(messages[0]!.head!.filter((f) => /^(upgrade|http2-settings):/.test(f))).toEqual([]);
    expect(messages[0]!.facts).toMatchObject({ isUpgrade: false, framing: 0 });
  }
});
