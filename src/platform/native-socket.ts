// Sockets by system call, for what Bun has no API for: listen descriptors with options, duplicates, original destinations, bound connects.
import { formatIpv4, formatIpv6, isMappedIpv4, parseIpv4, parseIpv6 } from "../base/ip-address.ts";
import type { Pointer } from "bun:ffi";
import { SystemError } from "./errno.ts";
import { lastErrno, libc, scratch, scratchAddress, throwErrno } from "./libc.ts";

/** Families, levels and options of Linux (same numbers on x64 and arm64). */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOL_IP = 0;
export const SOL_SOCKET = 1;
export const SOL_TCP = 6;
export const SOL_IPV6 = 41;
export const SO_REUSEADDR = 2;
export const SO_KEEPALIVE = 9;
export const SO_REUSEPORT = 15;
export const SO_MARK = 36;
export const IP_FREEBIND = 15;
export const IP_TRANSPARENT = 19;
export const IP_BIND_ADDRESS_NO_PORT = 24;
export const IPV6_V6ONLY = 26;
export const IPV6_TRANSPARENT = 75;
export const IPV6_FREEBIND = 78;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
export const TCP_FASTOPEN = 23;

const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const F_DUPFD_CLOEXEC = 1030;
const EINPROGRESS = 115;
const SO_ORIGINAL_DST = 80;

/** Longest path of a UNIX socket, in bytes. */
const MAX_PATH_BYTES = 107;

/** An address as the system takes it. UNIX sockets: `host` is the path (abstract: with a leading `@`), `port` 0. */
export interface NativeAddress {
  readonly host: string;
  readonly port: number;
}

export type NativeFamily = typeof AF_UNIX | typeof AF_INET | typeof AF_INET6;

const addressPointer = scratchAddress as Pointer;
/** Results longer than the address come 1 KiB further on. */
const LENGTH_OFFSET = 1024;
const lengthPointer = (scratchAddress + LENGTH_OFFSET) as Pointer;

/** A non-blocking, close-on-exec stream socket. */
export function openStreamSocket(family: NativeFamily): number {
  const fd = libc().socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return fd >= 0 ? fd : throwErrno("socket");
}

export function closeDescriptor(fd: number): void {
  if (libc().close(fd) !== 0) throwErrno("close", String(fd));
}

/** Another descriptor of the same open socket. */
export function duplicateDescriptor(fd: number): number {
  const copy = libc().fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return copy >= 0 ? copy : throwErrno("fcntl", String(fd));
}

export function setIntOption(fd: number, level: number, name: number, value: number): void {
  scratch.writeInt32LE(value | 0, 0);
  if (libc().setsockopt(fd, level, name, addressPointer, 4) !== 0) {
    throwErrno("setsockopt", `${level}/${name}=${value}`);
  }
}

/** At most 1 KiB. */
export function setBytesOption(fd: number, level: number, name: number, value: Uint8Array): void {
  if (value.length > LENGTH_OFFSET) throw new RangeError(`socket option value of ${value.length} bytes`);
  scratch.set(value, 0);
  if (libc().setsockopt(fd, level, name, addressPointer, value.length) !== 0) {
    throwErrno("setsockopt", `${level}/${name}`);
  }
}

/** The value of an integer option. */
export function getIntOption(fd: number, level: number, name: number): number {
  scratch.writeUInt32LE(4, LENGTH_OFFSET);
  if (libc().getsockopt(fd, level, name, addressPointer, lengthPointer) !== 0) {
    throwErrno("getsockopt", `${level}/${name}`);
  }
  return scratch.readInt32LE(0);
}

export function bindSocket(fd: number, family: NativeFamily, address: NativeAddress): void {
  const length = writeAddress(family, address);
  if (libc().bind(fd, addressPointer, length) !== 0) throwErrno("bind", describe(address));
}

/** The system cuts `backlog` to net.core.somaxconn. */
export function listenSocket(fd: number, backlog: number): void {
  if (libc().listen(fd, backlog) !== 0) throwErrno("listen");
}

/** Starts a non-blocking connect; the outcome comes through the event loop (`connectFd`). */
export function startConnect(fd: number, family: NativeFamily, address: NativeAddress): void {
  const length = writeAddress(family, address);
  if (libc().connect(fd, addressPointer, length) === 0) return;
  const errno = lastErrno();
  if (errno !== EINPROGRESS) throw new SystemError("connect", errno, describe(address));
}

/** Local address of a socket. */
export function localAddressOf(fd: number): NativeAddress {
  scratch.writeUInt32LE(128, LENGTH_OFFSET);
  if (libc().getsockname(fd, addressPointer, lengthPointer) !== 0) throwErrno("getsockname", String(fd));
  return readAddress(scratch.readUInt32LE(LENGTH_OFFSET));
}

