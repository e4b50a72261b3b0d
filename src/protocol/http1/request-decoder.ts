// Decodes HTTP/1 requests (RFC 9112): bytes in, events of one message at a time out; the server side of the codec.
import { type HeaderBlock, SLOT, VALUE_END, VALUE_START } from "../../base/header-block.ts";
import { Header } from "../../base/header-names.ts";
import { BodyDecoder } from "./body-decoder.ts";
import { hasProtectedNomination } from "./connection-tokens.ts";
import { type Http1Error, Http1Errors } from "./errors.ts";
import { FieldParser, Parse, SEEN } from "./field-parser.ts";
import { readFramingFields, readPersistence } from "./framing.ts";
import { isValidHost } from "./host.ts";
import type { Http1Listener } from "./listener.ts";
import { ConnectionToken, Framing, Http1Message, TargetForm } from "./message.ts";
import { Method } from "./methods.ts";
import { NameOrder } from "./name-table.ts";
import type { Http1DecoderOptions } from "./options.ts";
import { RequestLine } from "./request-line.ts";
import { interpretTarget } from "./request-target.ts";
import { SectionReader } from "./section-reader.ts";
import { CR, LF } from "./tables.ts";
import { isTokenEqual, tokenBytes } from "./token.ts";

export type Http1RequestListener = Http1Listener;

const FRAMING_FIELDS = SEEN.contentLength | SEEN.transferEncoding;
const SPECIAL_FIELDS = FRAMING_FIELDS | SEEN.connection | SEEN.expect | SEEN.upgrade;
/** Empty lines before a request line that are skipped (RFC 9112 §2.2 asks for at least one). */
const MAX_EMPTY_LINES = 16;
const CONTINUE = tokenBytes("100-continue");

const IDLE = 0, HEAD = 1, BODY = 2, HELD = 3, STOPPED = 4;

const REQUEST_ORDER = new NameOrder();

export class Http1RequestDecoder {
  /** Facts of the current message; valid from `onHeaders` until the next `begin()`. */
  readonly message: Http1Message = new Http1Message();
  private readonly options: Http1DecoderOptions;
  private readonly listener: Http1RequestListener;
  private readonly line: RequestLine;
  private readonly head: SectionReader;
  private readonly body: BodyDecoder;
  private headers: HeaderBlock | null = null;
  private trailers: HeaderBlock | null = null;
  private state = IDLE;
  private emptyLines = 0;
  private isAfterCr = false;

  constructor(options: Http1DecoderOptions, listener: Http1RequestListener) {
    this.options = options;
    this.listener = listener;
    this.line = new RequestLine(options.allowCustomMethods);
    // `:method` and `:path` are not among the counted fields.
    const fields = new FieldParser(
      options.maxHeaderCount + 2,
      Http1Errors.tooManyHeaders,
      options.underscores,
      options.preserveCase,
      REQUEST_ORDER,
    );
    this.head = new SectionReader(fields, this.line, options.maxHeaderBytes, Http1Errors.headersTooLarge);
    this.body = new BodyDecoder(options, listener);
  }

  /** Makes the decoder ready for the next request, whose fields go to these (reset) blocks. Until then `decode` consumes nothing. */
  begin(headers: HeaderBlock, trailers: HeaderBlock): void {
    this.headers = headers;
    this.trailers = trailers;
    this.message.reset();
    this.head.begin(headers);
    this.emptyLines = 0;
    this.isAfterCr = false;
    this.state = HEAD;
  }

  /** Part of a head has arrived and the rest has not. */
  get isInHead(): boolean {
    return this.state === HEAD && this.head.hasPartial();
  }

  /** Nothing is decoded until `begin()` (or, for a request that asks for a tunnel, `startTunnel()`). */
  get isWaiting(): boolean {
    return this.state === IDLE || this.state === HELD || this.state === STOPPED;
  }

  /**
   * Decodes `chunk` from `start` on and returns the offset behind what was consumed: the chunk's length, or less when a message is
   * complete, a tunnel is held or an error occurred. May write to `chunk` (lower-case names, joined data); views of it are given out.
   */
  decode(chunk: Buffer, start: number): number {
    const end = chunk.length;
    let pos = start;
    if (this.state === HEAD) {
      if (!this.head.hasPartial()) {
        pos = this.skipEmptyLines(chunk, pos, end);
        if (this.state !== HEAD || pos === end) return pos;
      }
      pos = this.head.read(chunk, pos, end);
      const result = this.head.result;
      if (result === Parse.more) return pos;
      if (result === Parse.failed) {
        this.fail(this.head.error!);
        return pos;
      }
      this.finishHead();
    }
    if (this.state === BODY) {
      pos = this.body.decode(chunk, pos, end);
      if (this.body.isFinished) this.finishBody();
    }
    return pos;
  }

  /** The peer ended its side. Inside a message that is an error; in a tunnel it is the end of the stream. */
  onEof(): void {
    if (this.state === BODY && this.message.framing === Framing.tunnel) {
      this.state = IDLE;
      this.body.finishAtEof();
      this.listener.onComplete();
    } else if (this.state === BODY || this.isInHead) this.fail(Http1Errors.prematureEof);
  }

  /** The exchange became a tunnel: bytes after the head are data from now on. Called once, after `onHeaders` with `Framing.tunnel`. */
  startTunnel(): void {
    if (this.state !== HELD) return;
    this.body.begin(Framing.tunnel, 0, null);
    this.state = BODY;
  }

  /** Ends decoding for good, e.g. because the stream was reset inside a callback. */
  stop(): void {
    this.state = STOPPED;
    this.body.stop();
  }

