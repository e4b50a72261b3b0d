// Decodes HTTP/1 responses (RFC 9112): bytes in, events of one exchange at a time out; the client side of the codec.
import type { HeaderBlock } from "../../base/header-block.ts";
import { Header } from "../../base/header-names.ts";
import { BodyDecoder } from "./body-decoder.ts";
import { type Http1Error, Http1Errors } from "./errors.ts";
import { FieldParser, Parse, SEEN } from "./field-parser.ts";
import { readFramingFields, readPersistence } from "./framing.ts";
import type { Http1Listener } from "./listener.ts";
import { Framing, Http1Message } from "./message.ts";
import { Method, type MethodId } from "./methods.ts";
import { NameOrder } from "./name-table.ts";
import type { Http1DecoderOptions } from "./options.ts";
import { SectionReader } from "./section-reader.ts";
import { StatusLine } from "./status-line.ts";

export interface Http1ResponseListener extends Http1Listener {
  /** A 1xx head other than 101; the block is valid only during the call. */
  onInformational(headers: HeaderBlock): void;
}

const FRAMING_FIELDS = SEEN.contentLength | SEEN.transferEncoding;
/** 1xx heads before the final one; more is a storm (CVE-2024-53271 and relatives), not a server at work. */
const MAX_INFORMATIONAL = 32;

const IDLE = 0, HEAD = 1, BODY = 2, STOPPED = 3;

const RESPONSE_ORDER = new NameOrder();

export class Http1ResponseDecoder {
  /** Facts of the current message; valid from `onHeaders` until the next `begin()`. */
  readonly message: Http1Message = new Http1Message();
  private readonly options: Http1DecoderOptions;
  private readonly listener: Http1ResponseListener;
  private readonly line: StatusLine = new StatusLine();
  private readonly head: SectionReader;
  private readonly body: BodyDecoder;
  private headers: HeaderBlock | null = null;
  private trailers: HeaderBlock | null = null;
  private state = IDLE;
  private requestMethod: MethodId = Method.get;
  private isUpgradeAsked = false;
  private informationalCount = 0;

  constructor(options: Http1DecoderOptions, listener: Http1ResponseListener) {
    this.options = options;
    this.listener = listener;
    const fields = new FieldParser(
      options.maxHeaderCount,
      Http1Errors.tooManyHeaders,
      options.underscores,
      options.preserveCase,
      RESPONSE_ORDER,
    );
    this.head = new SectionReader(fields, this.line, options.maxHeaderBytes, Http1Errors.headersTooLarge);
    this.body = new BodyDecoder(options, listener);
  }

  /**
   * Makes the decoder ready for the answer to a request of `method`; `isUpgrade` permits a 101. The (reset) blocks take its fields.
   * Until then `decode` consumes nothing: what is left belongs to no request and spoils the connection.
   */
  begin(headers: HeaderBlock, trailers: HeaderBlock, method: MethodId, isUpgrade: boolean): void {
    this.headers = headers;
    this.trailers = trailers;
    this.requestMethod = method;
    this.isUpgradeAsked = isUpgrade;
    this.informationalCount = 0;
    this.beginHead();
  }

  private beginHead(): void {
    this.message.reset();
    this.message.method = this.requestMethod;
    this.head.begin(this.headers!);
    this.state = HEAD;
  }

  /** Reason phrase of the current response as received. */
  reasonPhrase(): string {
    return this.headers!.raw.latin1Slice(this.line.reasonStart, this.line.reasonEnd);
  }

  /**
   * Decodes `chunk` from `start` on and returns the offset behind what was consumed: less than the chunk's length when the
   * response is complete (the rest is nobody's) or an error occurred. May write to `chunk`; views of it are given out.
   */
  decode(chunk: Buffer, start: number): number {
    const end = chunk.length;
    let pos = start;
    while (this.state === HEAD && pos < end) {
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

  /** The peer ended its side: the end of a body that the connection delimits, an error inside any other message. */
  onEof(): void {
    const framing = this.message.framing;
    if (this.state === BODY && (framing === Framing.untilClose || framing === Framing.tunnel)) {
      this.body.finishAtEof();
      this.finishBody();
    } else if (this.state === HEAD || this.state === BODY) this.fail(Http1Errors.prematureEof);
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

  private finishHead(): void {
    const message = this.message, headers = this.headers!, status = headers.status;
    message.versionMinor = this.line.versionMinor;
    const error = this.checkHead(headers, status);
    if (error !== null) return this.fail(error);
    if (status < 200 && status !== 101) {
      this.listener.onInformational(headers);
      if (this.state !== HEAD) return;
      headers.reset();
      return this.beginHead();
    }
    if (message.framing === Framing.none) {
      this.state = IDLE;
      this.listener.onHeaders(headers, true);
      if (this.state === IDLE) this.listener.onComplete();
      return;
    }
    this.state = BODY;
    this.body.begin(message.framing, message.contentLength, this.trailers);
    this.listener.onHeaders(headers, false);
  }

  /** Body length rules of RFC 9112 §6.3, in its order; fills `message`. */
  private checkHead(headers: HeaderBlock, status: number): Http1Error | null {
    const message = this.message, fields = this.head.fields, seen = fields.seen;
    readPersistence(message, headers, fields);
    const isBodiless = status < 200 || status === 204;
    if ((seen & FRAMING_FIELDS) !== 0) {
      const error = readFramingFields(message, headers, fields, this.options.allowChunkedLength);
      if (error !== null) return error;
      if (isBodiless) {
        if ((seen & SEEN.transferEncoding) !== 0) return Http1Errors.transferEncodingNotAllowed;
        if (message.contentLength > 0) return Http1Errors.contentLengthNotAllowed;
        headers.remove(Header.contentLength);
      }
    }
    if (status < 200) {
      if (status !== 101) {
        return ++this.informationalCount > MAX_INFORMATIONAL ? Http1Errors.tooManyInformational : null;
      }
      if (!this.isUpgradeAsked || this.requestMethod === Method.connect) return Http1Errors.unexpectedSwitch;
      message.isUpgrade = true;
      message.framing = Framing.tunnel;
      return null;
    }
    if (this.requestMethod === Method.connect && status < 300) {
      // Framing fields of a successful CONNECT mean nothing (RFC 9110 §9.3.6).
      headers.remove(Header.contentLength);
      headers.remove(Header.transferEncoding);
      message.framing = Framing.tunnel;
      return null;
    }
    if (this.requestMethod === Method.head || isBodiless || status === 304) return null;
    if ((seen & SEEN.transferEncoding) !== 0) message.framing = Framing.chunked;
    else if (message.contentLength > 0) message.framing = Framing.length;
    else if (message.contentLength < 0) {
      message.framing = Framing.untilClose;
      message.keepAlive = false;
    }
    return null;
  }

  private finishBody(): void {
    if (this.body.error !== null) return this.fail(this.body.error);
    if (this.state !== BODY) return;
    this.state = IDLE;
    this.listener.onComplete();
  }
}
