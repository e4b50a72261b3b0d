// Mirror policies compiled (envoy.config.route.v3.RouteAction.RequestMirrorPolicy).
import type { HeaderBlock } from "../base/header-block.ts";
import { type HeaderId, internHeaderName } from "../base/header-names.ts";
import { randomUint32 } from "../platform/random.ts";
import type { MirrorPolicyConfig } from "./route-config.ts";
import { type FractionConfig, isInFraction, type RouteRuntime } from "./route-runtime.ts";

export class MirrorPolicy {
  readonly appendsShadowSuffix: boolean;
  private readonly cluster: string;
  private readonly clusterHeader: HeaderId;
  private readonly fraction: FractionConfig | null;

  constructor(config: MirrorPolicyConfig) {
    this.appendsShadowSuffix = config.appendsShadowSuffix;
    this.cluster = config.cluster;
    this.clusterHeader = config.clusterHeader === "" ? 0 : internHeaderName(config.clusterHeader);
    this.fraction = config.fraction;
  }

  /** Whether this request is mirrored; chance decides anew at each call. */
  isChosen(runtime: RouteRuntime): boolean {
    return this.fraction === null || isInFraction(this.fraction, runtime, randomUint32());
  }

  /** Name of the cluster that gets the copy; empty when the header that should name it is absent. */
  clusterName(headers: HeaderBlock): string {
    return this.clusterHeader === 0 ? this.cluster : headers.get(this.clusterHeader) ?? "";
  }
}
