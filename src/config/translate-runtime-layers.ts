// Translates layered_runtime (envoy.config.bootstrap.v3.LayeredRuntime): static layers become flat keys, admin layers are named.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { LayeredRuntime } from "../gen/envoy/config/bootstrap/v3/bootstrap_pb.ts";
import type { FieldTable } from "./field-table.ts";
import type { RuntimeEntry, RuntimeFraction, RuntimeLayerConfig } from "./runtime-bootstrap.ts";
import type { TranslateContext } from "./translate-context.ts";

export function translateRuntimeLayers(proto: LayeredRuntime | undefined, ctx: TranslateContext): RuntimeLayerConfig[] {
  const layers: RuntimeLayerConfig[] = [];
  const names = new Set<string>();
  (proto?.layers ?? []).forEach((layer, i) => {
    const at = ctx.field("layers").index(i);
    if (names.has(layer.name)) {
      at.field("name").refuse("CFG034", "must differ from the names of other layers", { value: layer.name });
    }
    names.add(layer.name);
    const specifier = layer.layerSpecifier;
    if (specifier.case === "staticLayer") {
      const entries: RuntimeEntry[] = [];
      flatten(specifier.value, "", entries, at.field("static_layer"));
      layers.push({ kind: "static", name: layer.name, entries });
    } else if (specifier.case === "adminLayer") {
      if (layers.some((other) => other.kind === "admin")) {
        at.field("admin_layer").refuse("CFG034", "there may be one admin layer only");
      }
      layers.push({ kind: "admin", name: layer.name });
    }
  });
  return layers;
}

/** `{a: {b: 1}}` is the key `a.b`; an object with a numerator or denominator is a fraction. */
function flatten(value: JsonObject, prefix: string, entries: RuntimeEntry[], ctx: TranslateContext): void {
  for (const [name, item] of Object.entries(value)) {
    const key = prefix === "" ? name : `${prefix}.${name}`;
    const at = ctx.key(name);
    if (typeof item === "string" || typeof item === "number" || typeof item === "boolean") {
      entries.push({ key, value: item });
    } else if (isObject(item)) {
      if ("numerator" in item || "denominator" in item) entries.push({ key, value: fraction(item, at) });
      else flatten(item, key, entries, at);
    } else {
      at.refuse("CFG034", "must be text, a number, true, false, a fraction or an object of them", { value: item });
    }
  }
}

const denominators: Readonly<Record<string, number>> = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 };

function fraction(value: JsonObject, ctx: TranslateContext): RuntimeFraction {
  const numerator = value["numerator"] ?? 0;
  const denominator = denominators[String(value["denominator"] ?? "HUNDRED")];
  if (typeof numerator !== "number" || !Number.isInteger(numerator) || numerator < 0 || denominator === undefined) {
    ctx.refuse(
      "CFG034",
      "must be a fraction: a whole numerator and a denominator of HUNDRED, TEN_THOUSAND or MILLION",
      { value },
    );
  }
  return { numerator, denominator };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const runtimeLayerFieldTables: readonly FieldTable[] = [
  { message: "envoy.config.bootstrap.v3.LayeredRuntime", honoured: ["layers"], accepted: {}, refused: {} },
  {
    message: "envoy.config.bootstrap.v3.RuntimeLayer",
    honoured: ["name", "static_layer", "admin_layer"],
    accepted: {},
    refused: {
      disk_layer: "write the values into a static_layer",
      rtds_layer: "xDS arrives in a later release; write the values into a static_layer",
    },
  },
  { message: "envoy.config.bootstrap.v3.RuntimeLayer.AdminLayer", honoured: [], accepted: {}, refused: {} },
];
