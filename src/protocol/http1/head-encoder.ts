// Writes HTTP/1 heads: unchanged fields are copied as the bytes they came in, edited ones are joined to one text; decides how the body is framed.
import {
  FLAGS,
  type HeaderBlock,
  ID,
  NAME_END,
  NAME_START,
  RAW_LINE,
  REMOVED,
  SLOT,
  VALUE_END,
  VALUE_START,
} from "../../base/header-block.ts";
import { Header } from "../../base/header-names.ts";
import type { OutputBuffer } from "../../base/output-buffer.ts";
import { Framing, type Http1Message } from "./message.ts";
import { findMethod, isBodyUnexpected, Method, type MethodId, methodIdOf } from "./methods.ts";
import { NameCase, namePrefixOf, toProperCase } from "./name-case.ts";
import { statusLineOf } from "./status-text.ts";
import { isToken, safeTarget, writeValue } from "./wire-text.ts";

/** Bytes of ` HTTP/1.1` CRLF. */
const VERSION_BYTES = 11;
const CRLF: Uint8Array = Buffer.from("\r\n");
const COLON_SPACE: Uint8Array = Buffer.from(": ");

/** Names follow Envoy's Http1ProtocolOptions. */
export interface Http1EncoderOptions {
  /** Case of names: lower, proper_case_words, or as received where a decoder preserved it. */
  readonly headerKeyFormat: keyof typeof NameCase;
  /** Requests go out with absolute-form targets. */
  readonly sendFullyQualifiedUrl: boolean;
  /** Trailers are written; otherwise they are dropped and the body just ends. */
  readonly enableTrailers: boolean;
}

/** One per connection manager or cluster; holds no state of a message but the results of the last `encodeRequest`. */
export class Http1HeadEncoder {
  /** How the body of the last request is framed. */
  framing: Framing = Framing.none;
  /** The last request asked to switch protocols. */
  isUpgrade = false;
  readonly enableTrailers: boolean;
  private readonly nameCase: NameCase;
  private readonly sendAbsoluteUrl: boolean;
  private readonly chunkedTail: Uint8Array;
  private readonly zeroLengthTail: Uint8Array;
  private readonly closeLine: Uint8Array;
  private readonly keepAliveLine: Uint8Array;

  constructor(options: Http1EncoderOptions) {
    const nameCase = NameCase[options.headerKeyFormat];
    this.enableTrailers = options.enableTrailers;
    this.nameCase = nameCase;
    this.sendAbsoluteUrl = options.sendFullyQualifiedUrl;
    this.chunkedTail = lineBytes(Header.transferEncoding, nameCase, "chunked\r\n\r\n");
    this.zeroLengthTail = lineBytes(Header.contentLength, nameCase, "0\r\n\r\n");
    this.closeLine = lineBytes(Header.connection, nameCase, "close\r\n");
    this.keepAliveLine = lineBytes(Header.connection, nameCase, "keep-alive\r\n");
  }

  /**
   * Writes a request head and returns the id of its method. `:path` and `:authority` are taken from the block; afterwards `framing`
   * tells how the body, if any, has to be written: as it is (`length`, `tunnel`) or in chunks.
   */
  encodeRequest(out: OutputBuffer, headers: HeaderBlock, endStream: boolean): MethodId {
    const s = headers.slots;
    const m = headers.indexOf(Header.method), p = headers.indexOf(Header.path);
    const method = m < 0 ? Method.get : methodOf(headers, m);
    this.isUpgrade = method !== Method.connect && headers.has(Header.upgrade) && asksUpgrade(headers);
    let tail = CRLF, keepsTransferEncoding = false;
    if (method === Method.connect || this.isUpgrade) this.framing = Framing.tunnel;
    else if (headers.has(Header.contentLength)) this.framing = endStream ? Framing.none : Framing.length;
    else if (endStream) {
      this.framing = Framing.none;
      if (!isBodyUnexpected(method)) tail = this.zeroLengthTail;
    } else {
      this.framing = Framing.chunked;
      keepsTransferEncoding = hasChunkedField(headers);
      if (!keepsTransferEncoding) tail = this.chunkedTail;
    }
    let runStart = 0, runEnd = 0;
    if (
      p >= 0 && m >= 0 && !this.sendAbsoluteUrl && (s[p * SLOT + FLAGS]! & RAW_LINE) !== 0 &&
      s[m * SLOT + VALUE_START]! >= 0
    ) {
      runStart = s[m * SLOT + VALUE_START]!;
      runEnd = s[p * SLOT + VALUE_END]! + VERSION_BYTES;
    } else out.writeLatin1(this.requestLine(headers, method, m, p));
    this.writeFields(out, headers, runStart, runEnd, keepsTransferEncoding ? 0 : Header.transferEncoding);
    out.writeSmall(tail);
    return method;
  }

  private requestLine(headers: HeaderBlock, method: MethodId, m: number, p: number): string {
    let name = m < 0 ? "GET" : headers.valueAt(m);
    if (!isToken(name)) name = name.replace(/[^0-9A-Za-z-]/g, "_");
    const authority = headers.get(Header.authority) ?? "";
    let target: string;
    if (method === Method.connect) target = safeTarget(authority);
    else {
      target = safeTarget(p < 0 ? "/" : headers.valueAt(p));
      if (this.sendAbsoluteUrl && target !== "*") {
        target = `${headers.get(Header.scheme) ?? "http"}://${safeTarget(authority)}${target}`;
      }
    }
    return `${name} ${target} HTTP/1.1\r\n`;
  }

