// Addresses as the admin endpoints print them: text, and envoy.config.core.v3.Address in proto JSON.
import type { AddressStatus, JsonObject } from "./admin-source.ts";

export function addressText({ host, port }: AddressStatus): string {
  if (isPath(host)) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

export function addressJson({ host, port }: AddressStatus): JsonObject {
  if (isPath(host)) return { pipe: { path: host } };
  return { socket_address: { address: host, port_value: port } };
}

function isPath(host: string): boolean {
  return host.startsWith("/") || host.startsWith("@");
}
