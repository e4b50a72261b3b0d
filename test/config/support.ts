// Helpers for tests of translators: messages decoded from YAML as production decodes them, and contexts to translate with.
import { MessageDecoder } from "../../src/config/decode-message.ts";
import type { MutableMessage } from "../../src/config/create-message.ts";
import { createTranslateContext } from "../../src/config/create-translate-context.ts";
import type { ExtensionTranslator } from "../../src/config/extension.ts";
import { ExtensionRegistry } from "../../src/config/extension-registry.ts";
import { PathLocator } from "../../src/config/locate.ts";
import { parseYaml } from "../../src/config/parse-yaml.ts";
import { ProblemSink } from "../../src/config/problem-sink.ts";
import { protoTypes } from "../../src/config/proto-types.ts";
import type { TranslateContext } from "../../src/config/translate-context.ts";

/** The message `messageName` that `text` (YAML or JSON) describes. Throws ConfigError when it cannot be decoded. */
export function decodeText<T = MutableMessage>(messageName: string, text: string): T {
  const source = { name: "test.yaml", text };
  const root = parseYaml(source);
  if (root === null) throw new Error("empty text");
  const sink = new ProblemSink();
  sink.useLocator(new PathLocator([root]));
  const message = new MessageDecoder(protoTypes(), sink, false).decode(
    root,
    protoTypes().requireMessage(messageName),
    "",
  );
  sink.throwIfAny([source]);
  return message as T;
}

/** A context over `extensions`; its notes are in `sink`. */
export function testContext(
  extensions: readonly ExtensionTranslator[] = [],
  path = "",
): { ctx: TranslateContext; sink: ProblemSink } {
  const sink = new ProblemSink();
  return { ctx: createTranslateContext(new ExtensionRegistry(extensions), sink, path), sink };
}
