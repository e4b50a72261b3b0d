// Formatter extensions whose operators are built in: naming them in `formatters` changes nothing (envoy.extensions.formatter.*).
import type { ExtensionTranslator } from "../../../config/extension.ts";

function builtIn(name: string, messageType: string): ExtensionTranslator {
  return {
    name,
    category: "formatter",
    messageType,
    routeMessageType: null,
    status: "stable",
    posture: "robust_to_untrusted_downstream",
    fields: [{ message: messageType, honoured: [], accepted: {}, refused: {} }],
    translate: () => ({}),
  };
}

/** `%REQ_WITHOUT_QUERY%`. */
export const reqWithoutQueryFormatter = builtIn(
  "envoy.formatter.req_without_query",
  "envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery",
);
/** `%METADATA%`. */
export const metadataFormatter = builtIn("envoy.formatter.metadata", "envoy.extensions.formatter.metadata.v3.Metadata");
