// The output buffer: every way to append, growth, and what `clear` keeps.
import { expect, test } from "bun:test";
import { OutputBuffer } from "../../src/base/output-buffer.ts";

function bytesOf(out: OutputBuffer): Buffer {
  return Buffer.from(out.bytes.subarray(0, out.length));
}

test("appends in order across growth", () => {
  const out = new OutputBuffer();
  const from = Buffer.from("0123456789");
  const expected: Buffer[] = [];
  for (let i = 0; i < 2000; i++) {
    out.writeLatin1("t\xe9xt");
    out.writeByte(i & 255);
    out.copy(from, 2, 5);
    out.writeBytes(new Uint8Array([1, 2, 3]));
    out.writeSmall(from);
    expected.push(
      Buffer.from("t\xe9xt", "latin1"),
      Buffer.from([i & 255]),
      Buffer.from("234"),
      Buffer.from([1, 2, 3]),
      from,
    );
  }
  expect(bytesOf(out).equals(Buffer.concat(expected))).toBe(true);
});

test("one append larger than twice the buffer", () => {
  const out = new OutputBuffer();
  out.writeByte(1);
  out.writeLatin1("x".repeat(100_000));
  expect(out.length).toBe(100_001);
  out.reserve(5);
  expect(out.bytes.length).toBeGreaterThanOrEqual(100_006);
});

test("clear forgets content and gives back a buffer that grew large", () => {
  const out = new OutputBuffer();
  out.writeLatin1("x".repeat(10_000));
  const kept = out.bytes;
  out.clear();
  expect(out.length).toBe(0);
  expect(out.bytes).toBe(kept);
  out.writeLatin1("x".repeat(1_000_000));
  out.clear();
  expect(out.bytes.length).toBeLessThan(10_000);
});
