// The response decoder: body length rules of RFC 9112 §6.3, informational responses, tunnels.
import { describe, expect, test } from "bun:test";
import { HeaderBlock } from "../../../src/base/header-block.ts";
import { Framing } from "../../../src/protocol/http1/message.ts";
import { Method } from "../../../src/protocol/http1/methods.ts";
import { DEFAULT_HTTP1_OPTIONS } from "../../../src/protocol/http1/options.ts";
import { Http1ResponseDecoder } from "../../../src/protocol/http1/response-decoder.ts";
import { runResponse } from "./recorder.ts";

describe("body length", () => {
  test.each([
    ["HEAD with length", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", Method.head, Framing.none],
    ["HEAD with chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", Method.head, Framing.none],
    ["204", "HTTP/1.1 204 No Content\r\n\r\n", Method.get, Framing.none],
    ["304 with length", "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", Method.get, Framing.none],
    ["length 0", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Method.get, Framing.none],
    ["length", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", Method.get, Framing.length],
    ["chunked", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", Method.get, Framing.chunked],
    ["neither", "HTTP/1.1 200 OK\r\n\r\n", Method.get, Framing.untilClose],
    ["CONNECT 200", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", Method.connect, Framing.tunnel],
    ["CONNECT 404", "HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\n", Method.connect, Framing.length],
  ])("%s", (_, input, method, framing) => {
    const { message } = runResponse(input, { method });
    expect(message.error).toBeNull();
    expect(message.facts).toMatchObject({ framing, method });
    expect(message.headEndsStream).toBe(framing === Framing.none);
  });

  test("a length of 0 in a 204 is taken out, framing fields of a successful CONNECT too", () => {
    expect(runResponse("HTTP/1.1 204 No Content\r\ncontent-length: 0\r\nx: y\r\n\r\n").message.head).toEqual(["x: y"]);
    const connect = runResponse("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nraw", { method: Method.connect });
    expect(connect.message).toMatchObject({ head: [], body: "raw" });
  });

  test("a body until close ends with the connection; a cut body is an error", () => {
    expect(runResponse("HTTP/1.1 200 OK\r\n\r\nhello", { eof: true }).message)
      .toMatchObject({ body: "hello", bodyEndsStream: true, isComplete: true });
    for (const input of ["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello", "HTTP/1.1 200", ""]) {
      expect(runResponse(input, { eof: true }).message.error?.message).toContain("ended the connection");
    }
  });
});

test("persistence", () => {
  const keepAlive = (head: string) => runResponse(`${head}\r\n\r\n`).message.facts["keepAlive"];
  expect(keepAlive("HTTP/1.1 200 OK\r\ncontent-length: 0")).toBe(true);
  expect(keepAlive("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close")).toBe(false);
  expect(keepAlive("HTTP/1.0 200 OK\r\ncontent-length: 0")).toBe(false);
  expect(keepAlive("HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive")).toBe(true);
  expect(keepAlive("HTTP/1.1 200 OK")).toBe(false);
});

test("informational responses come one by one, then the final one", () => {
  const { message } = runResponse(
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\nlink: </b>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
  );
  expect(message.informational).toEqual([["100"], ["103", "link: </a>", "link: </b>"]]);
  expect(message).toMatchObject({ status: 200, head: ["content-length: 2"], body: "ok", isComplete: true });
});

test("101 to an upgrade opens the tunnel at once", () => {
  const input = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nframes";
  const { message } = runResponse(input, { isUpgrade: true, eof: true });
  expect(message).toMatchObject({ status: 101, headEndsStream: false, body: "frames", isComplete: true });
  expect(message.facts).toMatchObject({ isUpgrade: true, framing: Framing.tunnel });
});

test("the reason phrase can be read", () => {
  const headers = new HeaderBlock();
  const decoder = new Http1ResponseDecoder(DEFAULT_HTTP1_OPTIONS, {
    onHeaders() {},
    onBody() {},
    onTrailers() {},
    onComplete() {},
    onInformational() {},
    onError() {},
  });
  for (const [line, reason] of [["200 Très bien\t!", "Très bien\t!"], ["200 ", ""], ["200", ""]] as const) {
    headers.reset();
    decoder.begin(headers, new HeaderBlock(), Method.get, false);
    decoder.decode(Buffer.from(`HTTP/1.1 ${line}\r\ncontent-length: 0\r\n\r\n`, "latin1"), 0);
    expect(decoder.reasonPhrase()).toBe(reason);
  }
});
