// Writes bodies in chunked framing (RFC 9112 §7.1): one chunk a call, then the last chunk with or without trailers.
import type { HeaderBlock } from "../../base/header-block.ts";
import type { OutputBuffer } from "../../base/output-buffer.ts";
import type { Http1HeadEncoder } from "./head-encoder.ts";

/** Where chunks go: a connection, which writes large data from where it lies and joins small data to its output. */
export interface ChunkSink {
  turnOutput(): OutputBuffer;
  write(data: Uint8Array): void;
}

const HEX_DIGITS = Buffer.from("0123456789abcdef");
const CRLF = "\r\n";
const LAST_CHUNK = "0\r\n\r\n";

/** Writes one chunk. Empty data writes nothing: a chunk of size 0 would end the body. */
export function encodeData(sink: ChunkSink, data: Uint8Array): void {
  if (data.length === 0) return;
  writeChunkSize(sink.turnOutput(), data.length);
  sink.write(data);
  sink.turnOutput().writeLatin1(CRLF);
}

/** Writes the line before a chunk of `size` bytes. */
export function writeChunkSize(out: OutputBuffer, size: number): void {
  out.reserve(16);
  const bytes = out.bytes;
  let digits = 1;
  for (let rest = size; rest >= 16; rest = Math.floor(rest / 16)) digits++;
  let at = out.length + digits;
  out.length = at + 2;
  bytes[at] = 13;
  bytes[at + 1] = 10;
  for (let rest = size; digits > 0; digits--) {
    bytes[--at] = HEX_DIGITS[rest % 16]!;
    rest = Math.floor(rest / 16);
  }
}

/** Ends the body without trailers. */
export function encodeLastChunk(out: OutputBuffer): void {
  out.writeLatin1(LAST_CHUNK);
}

/** Ends the body with trailers, or without when the encoder's options disable them. */
export function encodeTrailers(out: OutputBuffer, trailers: HeaderBlock, encoder: Http1HeadEncoder): void {
  if (!encoder.enableTrailers) return encodeLastChunk(out);
  out.writeLatin1("0\r\n");
  encoder.encodeTrailerFields(out, trailers);
}
