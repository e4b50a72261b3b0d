// Decides how a body is delimited from `content-length` and `transfer-encoding`; whatever is ambiguous is refused (RFC 9112 §6).
import { type HeaderBlock, SLOT, VALUE_END, VALUE_START } from "../../base/header-block.ts";
import { Header } from "../../base/header-names.ts";
import { connectionTokensAt, connectionTokensOf } from "./connection-tokens.ts";
import { type Http1Error, Http1Errors } from "./errors.ts";
import { type FieldParser, SEEN } from "./field-parser.ts";
import { ConnectionToken, type Http1Message } from "./message.ts";
import { isTokenEqual, tokenBytes } from "./token.ts";

/** Digits that always fit 2^53 - 1. A leading zero is refused: some parsers read it as octal. */
const MAX_LENGTH_DIGITS = 15;
const ZERO = 48;
const CHUNKED = tokenBytes("chunked");

/** Fills `message.keepAlive` and `message.connectionTokens` from the version and the `connection` fields (RFC 9112 §9.3). */
export function readPersistence(message: Http1Message, block: HeaderBlock, fields: FieldParser): void {
  let tokens = 0;
  if ((fields.seen & SEEN.connection) !== 0) {
    const isRepeated = (fields.repeated & SEEN.connection) !== 0;
    tokens = isRepeated ? connectionTokensOf(block) : connectionTokensAt(block, fields.lastIndex[Header.connection]!);
  }
  message.connectionTokens = tokens;
  message.keepAlive = message.versionMinor > 0
    ? (tokens & ConnectionToken.close) === 0
    : (tokens & (ConnectionToken.keepAlive | ConnectionToken.close)) === ConnectionToken.keepAlive;
}

/** Value of the `content-length` field i, or -1 when it is not a plain decimal number below 10^15. */
function contentLengthAt(block: HeaderBlock, i: number): number {
  const o = i * SLOT, buf = block.raw;
  const start = block.slots[o + VALUE_START]!, end = block.slots[o + VALUE_END]!;
  if (start === end || end - start > MAX_LENGTH_DIGITS) return -1;
  if (buf[start] === ZERO && end - start > 1) return -1;
  let value = 0;
  for (let pos = start; pos < end; pos++) {
    const digit = buf[pos]! - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Whether the `transfer-encoding` field i is exactly `chunked`. */
function isChunkedAt(block: HeaderBlock, i: number): boolean {
  const o = i * SLOT;
  return isTokenEqual(block.raw, block.slots[o + VALUE_START]!, block.slots[o + VALUE_END]!, CHUNKED);
}

/**
 * Checks the framing fields of a head, of which at least one was seen; fills `message.contentLength` and returns what is wrong, or null.
 * The caller derives `message.framing`: it depends on the method, and for a response on the status.
 */
export function readFramingFields(
  message: Http1Message,
  block: HeaderBlock,
  fields: FieldParser,
  allowChunkedLength: boolean,
): Http1Error | null {
  const seen = fields.seen, repeated = fields.repeated;
  if ((repeated & SEEN.transferEncoding) !== 0) return Http1Errors.unsupportedTransferEncoding;
  if ((repeated & SEEN.contentLength) !== 0) return Http1Errors.duplicateContentLength;
  if ((seen & SEEN.contentLength) !== 0) {
    message.contentLength = contentLengthAt(block, fields.lastIndex[Header.contentLength]!);
    if (message.contentLength < 0) return Http1Errors.invalidContentLength;
  }
  if ((seen & SEEN.transferEncoding) !== 0) {
    // HTTP/1.0 has no transfer codings; a peer that sends one may be framed otherwise by the next hop (RFC 9112 §6.1).
    if (message.versionMinor === 0) return Http1Errors.invalidTransferEncoding;
    if (!isChunkedAt(block, fields.lastIndex[Header.transferEncoding]!)) return Http1Errors.unsupportedTransferEncoding;
    if (message.contentLength >= 0) {
      if (!allowChunkedLength) return Http1Errors.contentLengthAndChunked;
      block.remove(Header.contentLength);
      message.contentLength = -1;
    }
  }
  return null;
}
