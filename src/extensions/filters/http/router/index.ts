// envoy.filters.http.router: ends the HTTP filter chain by sending the request to its cluster. Worker-side half.
import type { HttpFilterExtension } from "../../../../proxy/http-filter.ts";
import type { RouterConfig } from "../../../../proxy/router-config.ts";
import { RouterRuntime } from "../../../../proxy/router-runtime.ts";

export const router: HttpFilterExtension<RouterConfig> = {
  name: "envoy.filters.http.router",
  materialise: (config, context, statPrefix) => new RouterRuntime(config, context, statPrefix),
};