/** Address of the peer of a connected socket. */
export function peerAddressOf(fd: number): NativeAddress {
  scratch.writeUInt32LE(128, LENGTH_OFFSET);
  if (libc().getpeername(fd, addressPointer, lengthPointer) !== 0) throwErrno("getpeername", String(fd));
  return readAddress(scratch.readUInt32LE(LENGTH_OFFSET));
}

/** Destination before NAT (REDIRECT, DNAT) of an accepted connection, or null when connection tracking knows none. `isV4` after unmapping. */
export function originalDestinationOf(fd: number, isV4: boolean): NativeAddress | null {
  scratch.writeUInt32LE(128, LENGTH_OFFSET);
  const level = isV4 ? SOL_IP : SOL_IPV6;
  if (libc().getsockopt(fd, level, SO_ORIGINAL_DST, addressPointer, lengthPointer) !== 0) return null;
  return readAddress(scratch.readUInt32LE(LENGTH_OFFSET));
}

/** Removes the file of a UNIX socket; one that does not exist is fine. */
export function unlinkPath(path: string): void {
  writePath(path);
  if (libc().unlink(addressPointer) !== 0 && lastErrno() !== 2) throwErrno("unlink", path);
}

export function changeMode(path: string, mode: number): void {
  writePath(path);
  if (libc().chmod(addressPointer, mode) !== 0) throwErrno("chmod", path);
}

function describe(address: NativeAddress): string {
  return address.host.includes(":")
    ? `[${address.host}]:${address.port}`
    : address.port === 0
    ? address.host
    : `${address.host}:${address.port}`;
}

function writePath(path: string): void {
  const length = scratch.write(path, 0, LENGTH_OFFSET - 1, "utf8");
  scratch[length] = 0;
}

/** Writes a sockaddr to the scratch memory and returns its length. Numbers of a sockaddr are in host order except port and address. */
function writeAddress(family: NativeFamily, address: NativeAddress): number {
  if (family === AF_UNIX) return writeUnixAddress(address.host);
  scratch.fill(0, 0, 28);
  scratch.writeUInt16LE(family, 0);
  scratch.writeUInt16BE(address.port, 2);
  if (family === AF_INET) {
    const value = parseIpv4(address.host);
    if (value < 0) throw new RangeError(`not an IPv4 address: ${address.host}`);
    scratch.writeUInt32BE(value, 4);
    return 16;
  }
  const words = parseIpv6(address.host, true);
  if (words === null) throw new RangeError(`not an IPv6 address: ${address.host}`);
  const scope = scopeIndex(address.host);
  scratch.writeUInt16LE(family, 0);
  scratch.writeUInt16BE(address.port, 2);
  scratch.writeUInt32LE(0, 4);
  for (let i = 0; i < 8; i++) scratch.writeUInt16BE(words[i]!, 8 + 2 * i);
  scratch.writeUInt32LE(scope, 24);
  return 28;
}

/** Interface number of `fe80::1%eth0` or `fe80::1%2`; 0 without a scope. Overwrites the scratch memory. */
function scopeIndex(host: string): number {
  const percent = host.indexOf("%");
  if (percent < 0) return 0;
  const scope = host.slice(percent + 1);
  if (/^\d{1,9}$/.test(scope)) return Number(scope);
  writePath(scope);
  const index = libc().if_nametoindex(addressPointer);
  if (index === 0) throw new SystemError("if_nametoindex", lastErrno(), scope);
  return index;
}

function writeUnixAddress(path: string): number {
  const isAbstract = path.startsWith("@");
  const bytes = Buffer.byteLength(path, "utf8");
  if (bytes > MAX_PATH_BYTES) throw new SystemError("bind", 36, path);
  scratch.fill(0, 0, 112);
  scratch.writeUInt16LE(AF_UNIX, 0);
  scratch.write(path, 2, "utf8");
  if (isAbstract) {
    scratch[2] = 0;
    return 2 + bytes;
  }
  return 2 + bytes + 1;
}

function readAddress(length: number): NativeAddress {
  const family = scratch.readUInt16LE(0);
  if (family === AF_INET) return { host: formatIpv4(scratch.readUInt32BE(4)), port: scratch.readUInt16BE(2) };
  if (family === AF_INET6) {
    const words = new Uint16Array(8);
    for (let i = 0; i < 8; i++) words[i] = scratch.readUInt16BE(8 + 2 * i);
    const port = scratch.readUInt16BE(2);
    if (isMappedIpv4(words)) return { host: formatIpv4(words[6]! * 65536 + words[7]!), port };
    const scope = scratch.readUInt32LE(24);
    return { host: formatIpv6(words) + (scope === 0 ? "" : `%${scope}`), port };
  }
  if (length <= 2) return { host: "", port: 0 };
  if (scratch[2] === 0) return { host: `@${scratch.toString("utf8", 3, length)}`, port: 0 };
  const end = scratch.indexOf(0, 2);
  return { host: scratch.toString("utf8", 2, end < 0 || end > length ? length : end), port: 0 };
}
