// Properties of the HTTP/1 codec: what is encoded decodes to the same, mutated bytes never throw, nothing that is forwarded is ambiguous.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { HeaderBlock } from "../../../src/base/header-block.ts";
import { OutputBuffer } from "../../../src/base/output-buffer.ts";
import { encodeLastChunk, encodeTrailers, writeChunkSize } from "../../../src/protocol/http1/chunk-encoder.ts";
import { Http1HeadEncoder } from "../../../src/protocol/http1/head-encoder.ts";
import { Framing, Http1Message } from "../../../src/protocol/http1/message.ts";
import { Method } from "../../../src/protocol/http1/methods.ts";
import { runRequests, runResponse } from "./recorder.ts";

const TCHAR = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
/** Names whose meaning the codec knows; the generators below set those by themselves. */
const SPECIAL =
  /^(host|connection|content-length|transfer-encoding|expect|upgrade|te|trailer|keep-alive|proxy-connection|http2-settings)$/;

const charactersOf = (allowed: string) => fc.constantFrom(...allowed);
const name = fc.string({ unit: charactersOf(TCHAR), minLength: 1, maxLength: 24 }).filter((n) => !SPECIAL.test(n));
const VALUE_CHARACTERS = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).filter((c) =>
  /[\t\x20-\x7e\x80-\xff]/.test(c)
);
const value = fc.string({ unit: fc.constantFrom(...VALUE_CHARACTERS), maxLength: 80 }).map((v) =>
  v.replace(/^[\t ]+|[\t ]+$/g, "")
);
const fields = fc.array(fc.tuple(name, value), { maxLength: 20 });
const path = fc.string({ unit: charactersOf("abcXYZ019-._~%/?&=+:@!$'()*,;[]{}|^`\"<>\\"), maxLength: 60 }).map((p) =>
  `/${p}`
);
const body = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 6 });
const cuts = fc.array(fc.nat(3000), { maxLength: 6 });

const encoder = new Http1HeadEncoder({ headerKeyFormat: "lower", sendFullyQualifiedUrl: false, enableTrailers: true });

function blockOf(list: readonly (readonly [string, string])[]): HeaderBlock {
  const block = new HeaderBlock();
  for (const [n, v] of list) block.appendNamed(n, v);
  return block;
}

function writeBody(out: OutputBuffer, framing: Framing, chunks: Uint8Array[], trailers: [string, string][]): void {
  for (const chunk of chunks) {
    if (framing === Framing.chunked) writeChunkSize(out, chunk.length);
    out.writeBytes(chunk);
    if (framing === Framing.chunked) out.writeLatin1("\r\n");
  }
  if (framing !== Framing.chunked) return;
  if (trailers.length > 0) encodeTrailers(out, blockOf(trailers), encoder);
  else encodeLastChunk(out);
}

const latin1 = (chunks: Uint8Array[]) => Buffer.concat(chunks).toString("latin1");
const lines = (list: [string, string][]) => list.map(([n, v]) => `${n}: ${v}`);

test("requests: encode, cut anywhere, decode", () => {
  fc.assert(
    fc.property(fields, path, body, fc.boolean(), fields, cuts, (list, target, chunks, isSized, trailers, at) => {
      const total = chunks.reduce((n, c) => n + c.length, 0);
      const sized: [string, string][] = isSized ? [["content-length", String(total)]] : [];
      const out = new OutputBuffer();
      const headers = blockOf([[":method", "POST"], [":authority", "a.b:80"], [":path", target], ...list, ...sized]);
      encoder.encodeRequest(out, headers, isSized && total === 0);
      writeBody(out, encoder.framing, chunks, isSized ? [] : trailers);
      const wire = out.bytes.toString("latin1", 0, out.length);
      const { messages, consumed } = runRequests(wire, { cuts: at });
      expect(consumed).toBe(wire.length);
      expect(messages).toHaveLength(1);
      const message = messages[0]!;
      expect(message.error).toBeNull();
      expect(message.isComplete).toBe(true);
      const framingLines = isSized ? [`content-length: ${total}`] : ["transfer-encoding: chunked"];
      expect(message.head).toEqual([
        ":method: POST",
        `:path: ${target}`,
        ":authority: a.b:80",
        ...lines(list),
        ...framingLines,
      ]);
      expect(message.body).toBe(latin1(chunks));
      if (!isSized) expect(message.trailers ?? []).toEqual(lines(trailers));
    }),
    { numRuns: 300 },
  );
});

test("responses: encode, cut anywhere, decode", () => {
  const status = fc.integer({ min: 200, max: 999 }).filter((s) => s !== 204 && s !== 304);
  fc.assert(
    fc.property(status, fields, body, fields, cuts, (code, list, chunks, trailers, at) => {
      const headers = blockOf(list);
      headers.status = code;
      const request = Object.assign(new Http1Message(), { method: Method.get });
      const out = new OutputBuffer();
      const framing = encoder.encodeResponse(out, headers, request, false, false);
      writeBody(out, framing, chunks, trailers);
      const wire = out.bytes.toString("latin1", 0, out.length);
      const { message, consumed } = runResponse(wire, { cuts: at });
      expect(consumed).toBe(wire.length);
      expect(message).toMatchObject({ error: null, isComplete: true, status: code, body: latin1(chunks) });
      expect(message.head).toEqual([...lines(list), "transfer-encoding: chunked"]);
      expect(message.trailers ?? []).toEqual(lines(trailers));
    }),
    { numRuns: 300 },
  );
});

