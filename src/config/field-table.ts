// Field tables: for each supported message, which fields are honoured, accepted without effect, or refused. No field is dropped in silence.

/**
 * Declared once per message. A test walks the descriptors and fails for a field that stands in none of the three.
 * `lamina fields` and the generated docs page print them. A refused or accepted field counts only when it is set to a non-default value.
 */
export interface FieldTable {
  /** Full message name, e.g. `envoy.config.listener.v3.Listener`. */
  readonly message: string;
  /** Proto field names that have their full effect. */
  readonly honoured: readonly string[];
  /** Field name → why ignoring it is safe. */
  readonly accepted: Readonly<Record<string, string>>;
  /** Field name → what to do instead. Setting one is a ConfigError. */
  readonly refused: Readonly<Record<string, string>>;
}
