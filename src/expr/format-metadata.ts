// Operators over metadata and filter state: DYNAMIC_METADATA, METADATA, CLUSTER_METADATA, UPSTREAM_METADATA, FILTER_STATE.
import { FormatError, jsonString, Operator } from "./format-operator.ts";
import type { StreamInfo } from "./stream-info.ts";
import { toWireText } from "./wire-text.ts";

const DYNAMIC = 0, CLUSTER = 1, ROUTE = 2, UPSTREAM_HOST = 3, LISTENER = 4;
type MetadataSource = typeof DYNAMIC | typeof CLUSTER | typeof ROUTE | typeof UPSTREAM_HOST | typeof LISTENER;

/** Kinds that METADATA(kind:…) takes. */
const KINDS: Readonly<Record<string, MetadataSource>> = { DYNAMIC, CLUSTER, ROUTE, UPSTREAM_HOST, LISTENER };

function namespaceOf(info: StreamInfo, source: MetadataSource, namespace: string): Record<string, unknown> | undefined {
  switch (source) {
    case DYNAMIC:
      return info.dynamicMetadata?.get(namespace);
    case CLUSTER:
      return own(info.clusterMetadata, namespace);
    case ROUTE:
      return own(info.routeMetadata, namespace);
    case UPSTREAM_HOST:
      return own(info.hostMetadata, namespace);
    case LISTENER:
      return own(info.listenerMetadata, namespace);
  }
}

function own<T>(object: Record<string, T> | null, key: string): T | undefined {
  return object !== null && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** NAMESPACE:KEY:KEY… of one kind of metadata. */
export class MetadataOperator extends Operator {
  private readonly source: MetadataSource;
  private readonly namespace: string;
  private readonly path: readonly string[];

  constructor(source: MetadataSource, argument: string) {
    super();
    const [namespace = "", ...path] = argument.split(":");
    this.source = source;
    this.namespace = namespace;
    this.path = path;
  }

  /** The value, or undefined. */
  private find(info: StreamInfo): unknown {
    let value: unknown = namespaceOf(info, this.source, this.namespace);
    for (const key of this.path) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
      value = own(value as Record<string, unknown>, key);
    }
    return value;
  }

  text(info: StreamInfo): string | null {
    const value = this.find(info);
    if (value === undefined || value === null) return null;
    return toWireText(typeof value === "string" ? value : JSON.stringify(value));
  }

  override json(info: StreamInfo): string | null {
    const value = this.find(info);
    return value === undefined || value === null ? null : toWireText(JSON.stringify(value));
  }
}

/** Builds the operator for `name(argument)`; METADATA takes its kind first. Throws FormatError. */
export function createMetadataOperator(name: string, argument: string | null): MetadataOperator {
  if (!argument) throw new FormatError(`%${name}% must name a metadata namespace`);
  if (name === "DYNAMIC_METADATA") return new MetadataOperator(DYNAMIC, argument);
  if (name === "CLUSTER_METADATA") return new MetadataOperator(CLUSTER, argument);
  if (name === "UPSTREAM_METADATA") return new MetadataOperator(UPSTREAM_HOST, argument);
  const colon = argument.indexOf(":");
  const kind = Object.hasOwn(KINDS, argument.slice(0, colon)) ? KINDS[argument.slice(0, colon)] : undefined;
  if (kind === undefined) {
    throw new FormatError(
      `%METADATA% must be (${Object.keys(KINDS).join("|")}:NAMESPACE:KEY…): current argument is ${
        JSON.stringify(argument)
      }`,
    );
  }
  return new MetadataOperator(kind, argument.slice(colon + 1));
}

/** FILTER_STATE(KEY:PLAIN|TYPED) or FILTER_STATE(KEY:FIELD:name). Objects of filters are plain strings, numbers or JSON-like values. */
export class FilterStateOperator extends Operator {
  private readonly key: string;
  private readonly isPlain: boolean;
  private readonly field: string | null;

  constructor(argument: string | null) {
    super();
    const [key = "", form = "TYPED", field = null, ...rest] = (argument ?? "").split(":");
    const isField = form === "FIELD";
    if (
      key === "" || !["PLAIN", "TYPED", "FIELD"].includes(form) || rest.length > 0 ||
      isField !== (field !== null && field !== "")
    ) {
      throw new FormatError(
        `%FILTER_STATE% takes (KEY:PLAIN), (KEY:TYPED) or (KEY:FIELD:name): current argument is ${
          JSON.stringify(argument)
        }`,
      );
    }
    this.key = key;
    this.isPlain = form === "PLAIN";
    this.field = isField ? field : null;
  }

  private find(info: StreamInfo): unknown {
    const value = info.filterState?.get(this.key);
    if (this.field === null || value === undefined) return value;
    return typeof value === "object" && value !== null ? own(value as Record<string, unknown>, this.field) : undefined;
  }

  text(info: StreamInfo): string | null {
    const value = this.find(info);
    if (value === undefined || value === null) return null;
    const isBare = typeof value === "string" && (this.isPlain || this.field !== null);
    return toWireText(isBare ? value : JSON.stringify(value));
  }

  override json(info: StreamInfo): string | null {
    const value = this.find(info);
    if (value === undefined || value === null) return null;
    return this.isPlain && typeof value !== "string"
      ? jsonString(toWireText(JSON.stringify(value)))
      : toWireText(JSON.stringify(value));
  }
}
