// Translates per-route filter configuration (typed_per_filter_config) and the old cors field that stands for one.
import type { Any } from "@bufbuild/protobuf/wkt";
import type { CorsPolicy } from "../gen/envoy/config/route/v3/route_components_pb.ts";
import type { RouteFilterConfig } from "../router/route-config.ts";
import { setDecodedAny } from "./decoded-any.ts";
import type { TranslateContext } from "./translate-context.ts";

const CORS_FILTER = "envoy.filters.http.cors";
const CORS_POLICY = "envoy.extensions.filters.http.cors.v3.CorsPolicy";

/** Overrides of the message at `ctx` by filter name, in order of names; `cors` is its old field, which an override of the CORS filter replaces. */
export function translateFilterConfigs(
  configs: Readonly<Record<string, Any>>,
  cors: CorsPolicy | undefined,
  ctx: TranslateContext,
): RouteFilterConfig[] {
  const overridesAt = ctx.field("typed_per_filter_config");
  const overrides = Object.keys(configs).sort().map((name) => ({
    name,
    ...overridesAt.key(name).routeExtension(name, configs[name]!),
  }));
  if (cors === undefined) return overrides;
  const at = ctx.field("cors");
  if (Object.hasOwn(configs, CORS_FILTER)) {
    at.note(`typed_per_filter_config has ${CORS_FILTER}, which counts instead`);
    return overrides;
  }
  return [...overrides, { name: CORS_FILTER, ...at.routeExtension(CORS_FILTER, corsOverride(cors)) }];
}

/** The policy as an override of the CORS filter: the fields are the same but for the oneof around `filter_enabled`. */
function corsOverride(cors: CorsPolicy): Any {
  const { enabledSpecifier, $typeName: _, ...same } = cors;
  const message = { ...same, $typeName: CORS_POLICY, filterEnabled: enabledSpecifier.value };
  const any: Any = {
    $typeName: "google.protobuf.Any",
    typeUrl: `type.googleapis.com/${CORS_POLICY}`,
    value: new Uint8Array(0),
  };
  setDecodedAny(any, { typeName: CORS_POLICY, message, pathSuffix: "", typedStruct: null });
  return any;
}
