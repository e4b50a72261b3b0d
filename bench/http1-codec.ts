// Micro benchmark of the HTTP/1 codec: ns per request parse, response parse and head write, min and median of rounds. Run: bun bench/http1-codec.ts
import { HeaderBlock } from "../src/base/header-block.ts";
import { Header, internHeaderName } from "../src/base/header-names.ts";
import { OutputBuffer } from "../src/base/output-buffer.ts";
import { Http1HeadEncoder } from "../src/protocol/http1/head-encoder.ts";
import { Method } from "../src/protocol/http1/methods.ts";
import { DEFAULT_HTTP1_OPTIONS } from "../src/protocol/http1/options.ts";
import type { Http1Listener } from "../src/protocol/http1/listener.ts";
import { Http1RequestDecoder } from "../src/protocol/http1/request-decoder.ts";
import { Http1ResponseDecoder, type Http1ResponseListener } from "../src/protocol/http1/response-decoder.ts";

const ROUNDS = 15;
const ITERATIONS = 40_000;

/** 10 fields, 650 bytes, as a browser sends them. */
const REQUEST = Buffer.from(
  [
    "GET /api/v1/products/42?include=reviews HTTP/1.1",
    "Host: bookinfo.example.com",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language: en-US,en;q=0.9,de;q=0.8",
    "Accept-Encoding: gzip, deflate, br",
    "Referer: https://bookinfo.example.com/productpage",
    "Cookie: session=eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoiamFzb24ifQ; theme=dark; tracking=0123456789abcdef",
    "X-Request-Id: 5d3c7b0e-2c5f-4b7e-9f43-1a2b3c4d5e6f",
    "Cache-Control: max-age=0",
    "Connection: keep-alive",
    "",
    "",
  ].join("\r\n"),
);

const RESPONSE = Buffer.from(
  [
    "HTTP/1.1 200 OK",
    "Server: nginx/1.22.1",
    "Date: Tue, 24 Nov 2026 19:57:56 GMT",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Length: 200",
    "Connection: keep-alive",
    'ETag: "5d3c7b0e-c8"',
    "Cache-Control: no-store",
    "",
    "x".repeat(200),
  ].join("\r\n"),
);

let events = 0;
const listener: Http1Listener & Http1ResponseListener = {
  onHeaders: () => void events++,
  onBody: () => void events++,
  onTrailers: () => void events++,
  onComplete: () => void events++,
  onInformational: () => void events++,
  onError: (error) => {
    throw new Error(error.message);
  },
};

function measure(name: string, run: () => void): number {
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < ITERATIONS; i++) run();
    samples.push((performance.now() - start) * 1e6 / ITERATIONS);
  }
  samples.sort((a, b) => a - b);
  const min = samples[0]!, median = samples[samples.length >> 1]!;
  console.log(`${name.padEnd(58)} min ${min.toFixed(0).padStart(5)} ns   median ${median.toFixed(0).padStart(5)} ns`);
  return min;
}

const headers = new HeaderBlock(), trailers = new HeaderBlock();
const requestChunk = Buffer.allocUnsafeSlow(REQUEST.length), responseChunk = Buffer.allocUnsafeSlow(RESPONSE.length);
const requestDecoder = new Http1RequestDecoder(DEFAULT_HTTP1_OPTIONS, listener);
const responseDecoder = new Http1ResponseDecoder(DEFAULT_HTTP1_OPTIONS, listener);
const encoder = new Http1HeadEncoder({ headerKeyFormat: "lower", sendFullyQualifiedUrl: false, enableTrailers: false });
const out = new OutputBuffer();

/** The decoder writes into the chunk, so each run restores it; `restore` tells what that costs. */
function parseRequest(): void {
  REQUEST.copy(requestChunk);
  headers.reset();
  requestDecoder.begin(headers, trailers);
  requestDecoder.decode(requestChunk, 0);
}

function parseResponse(): void {
  RESPONSE.copy(responseChunk);
  headers.reset();
  responseDecoder.begin(headers, trailers, Method.get, false);
  responseDecoder.decode(responseChunk, 0);
}

console.log(`request ${REQUEST.length} B, response ${RESPONSE.length} B; Bun ${Bun.version}`);
measure("restore the request chunk (subtract from the next)", () => void REQUEST.copy(requestChunk));
measure("request: restore, reset, begin, decode", parseRequest);
measure("response: restore, reset, begin, decode (200 B body)", parseResponse);

headers.reset();
parseRequest();
measure("request head, nothing edited", () => {
  out.clear();
  encoder.encodeRequest(out, headers, true);
});
internHeaderName("x-envoy-expected-rq-timeout-ms");
headers.remove(Header.connection);
headers.append(Header.xForwardedProto, "http");
headers.append(Header.xForwardedFor, "10.1.2.3");
headers.append(Header.xEnvoyExpectedRqTimeoutMs, "15000");
measure("request head, 1 field removed, 3 added", () => {
  out.clear();
  encoder.encodeRequest(out, headers, true);
});

parseRequest();
const { message } = requestDecoder;
parseResponse();
headers.remove(Header.connection);
headers.set(Header.server, "istio-envoy");
headers.append(Header.xEnvoyUpstreamServiceTime, "3");
measure("response head, 1 removed, 1 replaced, 1 added", () => {
  out.clear();
  encoder.encodeResponse(out, headers, message, false, false);
});
if (events === 0) throw new Error("nothing was decoded");
