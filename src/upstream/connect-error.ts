// Texts of failed connects, as Envoy words them (`%UPSTREAM_TRANSPORT_FAILURE_REASON%`; compared with Envoy 1.40).

/** strerror texts of the errors that socket(2), bind(2) and connect(2) give. */
const texts: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset by peer",
  ECONNABORTED: "Software caused connection abort",
  ENETUNREACH: "Network is unreachable",
  EHOSTUNREACH: "No route to host",
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
  EINVAL: "Invalid argument",
  ENOTSOCK: "Socket operation on non-socket",
  EAGAIN: "Resource temporarily unavailable",
};

/** The peer or the network refused while the connect was under way. */
export function delayedConnectError(code: string): string {
  return `delayed connect error: ${errorText(code)}`;
}

/** connect(2) failed at once. */
export function immediateConnectError(code: string, remoteAddressText: string): string {
  return `immediate connect error: ${errorText(code)}|remote address:${remoteAddressText}`;
}

export function bindError(code: string, localAddressText: string): string {
  return `failed to bind to ${localAddressText}: ${errorText(code)}`;
}

/** `code` is a symbolic errno, empty when the system gave none. */
function errorText(code: string): string {
  return texts[code] ?? (code === "" ? "connection closed" : code);
}
