// The control-side half of an extension: how its proto becomes runtime configuration. (The worker-side half is `materialise`, in the extension's index.ts.)
import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { ExtensionCategory, TranslateContext } from "./translate-context.ts";
import type { FieldTable } from "./field-table.ts";

/** Maturity and trust, as Envoy's extension metadata has them. */
export type ExtensionStatus = "stable" | "alpha" | "wip";
export type SecurityPosture =
  | "robust_to_untrusted_downstream"
  | "robust_to_untrusted_downstream_and_upstream"
  | "requires_trusted_downstream_and_upstream"
  | "unknown";

/**
 * Registered in `extensions/config-index.ts`. `schema` is loaded lazily (`() => import(...)`) so that only the generated code a
 * configuration needs is initialised at start. `translate` is pure and reports errors by `ctx.refuse`.
 */
export interface ExtensionTranslator<P extends Message = Message, C = unknown> {
  readonly name: string;
  readonly category: ExtensionCategory;
  /** Full message name, e.g. `envoy.extensions.filters.http.router.v3.Router`. */
  readonly messageType: string;
  /** Message name of the per-route override where it differs from `messageType`; null when the extension takes none. */
  readonly routeMessageType: string | null;
  readonly status: ExtensionStatus;
  readonly posture: SecurityPosture;
  /** Every field of the extension's own messages: honoured, accepted (and why that is safe) or refused. */
  readonly fields: readonly FieldTable[];
  translate(proto: P, ctx: TranslateContext): C;
  translateRoute?(proto: Message, ctx: TranslateContext): unknown;
}

export type { DescMessage };
