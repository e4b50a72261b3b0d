// The router filter's configuration materialised in a worker; makes a RouterFilter for each stream.
import type { AccessLogger } from "../observe/access-log.ts";
import { routerStatSchema } from "../observe/schemas/http-connection-manager.ts";
import type { StatBlock } from "../observe/stats.ts";
import type { StreamFilterInstance } from "../stream/filter.ts";
import type { HttpFilterCallbacks, HttpFilterFactory } from "./http-filter.ts";
import type { RouterConfig } from "./router-config.ts";
import { RouterFilter } from "./router-filter.ts";
import type { WorkerContext } from "./worker-context.ts";

export class RouterRuntime implements HttpFilterFactory {
  readonly config: RouterConfig;
  readonly context: WorkerContext;
  readonly stats: StatBlock;
  readonly upstreamLoggers: readonly AccessLogger[];

  /** `statPrefix` is the connection manager's, `http.<stat_prefix>.`. */
  constructor(config: RouterConfig, context: WorkerContext, statPrefix: string) {
    this.config = config;
    this.context = context;
    this.stats = context.stats.block(statPrefix, routerStatSchema);
    this.upstreamLoggers = context.extensions.accessLoggers(config.upstreamLogs);
  }

  create(callbacks: HttpFilterCallbacks): StreamFilterInstance {
    return new RouterFilter(this, callbacks);
  }
}
