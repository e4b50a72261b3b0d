// TranslateContext over a registry of extensions: the one that static loading and xDS use.
import type { Message } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { FilterConfig } from "../gen/envoy/config/route/v3/route_components_pb.ts";
import type { ExtensionConfig } from "../base/extension-config.ts";
import { ConfigError } from "./config-error.ts";
import { decodedAnyOf, typeNameOfUrl } from "./decoded-any.ts";
import type { ExtensionTranslator } from "./extension.ts";
import type { ExtensionRegistry } from "./extension-registry.ts";
import { fieldPath, indexPath, keyPath } from "./locate.ts";
import { nearestName } from "./nearest-name.ts";
import { makeProblem, type ProblemSink } from "./problem-sink.ts";
import type { ExtensionCategory, RouteExtensionConfig, TranslateContext, UnpackedAny } from "./translate-context.ts";

const filterConfigType = "envoy.config.route.v3.FilterConfig";

/** Context of the message at `path`. Its Anys must have been decoded (text) or unpacked (bytes) before. */
export function createTranslateContext(registry: ExtensionRegistry, sink: ProblemSink, path = ""): TranslateContext {
  return new PathContext(registry, sink, path);
}

class PathContext implements TranslateContext {
  readonly path: string;
  readonly #registry: ExtensionRegistry;
  readonly #sink: ProblemSink;

  constructor(registry: ExtensionRegistry, sink: ProblemSink, path: string) {
    this.#registry = registry;
    this.#sink = sink;
    this.path = path;
  }

  field(name: string): TranslateContext {
    return this.#at(fieldPath(this.path, name));
  }

  index(i: number): TranslateContext {
    return this.#at(indexPath(this.path, i));
  }

  key(key: string): TranslateContext {
    return this.#at(keyPath(this.path, key));
  }

  refuse(code: string, message: string, details: { value?: unknown; hint?: string } = {}): never {
    throw new ConfigError([makeProblem(code, this.path, message, details)]);
  }

  note(message: string): void {
    this.#sink.note(this.path, message);
  }

  extension(category: ExtensionCategory, name: string, any: Any | undefined): ExtensionConfig {
    const unpacked = this.#unpackFor(any, labelOf(category), () => this.#registry.typesOf(category));
    const extension = this.#registry.find(category, unpacked.typeName);
    if (extension === undefined) {
      this.#refuseType(unpacked.typeName, labelOf(category), this.#registry.typesOf(category));
    }
    return { factory: extension.name, name, config: runTranslator(extension, unpacked.message, unpacked.ctx, false) };
  }

  routeExtension(name: string, any: Any): RouteExtensionConfig {
    const types = () => [...this.#registry.routeTypes(), filterConfigType];
    const unpacked = this.#unpackFor(any, "per-route override", types);
    if (unpacked.typeName !== filterConfigType) return { disabled: false, config: this.#routeOverride(name, unpacked) };
    const wrapper = unpacked.message as FilterConfig;
    if (wrapper.config === undefined || wrapper.config.typeUrl === "") {
      if (!wrapper.disabled) unpacked.ctx.refuse("CFG033", "must have config, or disabled: true");
      return { disabled: true, config: null };
    }
    const inner = unpacked.ctx.field("config");
    if (wrapper.isOptional) {
      const typeName = typeNameOfUrl(wrapper.config.typeUrl);
      const content = decodedAnyOf(wrapper.config);
      if (content === undefined || this.#registry.findRoute(content.typeName) === undefined) {
        inner.note(
          `${content?.typeName ?? typeName} is not known here and is_optional is set: this override has no effect`,
        );
        return { disabled: wrapper.disabled, config: null };
      }
    }
    if (decodedAnyOf(wrapper.config)?.typeName === filterConfigType) {
      inner.refuse("CFG032", "a FilterConfig must not hold another one");
    }
    return { disabled: wrapper.disabled, config: inner.routeExtension(name, wrapper.config).config };
  }

  unpack(any: Any): UnpackedAny {
    return this.#unpackFor(any, "message", () => []);
  }

  #routeOverride(name: string, unpacked: UnpackedAny): ExtensionConfig {
    const extension = this.#registry.findRoute(unpacked.typeName);
    if (extension === undefined) this.#refuseType(unpacked.typeName, "per-route override", this.#registry.routeTypes());
    return { factory: extension.name, name, config: runTranslator(extension, unpacked.message, unpacked.ctx, true) };
  }

  #unpackFor(any: Any | undefined, label: string, types: () => string[]): UnpackedAny {
    if (any === undefined || any.typeUrl === "") {
      this.refuse("CFG033", `a ${label} needs its typed_config with "@type"`, { hint: knownHint(label, types()) });
    }
    const decoded = decodedAnyOf(any);
    if (decoded === undefined) this.#refuseType(typeNameOfUrl(any.typeUrl) ?? any.typeUrl, label, types());
    return { typeName: decoded.typeName, message: decoded.message, ctx: this.#at(this.path + decoded.pathSuffix) };
  }

  #refuseType(typeName: string, label: string, known: readonly string[]): never {
    const elsewhere = this.#registry.withType(typeName)[0];
    if (elsewhere !== undefined) {
      this.refuse(
        "CFG032",
        `${typeName} is a ${labelOf(elsewhere.category)}, which does not fit here: a ${label} is expected`,
        {
          hint: knownHint(label, known),
        },
      );
    }
    const near = nearestName(typeName, known);
    this.refuse("CFG031", `this version of Lamina has no ${label} ${typeName}`, {
      hint: near === undefined ? knownHint(label, known) : `did you mean ${near}?`,
    });
  }

  #at(path: string): TranslateContext {
    return new PathContext(this.#registry, this.#sink, path);
  }
}

function runTranslator(
  extension: ExtensionTranslator,
  message: Message,
  ctx: TranslateContext,
  isRoute: boolean,
): unknown {
  if (!isRoute) return extension.translate(message, ctx);
  if (extension.translateRoute === undefined) {
    throw new Error(`${extension.name} names a routeMessageType but has no translateRoute`);
  }
  return extension.translateRoute(message, ctx);
}

function labelOf(category: ExtensionCategory): string {
  switch (category) {
    case "http_filter":
      return "HTTP filter";
    case "upstream_options":
      return "set of upstream protocol options";
    default:
      return category.replaceAll("_", " ");
  }
}

function knownHint(label: string, known: readonly string[]): string {
  return known.length === 0 ? `no ${label} is registered in this build` : `known: ${known.join(", ")}`;
}
