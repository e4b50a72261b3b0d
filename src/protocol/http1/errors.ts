// HTTP/1 codec errors as shared values: the status and body of the local reply, Envoy's response code details and its debug text.
import { statusTextOf } from "./status-text.ts";

export interface Http1Error {
  /** Status of the local reply when no response was started yet; means nothing for a response, which nobody answers. */
  readonly status: number;
  /** Envoy's response code details; see its http1 codec and `response_code_details.rst`. */
  readonly details: string;
  /** Body of the local reply: the reason phrase, or nothing where Envoy's connection manager, not its codec, refuses. */
  readonly body: string;
  /** What was wrong, for the debug log. */
  readonly message: string;
}

function refusal(status: number, details: string, message: string, body: string = statusTextOf(status)): Http1Error {
  return Object.freeze({ status, details, body, message });
}

function badRequest(message: string, details = "http1.codec_error"): Http1Error {
  return refusal(400, details, message);
}

/** Every way a peer's bytes can be refused. Names say what was found. */
export const Http1Errors = {
  invalidMethod: badRequest("invalid method"),
  invalidTarget: badRequest("invalid character in the request target"),
  invalidCharacter: badRequest("control character in a head", "http1.invalid_characters"),
  fragmentInTarget: refusal(400, "path_normalization_failed", "fragment in the request target", ""),
  relativeTarget: badRequest("request target in no known form"),
  invalidTargetForm: badRequest("request target form does not fit the method", "http1.invalid_url"),
  invalidUrl: badRequest("invalid absolute request target", "http1.invalid_url"),
  invalidScheme: badRequest("invalid scheme in an absolute request target", "http1.invalid_scheme"),
  httpsOnPlaintext: badRequest("https target on a plaintext connection", "http1.https_url_on_plaintext_connection"),
  invalidVersion: badRequest("invalid HTTP version"),
  unsupportedVersion: refusal(426, "low_version", "HTTP version is not accepted"),
  missingHost: refusal(400, "missing_host_header", "a request without host", ""),
  duplicateHost: badRequest("more than one host field"),
  invalidHost: badRequest("invalid character in host", "http.invalid_authority"),
  invalidHeaderName: badRequest("invalid character in a header name"),
  emptyHeaderName: badRequest("empty header name"),
  obsFold: badRequest("folded header line"),
  bareCr: badRequest("CR without LF"),
  bareLf: badRequest("LF without CR"),
  underscoreInName: badRequest("header name contains underscores", "http1.unexpected_underscore"),
  invalidContentLength: badRequest("invalid content-length"),
  duplicateContentLength: badRequest("more than one content-length"),
  contentLengthAndChunked: badRequest(
    "both content-length and transfer-encoding",
    "http1.content_length_and_chunked_not_allowed",
  ),
  contentLengthNotAllowed: badRequest("content-length in a 1xx or 204 response", "http1.content_length_not_allowed"),
  transferEncodingNotAllowed: badRequest(
    "transfer-encoding in a 1xx or 204 response",
    "http1.transfer_encoding_not_allowed",
  ),
  unsupportedTransferEncoding: refusal(501, "http1.invalid_transfer_encoding", "unsupported transfer encoding"),
  invalidTransferEncoding: badRequest("transfer-encoding in HTTP/1.0", "http1.invalid_transfer_encoding"),
  protectedNomination: badRequest("connection nominates a field that must stay", "http1.connection_header_rejected"),
  connectBody: badRequest("CONNECT with a body", "http1.body_disallowed"),
  invalidChunkSize: badRequest("invalid chunk size"),
  invalidChunkExtension: badRequest("invalid or too long chunk extension"),
  invalidChunkEnd: badRequest("chunk data not followed by CRLF"),
  headersTooLarge: refusal(431, "http1.headers_too_large", "headers size exceeds limit"),
  tooManyHeaders: refusal(431, "http1.too_many_headers", "headers count exceeds limit"),
  trailersTooLarge: refusal(431, "http1.headers_too_large", "trailers size exceeds limit"),
  tooManyTrailers: refusal(431, "http1.too_many_headers", "trailers count exceeds limit"),
  prematureEof: badRequest("the peer ended the connection inside a message"),
  invalidStatusLine: badRequest("invalid status line"),
  unexpectedSwitch: badRequest("101 that nobody asked for"),
  tooManyInformational: badRequest("too many 1xx responses"),
} as const;
