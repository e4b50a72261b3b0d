// Which peers count as internal (internal_address_config): trusted for x-envoy-* request headers.
import { CidrTable, parseCidrText } from "../base/cidr-table.ts";
import type { SocketAddress } from "../expr/stream-info.ts";

export class InternalAddresses {
  private readonly ranges: CidrTable<true> = new CidrTable();
  private readonly unixSockets: boolean;

  /** `cidrs` of internal_address_config; without one nobody is internal. */
  constructor(cidrs: readonly string[] | null, unixSockets: boolean) {
    for (const cidr of cidrs ?? []) {
      const prefix = parseCidrText(cidr);
      if (prefix !== null) this.ranges.add(prefix, true);
    }
    this.unixSockets = unixSockets;
  }

  contains(ip: string): boolean {
    return this.ranges.find(ip) === true;
  }

  containsAddress(address: SocketAddress): boolean {
    return address.port === 0 ? this.unixSockets : this.contains(address.host);
  }
}