  /**
   * Writes the final head of a response to `request` and returns how its body has to be written. With `isLast` the connection ends
   * after it and says so. After `Framing.untilClose` the connection has to be closed too: an HTTP/1.0 peer knows no chunks.
   */
  encodeResponse(
    out: OutputBuffer,
    headers: HeaderBlock,
    request: Http1Message,
    isLast: boolean,
    endStream: boolean,
  ): Framing {
    const status = headers.status;
    let framing: Framing = Framing.none, tail = CRLF, dropped: number = Header.transferEncoding;
    if ((status === 101 && request.isUpgrade) || (request.method === Method.connect && status >= 200 && status < 300)) {
      framing = Framing.tunnel;
    } else if (status < 200 || status === 204) {
      // No length may be told where no body can be (RFC 9110 §8.6); both framing fields go: see `writeFields`.
      dropped = Header.contentLength;
    } else if (headers.has(Header.contentLength)) {
      if (!endStream && request.method !== Method.head && status !== 304) framing = Framing.length;
    } else if (status === 304) framing = Framing.none;
    else if (request.method === Method.head) {
      // What a GET would get: the field the upstream sent is told, none is guessed.
      if (request.versionMinor > 0 && hasChunkedField(headers)) dropped = 0;
    } else if (endStream) tail = this.zeroLengthTail;
    else if (request.versionMinor === 0) framing = Framing.untilClose;
    else {
      framing = Framing.chunked;
      if (hasChunkedField(headers)) dropped = 0;
      else tail = this.chunkedTail;
    }
    out.writeLatin1(statusLineOf(request.versionMinor, status));
    this.writeFields(out, headers, 0, 0, dropped);
    if (framing !== Framing.tunnel && !headers.has(Header.connection)) {
      if (isLast || framing === Framing.untilClose) out.writeSmall(this.closeLine);
      else if (request.versionMinor === 0) out.writeSmall(this.keepAliveLine);
    }
    out.writeSmall(tail);
    return framing;
  }

  /** Writes a 1xx head other than 101; it has no framing fields. */
  encodeInformational(out: OutputBuffer, headers: HeaderBlock): void {
    out.writeLatin1(statusLineOf(1, headers.status));
    this.writeFields(out, headers, 0, 0, Header.contentLength);
    out.writeSmall(CRLF);
  }

  /** Writes trailer fields and the empty line. */
  encodeTrailerFields(out: OutputBuffer, trailers: HeaderBlock): void {
    this.writeFields(out, trailers, 0, 0, Header.contentLength);
    out.writeSmall(CRLF);
  }

  /**
   * Writes the fields in their order; the run `[runStart, runEnd)` of raw bytes goes before the first. Neighbouring raw lines are
   * one copy. `dropped`: 0 = all are written, `transferEncoding` = all but that, `contentLength` = neither of the two.
   */
  private writeFields(
    out: OutputBuffer,
    headers: HeaderBlock,
    runStart: number,
    runEnd: number,
    dropped: number,
  ): void {
    const s = headers.slots, isRawAllowed = this.nameCase !== NameCase.proper;
    for (let i = 0, o = 0, n = headers.count; i < n; i++, o += SLOT) {
      const id = s[o + ID]!;
      if (id <= Header.transferEncoding) {
        if (id === REMOVED || (id <= Header.status && id > 0 && id !== Header.authority)) continue;
        if (id >= Header.contentLength && id >= dropped && dropped !== 0) continue;
      }
      if ((s[o + FLAGS]! & RAW_LINE) !== 0 && isRawAllowed) {
        const start = s[o + NAME_START]!;
        if (start !== runEnd) {
          if (runEnd > runStart) out.copy(headers.raw, runStart, runEnd);
          runStart = start;
        }
        runEnd = s[o + VALUE_END]! + 2;
        continue;
      }
      if (runEnd > runStart) {
        out.copy(headers.raw, runStart, runEnd);
        runStart = runEnd = 0;
      }
      this.writeField(out, headers, i);
    }
    if (runEnd > runStart) out.copy(headers.raw, runStart, runEnd);
  }

  /** Writes one field as text; nothing when its name is no token. */
  private writeField(out: OutputBuffer, headers: HeaderBlock, i: number): void {
    const s = headers.slots, o = i * SLOT, id = s[o + ID]!;
    if (this.nameCase === NameCase.preserve && s[o + NAME_END]! > s[o + NAME_START]!) {
      out.copy(headers.raw, s[o + NAME_START]!, s[o + NAME_END]!);
      out.writeSmall(COLON_SPACE);
    } else if (id > 0) out.writeSmall(namePrefixOf(id, this.nameCase));
    else {
      const name = headers.nameAt(i);
      if (!isToken(name)) return;
      out.writeLatin1(this.nameCase === NameCase.proper ? `${toProperCase(name)}: ` : `${name}: `);
    }
    writeValue(out, headers.valueAt(i));
    out.writeSmall(CRLF);
  }
}

/** Whether the block has just one `transfer-encoding`, as received: a decoder lets only `chunked` pass, so it may be forwarded. */
function hasChunkedField(headers: HeaderBlock): boolean {
  const i = headers.indexOf(Header.transferEncoding);
  return i >= 0 && headers.slots[i * SLOT + VALUE_START]! >= 0 && headers.indexOf(Header.transferEncoding, i + 1) < 0;
}

function methodOf(headers: HeaderBlock, i: number): MethodId {
  const o = i * SLOT, start = headers.slots[o + VALUE_START]!;
  return start < 0 ? methodIdOf(headers.valueAt(i)) : findMethod(headers.raw, start, headers.slots[o + VALUE_END]!);
}

function lineBytes(id: number, nameCase: NameCase, rest: string): Uint8Array {
  return Buffer.concat([namePrefixOf(id, nameCase), Buffer.from(rest)]);
}

function asksUpgrade(headers: HeaderBlock): boolean {
  return headers.getAll(Header.connection).some((value) => value.toLowerCase().includes("upgrade"));
}
