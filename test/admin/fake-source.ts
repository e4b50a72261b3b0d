// An AdminSource with one listener, two clusters and a record of the actions asked for.
import type {
  AdminSource,
  ClusterStatus,
  DrainRequest,
  HostStatus,
  ServerState,
} from "../../src/admin/admin-source.ts";
import { ProcessLog } from "../../src/observe/log.ts";
import { StatDirectory } from "../../src/observe/stat-directory.ts";
import { DEFAULT_HISTOGRAM_BOUNDS } from "../../src/observe/stat-selection.ts";
import { TagExtractors } from "../../src/observe/stat-tags.ts";
import { StatStore } from "../../src/observe/stats.ts";

const noCounts = {
  cxActive: 0,
  cxConnectFail: 0,
  cxTotal: 0,
  rqActive: 0,
  rqError: 0,
  rqPendingActive: 0,
  rqSuccess: 0,
  rqTimeout: 0,
  rqTotal: 0,
};
const host: HostStatus = {
  address: { host: "127.0.0.1", port: 19904 },
  hostname: "",
  counts: noCounts,
  healthFlags: [],
  edsHealthStatus: "HEALTHY",
  weight: 1,
  priority: 0,
  canary: false,
  region: "",
  zone: "",
  subZone: "",
  successRate: -1,
  localOriginSuccessRate: -1,
};
const breaker = { maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 3 };
const cluster: ClusterStatus = {
  name: "c1",
  observabilityName: "c1",
  addedViaApi: false,
  outlier: null,
  defaultBreaker: breaker,
  highBreaker: breaker,
  hosts: [host],
};
const dns: ClusterStatus = {
  ...cluster,
  name: "dns",
  observabilityName: "dns",
  outlier: {
    successRateAverage: -1,
    successRateEjectionThreshold: -1,
    localOriginSuccessRateAverage: -1,
    localOriginSuccessRateEjectionThreshold: -1,
  },
  hosts: [{
    ...host,
    address: { host: "::1", port: 19904 },
    hostname: "localhost",
    healthFlags: ["failed_active_hc", "failed_outlier_check"],
    counts: { ...noCounts, cxTotal: 3, rqActive: 2 },
    zone: "z",
  }],
};

export class FakeSource implements AdminSource {
  readonly stats = new StatDirectory();
  readonly store: StatStore;
  readonly statsSettings = {
    tags: new TagExtractors([], true),
    bounds: () => DEFAULT_HISTOGRAM_BOUNDS,
    customNamespaces: [],
  };
  readonly log = new ProcessLog({ level: "error", componentLevels: "", format: "", escapeLineBreaks: false, path: "" });
  readonly actions: string[] = [];
  readonly adminLayer = new Map<string, string>();
  serverState: ServerState = "LIVE";
  hasAdminLayer = true;

  constructor() {
    const source = this.stats.addSource();
    this.store = new StatStore((batch) => this.stats.apply(source, batch));
  }

  state = () => this.serverState;
  serverInfo = () => ({
    version: "abc/1.0.0/Clean/RELEASE/BoringSSL",
    uptimeSeconds: 2.9,
    commandLineOptions: { concurrency: 2 },
    node: { id: "n" },
    configNotes: [],
  });
  listeners = () => [
    { name: "l1", addresses: [{ host: "127.0.0.1", port: 19902 }, { host: "::1", port: 19903 }] },
    { name: "u", addresses: [{ host: "/tmp/x.sock", port: 0 }] },
  ];
  clusters = () => [cluster, dns];
  config = () => ({
    lastUpdatedMs: Date.UTC(2026, 10, 24, 21, 2, 29, 362),
    bootstrap: {
      static_resources: {
        clusters: [{ name: "c1", type: "STATIC" }, { name: "dns", type: "STRICT_DNS" }],
        listeners: [{
          name: "l1",
          filter_chains: [{
            filters: [{
              name: "hcm",
              typed_config: {
                "@type":
                  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                route_config: { name: "r", virtual_hosts: [] },
              },
            }],
          }],
        }],
      },
    },
  });
  unreadyTargets = () => [{ name: "listener l1", targets: ["rds r"] }];
  runtimeLayers = () => [
    { name: "static", values: new Map([["a", "1"], ["b", "2"]]) },
    { name: "admin", values: this.adminLayer },
  ];
  modifyRuntime(changes: readonly (readonly [string, string])[]): boolean {
    if (!this.hasAdminLayer) return false;
    for (const [key, value] of changes) value === "" ? this.adminLayer.delete(key) : this.adminLayer.set(key, value);
    return true;
  }
  onLogLevelsChanged = () => void this.actions.push("levels");
  setHealthCheckFailed = (isFailed: boolean) => void this.actions.push(`healthcheck ${isFailed ? "fail" : "ok"}`);
  drainListeners = (request: DrainRequest) => void this.actions.push(`drain ${JSON.stringify(request)}`);
  reopenLogs = () => void this.actions.push("reopen");
  quit = () => void this.actions.push("quit");
  explain = (question: { url: string }) =>
    question.url === "bad" ? Promise.reject(new Error("Invalid URL")) : Promise.resolve({ asked: question });
}