  private fail(error: Http1Error): void {
    this.state = STOPPED;
    this.listener.onError(error);
  }

  private skipEmptyLines(chunk: Buffer, pos: number, end: number): number {
    while (pos < end) {
      const c = chunk[pos]!;
      if (this.isAfterCr) {
        if (c !== LF) {
          this.fail(Http1Errors.bareCr);
          return pos;
        }
        this.isAfterCr = false;
        this.emptyLines++;
      } else if (c === CR) {
        if (this.emptyLines === MAX_EMPTY_LINES) {
          this.fail(Http1Errors.invalidMethod);
          return pos;
        }
        this.isAfterCr = true;
      } else return pos;
      pos++;
    }
    return pos;
  }

  private finishHead(): void {
    const message = this.message, headers = this.headers!;
    message.method = this.line.method;
    message.versionMinor = this.line.versionMinor;
    const error = this.checkHead(headers);
    if (error !== null) return this.fail(error);
    if (message.framing === Framing.none) {
      this.state = IDLE;
      this.listener.onHeaders(headers, true);
      if (this.state === IDLE) this.listener.onComplete();
      return;
    }
    if (message.framing === Framing.tunnel) this.state = HELD;
    else {
      this.state = BODY;
      this.body.begin(message.framing, message.contentLength, this.trailers);
    }
    this.listener.onHeaders(headers, false);
  }

  /** Everything RFC 9112 asks of a head as a whole; fills `message`. */
  private checkHead(headers: HeaderBlock): Http1Error | null {
    const message = this.message, fields = this.head.fields, seen = fields.seen;
    if (message.versionMinor === 0 && !this.options.allowHttp10) {
      message.versionMinor = 1;
      return Http1Errors.unsupportedVersion;
    }
    if ((fields.repeated & SEEN.host) !== 0) return Http1Errors.duplicateHost;
    if ((seen & SEEN.host) !== 0) {
      const o = fields.lastIndex[Header.authority]! * SLOT;
      if (!isValidHost(headers.raw, headers.slots[o + VALUE_START]!, headers.slots[o + VALUE_END]!)) {
        return Http1Errors.invalidHost;
      }
    }
    const error = interpretTarget(headers, message, this.options);
    if (error !== null) return error;
    // A target with an authority of its own makes up for a missing field, as in Envoy; HTTP/1.0 knows no host at all.
    if ((seen & SEEN.host) === 0 && message.versionMinor > 0 && !headers.has(Header.authority)) {
      return Http1Errors.missingHost;
    }
    if ((seen & SPECIAL_FIELDS) === 0 && message.targetForm !== TargetForm.authority) {
      message.keepAlive = message.versionMinor > 0;
      return null;
    }
    return this.checkSpecialFields(headers, seen);
  }

  private checkSpecialFields(headers: HeaderBlock, seen: number): Http1Error | null {
    const message = this.message;
    readPersistence(message, headers, this.head.fields);
    if ((message.connectionTokens & ConnectionToken.other) !== 0 && hasProtectedNomination(headers)) {
      return Http1Errors.protectedNomination;
    }
    if ((seen & FRAMING_FIELDS) !== 0) {
      const error = readFramingFields(message, headers, this.head.fields, this.options.allowChunkedLength);
      if (error !== null) return error;
      if ((seen & SEEN.transferEncoding) !== 0) message.framing = Framing.chunked;
      else if (message.contentLength > 0) message.framing = Framing.length;
    }
    if ((seen & SEEN.expect) !== 0 && message.versionMinor > 0) {
      message.expectContinue = (this.head.fields.repeated & SEEN.expect) === 0 &&
        isFirstValue(headers, Header.expect, CONTINUE);
      message.hasUnknownExpect = !message.expectContinue;
    }
    if (message.method === Method.connect) return this.checkConnect(headers);
    if ((seen & SEEN.upgrade) !== 0) this.checkUpgrade(headers);
    return null;
  }

  /** A CONNECT has no body: bytes after its head belong to the tunnel (RFC 9110 §9.3.6). */
  private checkConnect(headers: HeaderBlock): Http1Error | null {
    const message = this.message;
    if (message.framing !== Framing.none) return Http1Errors.connectBody;
    headers.remove(Header.contentLength);
    message.framing = Framing.tunnel;
    return null;
  }

  /**
   * Takes part in an upgrade when `connection` names it and the request has no body, which would otherwise have to be told from
   * the new protocol's first bytes. h2c is never offered upstream: it would hide requests from this proxy (§5.2 item 29).
   */
  private checkUpgrade(headers: HeaderBlock): void {
    const message = this.message;
    if ((message.connectionTokens & ConnectionToken.upgrade) === 0 || message.versionMinor === 0) return;
    if (offersH2c(headers)) {
      headers.remove(Header.upgrade);
      headers.removeNamed("http2-settings");
      return;
    }
    if (message.framing !== Framing.none) return;
    message.isUpgrade = true;
    message.framing = Framing.tunnel;
  }

  private finishBody(): void {
    if (this.body.error !== null) return this.fail(this.body.error);
    if (this.state !== BODY) return;
    this.state = IDLE;
    this.listener.onComplete();
  }
}

function isFirstValue(headers: HeaderBlock, id: number, token: Uint8Array): boolean {
  const o = headers.indexOf(id) * SLOT;
  return isTokenEqual(headers.raw, headers.slots[o + VALUE_START]!, headers.slots[o + VALUE_END]!, token);
}

function offersH2c(headers: HeaderBlock): boolean {
  return headers.getAll(Header.upgrade).some((value) =>
    value.split(",").some((token) => token.trim().toLowerCase() === "h2c")
  );
}
