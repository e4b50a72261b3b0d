// Which stats exist at all (stats_config.stats_matcher): inclusion or exclusion lists over full names.
import { type StringMatchConfig, StringMatcher } from "../expr/string-matcher.ts";

/** envoy.config.metrics.v3.StatsMatcher. */
export type StatsMatcherConfig =
  | { readonly kind: "acceptAll" }
  | { readonly kind: "rejectAll" }
  | { readonly kind: "exclusion"; readonly patterns: readonly StringMatchConfig[] }
  | { readonly kind: "inclusion"; readonly patterns: readonly StringMatchConfig[] };

/** For StatDirectory: true for names that are not to be shown. Throws Error when a regex does not compile. */
export function createStatRejector(config: StatsMatcherConfig): (name: string) => boolean {
  switch (config.kind) {
    case "acceptAll":
      return () => false;
    case "rejectAll":
      return () => true;
    case "exclusion": {
      const matchers = config.patterns.map((pattern) => new StringMatcher(pattern));
      return (name) => matchers.some((matcher) => matcher.matches(name));
    }
    case "inclusion": {
      const matchers = config.patterns.map((pattern) => new StringMatcher(pattern));
      return (name) => !matchers.some((matcher) => matcher.matches(name));
    }
  }
}
