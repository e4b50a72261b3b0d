// Adapts the short form (`lamina.yaml`: listen, routes, clusters) to a full Envoy bootstrap. Its shape is in short-form-schema.ts.
import * as v from "valibot";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { fieldPath, indexPath, keyPath, locationOfRange, PathLocator } from "./locate.ts";
import type { JsonValue } from "./message-to-json.ts";
import { nearestName } from "./nearest-name.ts";
import { makeProblem } from "./problem-sink.ts";
import { adaptRoutes, durationSeconds, inlineTargets } from "./short-form-routes.ts";
import { isInlineAddress, parseShortAddress, type ShortAddress } from "./short-form-address.ts";
import type { ShortFormScope } from "./short-form-scope.ts";
import {
  type ShortCluster,
  type ShortForm,
  shortFormSchema,
  type ShortListener,
  type ShortTarget,
} from "./short-form-schema.ts";
import { type ConfigNode, nodeToValue, type Origins, valueToNode } from "./source-node.ts";

const shortFormKeys = ["listen", "routes"];
const bootstrapKeys = ["static_resources", "staticResources", "dynamic_resources", "dynamicResources", "node"];

/** Recognised by its keys: `listen` or `routes`, and none of a bootstrap. */
export function isShortForm(root: ConfigNode): boolean {
  if (root.kind !== "object") return false;
  const keys = root.entries.map((entry) => entry.key);
  return keys.some((key) => shortFormKeys.includes(key)) && !keys.some((key) => bootstrapKeys.includes(key));
}

/**
 * The bootstrap as a node tree; its values point at what they were made from in the short form.
 * Errors: ConfigError CFG090 (shape), CFG091 (unknown key), CFG092 (unknown cluster), CFG093 (address).
 */
export function adaptShortForm(root: ConfigNode): ConfigNode {
  const adapter = new ShortFormAdapter(root);
  const bootstrap = adapter.adapt();
  return valueToNode(bootstrap, adapter.origins, root);
}

/** The same as plain JSON, for `lamina adapt`. */
export function adaptShortFormToJson(root: ConfigNode): JsonValue {
  return nodeToValue(adaptShortForm(root)) as JsonValue;
}

class ShortFormAdapter implements ShortFormScope {
  readonly origins: Origins = new WeakMap();
  readonly #root: ConfigNode;
  readonly #locator: PathLocator;
  readonly #problems: ConfigProblem[] = [];
  readonly #clusters = new Map<string, object>();
  #names: readonly string[] = [];
  #timeouts: ReadonlyMap<string, string> = new Map();

  constructor(root: ConfigNode) {
    this.#root = root;
    this.#locator = new PathLocator([root]);
  }

