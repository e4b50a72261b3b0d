// What the control thread tells workers about clusters; structured-clone safe, applied in order.
import type { HostSpec } from "./cluster-config.ts";

export type ClusterMessage =
  /** A page of shared counts, before any record on it is named. */
  | { kind: "countPage"; page: SharedArrayBuffer }
  /** A new or changed cluster. `config` is `encodeClusterConfig` without endpoints, `hosts` JSON of HostSpec[]. */
  | { kind: "upsertCluster"; name: string; config: string; breakerRecord: number; hosts: string }
  /** New hosts of a known cluster (DNS, EDS): the whole list. */
  | { kind: "updateHosts"; name: string; hosts: string }
  | { kind: "removeCluster"; name: string };

/** Text of hosts for a ClusterMessage: members that are null or empty are left out. */
export function encodeHosts(hosts: readonly HostSpec[]): string {
  return JSON.stringify(hosts, (key, value) => {
    if (value === null || (key === "hostname" && value === "")) return undefined;
    if (key === "additionalAddresses" && (value as unknown[]).length === 0) return undefined;
    return value;
  });
}

export function decodeHosts(text: string): HostSpec[] {
  const hosts = JSON.parse(text) as Partial<HostSpec>[];
  return hosts.map((host) => ({
    key: host.key!,
    address: host.address!,
    additionalAddresses: host.additionalAddresses ?? [],
    hostname: host.hostname ?? "",
    weight: host.weight!,
    health: host.health!,
    priority: host.priority!,
    locality: host.locality ?? null,
    metadata: host.metadata ?? null,
    record: host.record!,
  }));
}
