// The look-up of header names by bytes: thousands of configured names, beyond the table's capacity, and names that only resemble them.
import { expect, test } from "bun:test";
import { HeaderBlock } from "../../../src/base/header-block.ts";
import { findHeaderId, internHeaderName } from "../../../src/base/header-names.ts";
import { DEFAULT_HTTP1_OPTIONS } from "../../../src/protocol/http1/options.ts";
import { Http1RequestDecoder } from "../../../src/protocol/http1/request-decoder.ts";

function idsOf(names: string[]): number[] {
  const ids: number[] = [];
  const decoder = new Http1RequestDecoder(
    { ...DEFAULT_HTTP1_OPTIONS, maxHeaderCount: 20_000, maxHeaderBytes: 1 << 24 },
    {
      onHeaders: (headers) => {
        for (let i = 3; i < headers.count; i++) ids.push(headers.idAt(i));
      },
      onBody() {},
      onTrailers() {},
      onComplete() {},
      onError: (error) => {
        throw new Error(error.message);
      },
    },
  );
  decoder.begin(new HeaderBlock(), new HeaderBlock());
  decoder.decode(Buffer.from(`GET / HTTP/1.1\r\nhost: a\r\n${names.map((n) => `${n}: 1\r\n`).join("")}\r\n`), 0);
  return ids;
}

test("every interned name is found in any case, nothing else is", () => {
  const names = Array.from({ length: 5000 }, (_, i) => `x-table-${i}-${"abcdefghij"[i % 10]!.repeat(i % 40)}`);
  const long = `x-${"l".repeat(300)}`, odd = "x-odd_^`|~name";
  names.push(long, odd);
  // Before the configuration names them, peers may have sent them.
  expect(idsOf(names.slice(0, 100)).every((id) => id === 0)).toBe(true);
  for (const name of names) internHeaderName(name);
  for (let round = 0; round < 2; round++) expect(idsOf(names)).toEqual(names.map(findHeaderId));
  expect(idsOf(names.map((n) => n.toUpperCase()))).toEqual(names.map(findHeaderId));
  const alike = names.flatMap((n) => [`${n}x`, n.slice(0, -1), `y${n.slice(1)}`]);
  expect(idsOf(alike)).toEqual(alike.map(findHeaderId));
  expect(idsOf(["x-odd_~`|^name", "X-ODD_^`|~NAME", "x\u002dodd_^@|~name".replace("@", "`")])).toEqual([
    0,
    findHeaderId(odd),
    findHeaderId(odd),
  ]);
});
