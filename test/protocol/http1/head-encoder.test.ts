// The head and chunk encoders: request and response lines, framing fields, raw copies, name case, the guard against injected lines.
import { describe, expect, test } from "bun:test";
import { HeaderBlock } from "../../../src/base/header-block.ts";
import { Header } from "../../../src/base/header-names.ts";
import { OutputBuffer } from "../../../src/base/output-buffer.ts";
import {
  encodeData,
  encodeLastChunk,
  encodeTrailers,
  writeChunkSize,
} from "../../../src/protocol/http1/chunk-encoder.ts";
import { type Http1EncoderOptions, Http1HeadEncoder } from "../../../src/protocol/http1/head-encoder.ts";
import { Framing, Http1Message } from "../../../src/protocol/http1/message.ts";
import { Method } from "../../../src/protocol/http1/methods.ts";
import { toProperCase } from "../../../src/protocol/http1/name-case.ts";
import { DEFAULT_HTTP1_OPTIONS } from "../../../src/protocol/http1/options.ts";
import { Http1RequestDecoder } from "../../../src/protocol/http1/request-decoder.ts";

const DEFAULTS: Http1EncoderOptions = { headerKeyFormat: "lower", sendFullyQualifiedUrl: false, enableTrailers: true };

function textOf(out: OutputBuffer): string {
  return out.bytes.toString("latin1", 0, out.length);
}

function blockOf(fields: [string, string][], status = 0): HeaderBlock {
  const block = new HeaderBlock();
  for (const [name, value] of fields) block.appendNamed(name, value);
  block.status = status;
  return block;
}

function decoded(input: string, preserveCase = false): HeaderBlock {
  const headers = new HeaderBlock();
  const decoder = new Http1RequestDecoder({ ...DEFAULT_HTTP1_OPTIONS, preserveCase }, {
    onHeaders() {},
    onBody() {},
    onTrailers() {},
    onComplete() {},
    onError: (error) => {
      throw new Error(error.message);
    },
  });
  decoder.begin(headers, new HeaderBlock());
  decoder.decode(Buffer.from(input, "latin1"), 0);
  return headers;
}

function request(headers: HeaderBlock, endStream: boolean, options: Partial<Http1EncoderOptions> = {}) {
  const encoder = new Http1HeadEncoder({ ...DEFAULTS, ...options }), out = new OutputBuffer();
  const method = encoder.encodeRequest(out, headers, endStream);
  return { text: textOf(out), method, framing: encoder.framing, isUpgrade: encoder.isUpgrade };
}

function response(
  fields: [string, string][],
  status: number,
  facts: Partial<Http1Message> = {},
  isLast = false,
  endStream = false,
) {
  const message = Object.assign(new Http1Message(), { method: Method.get }, facts);
  const out = new OutputBuffer();
  const framing = new Http1HeadEncoder(DEFAULTS).encodeResponse(
    out,
    blockOf(fields, status),
    message,
    isLast,
    endStream,
  );
  return { text: textOf(out), framing };
}

const GET: [string, string][] = [[":method", "GET"], [":scheme", "http"], [":authority", "a"], [":path", "/x"]];
const POST: [string, string][] = [[":method", "POST"], [":path", "/"], ["host", "a"]];