  adapt(): object {
    const form = this.#parse();
    this.#names = Object.keys(form.clusters ?? {});
    this.#timeouts = defaultTimeouts(form);
    for (const [name, cluster] of Object.entries(form.clusters ?? {})) {
      const at = keyOrField("clusters", name);
      this.#addCluster(
        name,
        typeof cluster === "object" && !Array.isArray(cluster) ? cluster : { endpoints: cluster },
        at,
      );
    }
    const listen = form.listen === undefined ? [] : Array.isArray(form.listen) ? form.listen : [form.listen];
    if (listen.length === 0) this.problem("CFG090", "listen", "is required: the address to listen on");
    const listeners = listen.map((item, i) =>
      this.#listener(item, i, form, Array.isArray(form.listen) ? indexPath("listen", i) : "listen")
    );
    const admin = form.admin === undefined || form.admin === false ? undefined : this.#address(form.admin, "admin");
    const bootstrap = {
      ...(admin === undefined ? {} : { admin: this.mark({ address: admin.json }, "admin") }),
      static_resources: { listeners, clusters: [...this.#clusters.values()] },
    };
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
    return bootstrap;
  }

  mark<T extends object>(value: T, path: string): T {
    const range = this.#locator.find(path);
    if (range !== undefined) this.origins.set(value, range);
    return value;
  }

  problem(code: string, path: string, message: string, details: { value?: unknown; hint?: string } = {}): void {
    const range = this.#locator.find(path);
    this.#problems.push(makeProblem(code, path, message, range === undefined ? details : { ...details, range }));
  }

  clusterName(target: string, path: string): string {
    if (this.#names.includes(target) || this.#clusters.has(target)) return target;
    if (isInlineAddress(target)) {
      this.#addCluster(target, { endpoints: target }, path);
      return target;
    }
    const near = nearestName(target, this.#names);
    const hint = near !== undefined
      ? `did you mean ${near}?`
      : this.#names.length === 0
      ? 'add it under clusters, or give an address: "127.0.0.1:9000"'
      : `known: ${this.#names.join(", ")}`;
    this.problem("CFG092", path, "must name a cluster or be an address", { value: target, hint });
    return target;
  }

  clusterTimeout(name: string): string | undefined {
    return this.#timeouts.get(name);
  }

  #parse(): ShortForm {
    const result = v.safeParse(shortFormSchema, nodeToValue(this.#root));
    if (result.success) return result.output;
    throw new ConfigError(result.issues.map((issue) => this.#shapeProblem(issue)));
  }

  #shapeProblem(issue: v.BaseIssue<unknown>): ConfigProblem {
    let path = "";
    for (const item of issue.path ?? []) {
      path = typeof item.key === "number" ? indexPath(path, item.key) : keyOrField(path, String(item.key));
    }
    if (issue.expected === "never") {
      const location = locationOfRange(this.#locator.findKey(path) ?? this.#root);
      const key = String(issue.path?.at(-1)?.key);
      const near = nearestName(key, knownKeys);
      const hint = near === undefined || near === key
        ? "see docs/en/short-form.md for the keys"
        : `did you mean ${near}?`;
      return {
        code: "CFG091",
        path,
        message: `there is no key ${JSON.stringify(key)} here`,
        hint,
        ...(location && { location }),
      };
    }
    const location = locationOfRange(this.#locator.find(path) ?? this.#root);
    const problem = makeProblem(
      "CFG090",
      path,
      sentence(issue),
      issue.input === undefined ? {} : { value: issue.input },
    );
    return { ...problem, ...(location && { location }) };
  }

  #address(value: string | number, path: string): ShortAddress | undefined {
    const address = parseShortAddress(value);
    if (address === null) {
      this.problem(
        "CFG093",
        path,
        'must be an address: "127.0.0.1:8080", "[::1]:8080", ":8080" or "unix:/run/app.sock"',
        { value },
      );
      return undefined;
    }
    return address;
  }

  #listener(item: string | number | ShortListener, i: number, form: ShortForm, path: string): object {
    const listener = typeof item === "object" ? item : { address: item };
    const addressPath = typeof item === "object" ? fieldPath(path, "address") : path;
    const address = this.#address(listener.address, addressPath);
    if (address?.isName === true) {
      this.problem("CFG093", addressPath, "must be an IP address: a listener takes no host name", {
        value: listener.address,
      });
    }
    const name = listener.name ?? `listener_${i}`;
    const accessLog = accessLogJson(listener.access_log ?? form.access_log);
    const filter = listener.tcp === undefined
      ? this.#httpFilter(name, listener, form, accessLog, path)
      : this.#tcpFilter(name, listener.tcp, accessLog, fieldPath(path, "tcp"));
    return this.mark({ name, address: address?.json ?? {}, filter_chains: [{ filters: [filter] }] }, path);
  }

  #httpFilter(name: string, listener: ShortListener, form: ShortForm, accessLog: object[], path: string): object {
    const routes = listener.routes ?? form.routes;
    if (routes === undefined) this.problem("CFG090", path, "needs routes, here or at the top, or tcp");
    const routesPath = listener.routes === undefined ? "routes" : fieldPath(path, "routes");
    return {
      name: "envoy.filters.network.http_connection_manager",
      typed_config: {
        "@type":
          "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix: name,
        normalize_path: true,
        upgrade_configs: [{ upgrade_type: "websocket" }],
        ...(accessLog.length > 0 ? { access_log: accessLog } : {}),
        route_config: { name: `${name}_routes`, virtual_hosts: adaptRoutes(routes ?? [], routesPath, this) },
        http_filters: [{
          name: "envoy.filters.http.router",
          typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
        }],
      },
    };
  }

  #tcpFilter(name: string, target: ShortTarget, accessLog: object[], path: string): object {
    const clusters = inlineTargets(target, path, this);
    const only = clusters.length === 1 ? clusters[0] : undefined;
    return {
      name: "envoy.filters.network.tcp_proxy",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        stat_prefix: name,
        ...(only === undefined ? { weighted_clusters: { clusters } } : { cluster: only.name }),
        ...(accessLog.length > 0 ? { access_log: accessLog } : {}),
      },
    };
  }

  #addCluster(name: string, cluster: ShortCluster, path: string): void {
    const endpoints = Array.isArray(cluster.endpoints) ? cluster.endpoints : [cluster.endpoints];
    let hasNames = false;
    const lbEndpoints = endpoints.map((endpoint, i) => {
      const address = this.#address(endpoint, endpointPath(path, cluster, i));
      hasNames ||= address?.isName === true;
      return { endpoint: { address: address?.json ?? {} } };
    });
    const json = {
      name,
      connect_timeout: durationSeconds(cluster.connect_timeout ?? "5s"),
      type: hasNames ? "STRICT_DNS" : "STATIC",
      ...(cluster.lb === undefined ? {} : { lb_policy: cluster.lb.toUpperCase() }),
      load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: lbEndpoints }] },
    };
    this.#clusters.set(name, this.mark(json, path));
  }
}

