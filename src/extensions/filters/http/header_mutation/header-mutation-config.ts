// Runtime configuration of envoy.filters.http.header_mutation, JSON-safe.
import type { StringMatchConfig } from "../../../../expr/string-matcher.ts";
import type { HeaderAddConfig, HeaderAppendAction } from "../../../../router/route-config.ts";

/** One step; steps run one after the other, each sees what those before it did. Names are lower-case. */
export type HeaderStepConfig =
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "append"; readonly add: HeaderAddConfig }
  | { readonly kind: "removeOnMatch"; readonly match: StringMatchConfig };

/** `value` is a substitution format. */
export type QueryStepConfig =
  | { readonly kind: "remove"; readonly key: string }
  | { readonly kind: "append"; readonly key: string; readonly value: string; readonly action: HeaderAppendAction };

/** The steps of one level (filter, route configuration, virtual host, route). */
export interface MutationsConfig {
  readonly requestHeaders: readonly HeaderStepConfig[];
  readonly queryParameters: readonly QueryStepConfig[];
  readonly requestTrailers: readonly HeaderStepConfig[];
  readonly responseHeaders: readonly HeaderStepConfig[];
  readonly responseTrailers: readonly HeaderStepConfig[];
}

export interface HeaderMutationConfig {
  readonly mutations: MutationsConfig;
  /** Levels run from the least specific to the most specific one, which has the last word; false: the other way round. */
  readonly mostSpecificWins: boolean;
}
