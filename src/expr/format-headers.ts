// Operators that read headers: REQ, RESP, TRAILER, REQ_WITHOUT_QUERY, PATH, QUERY_PARAM(S), GRPC_STATUS.
import type { HeaderBlock } from "../base/header-block.ts";
import { Header, type HeaderId, internHeaderName } from "../base/header-names.ts";
import { FormatError, NumberOperator, Operator } from "./format-operator.ts";
import type { StreamInfo } from "./stream-info.ts";

export const REQUEST = 0, RESPONSE = 1, TRAILER = 2;
/** Which block an operator reads. */
export type HeaderSource = typeof REQUEST | typeof RESPONSE | typeof TRAILER;

function blockOf(info: StreamInfo, source: HeaderSource): HeaderBlock | null {
  return source === REQUEST ? info.requestHeaders : source === RESPONSE ? info.responseHeaders : info.responseTrailers;
}

function valueOf(block: HeaderBlock, id: HeaderId): string | null {
  const value = block.get(id);
  return value === null && id === Header.status && block.status !== 0 ? `${block.status}` : value;
}

/** `X?Y`: the header X, or Y where X is absent. Throws FormatError. */
export function parseHeaderNames(operator: string, argument: string | null): { main: HeaderId; other: HeaderId } {
  const names = (argument ?? "").split("?");
  if (names.length > 2 || names[0] === "") {
    throw new FormatError(
      `%${operator}% must name one header, or two as (X?Y): current argument is ${JSON.stringify(argument)}`,
    );
  }
  for (const name of names) {
    if (/[\0\r\n]/.test(name)) throw new FormatError(`%${operator}% has a header name with NUL, CR or LF`);
  }
  return { main: internHeaderName(names[0]!), other: names[1] ? internHeaderName(names[1]) : 0 };
}

/** First value of a header (or of its stand-in). */
export class HeaderOperator extends Operator {
  private readonly source: HeaderSource;
  private readonly main: HeaderId;
  private readonly other: HeaderId;
  private readonly maxLength: number;

  constructor(source: HeaderSource, main: HeaderId, other: HeaderId, maxLength: number | null) {
    super();
    this.source = source;
    this.main = main;
    this.other = other;
    this.maxLength = maxLength ?? Infinity;
  }

  text(info: StreamInfo): string | null {
    const block = blockOf(info, this.source);
    if (block === null) return null;
    let value = valueOf(block, this.main);
    if (value === null && this.other !== 0) value = valueOf(block, this.other);
    return value === null || value.length <= this.maxLength ? value : value.slice(0, this.maxLength);
  }
}

/** REQ_WITHOUT_QUERY: a request header up to its `?`. */
export class WithoutQueryOperator extends Operator {
  private readonly header: HeaderOperator;
  private readonly maxLength: number;

  constructor(main: HeaderId, other: HeaderId, maxLength: number | null) {
    super();
    this.header = new HeaderOperator(REQUEST, main, other, null);
    this.maxLength = maxLength ?? Infinity;
  }

  text(info: StreamInfo): string | null {
    const value = this.header.text(info);
    return value === null ? null : withoutQuery(value).slice(0, this.maxLength);
  }
}

function withoutQuery(path: string): string {
  const at = path.indexOf("?");
  return at < 0 ? path : path.slice(0, at);
}

/** PATH(WQ|NQ:ORIG|PATH|ORIG_OR_PATH). */
export class PathOperator extends Operator {
  private readonly keepQuery: boolean;
  private readonly header: HeaderOperator;

  constructor(argument: string | null) {
    super();
    const [query = "WQ", which = "ORIG_OR_PATH", ...rest] = (argument ?? "").split(":").map((part) =>
      part || undefined
    );
    if (!["WQ", "NQ"].includes(query) || !["ORIG", "PATH", "ORIG_OR_PATH"].includes(which) || rest.length > 0) {
      throw new FormatError(
        `%PATH% takes (WQ|NQ:ORIG|PATH|ORIG_OR_PATH): current argument is ${JSON.stringify(argument)}`,
      );
    }
    this.keepQuery = query === "WQ";
    const original = Header.xEnvoyOriginalPath;
    this.header = which === "ORIG"
      ? new HeaderOperator(REQUEST, original, 0, null)
      : which === "PATH"
      ? new HeaderOperator(REQUEST, Header.path, 0, null)
      : new HeaderOperator(REQUEST, original, Header.path, null);
  }

