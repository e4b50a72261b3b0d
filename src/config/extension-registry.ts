// The extensions that this build has, by category and message type. Made from the list that the composition root passes in.
import type { ExtensionTranslator } from "./extension.ts";
import type { ExtensionCategory } from "./translate-context.ts";

export class ExtensionRegistry {
  readonly extensions: readonly ExtensionTranslator[];
  readonly #byType = new Map<string, ExtensionTranslator>();
  readonly #routeByType = new Map<string, ExtensionTranslator>();

  /** Throws when two extensions claim the same message in the same category: a programming error. */
  constructor(extensions: readonly ExtensionTranslator[]) {
    this.extensions = extensions;
    for (const extension of extensions) {
      const key = `${extension.category} ${extension.messageType}`;
      const other = this.#byType.get(key);
      if (other !== undefined) throw new Error(`${extension.name} and ${other.name} both register ${key}`);
      this.#byType.set(key, extension);
      if (extension.category === "http_filter" && extension.routeMessageType !== null) {
        this.#routeByType.set(extension.routeMessageType, extension);
      }
    }
  }

  find(category: ExtensionCategory, messageType: string): ExtensionTranslator | undefined {
    return this.#byType.get(`${category} ${messageType}`);
  }

  /** The HTTP filter whose per-route override is `messageType`. */
  findRoute(messageType: string): ExtensionTranslator | undefined {
    return this.#routeByType.get(messageType);
  }

  /** Extensions of any category that take `messageType`. */
  withType(messageType: string): ExtensionTranslator[] {
    return this.extensions.filter((e) => e.messageType === messageType || e.routeMessageType === messageType);
  }

  /** Message types of one category, for error messages. */
  typesOf(category: ExtensionCategory): string[] {
    return this.extensions.filter((e) => e.category === category).map((e) => e.messageType).sort();
  }

  routeTypes(): string[] {
    return [...this.#routeByType.keys()].sort();
  }
}
