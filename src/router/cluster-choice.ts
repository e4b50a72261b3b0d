// How a route names its cluster: fixed, by a request header, or by weights.
import type { HeaderBlock } from "../base/header-block.ts";
import { type HeaderId, headerNameOf, internHeaderName } from "../base/header-names.ts";
import type { ClusterChoiceConfig } from "./route-config.ts";
import type { RouteRequest } from "./route-request.ts";
import type { RouteRuntime } from "./route-runtime.ts";

/** A cluster named outright or by a request header. */
export class ClusterName {
  /** Fixed name; empty when a header gives it. */
  readonly name: string;
  private readonly header: HeaderId;

  constructor(name: string, header: string) {
    this.name = name;
    this.header = header === "" ? 0 : internHeaderName(header);
  }

  /** Empty when the header is absent. */
  resolve(headers: HeaderBlock): string {
    return this.header === 0 ? this.name : headers.get(this.header) ?? "";
  }

  describe(): string {
    return this.header === 0 ? this.name : `the value of header ${headerNameOf(this.header)}`;
  }
}

/** Weighted choice: the interval of a value modulo the sum of the weights (Envoy: pickWeightedCluster). */
export class WeightedChoice {
  private readonly weights: readonly number[];
  private readonly keys: readonly string[];
  private readonly header: HeaderId;
  private readonly runtime: RouteRuntime;

  constructor(config: Extract<ClusterChoiceConfig, { kind: "weighted" }>, runtime: RouteRuntime) {
    this.weights = config.clusters.map((cluster) => cluster.weight);
    this.keys = config.runtimeKeyPrefix === ""
      ? []
      : config.clusters.map((cluster) => `${config.runtimeKeyPrefix}.${cluster.name}`);
    this.header = config.randomHeader === "" ? 0 : internHeaderName(config.randomHeader);
    this.runtime = runtime;
  }

  /** Index of the chosen cluster, deterministic for a random value or header value. */
  pick(request: RouteRequest): number {
    let total = 0;
    for (let i = 0; i < this.weights.length; i++) total += this.weight(i);
    // Runtime may have set every weight to zero.
    if (total === 0) return 0;
    let position = this.header === 0 ? -1 : remainderOf(request.headers.get(this.header), total);
    if (position < 0) position = request.random % total;
    for (let i = 0; i < this.weights.length; i++) {
      position -= this.weight(i);
      if (position < 0) return i;
    }
    return this.weights.length - 1;
  }

  private weight(i: number): number {
    const weight = this.weights[i]!;
    return this.keys.length === 0 ? weight : Math.max(0, this.runtime.getInteger(this.keys[i]!, weight));
  }
}

const MAX_UINT64 = "18446744073709551615";

/** Unsigned 64-bit decimal `text` modulo `divisor` (below 2^33), or -1 when it is none. */
function remainderOf(text: string | null, divisor: number): number {
  if (text === null || text === "" || text.length > 20 || (text.length === 20 && text > MAX_UINT64)) return -1;
  let remainder = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    remainder = (remainder * 10 + digit) % divisor;
  }
  return remainder;
}
