// The clusters that a route configuration names outright, with their places: for `validate_clusters`.
import type { RouteConfig } from "./route-config.ts";

/** A cluster name and where it stands, relative to the route configuration, in proto field names. */
export interface ClusterReference {
  readonly cluster: string;
  readonly path: string;
}

/** References to clusters that `isKnown` does not know; names taken from headers cannot be checked. */
export function unknownClusters(config: RouteConfig, isKnown: (name: string) => boolean): ClusterReference[] {
  return clusterReferences(config).filter(({ cluster }) => !isKnown(cluster));
}

function clusterReferences(config: RouteConfig): ClusterReference[] {
  const found: ClusterReference[] = [];
  const add = (cluster: string, path: string) => cluster !== "" && found.push({ cluster, path });
  const addMirrors = (mirrors: RouteConfig["mirrors"], path: string) => {
    mirrors.forEach((mirror, i) => add(mirror.cluster, `${path}request_mirror_policies[${i}].cluster`));
  };
  addMirrors(config.mirrors, "");
  config.virtualHosts.forEach((host, h) => {
    addMirrors(host.mirrors, `virtual_hosts[${h}].`);
    host.routes.forEach(({ action }, r) => {
      if (action.kind !== "cluster") return;
      const path = `virtual_hosts[${h}].routes[${r}].route.`;
      const { cluster } = action;
      if (cluster.kind === "named") add(cluster.name, `${path}cluster`);
      if (cluster.kind === "weighted") {
        cluster.clusters.forEach(({ name }, i) => add(name, `${path}weighted_clusters.clusters[${i}].name`));
      }
      addMirrors(action.mirrors, path);
    });
  });
  return found;
}
