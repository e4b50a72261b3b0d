// The request decoder: forms of targets, facts of a message, options, bodies and the order of events.
import { describe, expect, test } from "bun:test";
import { HeaderBlock } from "../../../src/base/header-block.ts";
import { Header, internHeaderName } from "../../../src/base/header-names.ts";
import { ConnectionToken, Framing, TargetForm } from "../../../src/protocol/http1/message.ts";
import { Method } from "../../../src/protocol/http1/methods.ts";
import {
  DEFAULT_HTTP1_OPTIONS,
  type Http1DecoderOptions,
  UnderscoreAction,
} from "../../../src/protocol/http1/options.ts";
import type { Http1Listener } from "../../../src/protocol/http1/listener.ts";
import { Http1RequestDecoder } from "../../../src/protocol/http1/request-decoder.ts";
import { fieldsOf, runRequests } from "./recorder.ts";

const one = (input: string, decoder: Partial<Http1DecoderOptions> = {}) => runRequests(input, { decoder }).messages[0]!;
const silent: Http1Listener = { onHeaders() {}, onBody() {}, onTrailers() {}, onComplete() {}, onError() {} };

describe("targets", () => {
  test("origin form", () => {
    const { head, facts } = one("GET /a?b HTTP/1.1\r\nHost: Example.com:80\r\n\r\n");
    expect(head).toEqual([":method: GET", ":path: /a?b", ":authority: Example.com:80"]);
    expect(facts).toMatchObject({ targetForm: TargetForm.origin, scheme: "", method: Method.get, versionMinor: 1 });
  });

  test.each([
    ["http://b/x?y", "/x?y", "b", "http"],
    ["HTTPS://B:443", "/", "B:443", "https"],
    ["http://b?y=/z", "/?y=/z", "b", "http"],
    ["http://[::1]:80/", "/", "[::1]:80", "http"],
  ])("absolute form %s", (target, path, authority, scheme) => {
    for (const [before, after] of [["", "x: y\r\n"], ["x: y\r\n", ""]]) {
      const { head, facts } = one(`GET ${target} HTTP/1.1\r\n${before}host: other\r\n${after}\r\n`);
      expect(head).toContain(`:path: ${path}`);
      expect(head!.filter((f) => f.startsWith(":authority"))).toEqual([`:authority: ${authority}`]);
      expect(facts).toMatchObject({ targetForm: TargetForm.absolute, scheme });
    }
    expect(one(`GET ${target} HTTP/1.1\r\n\r\n`).head).toEqual([
      ":method: GET",
      `:path: ${path}`,
      `:authority: ${authority}`,
    ]);
  });

  test("absolute form stays as it is when it is not allowed", () => {
    expect(one("GET http://b/x HTTP/1.1\r\nhost: a\r\n\r\n", { allowAbsoluteUrl: false }).head).toEqual([
      ":method: GET",
      ":path: http://b/x",
      ":authority: a",
    ]);
  });

  test("https can be refused on plaintext", () => {
    const input = "GET https://b/ HTTP/1.1\r\nhost: b\r\n\r\n";
    expect(one(input, { refuseHttpsScheme: true }).error?.details).toBe("http1.https_url_on_plaintext_connection");
    expect(one(input).error).toBeNull();
  });

  test("authority form: CONNECT has an authority, no path, and never a host besides", () => {
    const { head, facts } = one("CONNECT b:443 HTTP/1.1\r\nhost: evil\r\ncontent-length: 0\r\n\r\n");
    expect(head).toEqual([":method: CONNECT", ":authority: b:443"]);
    expect(facts).toMatchObject({ framing: Framing.tunnel, targetForm: TargetForm.authority, isUpgrade: false });
  });

  test("asterisk form", () => {
    expect(one("OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n").facts).toMatchObject({ targetForm: TargetForm.asterisk });
  });
});

