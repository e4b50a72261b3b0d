// Translates fractions with a runtime key (envoy.config.core.v3.RuntimeFractionalPercent).
import type { RuntimeFractionalPercent } from "../gen/envoy/config/core/v3/base_pb.ts";
import type { FractionConfig } from "../router/route-runtime.ts";

/** FractionalPercent.DenominatorType by number. */
const DENOMINATORS = [100, 10_000, 1_000_000] as const;

/** A default of 0 when none is given, as the proto says. */
export function translateRuntimeFraction(proto: RuntimeFractionalPercent): FractionConfig {
  return {
    numerator: proto.defaultValue?.numerator ?? 0,
    denominator: DENOMINATORS[proto.defaultValue?.denominator ?? 0] ?? 100,
    runtimeKey: proto.runtimeKey,
  };
}
