// Which peers count as internal (internal_address_config): trusted for x-envoy-* request headers.
import { CidrSet } from "../base/cidr-set.ts";
import type { SocketAddress } from "../expr/stream-info.ts";

export class InternalAddresses {
  private readonly ranges: CidrSet;
  private readonly unixSockets: boolean;

  /** `cidrs` of internal_address_config; without one nobody is internal. */
  constructor(cidrs: readonly string[] | null, unixSockets: boolean) {
    this.ranges = new CidrSet(cidrs ?? []);
    this.unixSockets = unixSockets;
  }

  contains(ip: string): boolean {
    return this.ranges.contains(ip);
  }

  containsAddress(address: SocketAddress): boolean {
    return address.port === 0 ? this.unixSockets : this.ranges.contains(address.host);
  }
}
