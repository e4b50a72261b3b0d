// Stat schemas: the names and kinds of a group of stats that live and die together (one cluster, one listener), and their index constants.

/** Kinds of a stat. */
export const StatKind = {
  counter: 0,
  /** Workers' values are summed on a scrape. */
  gauge: 1,
  histogram: 2,
  /** Every thread that sets it sets the same process-wide value (membership, breaker state): the scrape takes the greatest. */
  sharedGauge: 3,
} as const;
export type StatKind = typeof StatKind[keyof typeof StatKind];

/** Plain data; sent once per store to the control thread. `name` is unique among all schemas. */
export interface StatSchema {
  readonly name: string;
  /** Name of slot k, appended to the block's prefix. */
  readonly names: readonly string[];
  readonly kinds: readonly StatKind[];
}

/** `downstream_rq_1xx` → `downstreamRq1xx`, `circuit_breakers.default.cx_open` → `circuitBreakersDefaultCxOpen`. */
type Camel<S extends string> = S extends `${infer H}_${infer T}` ? `${H}${Capitalize<Camel<T>>}`
  : S extends `${infer H}.${infer T}` ? `${H}${Capitalize<Camel<T>>}`
  : S;

/** Names by kind, as Envoy spells them. */
export interface StatNames<C extends string, G extends string, S extends string, H extends string> {
  readonly counters?: readonly C[];
  readonly gauges?: readonly G[];
  readonly sharedGauges?: readonly S[];
  readonly histograms?: readonly H[];
}

/** A schema and its index constants: `block.inc(index.downstreamRqTotal)`. */
export interface StatDefinition<N extends string> {
  readonly schema: StatSchema;
  readonly index: { readonly [K in N as Camel<K>]: number };
}

/** Declares a group. Slots stand in the order counters, gauges, sharedGauges, histograms. */
export function defineStats<
  const C extends string = never,
  const G extends string = never,
  const S extends string = never,
  const H extends string = never,
>(name: string, groups: StatNames<C, G, S, H>): StatDefinition<C | G | S | H> {
  const names: string[] = [];
  const kinds: StatKind[] = [];
  const index: Record<string, number> = {};
  const add = (list: readonly string[] | undefined, kind: StatKind) => {
    for (const stat of list ?? []) {
      index[camelCase(stat)] = names.length;
      names.push(stat);
      kinds.push(kind);
    }
  };
  add(groups.counters, StatKind.counter);
  add(groups.gauges, StatKind.gauge);
  add(groups.sharedGauges, StatKind.sharedGauge);
  add(groups.histograms, StatKind.histogram);
  return { schema: { name, names, kinds }, index: index as StatDefinition<C | G | S | H>["index"] };
}

function camelCase(name: string): string {
  return name.replace(/[_.](.)/g, (_, c: string) => c.toUpperCase());
}

/** Schemas of stats that stand alone: the block's prefix is the whole name. */
export const counterSchema: StatSchema = { name: "counter", names: [""], kinds: [StatKind.counter] };
export const gaugeSchema: StatSchema = { name: "gauge", names: [""], kinds: [StatKind.gauge] };
export const sharedGaugeSchema: StatSchema = { name: "shared gauge", names: [""], kinds: [StatKind.sharedGauge] };
export const histogramSchema: StatSchema = { name: "histogram", names: [""], kinds: [StatKind.histogram] };
