// Bodies: how chunks are joined, what memory views keep alive, and that work and memory stay linear.
import { describe, expect, test } from "bun:test";
import { HeaderBlock } from "../../../src/base/header-block.ts";
import { DEFAULT_HTTP1_OPTIONS } from "../../../src/protocol/http1/options.ts";
import { Http1RequestDecoder } from "../../../src/protocol/http1/request-decoder.ts";

interface View {
  data: Buffer;
  endStream: boolean;
}

function decodeBody(chunks: Buffer[]): View[] {
  const views: View[] = [];
  const decoder = new Http1RequestDecoder(DEFAULT_HTTP1_OPTIONS, {
    onHeaders() {},
    onBody: (data, endStream) => void views.push({ data, endStream }),
    onTrailers() {},
    onComplete() {},
    onError: (error) => {
      throw new Error(error.message);
    },
  });
  decoder.begin(new HeaderBlock(), new HeaderBlock());
  decoder.decode(Buffer.from("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"), 0);
  for (const chunk of chunks) decoder.decode(chunk, 0);
  return views;
}

const textOf = (views: View[]) => views.map((v) => v.data.toString("latin1")).join("");

test("small chunks of one read come as one view that ends the stream", () => {
  const views = decodeBody([Buffer.from("1\r\na\r\n2\r\nbc\r\n3;x\r\ndef\r\n0\r\n\r\n")]);
  expect(views.map((v) => [v.data.toString(), v.endStream])).toEqual([["abcdef", true]]);
});

test("large chunks are not moved", () => {
  const large = "x".repeat(10_000);
  const chunk = Buffer.from(`2\r\nab\r\n2710\r\n${large}\r\n1\r\nc\r\n0\r\n\r\n`);
  const views = decodeBody([chunk]);
  expect(views.map((v) => v.data.length)).toEqual([2, 10_001]);
  expect(textOf(views)).toBe(`ab${large}c`);
  expect(views[1]!.data.buffer).toBe(chunk.buffer);
});

test("the end of a body that comes alone is an empty last event", () => {
  const views = decodeBody([Buffer.from("2\r\nok\r\n"), Buffer.from("0\r\n"), Buffer.from("\r\n")]);
  expect(views.map((v) => [v.data.toString(), v.endStream])).toEqual([["ok", false], ["", true]]);
});

test("item 31: a body of one-byte chunks keeps at most twice its size alive", () => {
  const payload = 100_000;
  const wire = Buffer.from(`${"1\r\nx\r\n".repeat(payload)}0\r\n\r\n`);
  const reads: Buffer[] = [];
  for (let i = 0; i < wire.length; i += 65_536) reads.push(Buffer.from(wire.subarray(i, i + 65_536)));
  const views = decodeBody(reads);
  expect(textOf(views).length).toBe(payload);
  expect(views.length).toBeLessThanOrEqual(reads.length + 1);
  const kept = new Set(views.map((v) => v.data.buffer));
  let bytes = 0;
  for (const buffer of kept) bytes += buffer.byteLength;
  expect(bytes).toBeLessThanOrEqual(2 * payload);
});

describe("linear work", () => {
  test("a 60 KiB head byte by byte is read once, not once a byte", () => {
    let read = 0;
    const decoder = new Http1RequestDecoder(DEFAULT_HTTP1_OPTIONS, {
      onHeaders: () => void read++,
      onBody() {},
      onTrailers() {},
      onComplete() {},
      onError() {},
    });
    // Quadratic scanning of this would be 1.6 · 10^9 byte steps, seconds; linear work takes a few milliseconds.
    for (const field of [`x: ${"y".repeat(58 * 1024)}\r\n`, `x: ${"y".repeat(600)}\r\n`.repeat(95)]) {
      const head = Buffer.from(`GET / HTTP/1.1\r\nhost: a\r\n${field}\r\n`);
      decoder.begin(new HeaderBlock(), new HeaderBlock());
      const start = performance.now();
      for (let i = 0; i < head.length; i++) decoder.decode(head.subarray(i, i + 1), 0);
      expect(performance.now() - start).toBeLessThan(1000);
    }
    expect(read).toBe(2);
  });
});