function defaultTimeouts(form: ShortForm): Map<string, string> {
  const timeouts = new Map<string, string>();
  for (const [name, cluster] of Object.entries(form.clusters ?? {})) {
    if (typeof cluster === "object" && !Array.isArray(cluster) && cluster.timeout !== undefined) {
      timeouts.set(name, durationSeconds(cluster.timeout));
    }
  }
  return timeouts;
}

/** Path of endpoint `i`, in whichever way the cluster was written. */
function endpointPath(path: string, cluster: ShortCluster, i: number): string {
  const isLong = cluster.connect_timeout !== undefined || cluster.lb !== undefined || cluster.timeout !== undefined;
  const list = isLong ? fieldPath(path, "endpoints") : path;
  return Array.isArray(cluster.endpoints) ? indexPath(list, i) : list;
}

function keyOrField(path: string, key: string): string {
  return /^\w+$/.test(key) ? fieldPath(path, key) : keyPath(path, key);
}

function sentence(issue: v.BaseIssue<unknown>): string {
  if (issue.input === undefined && issue.path !== undefined) return "is required";
  return /^Invalid/.test(issue.message) && issue.expected !== null ? `must be ${issue.expected}` : issue.message;
}

const knownKeys = [
  "admin",
  "listen",
  "routes",
  "clusters",
  "access_log",
  "address",
  "name",
  "tcp",
  "host",
  "path",
  "method",
  "headers",
  "to",
  "redirect",
  "respond",
  "rewrite",
  "timeout",
  "retries",
  "endpoints",
  "lb",
  "connect_timeout",
];

function accessLogJson(target: string | false | undefined): object[] {
  if (target === undefined || target === false || target === "off") return [];
  if (target === "stdout" || target === "stderr") {
    const type = target === "stdout" ? "StdoutAccessLog" : "StderrAccessLog";
    return [{
      name: `envoy.access_loggers.${target}`,
      typed_config: { "@type": `type.googleapis.com/envoy.extensions.access_loggers.stream.v3.${type}` },
    }];
  }
  return [{
    name: "envoy.access_loggers.file",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
      path: target,
    },
  }];
}
