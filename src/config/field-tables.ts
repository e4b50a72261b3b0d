// All field tables of the core resources; those of extensions come with their translators.
import { commonFieldTables } from "./common-field-tables.ts";
import type { ExtensionTranslator } from "./extension.ts";
import type { FieldTable } from "./field-table.ts";
import { accessLogFieldTables } from "./translate-access-log.ts";
import { bootstrapFieldTables } from "./translate-bootstrap.ts";
import { protocolOptionsFieldTables } from "./translate-protocol-options.ts";
import { routeFieldTables } from "./translate-route-fields.ts";
import { stringMatchFieldTables } from "./translate-string-match.ts";

export const coreFieldTables: readonly FieldTable[] = [
  ...commonFieldTables,
  ...bootstrapFieldTables,
  ...accessLogFieldTables,
  ...protocolOptionsFieldTables,
  ...stringMatchFieldTables,
  ...routeFieldTables,
  {
    message: "envoy.config.route.v3.FilterConfig",
    honoured: ["config", "is_optional", "disabled"],
    accepted: {},
    refused: {},
  },
];

/** Core tables and those of `extensions`. */
export function allFieldTables(extensions: readonly ExtensionTranslator[]): FieldTable[] {
  return [...coreFieldTables, ...extensions.flatMap((extension) => extension.fields)];
}
