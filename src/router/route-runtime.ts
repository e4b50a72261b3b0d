// What routing reads of the runtime layers (layered_runtime); the worker hands in its snapshot.

export interface RouteRuntime {
  /** Integer value of `key`, or `defaultValue` when the layers do not set it. */
  getInteger(key: string, defaultValue: number): number;
  /** True with chance `numerator`/`denominator`, which runtime `key` may override; `random` is a 32-bit value that decides. */
  isEnabled(key: string, numerator: number, denominator: number, random: number): boolean;
}

/** A chance with an optional runtime key (RuntimeFractionalPercent); `runtimeKey` is "" when there is none. */
export interface FractionConfig {
  readonly numerator: number;
  /** 100, 10,000 or 1,000,000. */
  readonly denominator: number;
  readonly runtimeKey: string;
}

/** Whether `random` falls inside the fraction. */
export function isInFraction(fraction: FractionConfig, runtime: RouteRuntime, random: number): boolean {
  if (fraction.runtimeKey === "") return random % fraction.denominator < fraction.numerator;
  return runtime.isEnabled(fraction.runtimeKey, fraction.numerator, fraction.denominator, random);
}
