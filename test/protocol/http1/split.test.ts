// Any split of the input gives the same events: a corpus of messages cut at every byte, in every byte, and at random.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Method } from "../../../src/protocol/http1/methods.ts";
import { runRequests, runResponse } from "./recorder.ts";

const REQUESTS: Record<string, string> = {
  "plain GET": "GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nUser-Agent: x/1\r\nAccept: */*\r\n\r\n",
  "empty lines first": "\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n",
  "content-length body": "POST /p HTTP/1.1\r\nhost: a\r\ncontent-length: 11\r\n\r\nhello world",
  "chunked body":
    'POST /p HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;x="y"\r\n world\r\n0\r\n\r\n',
  "chunked with trailers":
    "POST /p HTTP/1.1\r\nHOST: a\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\nX-Checksum: 1\r\nContent-Length: 3\r\n\r\n",
  "only forbidden trailers":
    "POST /p HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nhost: b\r\n\r\n",
  "pipelined":
    "GET /1 HTTP/1.1\r\nhost: a\r\n\r\nPOST /2 HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nokGET /3 HTTP/1.1\r\nhost: a\r\n\r\n",
  "odd white space": "GET / HTTP/1.1\r\nhost:a\r\nx-empty:\r\nx-tabs:\t a b \t \r\nX-Long-Unknown_Name:  v\r\n\r\n",
  "absolute form": "GET HTTP://example.com:8080?q HTTP/1.1\r\nhost: other\r\n\r\n",
  "asterisk form": "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n",
  "CONNECT": "CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n\x16\x03\x01hello",
  "websocket": "GET /ws HTTP/1.1\r\nhost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
  "bad: bare LF": "GET / HTTP/1.1\r\nhost: a\r\nx: y\nz: 1\r\n\r\n",
  "bad: bare CR": "GET / HTTP/1.1\r\nhost: a\r\nx: y\rz: 1\r\n\r\n",
  "bad: fold": "GET / HTTP/1.1\r\nhost: a\r\nx: y\r\n z\r\n\r\n",
  "bad: name": "GET / HTTP/1.1\r\nhost: a\r\nx y: 1\r\nb: c\r\n\r\n",
  "bad: NUL": "GET / HTTP/1.1\r\nhost: a\r\nx: \0\r\n\r\n",
  "bad: version": "GET / HTTP/1.5\r\nhost: a\r\n\r\n",
  "bad: target": "GET /\xe9 HTTP/1.1\r\nhost: a\r\n\r\n",
  "bad: TLS hello": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "bad: chunk size":
    "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0x3\r\nabc\r\n0\r\n\r\n",
  "bad: chunk end": "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
  "bad: trailer": "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx : y\r\n\r\n",
  "bad: end": "GET / HTTP/1.1\r\nhost: a\r\n\rX\r\n\r\n",
  "bad: second request": "GET / HTTP/1.1\r\nhost: a\r\n\r\nGARBAGE\r\n\r\n",
};

const RESPONSES: Record<string, string> = {
  "content-length": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\n\r\nhello",
  "chunked": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  "trailers": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\ngrpc-status: 0\r\n\r\n",
  "until close": "HTTP/1.0 200 OK\r\nx: y\r\n\r\nhello",
  "informational":
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
  "no reason": "HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n",
  "switch": "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nraw bytes",
  "bad: status": "HTTP/1.1 2000 OK\r\n\r\n",
  "bad: no HTTP": "SSH-2.0-x\r\n",
  "bad: both lengths": "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
};

describe("requests", () => {
  for (const [name, input] of Object.entries(REQUESTS)) {
    const whole = runRequests(input, { startTunnels: true });
    test(`${name}: cut in two at every byte`, () => {
      expect(whole.messages.length).toBeGreaterThan(0);
      expect(whole.messages.at(-1)!.error !== null).toBe(name.startsWith("bad: "));
      for (let cut = 1; cut < input.length; cut++) {
        expect(runRequests(input, { cuts: [cut], startTunnels: true }).messages).toEqual(whole.messages);
      }
    });
    test(`${name}: byte by byte`, () => {
      const cuts = Array.from(input, (_, i) => i);
      expect(runRequests(input, { cuts, startTunnels: true }).messages).toEqual(whole.messages);
    });
    test(`${name}: random cuts`, () => {
      const offset = fc.integer({ min: 1, max: Math.max(1, input.length - 1) });
      fc.assert(
        fc.property(fc.array(offset, { maxLength: 8 }), (cuts) => {
          expect(runRequests(input, { cuts, startTunnels: true }).messages).toEqual(whole.messages);
        }),
        { numRuns: 60 },
      );
    });
  }
});

describe("responses", () => {
  for (const [name, input] of Object.entries(RESPONSES)) {
    const options = { method: Method.get, isUpgrade: name === "switch", eof: name === "until close" };
    const whole = runResponse(input, options);
    test(`${name}: cut in two at every byte and byte by byte`, () => {
      expect(whole.message.error !== null).toBe(name.startsWith("bad: "));
      for (let cut = 1; cut < input.length; cut++) {
        expect(runResponse(input, { ...options, cuts: [cut] }).message).toEqual(whole.message);
      }
      const cuts = Array.from(input, (_, i) => i);
      expect(runResponse(input, { ...options, cuts }).message).toEqual(whole.message);
    });
  }
});
