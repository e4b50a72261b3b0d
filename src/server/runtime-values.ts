// Runtime layers (layered_runtime): the static layers of the bootstrap, then what `/runtime_modify` set; later layers win.
import type { RuntimeEntry, RuntimeLayerConfig } from "../config/runtime-bootstrap.ts";
import type { RuntimeSnapshot } from "../proxy/worker-context.ts";

/** A worker's (or the control thread's) view: final values by key, as text; a fraction is `numerator/denominator`. */
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
  const parts = /^(\d{1,9})\/(100|10000|1000000)$/.exec(text);
  return parts === null ? null : { numerator: Number(parts[1]), denominator: Number(parts[2]) };
}

export interface RuntimeLayer {
  readonly name: string;
  readonly values: Map<string, string>;
}

/** The control thread's layers. */
export class RuntimeLayers {
  readonly layers: RuntimeLayer[];
  private readonly admin: RuntimeLayer | null;

  constructor(configs: readonly RuntimeLayerConfig[]) {
    this.layers = configs.map((config) => ({
      name: config.name,
      values: new Map(config.kind === "admin" ? [] : config.entries.map(({ key, value }) => [key, textOf(value)])),
    }));
    const admin = configs.findIndex((config) => config.kind === "admin");
    this.admin = admin < 0 ? null : this.layers[admin]!;
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

function textOf(value: RuntimeEntry["value"]): string {
  return typeof value === "object" ? `${value.numerator}/${value.denominator}` : String(value);
}
