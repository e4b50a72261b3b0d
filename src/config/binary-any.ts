// Anys that carry bytes (xDS resources): decoded by the generated descriptors, which are loaded file by file as types are met.
import { type DescFile, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { fileLoaders, fileTypes } from "../gen/descriptors.ts";
import { createMessage, type MutableMessage } from "./create-message.ts";
import { MessageDecoder } from "./decode-message.ts";
import { decodedAnyOf, isTypedStruct, setDecodedAny, typeNameOfUrl } from "./decoded-any.ts";
import type { ProblemSink } from "./problem-sink.ts";
import { maxNodeDepth, nodeToValue } from "./source-node.ts";
import type { TypeTable } from "./type-table.ts";
import { forEachAny } from "./walk-anys.ts";

let loaderByType: Map<string, number> | null = null;
const descriptors = new Map<string, DescMessage>();

/** The generated descriptor of a message; undefined when this build does not have it. Loads its file (and what that imports) once. */
export function messageDescriptor(name: string): DescMessage | undefined {
  const known = descriptors.get(name);
  if (known !== undefined) return known;
  if (loaderByType === null) {
    loaderByType = new Map();
    for (const [i, names] of fileTypes.entries()) for (const type of names.split(" ")) loaderByType.set(type, i);
  }
  const loader = fileLoaders[loaderByType.get(name) ?? -1];
  if (loader !== undefined) addMessages((loader() as DescFile).messages);
  return descriptors.get(name);
}

function addMessages(messages: readonly DescMessage[]): void {
  for (const message of messages) {
    descriptors.set(message.typeName, message);
    addMessages(message.nestedMessages);
  }
}

/**
 * Unpacks the Anys in messages that came as bytes, so that validation, field tables and translators find them as they find those of
 * text. A type that this build does not know stays packed: the slot that needs it refuses it by name.
 */
export class AnyUnpacker {
  readonly #types: TypeTable;
  readonly #sink: ProblemSink;
  readonly #decoder: MessageDecoder;

  /** `allowUnknownFields` is about the JSON of TypedStructs. */
  constructor(types: TypeTable, sink: ProblemSink, allowUnknownFields: boolean) {
    this.#types = types;
    this.#sink = sink;
    this.#decoder = new MessageDecoder(types, sink, allowUnknownFields);
  }

  /** Unpacks `any` and what is below it. Undefined (and a problem) when it cannot be. */
  unpackAny(any: Any, path: string, depth = 0): MutableMessage | undefined {
    const done = decodedAnyOf(any);
    if (done !== undefined) return done.message as MutableMessage;
    const name = typeNameOfUrl(any.typeUrl);
    const descriptor = name === undefined ? undefined : messageDescriptor(name);
    if (descriptor === undefined || name === undefined) return undefined;
    let message: MutableMessage;
    try {
      message = fromBinary(descriptor, any.value) as MutableMessage;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#sink.add("CFG023", path, `is not a ${name}: ${reason}`);
      return undefined;
    }
    if (isTypedStruct(name)) return this.#typedStruct(any, name, message, path);
    setDecodedAny(any, { typeName: name, message, pathSuffix: "", typedStruct: null });
    this.unpackBelow(message, path, depth + 1);
    return message;
  }

  /** Unpacks all Anys below `message`. */
  unpackBelow(message: MutableMessage, path: string, depth = 0): void {
    if (depth > maxNodeDepth) {
      this.#sink.add("CFG003", path, `Anys are nested deeper than ${maxNodeDepth} levels`);
      return;
    }
    forEachAny(this.#types, message, path, (any, at) => this.unpackAny(any, at, depth));
  }

  #typedStruct(any: Any, outerType: string, struct: MutableMessage, path: string): MutableMessage | undefined {
    const typeUrl = struct["typeUrl"] as string;
    const decoded = this.#decoder.decodeStructAs(typeUrl, struct["value"], path);
    if (decoded === undefined) return undefined;
    setDecodedAny(any, {
      typeName: decoded.typeName,
      message: decoded.message,
      pathSuffix: ".value",
      typedStruct: { outerType, typeUrl, value: decoded.value },
    });
    return decoded.message;
  }
}

/**
 * Bytes of a message of text origin, its Anys encoded on the way. Throws when a type has no descriptor here.
 */
export function encodeMessage(types: TypeTable, message: MutableMessage): Uint8Array {
  const descriptor = messageDescriptor(message.$typeName);
  if (descriptor === undefined) throw new Error(`no descriptor for ${message.$typeName}`);
  forEachAny(types, message, "", (any) => fillBytes(types, any));
  return toBinary(descriptor, message);
}

function fillBytes(types: TypeTable, any: Any): void {
  const decoded = decodedAnyOf(any);
  if (decoded === undefined || any.value.length > 0) return;
  if (decoded.typedStruct === null) {
    any.value = encodeMessage(types, decoded.message as MutableMessage);
    return;
  }
  const { outerType, typeUrl, value } = decoded.typedStruct;
  const struct = createMessage(types.requireMessage(outerType));
  struct["typeUrl"] = typeUrl;
  if (value !== undefined) struct["value"] = nodeToValue(value);
  any.value = encodeMessage(types, struct);
}
