// The table of substitution operators by name (Envoy: configuration/advanced/substitution_formatter.rst).
import { hostname } from "node:os";
import ipaddr from "ipaddr.js";
import { Header } from "../base/header-names.ts";
import { createCommonDuration, DURATIONS } from "./format-duration.ts";
import {
  GrpcStatusNumberOperator,
  GrpcStatusOperator,
  HeaderOperator,
  type HeaderSource,
  parseHeaderNames,
  PathOperator,
  QueryParameterOperator,
  QueryParametersOperator,
  REQUEST,
  RESPONSE,
  TRAILER,
  WithoutQueryOperator,
} from "./format-headers.ts";
import { createMetadataOperator, FilterStateOperator } from "./format-metadata.ts";
import { FormatError, NumberOperator, Operator, type OperatorCall, TruncatedOperator } from "./format-operator.ts";
import { DEFAULT_TIME_FORMAT, EmitTimeOperator, StartTimeOperator } from "./format-time.ts";
import { responseFlagsText } from "./response-flags.ts";
import type { SocketAddress, StreamInfo } from "./stream-info.ts";
import { toWireText } from "./wire-text.ts";

/** A field of StreamInfo that is text; empty = no value. */
class FieldOperator extends Operator {
  private readonly read: (info: StreamInfo) => string;

  constructor(read: (info: StreamInfo) => string) {
    super();
    this.read = read;
  }

  text(info: StreamInfo): string | null {
    const text = this.read(info);
    return text === "" ? null : text;
  }
}

/** A field of StreamInfo that is a number; 0 is a value. */
class CountOperator extends NumberOperator {
  private readonly read: (info: StreamInfo) => number;

  constructor(read: (info: StreamInfo) => number) {
    super();
    this.read = read;
  }

  number(info: StreamInfo): number {
    return this.read(info);
  }
}

/** The same text always (HOSTNAME, ENVIRONMENT), or never a value: data that this proxy does not record yet. */
class ConstantOperator extends Operator {
  private readonly constant: string | null;

  constructor(constant: string | null) {
    super();
    this.constant = constant;
  }

  text(): string | null {
    return this.constant;
  }
}

class UniqueIdOperator extends Operator {
  text(): string | null {
    return crypto.randomUUID();
  }
}

/** The first operator that has a value. */
class CoalesceOperator extends Operator {
  private readonly operators: readonly Operator[];

  constructor(operators: readonly Operator[]) {
    super();
    this.operators = operators;
  }

  text(info: StreamInfo): string | null {
    for (const operator of this.operators) {
      const text = operator.text(info);
      if (text !== null) return text;
    }
    return null;
  }

  override json(info: StreamInfo): string | null {
    for (const operator of this.operators) {
      const json = operator.json(info);
      if (json !== null) return json;
    }
    return null;
  }
}

type Build = (call: OperatorCall) => Operator;

/** An operator that takes neither argument nor length. */
function plain(build: () => Operator): Build {
  return (call) => {
    if (call.maxLength !== null) {
      throw new FormatError(`%${call.name}% takes no length: current length is ${call.maxLength}`);
    }
    if (call.argument !== null) {
      throw new FormatError(`%${call.name}% takes no argument: current argument is ${JSON.stringify(call.argument)}`);
    }
    return build();
  };
}

const text = (read: (info: StreamInfo) => string): Build => plain(() => new FieldOperator(read));
const count = (read: (info: StreamInfo) => number): Build => plain(() => new CountOperator(read));
const none: Build = () => new ConstantOperator(null);

function header(source: HeaderSource): Build {
  return (call) => {
    const { main, other } = parseHeaderNames(call.name, call.argument);
    return new HeaderOperator(source, main, other, call.maxLength);
  };
}

/** ADDRESS, ADDRESS_WITHOUT_PORT(mask), PORT of one end. */
function addressOperators(stem: string, read: (info: StreamInfo) => SocketAddress | null): Record<string, Build> {
  return {
    [`${stem}_ADDRESS`]: text((info) => read(info)?.text ?? ""),
    [`${stem}_ADDRESS_WITHOUT_PORT`]: (call) => {
      const mask = parseMask(call);
      if (mask === null) return new FieldOperator((info) => read(info)?.host ?? "");
      return new FieldOperator((info) => maskedAddress(read(info)?.host ?? "", mask));
    },
    [`${stem}_PORT`]: plain(() =>
      new CountOperator((info) => {
        const address = read(info);
        return address === null || address.port === 0 ? NaN : address.port;
      })
    ),
  };
}

