// Interprets a request target (RFC 9112 §3.2): turns absolute form into origin form plus authority and checks that the form fits the method.
import {
  FLAGS,
  type HeaderBlock,
  ID,
  NAME_END,
  NAME_START,
  SLOT,
  VALUE_END,
  VALUE_START,
} from "../../base/header-block.ts";
import { Header } from "../../base/header-names.ts";
import { type Http1Error, Http1Errors } from "./errors.ts";
import { isValidHost } from "./host.ts";
import { type Http1Message, TargetForm } from "./message.ts";
import { Method } from "./methods.ts";
import type { Http1DecoderOptions } from "./options.ts";
import { ASTERISK, COLON, SLASH } from "./tables.ts";
import { isTokenEqual, tokenBytes } from "./token.ts";

/** Index of `:path` in a request head's block; `:method` comes before it. */
const PATH_INDEX = 1;
const QUESTION_MARK = 63;
const HTTP = tokenBytes("http"), HTTPS = tokenBytes("https");

/**
 * Rewrites `:path` and `:authority` of a decoded head in place and fills `message.targetForm` and `message.scheme`.
 * Returns what is wrong, or null. Origin form, the usual case, needs one comparison.
 */
export function interpretTarget(
  block: HeaderBlock,
  message: Http1Message,
  options: Http1DecoderOptions,
): Http1Error | null {
  const o = PATH_INDEX * SLOT, buf = block.raw;
  const start = block.slots[o + VALUE_START]!, end = block.slots[o + VALUE_END]!;
  if (message.method === Method.connect) return interpretAuthority(block, message, start, end);
  if (buf[start] === SLASH) {
    message.targetForm = TargetForm.origin;
    return null;
  }
  if (buf[start] === ASTERISK && end === start + 1) {
    message.targetForm = TargetForm.asterisk;
    return message.method === Method.options ? null : Http1Errors.invalidTargetForm;
  }
  message.targetForm = TargetForm.absolute;
  if (!options.allowAbsoluteUrl) return null;
  return interpretAbsolute(block, message, start, end, options.refuseHttpsScheme);
}

/** `host:port` of CONNECT: the request has an authority and no path (RFC 9110 §9.3.6); a `host` field gives way to it. */
function interpretAuthority(block: HeaderBlock, message: Http1Message, start: number, end: number): Http1Error | null {
  message.targetForm = TargetForm.authority;
  const buf = block.raw;
  let colon = end - 1;
  while (colon > start && buf[colon] !== COLON) colon--;
  if (colon === start || colon === end - 1 || !isValidHost(buf, start, end)) return Http1Errors.invalidUrl;
  block.remove(Header.authority);
  block.replaceId(PATH_INDEX, Header.authority);
  return null;
}

function interpretAbsolute(
  block: HeaderBlock,
  message: Http1Message,
  start: number,
  end: number,
  refuseHttps: boolean,
): Http1Error | null {
  const buf = block.raw;
  let pos = start;
  while (pos < end && buf[pos] !== COLON && buf[pos] !== SLASH) pos++;
  if (pos + 2 >= end || buf[pos] !== COLON || buf[pos + 1] !== SLASH || buf[pos + 2] !== SLASH) {
    return Http1Errors.relativeTarget;
  }
  if (isTokenEqual(buf, start, pos, HTTP)) message.scheme = "http";
  else if (isTokenEqual(buf, start, pos, HTTPS)) message.scheme = "https";
  else return Http1Errors.invalidScheme;
  if (refuseHttps && message.scheme === "https") return Http1Errors.httpsOnPlaintext;
  const hostStart = pos + 3;
  pos = hostStart;
  while (pos < end && buf[pos] !== SLASH && buf[pos] !== QUESTION_MARK) pos++;
  // An authority of an http URI is never empty (RFC 9110 §4.2.1); userinfo fails the check because of its `@`.
  if (pos === hostStart || buf[hostStart] === COLON || !isValidHost(buf, hostStart, pos)) return Http1Errors.invalidUrl;
  const o = PATH_INDEX * SLOT;
  if (pos < end && buf[pos] === SLASH) block.slots[o + VALUE_START] = pos;
  else block.setAt(PATH_INDEX, `/${buf.latin1Slice(pos, end)}`);
  return setAuthority(block, hostStart, pos);
}

/** The target's authority wins over the `host` field (RFC 9112 §3.2.2). */
function setAuthority(block: HeaderBlock, start: number, end: number): null {
  const i = block.indexOf(Header.authority);
  if (i < 0) {
    block.addRaw(start, start, start, end, Header.authority, 0);
    return null;
  }
  const s = block.slots, o = i * SLOT;
  s[o + NAME_START] = start;
  s[o + NAME_END] = start;
  s[o + VALUE_START] = start;
  s[o + VALUE_END] = end;
  s[o + ID] = Header.authority;
  s[o + FLAGS] = 0;
  return null;
}
