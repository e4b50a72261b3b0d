// The runtime form of any extension in a RuntimeConfig: plain data that survives JSON, materialised by the worker-side factory of the same name.

export interface ExtensionConfig {
  /** Canonical extension name, key of the factory lists (e.g. `envoy.filters.http.router`). */
  readonly factory: string;
  /** Name given in the configuration (may differ; per-route overrides are keyed by it). */
  readonly name: string;
  /** Translated configuration: JSON-safe. */
  readonly config: unknown;
  /** HTTP filters only: created for no request unless a route enables it (`HttpFilter.disabled`). */
  readonly disabled?: boolean;
}
