// Test double of a stream engine: runs an HTTP/1 decoder over bytes cut at given offsets and records what it says.
import { HeaderBlock } from "../../../src/base/header-block.ts";
import type { Http1Error } from "../../../src/protocol/http1/errors.ts";
import { Framing } from "../../../src/protocol/http1/message.ts";
import { Method, type MethodId } from "../../../src/protocol/http1/methods.ts";
import { DEFAULT_HTTP1_OPTIONS, type Http1DecoderOptions } from "../../../src/protocol/http1/options.ts";
import { Http1RequestDecoder } from "../../../src/protocol/http1/request-decoder.ts";
import { Http1ResponseDecoder, type Http1ResponseListener } from "../../../src/protocol/http1/response-decoder.ts";

/** One message as the listener saw it; body views are joined, for their number depends on how the input was cut. */
export interface Recorded {
  informational: string[][];
  /** `name: value` of the fields, pseudo fields first as they stand in the block; null when no head came. */
  head: string[] | null;
  status: number;
  headEndsStream: boolean;
  /** Facts of the message when the head came. */
  facts: Record<string, unknown>;
  body: string;
  bodyEndsStream: boolean;
  trailers: string[] | null;
  isComplete: boolean;
  error: Http1Error | null;
}

export interface RunOptions {
  decoder?: Partial<Http1DecoderOptions>;
  /** Offsets at which the input is cut. */
  cuts?: number[];
  /** Messages to decode at most; what is left after them stays unread. */
  maxMessages?: number;
  /** Answer held tunnels as if they were accepted. */
  startTunnels?: boolean;
  /** The peer ends its side after the input. */
  eof?: boolean;
  /** Gets the block that each request's head goes to. */
  keepBlock?: (headers: HeaderBlock) => void;
}

export interface Run {
  messages: Recorded[];
  /** Input bytes that were consumed. */
  consumed: number;
}

export function fieldsOf(block: HeaderBlock): string[] {
  const fields: string[] = [];
  for (let i = 0; i < block.count; i++) if (block.isLive(i)) fields.push(`${block.nameAt(i)}: ${block.valueAt(i)}`);
  return fields;
}

class Recorder implements Http1ResponseListener {
  readonly messages: Recorded[] = [];
  current!: Recorded;
  facts: () => Record<string, unknown> = () => ({});

  begin(): void {
    this.current = {
      informational: [],
      head: null,
      status: 0,
      headEndsStream: false,
      facts: {},
      body: "",
      bodyEndsStream: false,
      trailers: null,
      isComplete: false,
      error: null,
    };
    this.messages.push(this.current);
  }

  private check(): void {
    if (this.current.isComplete || this.current.error !== null) throw new Error("event after the last one");
  }

  onInformational(headers: HeaderBlock): void {
    this.check();
    this.current.informational.push([String(headers.status), ...fieldsOf(headers)]);
  }

  onHeaders(headers: HeaderBlock, endStream: boolean): void {
    this.check();
    if (this.current.head !== null) throw new Error("two heads");
    this.current.head = fieldsOf(headers);
    this.current.status = headers.status;
    this.current.headEndsStream = endStream;
    this.current.facts = this.facts();
  }

  onBody(data: Buffer, endStream: boolean): void {
    this.check();
    if (this.current.head === null || this.current.headEndsStream || this.current.bodyEndsStream) {
      throw new Error("body out of place");
    }
    if (data.length === 0 && !endStream) throw new Error("empty body event");
    this.current.body += data.toString("latin1");
    this.current.bodyEndsStream = endStream;
  }

  onTrailers(trailers: HeaderBlock): void {
    this.check();
    if (this.current.bodyEndsStream) throw new Error("trailers after the end");
    this.current.trailers = fieldsOf(trailers);
  }

  onComplete(): void {
    this.check();
    const { headEndsStream, bodyEndsStream, trailers } = this.current;
    if (Number(headEndsStream) + Number(bodyEndsStream) + Number(trailers !== null) !== 1) {
      throw new Error("no single end");
    }
    this.current.isComplete = true;
  }

  onError(error: Http1Error): void {
    this.check();
    this.current.error = error;
  }
}

function pieces(input: string, cuts: number[]): Buffer[] {
  const bytes = Buffer.from(input, "latin1");
  const offsets = [0, ...cuts.filter((cut) => cut > 0 && cut < bytes.length).sort((a, b) => a - b), bytes.length];
  const list: Buffer[] = [];
  for (let i = 1; i < offsets.length; i++) {
    // A copy each: the decoder may write to what it is given.
    if (offsets[i]! > offsets[i - 1]!) list.push(Buffer.from(bytes.subarray(offsets[i - 1], offsets[i])));
  }
  return list;
}

/** Decodes `input` as requests. */
export function runRequests(input: string, options: RunOptions = {}): Run {
  const recorder = new Recorder();
  const decoder = new Http1RequestDecoder(
    { ...DEFAULT_HTTP1_OPTIONS, enableTrailers: true, ...options.decoder },
    recorder,
  );
  recorder.facts = () => ({ ...decoder.message });
  const next = (): boolean => {
    if (recorder.messages.length >= (options.maxMessages ?? 10)) return false;
    recorder.begin();
    const headers = new HeaderBlock();
    decoder.begin(headers, new HeaderBlock());
    options.keepBlock?.(headers);
    return true;
  };
  let consumed = 0;
  next();
  for (const chunk of pieces(input, options.cuts ?? [])) {
    let offset = 0;
    while (offset < chunk.length) {
      const before = offset;
      offset = decoder.decode(chunk, offset);
      if (recorder.current.error !== null) break;
      if (recorder.current.isComplete) {
        if (!next()) break;
      } else if (options.startTunnels && decoder.message.framing === Framing.tunnel && decoder.isWaiting) {
        decoder.startTunnel();
      } else if (offset === before) break;
    }
    consumed += offset;
    if (offset < chunk.length) break;
  }
  if (options.eof) decoder.onEof();
  return { messages: recorder.messages.filter(isUsed), consumed };
}

/** Decodes `input` as the answer to one request. */
export function runResponse(
  input: string,
  options: RunOptions & { method?: MethodId; isUpgrade?: boolean } = {},
): Run & { message: Recorded } {
  const recorder = new Recorder();
  const decoder = new Http1ResponseDecoder(
    { ...DEFAULT_HTTP1_OPTIONS, enableTrailers: true, ...options.decoder },
    recorder,
  );
  recorder.facts = () => ({ ...decoder.message });
  recorder.begin();
  decoder.begin(new HeaderBlock(), new HeaderBlock(), options.method ?? Method.get, options.isUpgrade ?? false);
  let consumed = 0;
  for (const chunk of pieces(input, options.cuts ?? [])) {
    const offset = decoder.decode(chunk, 0);
    consumed += offset;
    if (offset < chunk.length) break;
  }
  if (options.eof) decoder.onEof();
  return { messages: recorder.messages, message: recorder.current, consumed };
}

function isUsed(message: Recorded): boolean {
  return message.head !== null || message.error !== null;
}
