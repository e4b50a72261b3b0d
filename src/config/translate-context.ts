// The context of a translation proto → RuntimeConfig: knows the path of the message in hand, reports errors and notes with it, finds extensions.
import type { Message } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { ExtensionConfig } from "../base/extension-config.ts";

/** Categories of extensions; each has its own slot in Envoy's configuration. */
export type ExtensionCategory =
  | "http_filter"
  | "network_filter"
  | "listener_filter"
  | "transport_socket"
  | "access_logger"
  | "load_balancing_policy"
  | "upstream_options"
  | "request_id"
  | "original_ip_detection"
  | "retry_host_predicate"
  | "retry_priority"
  | "formatter"
  | "header_formatter"
  | "resource_monitor"
  | "bootstrap_extension"
  | "cluster"
  | "path_matcher"
  | "tracer"
  | "stats_sink";

/** Immutable; `field`, `index` and `key` make a child context for a nested value. Translation is pure: no I/O, no clock. */
export interface TranslateContext {
  /** JSON path of the value being translated, in proto field names. */
  readonly path: string;
  /** Child context of proto field `name` (snake_case). */
  field(name: string): TranslateContext;
  /** Child context of item `i` of a repeated field. */
  index(i: number): TranslateContext;
  /** Child context of entry `key` of a map field. */
  key(key: string): TranslateContext;
  /** Refuses the value at this path. Throws ConfigError. `code` e.g. "CFG030". */
  refuse(code: string, message: string, details?: { value?: unknown; hint?: string }): never;
  /** Notes that the value at this path is accepted without effect, and why that is safe (listed once at load and in /server_info). */
  note(message: string): void;
  /**
   * Decodes the Any of an extension slot (TypedStruct forms unwrapped), validates it and runs the translator registered for
   * its type in `category`. Unknown type → refuse by name with the list of known ones. `name` is the instance name given beside the Any.
   */
  extension(category: ExtensionCategory, name: string, any: Any | undefined): ExtensionConfig;
  /** As `extension`, for a per-route override (`typed_per_filter_config`); FilterConfig wrappers (disabled, is_optional, config) are unwrapped. */
  routeExtension(name: string, any: Any): RouteExtensionConfig;
  /**
   * The message inside an Any that is no extension slot, decoded, validated and checked against its field tables;
   * `ctx` stands at the message. An empty Any or a type that cannot be decoded is refused.
   */
  unpack(any: Any): UnpackedAny;
}

export interface UnpackedAny {
  readonly typeName: string;
  readonly message: Message;
  readonly ctx: TranslateContext;
}

/** A per-route override after translation. */
export interface RouteExtensionConfig {
  /** True when the filter is switched off for this route. */
  disabled: boolean;
  /** Runtime form of the override, or null when only `disabled` was given. */
  config: ExtensionConfig | null;
}