  text(info: StreamInfo): string | null {
    const path = this.header.text(info);
    return path === null || this.keepQuery ? path : withoutQuery(path);
  }
}

/** QUERY_PARAM(name): the first value, percent-decoded. */
export class QueryParameterOperator extends Operator {
  private readonly name: string;

  constructor(argument: string | null) {
    super();
    if (!argument) throw new FormatError("%QUERY_PARAM% must name a parameter");
    this.name = argument;
  }

  text(info: StreamInfo): string | null {
    const query = queryOf(info);
    if (query === null) return null;
    for (const pair of query.split("&")) {
      const at = pair.indexOf("=");
      if ((at < 0 ? pair : pair.slice(0, at)) === this.name) {
        return at < 0 ? "" : percentDecoded(pair.slice(at + 1), false);
      }
    }
    return null;
  }
}

/** QUERY_PARAMS(ORIG|DECODED). */
export class QueryParametersOperator extends Operator {
  private readonly isDecoded: boolean;

  constructor(argument: string | null) {
    super();
    if (argument !== null && argument !== "" && argument !== "ORIG" && argument !== "DECODED") {
      throw new FormatError(`%QUERY_PARAMS% takes (ORIG|DECODED): current argument is ${JSON.stringify(argument)}`);
    }
    this.isDecoded = argument === "DECODED";
  }

  text(info: StreamInfo): string | null {
    const query = queryOf(info);
    if (query === null || !this.isDecoded) return query;
    return percentDecoded(query, true);
  }
}

/** Characters that a URI may hold (RFC 3986 §2) and the percent sign. */
const URI_CHARACTER = /[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/;

/** Decodes `%XX` to bytes. With `uriOnly` (as Envoy does for a whole query) what cannot stand in a URI stays encoded and a stray `%` is dropped. */
function percentDecoded(text: string, uriOnly: boolean): string {
  return text.replace(/%(?:([0-9A-Fa-f]{2}))?/g, (escape, hex: string | undefined) => {
    if (hex === undefined) return uriOnly ? "" : escape;
    const character = String.fromCharCode(parseInt(hex, 16));
    return uriOnly && !URI_CHARACTER.test(character) ? escape : character;
  });
}

function queryOf(info: StreamInfo): string | null {
  const path = info.requestHeaders?.get(Header.path) ?? null;
  const at = path === null ? -1 : path.indexOf("?");
  return path === null || at < 0 ? null : path.slice(at + 1);
}

/** Names of gRPC status codes 0..16 (grpc/doc/statuscodes.md). */
const GRPC_NAMES = [
  "OK",
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
];
const GRPC_SNAKE = GRPC_NAMES.map((name) => name === "OK" ? name : name.replace(/(?!^)([A-Z])/g, "_$1").toUpperCase());

/** gRPC status of an exchange: trailers, else headers, else the HTTP status mapped; NaN for anything but a gRPC request. */
export function grpcStatusOf(info: StreamInfo): number {
  const contentType = info.requestHeaders?.get(Header.contentType) ?? "";
  if (contentType !== "application/grpc" && !contentType.startsWith("application/grpc+")) return NaN;
  const status = info.responseTrailers?.get(Header.grpcStatus) ?? info.responseHeaders?.get(Header.grpcStatus) ?? null;
  if (status !== null) return /^[0-9]{1,9}$/.test(status) ? Number(status) : -1;
  return info.responseCode === 0 ? NaN : grpcStatusOfHttp(info.responseCode);
}

/** HTTP to gRPC status (grpc/doc/http-grpc-status-mapping.md). */
export function grpcStatusOfHttp(status: number): number {
  switch (status) {
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}

/** GRPC_STATUS(CAMEL_STRING|SNAKE_STRING). */
export class GrpcStatusOperator extends Operator {
  private readonly names: readonly string[];

  constructor(isSnake: boolean) {
    super();
    this.names = isSnake ? GRPC_SNAKE : GRPC_NAMES;
  }

  text(info: StreamInfo): string | null {
    const status = grpcStatusOf(info);
    if (status !== status) return null;
    return this.names[status] ?? (status < 0 ? "InvalidCode" : `${status}`);
  }
}

/** GRPC_STATUS_NUMBER. */
export class GrpcStatusNumberOperator extends NumberOperator {
  number(info: StreamInfo): number {
    return grpcStatusOf(info);
  }
}
