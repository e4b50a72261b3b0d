// What an Any holds after it was unpacked, kept beside the Any message: translators, validation and dumps share one decoding.
import type { Message } from "@bufbuild/protobuf";
import type { ConfigNode } from "./source-node.ts";

export interface DecodedAny {
  /** Full name of the message inside; for a TypedStruct, the type that it stands for. */
  readonly typeName: string;
  readonly message: Message;
  /** What to append to the path of the Any to reach the message: "" or ".value" (TypedStruct, well-known types). */
  readonly pathSuffix: string;
  /** Set for TypedStruct forms, to print them as they were given. */
  readonly typedStruct:
    | { readonly outerType: string; readonly typeUrl: string; readonly value: ConfigNode | undefined }
    | null;
}

/**
 * An Any is `{$typeName, typeUrl, value}`. One that was decoded from text carries no bytes (`value` is empty): its message stands here,
 * and `encodeMessage` of `binary-any.ts` makes bytes when they are wanted.
 */
const decodedAnys = new WeakMap<object, DecodedAny>();

export function setDecodedAny(any: object, decoded: DecodedAny): void {
  decodedAnys.set(any, decoded);
}

/** The unpacked content of an Any that came from text or was unpacked before. */
export function decodedAnyOf(any: object): DecodedAny | undefined {
  return decodedAnys.get(any);
}

/** Message name of a type URL: what follows the last slash. Undefined when there is no slash or nothing after it. */
export function typeNameOfUrl(typeUrl: string): string | undefined {
  const slash = typeUrl.lastIndexOf("/");
  return slash === -1 || slash === typeUrl.length - 1 ? undefined : typeUrl.slice(slash + 1);
}

/** Both forms: a Struct with the type URL of the message that it stands for. */
export function isTypedStruct(typeName: string): boolean {
  return typeName === "udpa.type.v1.TypedStruct" || typeName === "xds.type.v3.TypedStruct";
}
