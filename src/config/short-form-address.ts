// Addresses and cluster endpoints of the short form → envoy.config.core.v3.Address as JSON.

/** JSON of an Address, and whether its host must be resolved by DNS. */
export interface ShortAddress {
  readonly json: object;
  readonly isName: boolean;
}

/**
 * `host:port`, `:port` (all IPv4 addresses), `[v6]:port`, a bare port, `unix:/path`, or `unix:@abstract`.
 * Returns null when the text is none of them.
 */
export function parseShortAddress(text: string | number): ShortAddress | null {
  if (typeof text === "number") return socketAddress("0.0.0.0", String(text));
  if (text.startsWith("unix:")) {
    const path = text.slice(5);
    return path.startsWith("/") || path.startsWith("@") ? { json: { pipe: { path } }, isName: false } : null;
  }
  const bracketed = /^\[([0-9a-fA-F:.]+)\]:(\d+)$/.exec(text);
  if (bracketed !== null) return socketAddress(bracketed[1] ?? "", bracketed[2] ?? "");
  const plain = /^([^:\s[\]]*):(\d+)$/.exec(text);
  if (plain !== null) return socketAddress(plain[1] === "" ? "0.0.0.0" : plain[1] ?? "", plain[2] ?? "");
  return null;
}

/** Whether a target is an inline address and not the name of a cluster. */
export function isInlineAddress(target: string): boolean {
  return target.startsWith("unix:") || /:\d+$/.test(target);
}

function socketAddress(host: string, portText: string): ShortAddress | null {
  const port = Number(portText);
  if (port > 65535) return null;
  const isIp = host.includes(":") || /^\d+(\.\d+){3}$/.test(host);
  return { json: { socket_address: { address: host, port_value: port } }, isName: !isIp };
}