describe("requests", () => {
  test("pseudo fields become the request line and host", () => {
    expect(request(blockOf([...GET, ["accept", "*/*"]]), true)).toEqual({
      text: "GET /x HTTP/1.1\r\nhost: a\r\naccept: */*\r\n\r\n",
      method: Method.get,
      framing: Framing.none,
      isUpgrade: false,
    });
  });

  test("an untouched head is copied as it came, names in lower case", () => {
    const head = "GET /a?b HTTP/1.1\r\nHost: a\r\nX-Y: 1\r\nCookie: a=b; c\r\n\r\n";
    expect(request(decoded(head), true).text).toBe("GET /a?b HTTP/1.1\r\nhost: a\r\nx-y: 1\r\ncookie: a=b; c\r\n\r\n");
  });

  test("edits: removed, replaced, added fields, path and method", () => {
    const headers = decoded(
      "GET /a HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nConnection: close\r\nX-B: 2\r\nX-C:  3 \r\nX-B: 4\r\n\r\n",
    );
    headers.remove(Header.connection);
    headers.setNamed("x-a", "one");
    headers.append(Header.xForwardedProto, "http");
    expect(request(headers, true).text).toBe(
      "GET /a HTTP/1.1\r\nhost: a\r\nx-a: one\r\nx-b: 2\r\nx-c: 3\r\nx-b: 4\r\nx-forwarded-proto: http\r\n\r\n",
    );
    headers.set(Header.path, "/b");
    expect(request(headers, true).text).toStartWith("GET /b HTTP/1.1\r\nhost: a\r\n");
    headers.set(Header.method, "DELETE");
    headers.set(Header.authority, "b");
    expect(request(headers, true).text).toStartWith("DELETE /b HTTP/1.1\r\nhost: b\r\n");
  });

  test("absolute form goes on in origin form", () => {
    expect(request(decoded("GET http://b/x?y HTTP/1.1\r\nX: y\r\nHost: a\r\n\r\n"), true).text)
      .toBe("GET /x?y HTTP/1.1\r\nx: y\r\nhost: b\r\n\r\n");
  });

  test("body framing", () => {
    expect(request(blockOf(POST), false)).toMatchObject({
      text: "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n",
      framing: Framing.chunked,
    });
    expect(request(blockOf([...POST, ["content-length", "5"]]), false)).toMatchObject({
      text: "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n",
      framing: Framing.length,
    });
    expect(request(blockOf([...POST, ["content-length", "5"], ["transfer-encoding", "chunked"]]), false).text)
      .toBe("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n");
    expect(request(blockOf([...POST, ["transfer-encoding", "gzip"]]), false).text)
      .toBe("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n");
    expect(request(decoded("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\n"), false).text)
      .toBe("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nhost: a\r\n\r\n");
    expect(request(decoded("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\n"), true).text)
      .toBe("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
  });

  test("content-length: 0 for the methods that Envoy adds it to", () => {
    for (const method of ["GET", "HEAD", "DELETE", "TRACE", "OPTIONS", "PUT", "POST", "PATCH", "PROPFIND"]) {
      const { text } = request(blockOf([[":method", method], [":path", "/"], ["host", "a"]]), true);
      expect(text.includes("content-length: 0\r\n")).toBe(!["GET", "HEAD", "DELETE", "TRACE"].includes(method));
    }
  });

  test("CONNECT and upgrades have no framing of their own", () => {
    expect(request(blockOf([[":method", "CONNECT"], [":authority", "a:443"]]), false)).toMatchObject({
      text: "CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n",
      framing: Framing.tunnel,
      method: Method.connect,
      isUpgrade: false,
    });
    expect(request(blockOf([...GET, ["connection", "Upgrade"], ["upgrade", "websocket"]]), false)).toMatchObject({
      text: "GET /x HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n",
      framing: Framing.tunnel,
      isUpgrade: true,
    });
    expect(request(blockOf([...GET, ["upgrade", "websocket"]]), true)).toMatchObject({
      isUpgrade: false,
      framing: Framing.none,
    });
  });

  test("absolute-form targets when asked for", () => {
    expect(request(decoded("GET /x HTTP/1.1\r\nhost: a\r\n\r\n"), true, { sendFullyQualifiedUrl: true }).text)
      .toBe("GET http://a/x HTTP/1.1\r\nhost: a\r\n\r\n");
    expect(
      request(blockOf([...GET.filter(([n]) => n !== ":scheme"), [":scheme", "https"]]), true, {
        sendFullyQualifiedUrl: true,
      }).text,
    )
      .toStartWith("GET https://a/x HTTP/1.1\r\n");
  });
});

describe("responses", () => {
  test("status line with the registered phrase, length kept", () => {
    expect(response([["content-length", "5"]], 404)).toEqual({
      text: "HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\n",
      framing: Framing.length,
    });
    expect(response([], 599, {}, false, true).text).toBe("HTTP/1.1 599 Unknown\r\ncontent-length: 0\r\n\r\n");
  });

  test.each([
    ["unknown length", 200, {}, false, Framing.chunked, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"],
    [
      "unknown length, last",
      200,
      {},
      true,
      Framing.chunked,
      "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n",
    ],
    ["HTTP/1.0", 200, { versionMinor: 0 }, true, Framing.untilClose, "HTTP/1.0 200 OK\r\nconnection: close\r\n\r\n"],
    [
      "HTTP/1.0 kept alive",
      200,
      { versionMinor: 0 },
      false,
      Framing.untilClose,
      "HTTP/1.0 200 OK\r\nconnection: close\r\n\r\n",
    ],
    ["HEAD", 200, { method: Method.head }, false, Framing.none, "HTTP/1.1 200 OK\r\n\r\n"],
    ["CONNECT", 200, { method: Method.connect }, false, Framing.tunnel, "HTTP/1.1 200 OK\r\n\r\n"],
    [
      "CONNECT refused",
      403,
      { method: Method.connect },
      true,
      Framing.chunked,
      "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n",
    ],
    ["204", 204, {}, false, Framing.none, "HTTP/1.1 204 No Content\r\n\r\n"],
    ["304", 304, {}, false, Framing.none, "HTTP/1.1 304 Not Modified\r\n\r\n"],
  ] as [string, number, Partial<Http1Message>, boolean, Framing, string][])(
    "%s",
    (_, status, facts, isLast, framing, text) => {
      expect(response([], status, facts, isLast)).toEqual({ text, framing });
    },
  );

  test("HTTP/1.0 keep-alive with a length", () => {
    expect(response([["content-length", "2"]], 200, { versionMinor: 0 })).toEqual({
      text: "HTTP/1.0 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\n",
      framing: Framing.length,
    });
  });

  test("no length is told where no body can be", () => {
    expect(response([["content-length", "2"]], 204).text).toBe("HTTP/1.1 204 No Content\r\n\r\n");
    expect(response([["content-length", "2"]], 304)).toEqual({
      text: "HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\n",
      framing: Framing.none,
    });
  });

  test("a switch keeps its connection field", () => {
    expect(response([["connection", "upgrade"], ["upgrade", "websocket"]], 101, { isUpgrade: true }, true)).toEqual({
      text: "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
      framing: Framing.tunnel,
    });
  });

  test("informational responses have no framing fields", () => {
    const out = new OutputBuffer();
    new Http1HeadEncoder(DEFAULTS).encodeInformational(out, blockOf([["link", "</a>"], ["content-length", "1"]], 103));
    expect(textOf(out)).toBe("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
  });
});

describe("name case", () => {
  test("proper_case_words", () => {
    expect(["content-length", "x-b3-traceid", "x_y-z", "a"].map(toProperCase)).toEqual([
      "Content-Length",
      "X-B3-Traceid",
      "X_Y-Z",
      "A",
    ]);
    const headers = decoded("POST / HTTP/1.1\r\nhost: a\r\nx-unknown-name: 1\r\ntransfer-encoding: chunked\r\n\r\n");
    expect(request(headers, false, { headerKeyFormat: "proper" }).text)
      .toBe("POST / HTTP/1.1\r\nHost: a\r\nX-Unknown-Name: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
  });

  test("preserve_case keeps names of fields as they came, also of edited ones", () => {
    const headers = decoded("GET / HTTP/1.1\r\nHOST: a\r\nX-Foo:  1\r\nx-BAR: 2\r\n\r\n", true);
    headers.setNamed("x-bar", "3");
    headers.append(Header.xForwardedProto, "http");
    expect(request(headers, true, { headerKeyFormat: "preserve" }).text)
      .toBe("GET / HTTP/1.1\r\nHOST: a\r\nX-Foo: 1\r\nx-BAR: 3\r\nx-forwarded-proto: http\r\n\r\n");
  });
});

describe("guard", () => {
  test("control characters in values become spaces, characters beyond latin1 `?`", () => {
    const { text } = request(blockOf([...GET, ["x", "a\r\nevil: 1\0\x7f\t\xe9\u010a\ud83d\ude00"]]), true);
    expect(text).toBe("GET /x HTTP/1.1\r\nhost: a\r\nx: a  evil: 1  \t\xe9???\r\n\r\n");
    const long = "y".repeat(100);
    expect(request(blockOf([...GET, ["x", `${long}\r\n\u010a`]]), true).text).toEndWith(`x: ${long}  ?\r\n\r\n`);
    expect(request(blockOf([...GET, ["x", `${long}\xe9`]]), true).text).toEndWith(`x: ${long}\xe9\r\n\r\n`);
  });

  test("names that are no token are not written", () => {
    expect(request(blockOf([...GET, ["x\r\nevil", "1"], ["", "2"], ["x y", "3"], ["ok", "4"]]), true).text)
      .toBe("GET /x HTTP/1.1\r\nhost: a\r\nok: 4\r\n\r\n");
  });

  test("targets are percent-encoded, methods cleaned", () => {
    expect(request(blockOf([[":method", "G E\r\nT"], [":path", "/a b\r\n\xe9\u20ac#f"], ["host", "a"]]), true).text)
      .toStartWith("G_E__T /a%20b%0D%0A%E9%E2%82%AC%23f HTTP/1.1\r\n");
    expect(request(blockOf([[":method", "GET"], [":path", ""], ["host", "a"]]), true).text).toStartWith(
      "GET / HTTP/1.1\r\n",
    );
  });
});

describe("chunks", () => {
  test("sizes", () => {
    for (const size of [1, 9, 15, 16, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 40 + 1]) {
      const out = new OutputBuffer();
      writeChunkSize(out, size);
      expect(textOf(out)).toBe(`${size.toString(16)}\r\n`);
    }
  });

  test("data, last chunk, trailers", () => {
    const out = new OutputBuffer();
    const sink = { turnOutput: () => out, write: (data: Uint8Array) => out.writeBytes(data) };
    encodeData(sink, Buffer.from("hello"));
    encodeData(sink, Buffer.alloc(0));
    encodeLastChunk(out);
    expect(textOf(out)).toBe("5\r\nhello\r\n0\r\n\r\n");
    out.clear();
    const trailers = blockOf([["grpc-status", "0"], ["x", "a\r\nb"]]);
    encodeTrailers(out, trailers, new Http1HeadEncoder(DEFAULTS));
    expect(textOf(out)).toBe("0\r\ngrpc-status: 0\r\nx: a  b\r\n\r\n");
    out.clear();
    encodeTrailers(out, trailers, new Http1HeadEncoder({ ...DEFAULTS, enableTrailers: false }));
    expect(textOf(out)).toBe("0\r\n\r\n");
  });
});
