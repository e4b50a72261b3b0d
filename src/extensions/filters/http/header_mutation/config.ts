// HeaderMutation and HeaderMutationPerRoute protos → HeaderMutationConfig (envoy.extensions.filters.http.header_mutation.v3).
import type { HeaderMutation as HeaderStep } from "../../../../gen/envoy/config/common/mutation_rules/v3/mutation_rules_pb.ts";
import type { KeyValueMutation } from "../../../../gen/envoy/config/core/v3/base_pb.ts";
import type {
  HeaderMutation,
  HeaderMutationPerRoute,
  Mutations,
} from "../../../../gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.ts";
import type { Message } from "@bufbuild/protobuf";
import type { ExtensionTranslator } from "../../../../config/extension.ts";
import type { TranslateContext } from "../../../../config/translate-context.ts";
import { translateHeaderName, translateHeaderValueOption } from "../../../../config/translate-header-mutation.ts";
import { textLineFormat } from "../../../../config/translate-line-format.ts";
import { translateStringMatcher } from "../../../../config/translate-string-match.ts";
import type {
  HeaderMutationConfig,
  HeaderStepConfig,
  MutationsConfig,
  QueryStepConfig,
} from "./header-mutation-config.ts";

const MESSAGE = "envoy.extensions.filters.http.header_mutation.v3";
/** KeyValueAppend.KeyValueAppendAction by number. */
const ACTIONS = ["appendIfExistsOrAdd", "addIfAbsent", "overwriteIfExistsOrAdd", "overwriteIfExists"] as const;
const NO_STEPS = "needs one action: remove, append or remove_on_match";

export const headerMutation: ExtensionTranslator<HeaderMutation, HeaderMutationConfig> = {
  name: "envoy.filters.http.header_mutation",
  category: "http_filter",
  messageType: `${MESSAGE}.HeaderMutation`,
  routeMessageType: `${MESSAGE}.HeaderMutationPerRoute`,
  status: "alpha",
  posture: "unknown",
  fields: [
    {
      message: `${MESSAGE}.HeaderMutation`,
      honoured: ["mutations", "most_specific_header_mutations_wins"],
      accepted: {},
      refused: {},
    },
    { message: `${MESSAGE}.HeaderMutationPerRoute`, honoured: ["mutations"], accepted: {}, refused: {} },
    {
      message: `${MESSAGE}.Mutations`,
      honoured: [
        "request_mutations",
        "query_parameter_mutations",
        "response_mutations",
        "response_trailers_mutations",
        "request_trailers_mutations",
        "formatters",
      ],
      accepted: {},
      refused: {},
    },
    {
      message: "envoy.config.common.mutation_rules.v3.HeaderMutation",
      honoured: ["remove", "append", "remove_on_match"],
      accepted: {},
      refused: {},
    },
    {
      message: "envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch",
      honoured: ["key_matcher"],
      accepted: {},
      refused: {},
    },
    { message: "envoy.config.core.v3.KeyValueMutation", honoured: ["append", "remove"], accepted: {}, refused: {} },
    {
      message: "envoy.config.core.v3.KeyValueAppend",
      honoured: ["record", "action"],
      accepted: {},
      refused: { entry: "give record: Envoy reads no entry here either" },
    },
    { message: "envoy.config.core.v3.KeyValuePair", honoured: ["key", "value"], accepted: {}, refused: {} },
  ],
  translate: (proto, ctx) => ({
    mutations: translateMutations(proto.mutations, ctx.field("mutations")),
    mostSpecificWins: proto.mostSpecificHeaderMutationsWins,
  }),
  translateRoute: (proto: Message, ctx) =>
    translateMutations((proto as HeaderMutationPerRoute).mutations, ctx.field("mutations")),
};

function translateMutations(proto: Mutations | undefined, ctx: TranslateContext): MutationsConfig {
  // Operators of the known formatter extensions are built in; an unknown one is refused here by name.
  proto?.formatters.forEach((formatter, i) => {
    ctx.field("formatters").index(i).field("typed_config")
      .extension("formatter", formatter.name, formatter.typedConfig);
  });
  return {
    requestHeaders: translateSteps(proto?.requestMutations ?? [], ctx.field("request_mutations")),
    queryParameters: (proto?.queryParameterMutations ?? [])
      .map((step, i) => translateQueryStep(step, ctx.field("query_parameter_mutations").index(i))),
    requestTrailers: translateSteps(proto?.requestTrailersMutations ?? [], ctx.field("request_trailers_mutations")),
    responseHeaders: translateSteps(proto?.responseMutations ?? [], ctx.field("response_mutations")),
    responseTrailers: translateSteps(proto?.responseTrailersMutations ?? [], ctx.field("response_trailers_mutations")),
  };
}

function translateSteps(steps: readonly HeaderStep[], ctx: TranslateContext): HeaderStepConfig[] {
  return steps.map((step, i) => translateStep(step, ctx.index(i)));
}

function translateStep({ action }: HeaderStep, ctx: TranslateContext): HeaderStepConfig {
  switch (action.case) {
    case "remove":
      return { kind: "remove", name: translateHeaderName(action.value, "removed", ctx.field("remove")) };
    case "append":
      return { kind: "append", add: translateHeaderValueOption(action.value, ctx.field("append")) };
    case "removeOnMatch": {
      const at = ctx.field("remove_on_match").field("key_matcher");
      const matcher = action.value.keyMatcher;
      if (matcher === undefined) return at.refuse("CFG012", "is required");
      return { kind: "removeOnMatch", match: translateStringMatcher(matcher, at) };
    }
    default:
      return ctx.refuse("CFG012", NO_STEPS);
  }
}

function translateQueryStep(proto: KeyValueMutation, ctx: TranslateContext): QueryStepConfig {
  const { append, remove } = proto;
  if (append !== undefined && remove !== "") ctx.refuse("CFG077", "must have append or remove, not both");
  if (append === undefined) {
    return remove === "" ? ctx.refuse("CFG077", "must have append or remove") : { kind: "remove", key: remove };
  }
  const at = ctx.field("append"), recordAt = at.field("record"), record = append.record;
  if (record === undefined) return recordAt.refuse("CFG077", "is required");
  const kind = record.value?.kind;
  if (kind?.case !== "stringValue") return recordAt.field("value").refuse("CFG077", "must be a string");
  textLineFormat(kind.value, true, recordAt.field("value"));
  return { kind: "append", key: record.key, value: kind.value, action: ACTIONS[append.action]! };
}
