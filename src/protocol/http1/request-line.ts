// Parses a request line (RFC 9112 §3): exactly one space between the parts, a token, a target of visible ASCII, `HTTP/1.x`, CRLF.
import { type HeaderBlock, RAW_LINE } from "../../base/header-block.ts";
import { Header } from "../../base/header-names.ts";
import { type Http1Error, Http1Errors } from "./errors.ts";
import { findMethod, MAX_METHOD_BYTES, Method, type MethodId } from "./methods.ts";
import { FIRST_LINE_MORE, FIRST_LINE_REFUSED, FIRST_LINE_WRONG, type FirstLine } from "./section-reader.ts";
import { ASTERISK, CR, isControl, LF, SLASH, SP, TARGET, TOKEN } from "./tables.ts";

/** Bytes of ` HTTP/1.1` CRLF without the space. */
const VERSION_LINE_BYTES = 10;
const ZERO = 48, NINE = 57, HASH = 35;

/** Leaves `:method` and `:path` (the target as it came) as the first two fields; the decoder then interprets the target's form. */
export class RequestLine implements FirstLine {
  error: Http1Error | null = null;
  method: MethodId = Method.custom;
  versionMinor = 1;
  private readonly allowCustomMethods: boolean;

  constructor(allowCustomMethods: boolean) {
    this.allowCustomMethods = allowCustomMethods;
  }

  private wrong(error: Http1Error): number {
    this.error = error;
    return FIRST_LINE_WRONG;
  }

  parse(block: HeaderBlock, buf: Buffer, start: number, end: number): number {
    let pos = start;
    while (pos < end && TOKEN[buf[pos]!] === 1) pos++;
    const methodEnd = pos;
    if (pos === end) return FIRST_LINE_MORE;
    if (pos === start) {
      this.error = Http1Errors.invalidMethod;
      return FIRST_LINE_REFUSED;
    }
    if (pos - start > MAX_METHOD_BYTES) return this.wrong(Http1Errors.invalidMethod);
    if (buf[pos] !== SP) {
      return this.wrong(isControl(buf[pos]!) ? Http1Errors.invalidCharacter : Http1Errors.invalidMethod);
    }
    const targetStart = ++pos;
    while (pos < end && TARGET[buf[pos]!] === 1) pos++;
    if (pos === end) return FIRST_LINE_MORE;
    if (buf[pos] !== SP || pos === targetStart) return this.wrong(targetError(buf[pos]!));
    const targetEnd = pos++;
    if (pos + VERSION_LINE_BYTES > end) return this.wrong(versionError(buf, pos, end));
    const major = buf[pos + 5]!, minor = buf[pos + 7]!;
    if (
      buf[pos] !== 72 || buf[pos + 1] !== 84 || buf[pos + 2] !== 84 || buf[pos + 3] !== 80 || buf[pos + 4] !== 47 ||
      major < ZERO || major > NINE || buf[pos + 6] !== 46 || minor < ZERO || minor > NINE ||
      buf[pos + 8] !== CR || buf[pos + 9] !== LF
    ) {
      return this.wrong(versionError(buf, pos, end));
    }
    const method = findMethod(buf, start, methodEnd);
    if (method === Method.custom && !this.allowCustomMethods) return this.wrong(Http1Errors.invalidMethod);
    if (major !== ZERO + 1 || minor > ZERO + 1) return this.wrong(Http1Errors.unsupportedVersion);
    this.method = method;
    this.versionMinor = minor - ZERO;
    const first = buf[targetStart]!;
    const isCanonical = minor === ZERO + 1 && (first === SLASH || first === ASTERISK);
    block.addRaw(start, start, start, methodEnd, Header.method, 0);
    block.addRaw(targetStart, targetStart, targetStart, targetEnd, Header.path, isCanonical ? RAW_LINE : 0);
    return pos + VERSION_LINE_BYTES;
  }
}

/** What a byte that ends a target wrongly says. A line without version is HTTP/0.9. */
function targetError(byte: number): Http1Error {
  if (byte === CR || byte === LF) return Http1Errors.unsupportedVersion;
  if (byte === HASH) return Http1Errors.fragmentInTarget;
  return isControl(byte) ? Http1Errors.invalidCharacter : Http1Errors.invalidTarget;
}

/** What is wrong with a version and its line end; the same whether or not bytes of the next line have come. */
function versionError(buf: Buffer, start: number, end: number): Http1Error {
  const lf = buf.indexOf(LF, start);
  const isBareLf = lf === start + VERSION_LINE_BYTES - 2 && lf < end && buf.latin1Slice(start, start + 5) === "HTTP/";
  return isBareLf ? Http1Errors.bareLf : Http1Errors.invalidVersion;
}
