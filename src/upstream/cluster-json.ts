// Compact text of a ClusterConfig: only what differs from the defaults, so that ten thousand unused clusters stay small in every worker.
import { type ClusterConfig, defaultClusterConfig } from "./cluster-config.ts";

const defaultTexts = new Map<string, string>();
for (const [key, value] of Object.entries(defaultClusterConfig)) defaultTexts.set(key, JSON.stringify(value));

/** JSON without the top-level members that hold their default. */
export function encodeClusterConfig(config: ClusterConfig): string {
  const members: string[] = [];
  for (const [key, value] of Object.entries(config)) {
    const text = JSON.stringify(value);
    if (text !== defaultTexts.get(key)) members.push(`${JSON.stringify(key)}:${text}`);
  }
  return `{${members.join(",")}}`;
}

/** The reverse of `encodeClusterConfig`. */
export function decodeClusterConfig(text: string): ClusterConfig {
  return Object.assign({}, defaultClusterConfig, JSON.parse(text) as Partial<ClusterConfig>);
}
