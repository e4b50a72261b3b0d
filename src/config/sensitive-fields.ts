// Fields whose values are secrets: neither error values nor excerpts show them, and dumps print them redacted.
import type { ConfigSource, NodeRange } from "./source-node.ts";

/** Message → proto field names. The messages follow Envoy's `udpa.annotations.sensitive` marks. */
const sensitiveFields: Readonly<Record<string, readonly string[]>> = {
  "envoy.extensions.transport_sockets.tls.v3.TlsCertificate": ["private_key", "password", "pkcs12"],
  "envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys": ["keys"],
  "envoy.extensions.transport_sockets.tls.v3.GenericSecret": ["secret", "secrets"],
  "envoy.config.core.v3.GrpcService.GoogleGrpc.SslCredentials": ["private_key"],
  "envoy.config.core.v3.GrpcService.GoogleGrpc.CallCredentials": [
    "access_token",
    "google_refresh_token",
    "service_account_jwt_access",
    "google_iam",
    "sts_service",
  ],
  "envoy.extensions.filters.http.basic_auth.v3.BasicAuth": ["users"],
  "envoy.extensions.filters.http.basic_auth.v3.BasicAuthPerRoute": ["users"],
  "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy": [
    "downstream_auth_password",
    "downstream_auth_passwords",
  ],
  "envoy.extensions.filters.network.redis_proxy.v3.RedisProtocolOptions": ["auth_password"],
};

export function isSensitiveField(messageName: string, fieldName: string): boolean {
  return sensitiveFields[messageName]?.includes(fieldName) ?? false;
}

const sensitiveRanges = new WeakMap<ConfigSource, [number, number][]>();

/** Marks a stretch of a source text as secret. */
export function markSensitive(range: NodeRange): void {
  if (range.source === null) return;
  const ranges = sensitiveRanges.get(range.source);
  if (ranges === undefined) sensitiveRanges.set(range.source, [[range.start, range.end]]);
  else ranges.push([range.start, range.end]);
}

/** Keys that give a secret away where no descriptor was at hand (syntax errors, unknown messages). */
const secretKey =
  /(["']?(?:private_?key|pass(?:word|wd|phrase)|secret|secrets|token|access_?token|api_?key|credentials?|inline_?bytes)["']?\s*[:=]\s*)\S.*$/i;
const pemBegin = "-----BEGIN";
const pemEnd = "-----END";

/** `text.slice(start, end)` (one line of the source) with secrets replaced by dots of the same length, so that columns stay. */
export function redactLine(source: ConfigSource, start: number, end: number): string {
  let line = source.text.slice(start, end);
  for (const [from, to] of sensitiveRanges.get(source) ?? []) {
    const a = Math.max(from, start) - start;
    const b = Math.min(to, end) - start;
    if (a < b) line = line.slice(0, a) + "·".repeat(b - a) + line.slice(b);
  }
  const begin = source.text.lastIndexOf(pemBegin, end);
  if (begin !== -1) {
    const blockEnd = source.text.indexOf(pemEnd, begin);
    const stop = blockEnd === -1 ? source.text.length : blockEnd;
    const isKey = source.text.slice(begin, begin + 48).includes("PRIVATE KEY");
    const a = Math.max(begin, start) - start;
    const b = Math.min(stop, end) - start;
    if (isKey && a < b) line = line.slice(0, a) + "·".repeat(b - a) + line.slice(b);
  }
  return line.replace(secretKey, (whole, key: string) => key + "·".repeat(whole.length - key.length));
}
