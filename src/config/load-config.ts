// Loads a bootstrap: texts → messages → validated, held against the field tables → runtime form. The one entry for static configuration.
import type { Bootstrap } from "../gen/envoy/config/bootstrap/v3/bootstrap_pb.ts";
import { validateRules } from "../gen/validate-rules.ts";
import { ConfigError } from "./config-error.ts";
import type { MutableMessage } from "./create-message.ts";
import { createTranslateContext } from "./create-translate-context.ts";
import { MessageDecoder } from "./decode-message.ts";
import { FieldEnforcer, indexFieldTables } from "./enforce-fields.ts";
import type { ExtensionTranslator } from "./extension.ts";
import { ExtensionRegistry } from "./extension-registry.ts";
import { allFieldTables } from "./field-tables.ts";
import { PathLocator } from "./locate.ts";
import { mergeMessage } from "./merge-message.ts";
import { type JsonValue, messageToJson } from "./message-to-json.ts";
import { RuleChecker } from "./pgv.ts";
import { type ConfigNote, ProblemSink } from "./problem-sink.ts";
import { protoTypes } from "./proto-types.ts";
import { parseSource, readSource } from "./read-source.ts";
import type { RuntimeBootstrap } from "./runtime-bootstrap.ts";
import { adaptShortForm, isShortForm } from "./short-form.ts";
import type { ConfigNode, ConfigSource } from "./source-node.ts";
import { type ResourceTranslators, translateBootstrap } from "./translate-bootstrap.ts";

export interface LoadOptions {
  /** Files of `-c`; several are merged in their order. */
  readonly files: readonly string[];
  /** Text of `--config-yaml`, merged over the files; empty for none. */
  readonly configYaml?: string;
  /** Texts that are no files (standard input, tests), merged after `files`. */
  readonly texts?: readonly ConfigSource[];
  /** `--allow-unknown-static-fields`: unknown fields are counted and noted instead of refused. */
  readonly allowUnknownStaticFields?: boolean;
  /** Translators of all extensions of this build (`extensions/config-index.ts`). */
  readonly extensions: readonly ExtensionTranslator[];
  readonly translators: ResourceTranslators;
}

export interface LoadedConfig {
  readonly bootstrap: RuntimeBootstrap;
  /** What is accepted without effect, once each; for the start-up log and /server_info. */
  readonly notes: readonly ConfigNote[];
  /** Count for `server.static_unknown_fields`. */
  readonly unknownFields: number;
  readonly sources: readonly ConfigSource[];
  /** The merged bootstrap message, before translation. */
  readonly message: Bootstrap;
  /** It as proto JSON with secrets redacted, for /config_dump; computed when called. */
  rawBootstrap(): JsonValue;
}

/** Loads, or throws ConfigError with all problems that one pass can find (and `sources` for excerpts). */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const sources: ConfigSource[] = [];
  for (const file of options.files) sources.push(await readSource(file));
  return loadConfigTexts([...sources, ...options.texts ?? []], options);
}

/** As `loadConfig`, of texts that are in memory; `files` and `texts` of the options are not read. */
export function loadConfigTexts(texts: readonly ConfigSource[], options: LoadOptions): LoadedConfig {
  const overlay = options.configYaml ?? "";
  const sources = overlay.trim() === "" ? texts : [...texts, { name: "--config-yaml", text: overlay }];
  const sink = new ProblemSink();
  const message = readBootstrap(sources, sink, options.allowUnknownStaticFields ?? false);
  const types = protoTypes();
  new RuleChecker(types, validateRules, sink).check(message, "");
  new FieldEnforcer(types, indexFieldTables(allFieldTables(options.extensions)), sink).check(message, "");
  sink.throwIfAny(sources);
  const proto = message as unknown as Bootstrap;
  const context = createTranslateContext(new ExtensionRegistry(options.extensions), sink);
  const bootstrap = translateBootstrap(proto, context, options.translators, sink);
  sink.throwIfAny(sources);
  return {
    bootstrap,
    notes: sink.notes,
    unknownFields: sink.unknownFields,
    sources,
    message: proto,
    rawBootstrap: () => messageToJson(types, message),
  };
}

/**
 * Parses, decodes and merges `sources` in their order; the short form is adapted. Nothing is validated yet. `sink` then finds places
 * by path. Throws ConfigError when a text or a value in it cannot be read.
 */
export function readBootstrap(
  sources: readonly ConfigSource[],
  sink: ProblemSink,
  allowUnknownFields: boolean,
): MutableMessage {
  if (sources.length === 0) {
    throw new ConfigError([{
      code: "CFG006",
      path: "",
      message: "no configuration: give -c FILE or --config-yaml TEXT",
    }]);
  }
  const roots = parseRoots(sources, sink);
  const types = protoTypes();
  const type = types.requireMessage("envoy.config.bootstrap.v3.Bootstrap");
  const decoder = new MessageDecoder(types, sink, allowUnknownFields);
  const messages = roots.map((root) => {
    // Paths are those of one text until it is merged.
    sink.useLocator(new PathLocator([root]));
    return decoder.decode(root, type, "");
  });
  sink.throwIfAny(sources);
  const merged = messages[0] as MutableMessage;
  for (const message of messages.slice(1)) mergeMessage(types, merged, message);
  sink.useLocator(new PathLocator(roots));
  return merged;
}

function parseRoots(sources: readonly ConfigSource[], sink: ProblemSink): ConfigNode[] {
  const roots: ConfigNode[] = [];
  for (const source of sources) {
    try {
      const root = parseSource(source);
      if (root === null) sink.push({ code: "CFG006", path: "", message: `${source.name} is empty` });
      else roots.push(isShortForm(root) ? adaptShortForm(root) : root);
    } catch (error) {
      sink.absorb(error);
    }
  }
  sink.throwIfAny(sources);
  return roots;
}
