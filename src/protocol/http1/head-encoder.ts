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
import { isBodyUnexpected, Method, type MethodId, methodIdOf } from "./methods.ts";
import { NameCase, namePrefixOf, toProperCase } from "./name-case.ts";
import { statusLineOf } from "./status-text.ts";
import { isToken, safeTarget, safeValue } from "./wire-text.ts";

/** Bytes of ` HTTP/1.1` CRLF. */
const VERSION_BYTES = 11;

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
  private readonly chunkedLine: string;
  private readonly zeroLengthLine: string;
  private readonly closeLine: string;
  private readonly keepAliveLine: string;

  constructor(options: Http1EncoderOptions) {
    const nameCase = NameCase[options.headerKeyFormat];
    this.enableTrailers = options.enableTrailers;
    this.nameCase = nameCase;
    this.sendAbsoluteUrl = options.sendFullyQualifiedUrl;
    this.chunkedLine = `${namePrefixOf(Header.transferEncoding, nameCase)}chunked\r\n`;
    this.zeroLengthLine = `${namePrefixOf(Header.contentLength, nameCase)}0\r\n`;
    this.closeLine = `${namePrefixOf(Header.connection, nameCase)}close\r\n`;
    this.keepAliveLine = `${namePrefixOf(Header.connection, nameCase)}keep-alive\r\n`;
  }

  /**
   * Writes a request head and returns the id of its method. `:path` and `:authority` are taken from the block; afterwards `framing`
   * tells how the body, if any, has to be written: as it is (`length`, `tunnel`) or in chunks.
   */
  encodeRequest(out: OutputBuffer, headers: HeaderBlock, endStream: boolean): MethodId {
    const s = headers.slots;
    const m = headers.indexOf(Header.method), p = headers.indexOf(Header.path);
    const method = m < 0 ? Method.get : methodIdOf(headers.valueAt(m));
    this.isUpgrade = method !== Method.connect && headers.has(Header.upgrade) && asksUpgrade(headers);
    let tail = "";
    if (method === Method.connect || this.isUpgrade) this.framing = Framing.tunnel;
    else if (headers.has(Header.contentLength)) this.framing = endStream ? Framing.none : Framing.length;
    else if (endStream) {
      this.framing = Framing.none;
      if (!isBodyUnexpected(method)) tail = this.zeroLengthLine;
    } else {
      this.framing = Framing.chunked;
      if (!headers.has(Header.transferEncoding)) tail = this.chunkedLine;
    }
    let runStart = 0, runEnd = 0;
    if (
      p >= 0 && m >= 0 && !this.sendAbsoluteUrl && (s[p * SLOT + FLAGS]! & RAW_LINE) !== 0 &&
      s[m * SLOT + VALUE_START]! >= 0
    ) {
      runStart = s[m * SLOT + VALUE_START]!;
      runEnd = s[p * SLOT + VALUE_END]! + VERSION_BYTES;
    } else out.writeLatin1(this.requestLine(headers, method, m, p));
    this.writeFields(out, headers, runStart, runEnd, this.framing === Framing.chunked, `${tail}\r\n`);
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
    let framing: Framing, tail = "", keepsTransferEncoding = false;
    if ((status === 101 && request.isUpgrade) || (request.method === Method.connect && status >= 200 && status < 300)) {
      framing = Framing.tunnel;
    } else if (headers.has(Header.contentLength)) {
      framing = endStream || request.method === Method.head ? Framing.none : Framing.length;
    } else if (status === 304 || status === 204 || status < 200) framing = Framing.none;
    else if (request.method === Method.head) {
      // What a GET would get: the field the upstream sent is told, none is guessed.
      framing = Framing.none;
      keepsTransferEncoding = request.versionMinor > 0 && headers.has(Header.transferEncoding);
    } else if (endStream) {
      framing = Framing.none;
      tail = this.zeroLengthLine;
    } else if (request.versionMinor === 0) framing = Framing.untilClose;
    else {
      framing = Framing.chunked;
      keepsTransferEncoding = true;
    }
    if (keepsTransferEncoding && !headers.has(Header.transferEncoding)) tail = this.chunkedLine;
    if (framing !== Framing.tunnel && !headers.has(Header.connection)) {
      if (isLast || framing === Framing.untilClose) tail += this.closeLine;
      else if (request.versionMinor === 0) tail += this.keepAliveLine;
    }
    out.writeLatin1(statusLineOf(request.versionMinor, status));
    this.writeFields(out, headers, 0, 0, keepsTransferEncoding, `${tail}\r\n`);
    return framing;
  }

  /** Writes a 1xx head other than 101; it has no framing fields. */
  encodeInformational(out: OutputBuffer, headers: HeaderBlock): void {
    out.writeLatin1(statusLineOf(1, headers.status));
    this.writeFields(out, headers, 0, 0, false, "\r\n");
  }

  /** Writes trailer fields and the empty line. */
  encodeTrailerFields(out: OutputBuffer, trailers: HeaderBlock): void {
    this.writeFields(out, trailers, 0, 0, false, "\r\n");
  }

  /**
   * Writes the fields in their order, then `tail`. Neighbouring raw lines are one copy, neighbouring texts one write; the run
   * `[runStart, runEnd)` of raw bytes goes before the first field.
   */
  private writeFields(
    out: OutputBuffer,
    headers: HeaderBlock,
    runStart: number,
    runEnd: number,
    keepsTransferEncoding: boolean,
    tail: string,
  ): void {
    const s = headers.slots, isRawAllowed = this.nameCase !== NameCase.proper;
    let text = "";
    for (let i = 0, o = 0, n = headers.count; i < n; i++, o += SLOT) {
      const id = s[o + ID]!;
      if (id === REMOVED || (id <= Header.status && id > 0 && id !== Header.authority)) continue;
      if (id === Header.transferEncoding && !keepsTransferEncoding) continue;
      if ((s[o + FLAGS]! & RAW_LINE) !== 0 && isRawAllowed) {
        const start = s[o + NAME_START]!;
        if (text !== "") {
          out.writeLatin1(text);
          text = "";
        }
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
      text += this.lineOf(headers, i);
    }
    if (runEnd > runStart) out.copy(headers.raw, runStart, runEnd);
    out.writeLatin1(text + tail);
  }

  /** One field as text with CRLF; empty when its name is no token. */
  private lineOf(headers: HeaderBlock, i: number): string {
    const s = headers.slots, o = i * SLOT, id = s[o + ID]!;
    const value = headers.valueAt(i);
    // Raw bytes were checked when they were read.
    const safe = s[o + VALUE_START]! >= 0 ? value : safeValue(value);
    if (this.nameCase === NameCase.preserve && s[o + NAME_END]! > s[o + NAME_START]!) {
      return `${headers.raw.latin1Slice(s[o + NAME_START]!, s[o + NAME_END]!)}: ${safe}\r\n`;
    }
    if (id > 0) return `${namePrefixOf(id, this.nameCase)}${safe}\r\n`;
    const name = headers.nameAt(i);
    if (!isToken(name)) return "";
    return `${this.nameCase === NameCase.proper ? toProperCase(name) : name}: ${safe}\r\n`;
  }
}

function asksUpgrade(headers: HeaderBlock): boolean {
  return headers.getAll(Header.connection).some((value) => value.toLowerCase().includes("upgrade"));
}