/** Number of bits to keep, 0..128, or null without an argument. */
function parseMask(call: OperatorCall): number | null {
  if (!call.argument) return null;
  const bits = /^[0-9]{1,3}$/.test(call.argument) ? Number(call.argument) : NaN;
  if (!(bits <= 128)) {
    throw new FormatError(`%${call.name}% takes a prefix length of 0 to 128: current argument is ${call.argument}`);
  }
  return bits;
}

/** `127.0.1.1` and 16 → `127.0.0.0/16`; longer than the address is the whole address. Empty for what is no IP. */
function maskedAddress(host: string, maskBits: number): string {
  if (!ipaddr.isValid(host)) return "";
  const address = ipaddr.parse(host);
  const bytes = address.toByteArray();
  const bits = Math.min(maskBits, bytes.length * 8);
  const masked = bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - i * 8))) & 0xff);
  return `${ipaddr.fromByteArray(masked).toString()}/${bits}`;
}

function withoutPort(address: string): string {
  const colon = address.lastIndexOf(":");
  return colon < 0 ? address : address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
}

/** SNI is the peer's text: anything that cannot stand in a host name becomes `_` (CVE-2024-45808). */
function sanitizedServerName(name: string): string {
  return /^[A-Za-z0-9._*-]*$/.test(name) ? name : name.replace(/[^A-Za-z0-9._*-]/g, "_");
}

function hostText(info: StreamInfo): string {
  return info.requestHeaders?.get(Header.authority) ?? "";
}

function originalHostText(info: StreamInfo): string {
  return info.requestHeaders?.get(Header.xEnvoyOriginalHost) ?? "";
}

/** REQUESTED_SERVER_NAME(SNI_ONLY|SNI_FIRST|HOST_FIRST:ORIG|HOST|ORIG_OR_HOST). */
function requestedServerName(call: OperatorCall): Operator {
  const [first = "SNI_ONLY", which = "ORIG_OR_HOST", ...rest] = (call.argument ?? "").split(":").map((part) =>
    part || undefined
  );
  if (
    !["SNI_ONLY", "SNI_FIRST", "HOST_FIRST"].includes(first) || !["ORIG", "HOST", "ORIG_OR_HOST"].includes(which) ||
    rest.length > 0
  ) {
    throw new FormatError(
      `%${call.name}% takes (SNI_ONLY|SNI_FIRST|HOST_FIRST:ORIG|HOST|ORIG_OR_HOST): current argument is ${
        JSON.stringify(call.argument)
      }`,
    );
  }
  const sni = (info: StreamInfo) => sanitizedServerName(info.requestedServerName);
  const host = which === "ORIG"
    ? originalHostText
    : which === "HOST"
    ? hostText
    : (info: StreamInfo) => originalHostText(info) || hostText(info);
  if (first === "SNI_ONLY") return new FieldOperator(sni);
  return new FieldOperator(
    first === "SNI_FIRST" ? (info) => sni(info) || host(info) : (info) => host(info) || sni(info),
  );
}

function coalesce(call: OperatorCall): Operator {
  let list: unknown;
  try {
    list = (JSON.parse(call.argument ?? "") as { operators?: unknown }).operators;
  } catch {
    list = undefined;
  }
  if (!Array.isArray(list) || list.length === 0) {
    throw new FormatError(
      `%COALESCE% takes ({"operators": ["NAME", {"command": "REQ", "param": "x", "max_length": 9}, …]}): current argument is ${
        JSON.stringify(call.argument)
      }`,
    );
  }
  return new CoalesceOperator(list.map((entry: unknown) => {
    if (typeof entry === "string") return createOperator({ name: entry, argument: null, maxLength: null });
    const { command, param, max_length } = (entry ?? {}) as {
      command?: unknown;
      param?: unknown;
      max_length?: unknown;
    };
    if (typeof command !== "string") {
      throw new FormatError(`%COALESCE% has an entry without "command": ${JSON.stringify(entry)}`);
    }
    return createOperator({
      name: command,
      argument: typeof param === "string" ? param : null,
      maxLength: typeof max_length === "number" ? max_length : null,
    });
  }));
}

