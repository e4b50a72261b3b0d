// Compares designs of the header section parser on the same 10 fields: numbers for docs/decisions/003. Run: bun bench/http1-parser-designs.ts
import { HeaderBlock, RAW_LINE } from "../src/base/header-block.ts";
import { findHeaderId } from "../src/base/header-names.ts";
import { Http1Errors } from "../src/protocol/http1/errors.ts";
import { FieldParser } from "../src/protocol/http1/field-parser.ts";
import { findName, hashByte, NameOrder } from "../src/protocol/http1/name-table.ts";
import { UnderscoreAction } from "../src/protocol/http1/options.ts";
import { FIELD_VALUE, TOKEN_LOWER } from "../src/protocol/http1/tables.ts";

const ROUNDS = 15, ITERATIONS = 30_000;
const FIELDS = Buffer.from(
  [
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
const chunk = Buffer.allocUnsafeSlow(FIELDS.length);
const block = new HeaderBlock();
const scratch = Buffer.alloc(65_536);
const scratchView = new DataView(scratch.buffer, scratch.byteOffset, scratch.length);
const INVALID_TEXT = /[^\t\x20-\x7e\x80-\xff]/, INVALID_NAME = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;

function scanName(buf: Buffer, start: number, end: number): number {
  let hash = 0, pos = start;
  for (; pos < end; pos++) {
    const c = buf[pos]!, l = TOKEN_LOWER[c]!;
    if (l === 0) break;
    hash = hashByte(hash, l);
    if (l !== c) buf[pos] = l;
  }
  nameHash = hash;
  return pos;
}
let nameHash = 0;

/** Byte loops over tables; every name is hashed and looked up. */
function byteLoop(buf: Buffer, pos: number, end: number): number {
  for (;;) {
    const start = pos;
    pos = scanName(buf, pos, end);
    if (pos === start) return pos + 2;
    const nameEnd = pos;
    pos += 2;
    const valueStart = pos;
    while (pos < end && FIELD_VALUE[buf[pos]!] === 1) pos++;
    block.addRaw(start, nameEnd, valueStart, pos, findName(buf, start, nameEnd, nameHash), RAW_LINE);
    pos += 2;
  }
}

/** As byteLoop, but values are checked four bytes at a time over a copy whose view exists already. */
function wordLoop(buf: Buffer, pos: number, end: number): number {
  buf.copy(scratch, 0, pos, end);
  for (;;) {
    const start = pos;
    pos = scanName(buf, pos, end);
    if (pos === start) return pos + 2;
    const nameEnd = pos;
    pos += 2;
    const valueStart = pos;
    while (pos + 4 < end) {
      const word = scratchView.getInt32(pos, true);
      if ((((word - 0x20202020) | (word + 0x01010101)) & ~word & 0x80808080) !== 0) break;
      pos += 4;
    }
    while (pos < end && FIELD_VALUE[buf[pos]!] === 1) pos++;
    block.addRaw(start, nameEnd, valueStart, pos, findName(buf, start, nameEnd, nameHash), RAW_LINE);
    pos += 2;
  }
}

/** Lines and colons by indexOf, names as strings through a Map, values checked by a regular expression. */
function indexOfLines(buf: Buffer, pos: number, _end: number): number {
  for (;;) {
    const lf = buf.indexOf(10, pos);
    if (lf === pos + 1) return lf + 1;
    const colon = buf.indexOf(58, pos);
    const name = buf.latin1Slice(pos, colon).toLowerCase();
    if (INVALID_NAME.test(name) || INVALID_TEXT.test(buf.latin1Slice(colon + 2, lf - 1))) throw new Error("invalid");
    block.addRaw(pos, colon, colon + 2, lf - 1, findHeaderId(name), 0);
    pos = lf + 1;
  }
}

/** One string, split into lines. */
function splitLines(buf: Buffer, pos: number, end: number): number {
  for (const line of buf.latin1Slice(pos, end).split("\r\n")) {
    if (line === "") break;
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase(), value = line.slice(colon + 1).trim();
    if (INVALID_NAME.test(name) || INVALID_TEXT.test(value)) throw new Error("invalid");
    block.append(findHeaderId(name), value);
  }
  return end;
}

const parser = new FieldParser(100, Http1Errors.tooManyHeaders, UnderscoreAction.allow, false, new NameOrder());
function chosen(buf: Buffer, pos: number, end: number): number {
  parser.begin();
  return parser.parse(block, buf, pos, end);
}

function measure(name: string, parse: (buf: Buffer, pos: number, end: number) => number): void {
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < ITERATIONS; i++) {
      FIELDS.copy(chunk);
      block.reset();
      block.raw = chunk;
      if (parse(chunk, 0, chunk.length) !== chunk.length || block.count !== 10) throw new Error(`${name} is wrong`);
    }
    samples.push((performance.now() - start) * 1e6 / ITERATIONS);
  }
  samples.sort((a, b) => a - b);
  console.log(
    `${name.padEnd(52)} min ${samples[0]!.toFixed(0).padStart(5)} ns   median ${
      samples[ROUNDS >> 1]!.toFixed(0).padStart(5)
    } ns`,
  );
}

console.log(`${FIELDS.length} B, 10 fields, incl. 10 ns to restore the bytes; Bun ${Bun.version}`);
measure("byte loop, guessed order of names (chosen)", chosen);
measure("byte loop, hash and table for every name", byteLoop);
measure("the same, values four bytes at a time", wordLoop);
measure("indexOf, latin1Slice, Map, regular expressions", indexOfLines);
measure("split, slices, Map, regular expressions", splitLines);
