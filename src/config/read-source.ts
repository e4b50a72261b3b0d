// Reads configuration texts: files by their extension, and the YAML of `--config-yaml`.
import { readFile } from "node:fs/promises";
import { ConfigError } from "./config-error.ts";
import { parseJson } from "./parse-json.ts";
import { parseYaml } from "./parse-yaml.ts";
import type { ConfigNode, ConfigSource } from "./source-node.ts";

/** Largest text that is read; Istio's bootstraps have some 20 KB. */
const maxTextLength = 64 * 1024 * 1024;

/** Reads a file of the kinds .yaml, .yml and .json. Errors: ConfigError CFG002 (cannot be read), CFG005 (kind). */
export async function readSource(path: string): Promise<ConfigSource> {
  if (!/\.(ya?ml|json)$/i.test(path)) {
    throw new ConfigError([{
      code: "CFG005",
      path: "",
      message: `${path} is not a .yaml, .yml or .json file`,
      hint: /\.pb(_text)?$/i.test(path) ? "convert it: protoc --decode, or Envoy's config_dump as JSON" : "rename it",
    }]);
  }
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([{ code: "CFG002", path: "", message: `cannot read ${path}: ${reason}` }]);
  }
  if (text.length > maxTextLength) {
    throw new ConfigError([{ code: "CFG002", path: "", message: `${path} is larger than 64 MB` }]);
  }
  return { name: path, text };
}

/** Parses a text by the extension of its name: .json as lenient JSON, anything else as YAML (of which JSON is a part). Null: it is empty. */
export function parseSource(source: ConfigSource): ConfigNode | null {
  try {
    return /\.json$/i.test(source.name) ? parseJson(source) : parseYaml(source);
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(error.problems, [source]) : error;
  }
}
