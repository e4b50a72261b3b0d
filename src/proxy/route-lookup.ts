// Where a connection manager finds routes: a route table that may be swapped at run time (RDS) without touching connections.
import type { HeaderBlock } from "../base/header-block.ts";
import type { StreamInfo } from "../expr/stream-info.ts";
import type { RouteEntry } from "../router/route-entry.ts";

export interface RouteLookup {
  /** Some route, virtual host or the table itself carries `typed_per_filter_config`. */
  readonly hasFilterConfig: boolean;
  find(headers: HeaderBlock, info: StreamInfo): RouteEntry | null;
}
