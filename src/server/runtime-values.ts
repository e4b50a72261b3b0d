// Runtime layers (layered_runtime): the static layers of the bootstrap, then what `/runtime_modify` set; later layers win.
import type { RuntimeSnapshot } from "../proxy/worker-context.ts";

/** Denominators of a FractionalPercent as runtime values spell them. */
const DENOMINATOR: Readonly<Record<string, number>> = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 };

/** A worker's (or the control thread's) view: final values by key, as text. */
export class RuntimeValues implements RuntimeSnapshot {
  private values: Map<string, string> = new Map();

  replace(values: readonly (readonly [string, string])[]): void {
    this.values = new Map(values);
  }

  get(key: string): string | null {
    return this.values.get(key) ?? null;
  }

  getInteger(key: string, defaultValue: number): number {
    const text = key === "" ? undefined : this.values.get(key);
    if (text === undefined || !/^\d{1,16}$/.test(text)) return defaultValue;
    return Number(text);
  }

  isEnabled(key: string, numerator: number, denominator: number, random: number): boolean {
    const text = key === "" ? undefined : this.values.get(key);
    if (text !== undefined) {
      if (/^\d{1,9}$/.test(text)) return random % 100 < Number(text);
      const fraction = parseFraction(text);
      if (fraction !== null) return random % fraction.denominator < fraction.numerator;
    }
    return random % denominator < numerator;
  }
}

function parseFraction(text: string): { numerator: number; denominator: number } | null {
  if (!text.startsWith("{")) return null;
  try {
    const value = JSON.parse(text) as { numerator?: unknown; denominator?: unknown };
    const denominator = DENOMINATOR[String(value.denominator ?? "HUNDRED")];
    return typeof value.numerator === "number" && denominator !== undefined ? { numerator: value.numerator, denominator } : null;
  } catch {
    return null;
  }
}

export interface RuntimeLayer {
  readonly name: string;
  readonly values: Map<string, string>;
}

/** The control thread's layers. */
export class RuntimeLayers {
  readonly layers: RuntimeLayer[];
  private readonly admin: RuntimeLayer | null;

  /** `hasAdminLayer`: some layer of the bootstrap is an admin_layer, or no layers were given at all. */
  constructor(layers: RuntimeLayer[], adminLayerName: string | null) {
    this.layers = layers;
    this.admin = adminLayerName === null ? null : layers.find((layer) => layer.name === adminLayerName) ?? null;
  }

  /** Sets keys in the admin layer; an empty value deletes. False when there is no admin layer. */
  modify(changes: Iterable<readonly [string, string]>): boolean {
    if (this.admin === null) return false;
    for (const [key, value] of changes) {
      if (value === "") this.admin.values.delete(key);
      else this.admin.values.set(key, value);
    }
    return true;
  }

  final(): [string, string][] {
    const merged = new Map<string, string>();
    for (const layer of this.layers) for (const [key, value] of layer.values) merged.set(key, value);
    return [...merged];
  }
}