const attempted = (info: StreamInfo) => info.hostsAttempted?.join(",") ?? "";

const OPERATORS: Readonly<Record<string, Build>> = {
  START_TIME: (call) => new StartTimeOperator(call.argument || DEFAULT_TIME_FORMAT, false),
  START_TIME_LOCAL: (call) => new StartTimeOperator(call.argument || DEFAULT_TIME_FORMAT, true),
  EMIT_TIME: (call) => new EmitTimeOperator(call.argument || DEFAULT_TIME_FORMAT, false),
  EMIT_TIME_LOCAL: (call) => new EmitTimeOperator(call.argument || DEFAULT_TIME_FORMAT, true),
  ...Object.fromEntries(Object.entries(DURATIONS).map(([name, build]) => [name, plain(build)])),
  COMMON_DURATION: (call) => createCommonDuration(call.argument),
  // Acknowledgement times of HTTP/3 and TLS handshakes: not recorded.
  ROUNDTRIP_DURATION: none,
  DOWNSTREAM_HANDSHAKE_DURATION: none,

  PROTOCOL: text((info) => info.protocol),
  UPSTREAM_PROTOCOL: text((info) => info.upstream?.protocol ?? ""),
  RESPONSE_CODE: count((info) => info.responseCode),
  RESPONSE_CODE_DETAILS: (call) =>
    new FieldOperator(
      call.argument === "ALLOW_WHITESPACES"
        ? (info) => info.responseCodeDetails
        : (info) => info.responseCodeDetails.replaceAll(" ", "_"),
    ),
  CONNECTION_TERMINATION_DETAILS: text((info) => info.connectionTerminationDetails),
  RESPONSE_FLAGS: text((info) => responseFlagsText(info.responseFlags, false) || "-"),
  RESPONSE_FLAGS_LONG: text((info) => responseFlagsText(info.responseFlags, true) || "-"),
  ROUTE_NAME: text((info) => info.routeName),
  VIRTUAL_CLUSTER_NAME: text((info) => info.virtualClusterName),
  REQ: header(REQUEST),
  REQUEST_HEADER: header(REQUEST),
  RESP: header(RESPONSE),
  RESPONSE_HEADER: header(RESPONSE),
  TRAILER: header(TRAILER),
  RESPONSE_TRAILER: header(TRAILER),
  REQ_WITHOUT_QUERY: (call) => {
    const { main, other } = parseHeaderNames(call.name, call.argument);
    return new WithoutQueryOperator(main, other, call.maxLength);
  },
  PATH: (call) => new PathOperator(call.argument),
  QUERY_PARAM: (call) => new QueryParameterOperator(call.argument),
  QUERY_PARAMS: (call) => new QueryParametersOperator(call.argument),
  GRPC_STATUS: (call) => {
    if (call.argument === "NUMBER") return new GrpcStatusNumberOperator();
    if (call.argument && call.argument !== "CAMEL_STRING" && call.argument !== "SNAKE_STRING") {
      throw new FormatError(
        `%GRPC_STATUS% takes (CAMEL_STRING|SNAKE_STRING|NUMBER): current argument is ${JSON.stringify(call.argument)}`,
      );
    }
    return new GrpcStatusOperator(call.argument === "SNAKE_STRING");
  },
  GRPC_STATUS_NUMBER: plain(() => new GrpcStatusNumberOperator()),
  LOCAL_REPLY_BODY: text((info) => info.localReplyBody),
  CUSTOM_FLAGS: none,

  BYTES_RECEIVED: count((info) => info.bytesReceived),
  BYTES_SENT: count((info) => info.bytesSent),
  BYTES_RETRANSMITTED: none,
  PACKETS_RETRANSMITTED: none,
  REQUEST_HEADERS_BYTES: count((info) => info.requestHeaderBytes),
  RESPONSE_HEADERS_BYTES: count((info) => info.responseHeaderBytes),
  RESPONSE_TRAILERS_BYTES: count((info) => info.responseTrailerBytes),
  UPSTREAM_WIRE_BYTES_SENT: count((info) => info.upstreamWireBytesSent),
  UPSTREAM_WIRE_BYTES_RECEIVED: count((info) => info.upstreamWireBytesReceived),
  DOWNSTREAM_WIRE_BYTES_SENT: count((info) => info.downstreamWireBytesSent),
  DOWNSTREAM_WIRE_BYTES_RECEIVED: count((info) => info.downstreamWireBytesReceived),
  UPSTREAM_HEADER_BYTES_SENT: none,
  UPSTREAM_HEADER_BYTES_RECEIVED: none,
  DOWNSTREAM_HEADER_BYTES_SENT: none,
  DOWNSTREAM_HEADER_BYTES_RECEIVED: none,
  UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT: none,
  UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED: none,
  DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT: none,
  DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED: none,

  UPSTREAM_HOST: text((info) => info.upstream?.hostAddress ?? ""),
  UPSTREAM_HOST_NAME: text((info) => info.upstream === null ? "" : info.upstream.hostName || info.upstream.hostAddress),
  UPSTREAM_HOST_NAME_WITHOUT_PORT: text((info) =>
    info.upstream === null ? "" : withoutPort(info.upstream.hostName || info.upstream.hostAddress)
  ),
  UPSTREAM_HOSTS_ATTEMPTED: text(attempted),
  UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT: text((info) => info.hostsAttempted?.map(withoutPort).join(",") ?? ""),
  UPSTREAM_HOST_NAMES_ATTEMPTED: none,
  UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT: none,
  UPSTREAM_CONNECTION_IDS_ATTEMPTED: none,
  UPSTREAM_CLUSTER: text((info) => info.upstream?.clusterStatName || info.clusterName),
  UPSTREAM_CLUSTER_RAW: text((info) => info.upstream?.clusterName || info.clusterName),
  ...addressOperators("UPSTREAM_LOCAL", (info) => info.upstream?.localAddress ?? null),
  UPSTREAM_REMOTE_ADDRESS: text((info) => info.upstream?.hostAddress ?? ""),
  UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: text((info) => withoutPort(info.upstream?.hostAddress ?? "")),
  UPSTREAM_REMOTE_PORT: plain(() =>
    new CountOperator((info) => {
      const address = info.upstream?.hostAddress ?? "";
      const port = address.slice(address.lastIndexOf(":") + 1);
      return /^[0-9]+$/.test(port) && port !== address ? Number(port) : NaN;
    })
  ),
  UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID: none,
  UPSTREAM_REQUEST_ATTEMPT_COUNT: count((info) => info.attemptCount),
  UPSTREAM_TRANSPORT_FAILURE_REASON: text((info) => (info.upstream?.transportFailureReason ?? "").replaceAll(" ", "_")),
  UPSTREAM_DETECTED_CLOSE_TYPE: none,
  UPSTREAM_LOCAL_CLOSE_REASON: none,
  UPSTREAM_CONNECTION_ID: plain(() => new CountOperator((info) => info.upstream?.connectionId ?? 0)),

  ...addressOperators("DOWNSTREAM_REMOTE", (info) => info.downstreamRemoteAddress),
  ...addressOperators("DOWNSTREAM_DIRECT_REMOTE", (info) => info.downstreamDirectRemoteAddress),
  ...addressOperators("DOWNSTREAM_LOCAL", (info) => info.downstreamLocalAddress),
  ...addressOperators("DOWNSTREAM_DIRECT_LOCAL", (info) => info.downstreamDirectLocalAddress),
  DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID: none,
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID: none,
  DOWNSTREAM_TRANSPORT_FAILURE_REASON: text((info) => info.downstreamTransportFailureReason.replaceAll(" ", "_")),
  DOWNSTREAM_LOCAL_CLOSE_REASON: text((info) => info.downstreamLocalCloseReason.replaceAll(" ", "_")),
  DOWNSTREAM_DETECTED_CLOSE_TYPE: text((info) => info.downstreamDetectedCloseType || "Normal"),
  CONNECTION_ID: plain(() => new CountOperator((info) => info.connectionId)),
  STREAM_ID: text((info) => info.streamId),
  FILTER_CHAIN_NAME: text((info) => info.filterChainName),

  REQUESTED_SERVER_NAME: requestedServerName,
  DYNAMIC_METADATA: (call) => createMetadataOperator(call.name, call.argument),
  CLUSTER_METADATA: (call) => createMetadataOperator(call.name, call.argument),
  UPSTREAM_METADATA: (call) => createMetadataOperator(call.name, call.argument),
  METADATA: (call) => createMetadataOperator(call.name, call.argument),
  FILTER_STATE: (call) => new FilterStateOperator(call.argument),
  UPSTREAM_FILTER_STATE: none,
  COALESCE: coalesce,
  ENVIRONMENT: (call) => {
    if (!call.argument) throw new FormatError("%ENVIRONMENT% must name a variable");
    const value = process.env[call.argument];
    return new ConstantOperator(value === undefined ? null : toWireText(value));
  },
  HOSTNAME: plain(() => new ConstantOperator(toWireText(hostname()))),
  ACCESS_LOG_TYPE: text((info) => info.accessLogType),
  UNIQUE_ID: plain(() => new UniqueIdOperator()),
  TRACE_ID: none,
  SPAN_ID: none,
};

