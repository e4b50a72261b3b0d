// SubstitutionFormatString → the format of log lines and bodies (envoy.config.core.v3), checked by compiling it.
import type { DataSource } from "../gen/envoy/config/core/v3/base_pb.ts";
import type { SubstitutionFormatString } from "../gen/envoy/config/core/v3/substitution_format_string_pb.ts";
import { compileFormat, compileJsonFormat, FormatError } from "../expr/formatter.ts";
import type { LineFormatConfig } from "../observe/access-log-config.ts";
import type { FieldTable } from "./field-table.ts";
import type { TranslateContext } from "./translate-context.ts";

/** Refuses what does not compile: unknown operators, bad arguments. */
export function translateLineFormat(proto: SubstitutionFormatString, ctx: TranslateContext): LineFormatConfig {
  // Operators of the known formatter extensions are built in; an unknown extension is refused here by name.
  proto.formatters.forEach((formatter, i) => {
    ctx.field("formatters").index(i).field("typed_config").extension(
      "formatter",
      formatter.name,
      formatter.typedConfig,
    );
  });
  const omitEmptyValues = proto.omitEmptyValues;
  switch (proto.format.case) {
    case "jsonFormat":
      return jsonLineFormat(proto.format.value, omitEmptyValues, ctx.field("json_format"));
    case "textFormat":
      return textLineFormat(proto.format.value, omitEmptyValues, ctx.field("text_format"));
    case "textFormatSource": {
      const at = ctx.field("text_format_source");
      return textLineFormat(inlineText(proto.format.value, at), omitEmptyValues, at);
    }
    default:
      return ctx.refuse("CFG080", "must have json_format, text_format or text_format_source");
  }
}

/** Checks and wraps a text format. */
export function textLineFormat(format: string, omitEmptyValues: boolean, ctx: TranslateContext): LineFormatConfig {
  checked(ctx, () => compileFormat(format));
  return { kind: "text", format, omitEmptyValues };
}

/** Checks and wraps a JSON format. */
export function jsonLineFormat(
  format: Record<string, unknown>,
  omitEmptyValues: boolean,
  ctx: TranslateContext,
): LineFormatConfig {
  checked(ctx, () => compileJsonFormat(format));
  return { kind: "json", format, omitEmptyValues };
}

function checked(ctx: TranslateContext, compile: () => unknown): void {
  try {
    compile();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    ctx.refuse("CFG081", error.message, { hint: "`lamina help CFG081` lists where the operators are explained" });
  }
}

function inlineText(source: DataSource, ctx: TranslateContext): string {
  if (source.specifier.case === "inlineString") return source.specifier.value;
  if (source.specifier.case === "inlineBytes") return Buffer.from(source.specifier.value).toString("utf8");
  return ctx.refuse("CFG082", "a format must stand in the configuration: give inline_string or inline_bytes");
}

export const lineFormatFieldTables: readonly FieldTable[] = [
  {
    message: "envoy.config.core.v3.SubstitutionFormatString",
    honoured: ["text_format", "json_format", "text_format_source", "omit_empty_values", "content_type", "formatters"],
    accepted: { json_format_options: "keys of JSON lines are always sorted, as Envoy 1.40 prints them" },
    refused: {},
  },
  {
    message: "envoy.config.core.v3.JsonFormatOptions",
    honoured: [],
    accepted: { sort_properties: "keys of JSON lines are always sorted, as Envoy 1.40 prints them" },
    refused: {},
  },
];
