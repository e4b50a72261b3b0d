// envoy.filters.http.header_mutation: adds, replaces and removes headers, trailers and query parameters. Worker-side half.
import type { HttpFilterExtension } from "../../../../proxy/http-filter.ts";
import type { HeaderMutationConfig, MutationsConfig } from "./header-mutation-config.ts";
import { HeaderMutationFilter, Mutations } from "./header-mutation-filter.ts";

const NAME = "envoy.filters.http.header_mutation";

export const headerMutation: HttpFilterExtension<HeaderMutationConfig, MutationsConfig> = {
  name: NAME,
  materialise: (config) => {
    const own = new Mutations(config.mutations);
    return { create: (callbacks) => new HeaderMutationFilter(own, config.mostSpecificWins, NAME, callbacks) };
  },
  materialiseRoute: (config) => new Mutations(config),
};
