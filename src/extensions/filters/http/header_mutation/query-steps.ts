// Edits of the query of a request target: parameters are compared decoded, those that stay keep their bytes, new ones are percent-encoded.
import type { StreamInfo } from "../../../../expr/stream-info.ts";
import { toWireText } from "../../../../expr/wire-text.ts";
import { HeaderValue } from "../../../../router/header-mutations.ts";
import type { QueryStepConfig } from "./header-mutation-config.ts";

/** One parameter: `key` decoded for comparison, `text` as it goes out (`key=value`). */
interface Parameter {
  readonly key: string;
  text: string;
}

class QueryStep {
  readonly config: QueryStepConfig;
  readonly key: string;
  readonly encodedKey: string;
  readonly value: HeaderValue | null;

  constructor(config: QueryStepConfig) {
    this.config = config;
    this.key = toWireText(config.key);
    this.encodedKey = encodeComponent(this.key);
    this.value = config.kind === "append" ? new HeaderValue(config.value) : null;
  }
}

export class QuerySteps {
  private readonly steps: readonly QueryStep[];

  /** Throws Error when a format is bad. */
  constructor(configs: readonly QueryStepConfig[]) {
    this.steps = configs.map((config) => new QueryStep(config));
  }

  get isEmpty(): boolean {
    return this.steps.length === 0;
  }

  /** The target with its new query. Parameters come out in order of their keys, as Envoy 1.40 writes them. */
  rewrite(target: string, info: StreamInfo): string {
    const question = target.indexOf("?");
    const path = question < 0 ? target : target.slice(0, question);
    let parameters = question < 0 ? [] : parseQuery(target.slice(question + 1));
    for (const step of this.steps) parameters = applyStep(step, parameters, info);
    if (parameters.length === 0) return path;
    parameters.sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
    return `${path}?${parameters.map((parameter) => parameter.text).join("&")}`;
  }
}

function applyStep(step: QueryStep, parameters: Parameter[], info: StreamInfo): Parameter[] {
  const { config, key } = step;
  if (config.kind === "remove") return parameters.filter((parameter) => parameter.key !== key);
  const exists = parameters.some((parameter) => parameter.key === key);
  if (config.action === "addIfAbsent" ? exists : config.action === "overwriteIfExists" && !exists) return parameters;
  const added = { key, text: `${step.encodedKey}=${encodeComponent(step.value!.evaluate(info))}` };
  const isOverwrite = config.action === "overwriteIfExists" || config.action === "overwriteIfExistsOrAdd";
  const kept = isOverwrite ? parameters.filter((parameter) => parameter.key !== key) : parameters;
  kept.push(added);
  return kept;
}

/** A parameter without `=` gets one; an empty query has none. */
function parseQuery(query: string): Parameter[] {
  if (query === "") return [];
  return query.split("&").map((part) => {
    const equals = part.indexOf("=");
    return { key: decode(equals < 0 ? part : part.slice(0, equals)), text: equals < 0 ? `${part}=` : part };
  });
}

/** Percent-decoded latin1 text; malformed escapes stay. */
function decode(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** Everything but letters, digits and `* - . _` is escaped. `text` is latin1. */
function encodeComponent(text: string): string {
  if (/^[A-Za-z0-9*\-._]*$/.test(text)) return text;
  return text.replace(
    /[^A-Za-z0-9*\-._]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