const SEEDS = [
  "GET /a HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nX: y\r\n\r\n",
  "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
  "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-T: 1\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n",
  "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\nraw",
  "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nraw",
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
];
const NASTY = [
  "\r",
  "\n",
  "\r\n",
  "\r\n\r\n",
  "\0",
  " ",
  "\t",
  ":",
  ";",
  ",",
  "chunked",
  "content-length: 5\r\n",
  "transfer-encoding: chunked\r\n",
  "0",
  "ffffffffffffffff",
  "\x80",
  "\x7f",
  "HTTP/1.0",
  "http://b/",
  "*",
  "connection: x\r\n",
  "expect: y\r\n",
];

interface Mutation {
  at: number;
  remove: number;
  insert: string;
}
const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(200),
  remove: fc.nat(4),
  insert: fc.oneof(fc.constantFrom(...NASTY), fc.constant(""), fc.nat(255).map((c) => String.fromCharCode(c))),
});

function mutated(seed: string, mutations: Mutation[]): string {
  let text = seed;
  for (const { at, remove, insert } of mutations) {
    const i = at % (text.length + 1);
    text = text.slice(0, i) + insert + text.slice(i + remove);
  }
  return text;
}

test("mutated input: never a throw, the same events for any split, one verdict", () => {
  const input = fc.tuple(fc.constantFrom(...SEEDS), fc.array(mutation, { minLength: 1, maxLength: 5 })).map(([s, m]) =>
    mutated(s, m)
  );
  fc.assert(
    fc.property(input, cuts, (text, at) => {
      const decoder = { allowHttp10: true };
      const request = runRequests(text, { startTunnels: true, decoder });
      expect(runRequests(text, { startTunnels: true, decoder, cuts: at }).messages).toEqual(request.messages);
      const everywhere = Array.from(text, (_, i) => i);
      expect(runRequests(text, { startTunnels: true, decoder, cuts: everywhere }).messages).toEqual(request.messages);
      const options = { method: Method.get, isUpgrade: true, eof: true };
      const response = runResponse(text, options);
      expect(runResponse(text, { ...options, cuts: at }).message).toEqual(response.message);
      expect(runResponse(text, { ...options, cuts: everywhere }).message).toEqual(response.message);
    }),
    { numRuns: 3000 },
  );
});

test("random bytes: never a throw, at most one error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), cuts, (bytes, at) => {
      const text = Buffer.from(bytes).toString("latin1");
      expect(runRequests(text, { cuts: at, startTunnels: true }).messages).toEqual(
        runRequests(text, { startTunnels: true }).messages,
      );
      runResponse(text, { cuts: at, eof: true });
    }),
    { numRuns: 1000 },
  );
});

/** An independent, slow and strict reading of a forwarded head: what any other parser must agree with. */
function readStrictly(wire: string): { length: number | null; isChunked: boolean } {
  const head = wire.slice(0, wire.indexOf("\r\n\r\n"));
  const [, ...fieldLines] = head.split("\r\n");
  expect(head.replaceAll("\r\n", "")).not.toMatch(/[\r\n\0]/);
  const lengths: string[] = [], codings: string[] = [];
  for (const fieldLine of fieldLines) {
    expect(fieldLine).toMatch(/^[!#$%&'*+\-.^_`|~0-9a-z]+: /);
    const [n, v] = [fieldLine.slice(0, fieldLine.indexOf(":")), fieldLine.slice(fieldLine.indexOf(":") + 2)];
    if (n === "content-length") lengths.push(v);
    if (n === "transfer-encoding") codings.push(v);
  }
  expect(lengths.length + codings.length).toBeLessThanOrEqual(1);
  if (lengths.length === 1) expect(lengths[0]).toMatch(/^(0|[1-9][0-9]{0,14})$/);
  if (codings.length === 1) expect(codings[0]!.toLowerCase()).toBe("chunked");
  return { length: lengths.length === 1 ? Number(lengths[0]) : null, isChunked: codings.length === 1 };
}

test("whatever is accepted is forwarded with exactly one, unambiguous framing", () => {
  const frame = fc.constantFrom(
    "content-length: 5\r\n",
    "Content-Length: 0\r\n",
    "transfer-encoding: chunked\r\n",
    "TRANSFER-ENCODING: Chunked\r\n",
    "",
  );
  const input = fc.tuple(frame, frame, fc.array(mutation, { maxLength: 3 })).map(([a, b, m]) =>
    mutated(`POST / HTTP/1.1\r\nhost: a\r\n${a}x: y\r\n${b}\r\n`, m)
  );
  let accepted = 0;
  fc.assert(
    fc.property(input, (text) => {
      const headers: HeaderBlock[] = [];
      const { messages } = runRequests(text, {
        maxMessages: 1,
        keepBlock: (block) => headers.push(block),
        decoder: { allowChunkedLength: true },
      });
      const message = messages[0];
      if (message?.head == null) return;
      accepted++;
      const out = new OutputBuffer();
      encoder.encodeRequest(out, headers[0]!, message.headEndsStream);
      if (encoder.framing === Framing.tunnel) return;
      const read = readStrictly(out.bytes.toString("latin1", 0, out.length));
      expect(read.isChunked).toBe(encoder.framing === Framing.chunked);
      if (encoder.framing === Framing.length) expect(read.length).toBe(message.facts["contentLength"] as number);
    }),
    { numRuns: 3000 },
  );
  expect(accepted).toBeGreaterThan(300);
});
