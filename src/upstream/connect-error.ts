// Texts and classes of failed connects, as Envoy words them (`%UPSTREAM_TRANSPORT_FAILURE_REASON%`).

/** strerror texts of the errors that connect(2), bind(2) and socket(2) give. */
const texts: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset by peer",
  ECONNABORTED: "Software caused connection abort",
  ENETUNREACH: "Network is unreachable",
  EHOSTUNREACH: "No route to host",
  EHOSTDOWN: "Host is down",
  ENETDOWN: "Network is down",
  ETIMEDOUT: "Connection timed out",
  EADDRNOTAVAIL: "Cannot assign requested address",
  EADDRINUSE: "Address already in use",
  EAFNOSUPPORT: "Address family not supported by protocol",
  EACCES: "Permission denied",
  EPERM: "Operation not permitted",
  ENOENT: "No such file or directory",
  EMFILE: "Too many open files",
  ENFILE: "Too many open files in system",
  ENOBUFS: "No buffer space available",
  EPROTOTYPE: "Protocol wrong type for socket",
  EINVAL: "Invalid argument",
  ENOTSOCK: "Socket operation on non-socket",
  EAGAIN: "Resource temporarily unavailable",
};

/** Errors that connect(2) gives at once, before any packet of the peer. */
const immediate = new Set([
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "EADDRINUSE",
  "EAFNOSUPPORT",
  "EACCES",
  "EPERM",
  "ENOENT",
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "EPROTOTYPE",
  "EINVAL",
  "ENOTSOCK",
  "EAGAIN",
]);

/** Whether the error came from this machine: Envoy's "local connection failure". */
export function isLocalConnectError(code: string): boolean {
  return immediate.has(code);
}

/** Envoy's transport failure reason. `code` is a symbolic errno; `addressText` the destination. */
export function describeConnectError(code: string, addressText: string): string {
  const text = texts[code] ?? (code === "" ? "connection closed" : code);
  return immediate.has(code) ? `immediate connect error: ${text}|${addressText}` : `delayed connect error: ${text}`;
}