/** Operators of TLS: no connection of this version has TLS, so they have no value. */
const TLS_OPERATORS: ReadonlySet<string> = new Set([
  ...["LOCAL", "PEER"].flatMap((end) =>
    ["IP_SAN", "DNS_SAN", "URI_SAN", "EMAIL_SAN", "OTHERNAME_SAN", "SUBJECT"].map((what) => `DOWNSTREAM_${end}_${what}`)
  ),
  ..."ISSUER FINGERPRINT_256 FINGERPRINT_1 SERIAL CHAIN_FINGERPRINTS_256 CHAIN_FINGERPRINTS_1 CHAIN_SERIALS ISSUER_FINGERPRINT_256 ISSUER_SERIAL CERT CERT_V_START CERT_V_END"
    .split(" ").map((what) => `DOWNSTREAM_PEER_${what}`),
  ..."SESSION_ID CIPHER GROUP VERSION".split(" ").flatMap((what) => [`DOWNSTREAM_TLS_${what}`, `UPSTREAM_TLS_${what}`]),
  ..."SUBJECT ISSUER CERT CERT_V_START CERT_V_END URI_SAN DNS_SAN IP_SAN".split(" ").map((what) =>
    `UPSTREAM_PEER_${what}`
  ),
  ..."URI_SAN DNS_SAN IP_SAN".split(" ").map((what) => `UPSTREAM_LOCAL_${what}`),
  "UPSTREAM_SERVER_NAME",
  "TLS_JA3_FINGERPRINT",
  "TLS_JA4_FINGERPRINT",
]);

