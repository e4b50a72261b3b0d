// Starts a connect to a host with the cluster's bind address, keep-alive and socket options set before the first packet.
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  bindSocket,
  closeDescriptor,
  IP_BIND_ADDRESS_NO_PORT,
  IP_FREEBIND,
  IPV6_FREEBIND,
  type NativeFamily,
  openStreamSocket,
  setBytesOption,
  setIntOption,
  SO_KEEPALIVE,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_TCP,
  startConnect,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
} from "../platform/native-socket.ts";
import type { ClusterConfig, EndpointAddress, TcpKeepaliveConfig } from "./cluster-config.ts";

/** A non-blocking descriptor whose connect is under way. Throws SystemError (`syscall` is `bind` when the local address failed). */
export function startHostConnect(config: ClusterConfig, address: EndpointAddress): number {
  const family = familyOf(address);
  const fd = openStreamSocket(family);
  try {
    if (family !== AF_UNIX) applyOptions(fd, family, config);
    startConnect(fd, family, address);
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/** The local address that `config` asks for when connecting to `address`, or null. */
export function bindAddressFor(config: ClusterConfig, address: EndpointAddress): EndpointAddress | null {
  const { bind } = config;
  if (bind === null || address.port === 0) return null;
  return address.host.includes(":") ? bind.v6 : bind.v4;
}

function familyOf(address: EndpointAddress): NativeFamily {
  if (address.port === 0) return AF_UNIX;
  return address.host.includes(":") ? AF_INET6 : AF_INET;
}

function applyOptions(fd: number, family: NativeFamily, config: ClusterConfig): void {
  if (config.keepalive !== null) applyKeepalive(fd, config.keepalive);
  for (const option of config.socketOptions) {
    if (option.int !== null) setIntOption(fd, option.level, option.name, option.int);
    else if (option.bytes !== null) setBytesOption(fd, option.level, option.name, Buffer.from(option.bytes, "base64"));
  }
  const { bind } = config;
  const local = family === AF_INET6 ? bind?.v6 : bind?.v4;
  if (bind === null || local === null || local === undefined) return;
  if (bind.freebind) {
    if (family === AF_INET6) setIntOption(fd, SOL_IPV6, IPV6_FREEBIND, 1);
    else setIntOption(fd, SOL_IP, IP_FREEBIND, 1);
  }
  // The port is chosen at connect, per destination: more connections than one port range.
  if (local.port === 0) setIntOption(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  bindSocket(fd, family, local);
}

function applyKeepalive(fd: number, keepalive: TcpKeepaliveConfig): void {
  setIntOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  if (keepalive.probes > 0) setIntOption(fd, SOL_TCP, TCP_KEEPCNT, keepalive.probes);
  if (keepalive.timeSeconds > 0) setIntOption(fd, SOL_TCP, TCP_KEEPIDLE, keepalive.timeSeconds);
  if (keepalive.intervalSeconds > 0) setIntOption(fd, SOL_TCP, TCP_KEEPINTVL, keepalive.intervalSeconds);
}
