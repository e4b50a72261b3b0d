// Translates header operations: *_headers_to_add and *_headers_to_remove (envoy.config.core.v3.HeaderValueOption), checked by compiling them.
import type { HeaderValueOption } from "../gen/envoy/config/core/v3/base_pb.ts";
import { HeaderValue } from "../router/header-mutations.ts";
import type { HeaderAddConfig, HeaderAppendAction, HeaderMutationsConfig } from "../router/route-config.ts";
import type { TranslateContext } from "./translate-context.ts";

/** HeaderValueOption.HeaderAppendAction by number. */
const ACTIONS: readonly HeaderAppendAction[] = [
  "appendIfExistsOrAdd",
  "addIfAbsent",
  "overwriteIfExistsOrAdd",
  "overwriteIfExists",
];
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The operations of one level; `direction` names the fields (`request_headers_to_add`, …) of the message at `ctx`. */
export function translateHeaderMutations(
  adds: readonly HeaderValueOption[],
  removes: readonly string[],
  direction: "request" | "response",
  ctx: TranslateContext,
): HeaderMutationsConfig {
  const addsAt = ctx.field(`${direction}_headers_to_add`), removesAt = ctx.field(`${direction}_headers_to_remove`);
  return {
    removes: removes.map((name, i) => translateHeaderName(name, "removed", removesAt.index(i))),
    adds: adds.map((option, i) => translateHeaderValueOption(option, addsAt.index(i))),
  };
}

export function translateHeaderValueOption(proto: HeaderValueOption, ctx: TranslateContext): HeaderAddConfig {
  const header = proto.header;
  if (header === undefined) return ctx.field("header").refuse("CFG012", "is required");
  const at = ctx.field("header");
  return {
    name: translateHeaderName(header.key, "modified", at.field("key")),
    value: translateValue(header.value, header.rawValue, at),
    action: translateAction(proto, ctx),
    keepEmptyValue: proto.keepEmptyValue,
  };
}

/** Lower-case name of a header that may be changed: no pseudo header, no host (a host is rewritten by the route). */
export function translateHeaderName(name: string, verb: "modified" | "removed", ctx: TranslateContext): string {
  const lower = name.toLowerCase();
  if (lower.startsWith(":") || lower === "host") {
    ctx.refuse("CFG063", `:-prefixed or host headers may not be ${verb}`, {
      value: name,
      hint: "rewrite the host with host_rewrite_literal and the path with prefix_rewrite or regex_rewrite of the route",
    });
  }
  if (!TOKEN.test(lower)) {
    ctx.refuse("CFG063", "must be a header name (letters, digits and !#$%&'*+-.^_`|~)", { value: name });
  }
  return lower;
}

function translateValue(text: string, raw: Uint8Array, ctx: TranslateContext): string {
  let value = text;
  if (raw.length > 0) {
    if (text !== "") ctx.refuse("CFG063", "must have value or raw_value, not both");
    try {
      value = new TextDecoder("utf-8", { fatal: true }).decode(raw);
    } catch {
      ctx.field("raw_value").refuse("CFG063", "must be UTF-8 text");
    }
  }
  const at = ctx.field(raw.length > 0 ? "raw_value" : "value");
  // deno-lint-ignore no-control-regex
  if (/[\0\r\n]/.test(value)) at.refuse("CFG063", "must not hold line ends or NUL", { value });
  try {
    new HeaderValue(value);
  } catch (error) {
    at.refuse("CFG081", error instanceof Error ? error.message : String(error), { value });
  }
  return value;
}

function translateAction(proto: HeaderValueOption, ctx: TranslateContext): HeaderAppendAction {
  if (proto.append === undefined) return ACTIONS[proto.appendAction]!;
  if (proto.appendAction !== 0) {
    ctx.field("append").refuse("CFG063", "cannot stand beside append_action", { hint: "remove append" });
  }
  return proto.append ? "appendIfExistsOrAdd" : "overwriteIfExistsOrAdd";
}