describe("persistence and upgrades", () => {
  test.each([
    ["HTTP/1.1", "", true, 0],
    ["HTTP/1.1", "connection: close\r\n", false, ConnectionToken.close],
    ["HTTP/1.1", "connection: Keep-Alive\r\n", true, ConnectionToken.keepAlive],
    ["HTTP/1.1", "connection: keep-alive\r\nconnection: x,, CLOSE \r\n", false, 1 | 2 | 16],
    ["HTTP/1.1", "connection: TE, upgrade\r\n", true, ConnectionToken.te | ConnectionToken.upgrade],
    ["HTTP/1.0", "", false, 0],
    ["HTTP/1.0", "connection: keep-alive\r\n", true, ConnectionToken.keepAlive],
    ["HTTP/1.0", "connection: keep-alive, close\r\n", false, 3],
  ])("%s %j", (version, lines, keepAlive, connectionTokens) => {
    expect(one(`GET / ${version}\r\nhost: a\r\n${lines}\r\n`, { allowHttp10: true }).facts)
      .toMatchObject({ keepAlive, connectionTokens });
  });

  test("HTTP/1.0 without host, without Expect, without upgrade", () => {
    const { head, facts, error } = one(
      "GET / HTTP/1.0\r\nexpect: 100-continue\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
      { allowHttp10: true },
    );
    expect(error).toBeNull();
    expect(head).not.toContain(":authority");
    expect(facts).toMatchObject({ versionMinor: 0, expectContinue: false, hasUnknownExpect: false, isUpgrade: false });
  });

  test("an error of the version does not make the answer HTTP/1.0", () => {
    const decoder = new Http1RequestDecoder(DEFAULT_HTTP1_OPTIONS, silent);
    decoder.begin(new HeaderBlock(), new HeaderBlock());
    decoder.decode(Buffer.from("GET / HTTP/1.0\r\nhost: a\r\n\r\n"), 0);
    expect(decoder.message.versionMinor).toBe(1);
  });

  test("an upgrade needs connection: upgrade", () => {
    const head = "GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\n";
    expect(one(`${head}\r\n`).facts).toMatchObject({ isUpgrade: false, framing: Framing.none });
    expect(one(`${head}connection: upgrade\r\n\r\n`).facts).toMatchObject({ isUpgrade: true, framing: Framing.tunnel });
    expect(one(`${head}connection: upgrade\r\ncontent-length: 0\r\n\r\n`).facts).toMatchObject({ isUpgrade: true });
  });

  test("a tunnel ends with the connection; inside other messages the end is an error", () => {
    const tunnel = runRequests("CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\nhi", { startTunnels: true, eof: true })
      .messages[0]!;
    expect(tunnel).toMatchObject({ body: "hi", bodyEndsStream: true, isComplete: true, error: null });
    for (const input of ["GET / HT", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhi"]) {
      expect(runRequests(input, { eof: true }).messages[0]!.error?.message).toContain("ended the connection");
    }
    expect(runRequests("GET / HTTP/1.1\r\nhost: a\r\n\r\n", { eof: true }).messages).toHaveLength(1);
  });
});

describe("options", () => {
  test("allowChunkedLength reads chunked and forgets the length", () => {
    const { head, facts, body } = one(
      "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 99\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
      { allowChunkedLength: true },
    );
    expect(head).not.toContain("content-length: 99");
    expect(facts).toMatchObject({ framing: Framing.chunked, contentLength: -1 });
    expect(body).toBe("ok");
  });

  test("underscores are allowed, dropped or refused", () => {
    const input = "GET / HTTP/1.1\r\nhost: a\r\nx_y: 1\r\nz: 2\r\n\r\n";
    expect(one(input).head).toContain("x_y: 1");
    expect(one(input, { underscores: UnderscoreAction.drop }).head).toEqual([
      ":method: GET",
      ":path: /",
      ":authority: a",
      "z: 2",
    ]);
    expect(one(input, { underscores: UnderscoreAction.reject }).error?.details).toBe("http1.unexpected_underscore");
  });

  test("an interned name with an underscore is no exception", () => {
    internHeaderName("x_configured");
    const input = "GET / HTTP/1.1\r\nhost: a\r\nx_configured: 1\r\n\r\n";
    expect(one(input, { underscores: UnderscoreAction.reject }).error?.details).toBe("http1.unexpected_underscore");
  });

  test("custom methods", () => {
    const input = "BREW /pot HTTP/1.1\r\nhost: a\r\n\r\n";
    expect(one(input).error?.status).toBe(400);
    expect(one(input, { allowCustomMethods: true }).head![0]).toBe(":method: BREW");
  });

  test("trailers that are not enabled are checked and dropped", () => {
    const head = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n";
    expect(one(`${head}x: y\r\n\r\n`, { enableTrailers: false })).toMatchObject({
      trailers: null,
      body: "ok",
      isComplete: true,
    });
    expect(one(`${head}x y\r\n\r\n`, { enableTrailers: false }).error).not.toBeNull();
  });

  test("preserved case stays in the bytes, names and ids are the same", () => {
    const headers = new HeaderBlock();
    const decoder = new Http1RequestDecoder({ ...DEFAULT_HTTP1_OPTIONS, preserveCase: true }, silent);
    const input = "GET / HTTP/1.1\r\nHOST: a\r\nX-Mixed-Case: 1\r\nContent-Length: 0\r\n\r\n";
    // Twice: the second time names are found by the order of the first.
    for (let i = 0; i < 2; i++) {
      headers.reset();
      decoder.begin(headers, new HeaderBlock());
      const chunk = Buffer.from(input);
      decoder.decode(chunk, 0);
      expect(chunk.toString()).toBe(input);
      expect(fieldsOf(headers).slice(2)).toEqual([":authority: a", "x-mixed-case: 1", "content-length: 0"]);
      expect(headers.has(Header.contentLength)).toBe(true);
    }
  });

  test("limits are arguments: count, size, size of a head in pieces", () => {
    const head = (n: number) => `GET / HTTP/1.1\r\nhost: a\r\n${"x: y\r\n".repeat(n)}\r\n`;
    expect(one(head(2), { maxHeaderCount: 3 }).error).toBeNull();
    expect(one(head(3), { maxHeaderCount: 3 }).error?.details).toBe("http1.too_many_headers");
    expect(one(head(10), { maxHeaderBytes: 30 }).error?.details).toBe("http1.headers_too_large");
    expect(one(head(1), { maxHeaderBytes: 30 }).error).toBeNull();
  });
});

describe("engine contract", () => {
  test("nothing is consumed before begin() and after a message, begin() may be called in onComplete", () => {
    const blocks = [new HeaderBlock(), new HeaderBlock()];
    const paths: (string | null)[] = [];
    const decoder: Http1RequestDecoder = new Http1RequestDecoder(DEFAULT_HTTP1_OPTIONS, {
      ...silent,
      onHeaders: (headers) => void paths.push(headers.get(Header.path)),
      onComplete: () => {
        blocks[0]!.reset();
        if (paths.length < 2) decoder.begin(blocks[0]!, blocks[1]!);
      },
    });
    const chunk = Buffer.from("GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\nGET /3");
    expect(decoder.decode(chunk, 0)).toBe(0);
    decoder.begin(blocks[0]!, blocks[1]!);
    let offset = decoder.decode(chunk, 0);
    offset = decoder.decode(chunk, offset);
    expect(paths).toEqual(["/1", "/2"]);
    expect(decoder.isWaiting).toBe(true);
    expect(decoder.decode(chunk, offset)).toBe(offset);
  });

  test("stop() inside any callback silences the decoder", () => {
    const input = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\n";
    for (const where of ["onHeaders", "onBody", "onTrailers"] as const) {
      const seen: string[] = [];
      const record = (name: string) => () => {
        seen.push(name);
        if (name === where) decoder.stop();
      };
      const decoder: Http1RequestDecoder = new Http1RequestDecoder({ ...DEFAULT_HTTP1_OPTIONS, enableTrailers: true }, {
        onHeaders: record("onHeaders"),
        onBody: record("onBody"),
        onTrailers: record("onTrailers"),
        onComplete: record("onComplete"),
        onError: record("onError"),
      });
      decoder.begin(new HeaderBlock(), new HeaderBlock());
      decoder.decode(Buffer.from(input), 0);
      decoder.decode(Buffer.from(input), 0);
      decoder.onEof();
      expect(seen.at(-1)).toBe(where);
      expect(new Set(seen).size).toBe(seen.length);
    }
  });

  test("isInHead tells that a head has begun", () => {
    const decoder = new Http1RequestDecoder(DEFAULT_HTTP1_OPTIONS, silent);
    decoder.begin(new HeaderBlock(), new HeaderBlock());
    expect(decoder.isInHead).toBe(false);
    decoder.decode(Buffer.from("GET / "), 0);
    expect(decoder.isInHead).toBe(true);
    decoder.decode(Buffer.from("HTTP/1.1\r\nhost: a\r\n\r\n"), 0);
    expect(decoder.isInHead).toBe(false);
  });

  test("names of Object.prototype are ordinary names", () => {
    const names = ["__proto__", "constructor", "tostring", "hasownproperty"];
    const { head } = one(`GET / HTTP/1.1\r\nhost: a\r\n${names.map((n) => `${n}: 1\r\n`).join("")}\r\n`);
    expect(head!.slice(3)).toEqual(names.map((n) => `${n}: 1`));
  });

  test("names interned after the decoder was made are found, also out of their usual order", () => {
    const id = internHeaderName("x-late-name");
    const headers = new HeaderBlock();
    const decoder = new Http1RequestDecoder(DEFAULT_HTTP1_OPTIONS, silent);
    for (
      const lines of [
        "x-late-name: 1\r\nhost: a\r\n",
        "host: a\r\nX-Late-Name: 1\r\n",
        "host: a\r\nx-late-nam: 2\r\nx-late-name: 1\r\n",
      ]
    ) {
      headers.reset();
      decoder.begin(headers, new HeaderBlock());
      decoder.decode(Buffer.from(`GET / HTTP/1.1\r\n${lines}\r\n`), 0);
      expect(headers.getAll(id)).toEqual(["1"]);
      expect(headers.get(Header.authority)).toBe("a");
    }
  });
});

test("errors carry the local reply that Envoy writes", () => {
  const replyTo = (input: string) => {
    const { status, body } = one(input).error!;
    return `${status} ${body}`;
  };
  expect(replyTo("GET / HTTP/1.1\r\nx y\r\n\r\n")).toBe("400 Bad Request");
  expect(replyTo("GET / HTTP/1.0\r\n\r\n")).toBe("426 Upgrade Required");
  expect(replyTo("GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\n\r\n")).toBe("501 Not Implemented");
  expect(replyTo(`GET / HTTP/1.1\r\n${"x: y\r\n".repeat(101)}\r\n`)).toBe("431 Request Header Fields Too Large");
  expect(replyTo("GET / HTTP/1.1\r\n\r\n")).toBe("400 ");
  expect(replyTo("GET /#f HTTP/1.1\r\nhost: a\r\n\r\n")).toBe("400 ");
});
