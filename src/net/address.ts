// Socket addresses at run time and in configuration, with Envoy's text forms (`1.2.3.4:80`, `[::1]:80`, `/path`, `@abstract`).
import { canonicalIp } from "../base/ip-address.ts";
import type { SocketAddress } from "../expr/stream-info.ts";

export const AddressFamily = { pipe: 0, v4: 4, v6: 6 } as const;
export type AddressFamily = typeof AddressFamily[keyof typeof AddressFamily];

/** An address as connections, matchers and formatters see it. Its text is built when first read. */
export class NetAddress implements SocketAddress {
  readonly host: string;
  readonly port: number;
  readonly family: AddressFamily;
  private cachedText: string | null = null;

  constructor(host: string, port: number, family: AddressFamily) {
    this.host = host;
    this.port = port;
    this.family = family;
  }

  get text(): string {
    return this.cachedText ??= formatAddress(this.host, this.port, this.family);
  }
}

function formatAddress(host: string, port: number, family: AddressFamily): string {
  if (family === AddressFamily.v4) return `${host}:${port}`;
  return family === AddressFamily.v6 ? `[${host}]:${port}` : host;
}

/** Peers of UNIX sockets have no name. */
export const anonymousPipe: NetAddress = new NetAddress("", 0, AddressFamily.pipe);

const MAPPED_PREFIX = "::ffff:";

/** Address of an end of a TCP socket, `host` as the system prints it; a v4-mapped one becomes IPv4. */
export function ipAddress(host: string, port: number): NetAddress {
  if (!host.includes(":")) return new NetAddress(host, port, AddressFamily.v4);
  if (host.startsWith(MAPPED_PREFIX) && host.includes(".")) {
    return new NetAddress(host.slice(MAPPED_PREFIX.length), port, AddressFamily.v4);
  }
  return new NetAddress(host, port, AddressFamily.v6);
}

export function pipeAddress(path: string): NetAddress {
  return new NetAddress(path, 0, AddressFamily.pipe);
}

/** An IP literal in canonical text with its port, or null when `host` is no IP literal. `unmap` makes v4-mapped addresses IPv4. */
export function parseIpAddress(host: string, port: number, unmap = false): NetAddress | null {
  const canonical = canonicalIp(host, unmap);
  if (canonical === null) return null;
  return new NetAddress(canonical, port, canonical.includes(":") ? AddressFamily.v6 : AddressFamily.v4);
}

/** `1.2.3.4:80` or `[::1]:80` to an address; null when malformed. */
export function parseAddressText(text: string): NetAddress | null {
  const colon = text.lastIndexOf(":");
  const portText = text.slice(colon + 1);
  if (colon < 1 || !/^\d{1,5}$/.test(portText) || Number(portText) > 65535) return null;
  const host = text.slice(0, colon);
  const isBracketed = host.startsWith("[") && host.endsWith("]");
  if (host.includes(":") !== isBracketed) return null;
  return parseIpAddress(isBracketed ? host.slice(1, -1) : host, Number(portText));
}

/** Whether `host` is `0.0.0.0` or `::`. */
export function isAnyHost(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** Envoy's test for "local" peers: exactly 127.0.0.1 or ::1. */
export function isLoopbackHost(host: string): boolean {
  return host === "127.0.0.1" || host === "::1";
}