/** Names of all operators, sorted (docs, error hints). */
export function operatorNames(): string[] {
  return [...Object.keys(OPERATORS), ...TLS_OPERATORS].sort();
}

/** Operators that cut their text themselves. */
const SELF_CUTTING: ReadonlySet<string> = new Set([
  "REQ",
  "REQUEST_HEADER",
  "RESP",
  "RESPONSE_HEADER",
  "TRAILER",
  "RESPONSE_TRAILER",
  "REQ_WITHOUT_QUERY",
]);

/** Builds the operator of a call. Throws FormatError for an unknown name or a bad argument. */
export function createOperator(call: OperatorCall): Operator {
  const build = Object.hasOwn(OPERATORS, call.name)
    ? OPERATORS[call.name]!
    : TLS_OPERATORS.has(call.name)
    ? none
    : null;
  if (build === null) {
    throw new FormatError(`unknown operator %${call.name}%: did you mean %${nearestName(call.name)}%?`);
  }
  const operator = build(call);
  return call.maxLength === null || SELF_CUTTING.has(call.name)
    ? operator
    : new TruncatedOperator(operator, call.maxLength);
}

/** The known name with the smallest edit distance. */
function nearestName(name: string): string {
  let best = "", bestDistance = Infinity;
  for (const known of operatorNames()) {
    const distance = editDistance(name, known);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = known;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
