// Per-route filter configuration of one route, all levels merged: which filters are switched off, which override counts, all overrides in order.
import type { ExtensionConfig } from "../base/extension-config.ts";
import type { RouteFilterConfig } from "./route-config.ts";

const NO_CONFIGS: readonly ExtensionConfig[] = [];

interface Override {
  readonly isDisabled: boolean;
  /** Least specific first. */
  readonly configs: readonly ExtensionConfig[];
}

export class FilterOverrides {
  /** No filter is overridden. */
  static readonly none: FilterOverrides = new FilterOverrides(new Map());
  private readonly byName: ReadonlyMap<string, Override>;

  private constructor(byName: ReadonlyMap<string, Override>) {
    this.byName = byName;
  }

  get isEmpty(): boolean {
    return this.byName.size === 0;
  }

  /** These overrides with those of a more specific level on top; the same object when that level has none. */
  with(level: readonly RouteFilterConfig[]): FilterOverrides {
    if (level.length === 0) return this;
    const byName = new Map(this.byName);
    for (const { name, disabled, config } of level) {
      const below = byName.get(name)?.configs ?? NO_CONFIGS;
      byName.set(name, { isDisabled: disabled, configs: config === null ? below : [...below, config] });
    }
    return new FilterOverrides(byName);
  }

  /** True or false when the most specific level that mentions the filter switches it off or on; null when none mentions it. */
  isDisabled(name: string): boolean | null {
    return this.byName.get(name)?.isDisabled ?? null;
  }

  mostSpecific(name: string): ExtensionConfig | null {
    const configs = this.all(name);
    return configs.length === 0 ? null : configs[configs.length - 1]!;
  }

  /** Overrides of all levels, least specific first. */
  all(name: string): readonly ExtensionConfig[] {
    return this.byName.get(name)?.configs ?? NO_CONFIGS;
  }
}
