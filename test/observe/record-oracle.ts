// Records what Envoy 1.40 answers, as fixtures in oracle/. Run by hand: bun test/observe/record-oracle.ts (ENVOY=path of the binary).
import { connect } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ORACLE_BODY_SIZES, ORACLE_STATS_CONFIG } from "./oracle-config.ts";

const envoy = process.env.LAMINA_ENVOY ?? ".cache/envoy/envoy";
const folder = mkdtempSync(join(tmpdir(), "lamina-oracle-"));
const out = join(import.meta.dir, "oracle");

const upstream = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("up") });
const type = (name: string) => `type.googleapis.com/envoy.extensions.${name}`;
const endpoints = (name: string, address: string) => ({
  cluster_name: name,
  endpoints: [{
    lb_endpoints: [{ endpoint: { address: { socket_address: { address, port_value: upstream.port } } } }],
  }],
});
const hcm = (prefix: string) => ({
  name: "hcm",
  typed_config: {
    "@type": type("filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: prefix,
    http_filters: [{ name: "router", typed_config: { "@type": type("filters.http.router.v3.Router") } }],
    route_config: {
      name: "r",
      virtual_hosts: [{
        name: "v_h-1",
        domains: ["*"],
        virtual_clusters: [{ name: "vc", headers: [{ name: ":path", string_match: { prefix: "/" } }] }],
        routes: [{ match: { prefix: "/" }, route: { cluster: "c.1" } }],
      }],
    },
  },
});
const tcp = {
  name: "tcp",
  typed_config: { "@type": type("filters.network.tcp_proxy.v3.TcpProxy"), stat_prefix: "tcpx", cluster: "dns" },
};
const address = (host: string) => ({ socket_address: { address: host, port_value: 0 } });
const bootstrap = {
  admin: { address: address("127.0.0.1") },
  stats_flush_interval: "0.2s",
  stats_config: ORACLE_STATS_CONFIG,
  static_resources: {
    listeners: [
      {
        name: "l1",
        stat_prefix: "127.0.0.1_19912",
        address: address("127.0.0.1"),
        filter_chains: [{ filters: [hcm("ingress")] }],
      },
      { name: "t1", stat_prefix: "[__1]_19913", address: address("127.0.0.1"), filter_chains: [{ filters: [tcp] }] },
    ],
    clusters: [
      {
        name: "c.1",
        type: "STATIC",
        track_cluster_stats: { request_response_sizes: true },
        circuit_breakers: { thresholds: [{ track_remaining: true, max_connection_pools: 7 }] },
        load_assignment: endpoints("c.1", "127.0.0.1"),
      },
      { name: "dns", type: "STRICT_DNS", outlier_detection: {}, load_assignment: endpoints("dns", "localhost") },
    ],
  },
};

const configPath = join(folder, "bootstrap.json"), adminPath = join(folder, "admin");
await Bun.write(configPath, JSON.stringify(bootstrap));
const child = Bun.spawn([
  envoy,
  "-c",
  configPath,
  "--disable-hot-restart",
  "--concurrency",
  "1",
  "-l",
  "off",
  "--admin-address-path",
  adminPath,
]);
try {
  const admin = `http://${await poll(async () => {
    const text = await Bun.file(adminPath).text().catch(() => "");
    return text !== "" && (await fetch(`http://${text}/ready`)).ok ? text : null;
  })}`;
  const get = async (path: string) => await (await fetch(admin + path)).text();
  const listener = (await get("/listeners")).match(/^l1::127\.0\.0\.1:(\d+)$/m)![1]!;
  for (const size of ORACLE_BODY_SIZES) await post(Number(listener), size);
  // Histograms are merged at the flush after the last sample.
  await poll(async () => {
    const text = await get("/stats?filter=upstream_rq_body_size&type=Histograms&histogram_buckets=detailed");
    return text.includes("1100000,100000:1") ? text : null;
  });
  const save = async (name: string, path: string) => void (await Bun.write(join(out, name), await get(path)));
  const histogram = "filter=upstream_rq_body_size&type=Histograms";
  for (const mode of ["summary", "cumulative", "disjoint", "detailed"]) {
    await save(`histogram-${mode}.txt`, `/stats?${histogram}&histogram_buckets=${mode}`);
    await save(`histogram-${mode}.json`, `/stats?${histogram}&format=json&histogram_buckets=${mode}`);
  }
  await save("histogram.prom", "/stats/prometheus?filter=upstream_rq_body_size");
  await save("gauges.txt", "/stats?type=Gauges");
  await save("stats.txt", "/stats");
  await save("stats.json", "/stats?format=json&filter=^cluster\\.c\\.1\\.(upstream_rq|membership)");
  await save("stats.prom", "/stats/prometheus");
  await save("help.txt", "/help");
} finally {
  child.kill();
  await child.exited;
  upstream.stop(true);
  rmSync(folder, { recursive: true });
}

async function poll<T>(attempt: () => Promise<T | null>): Promise<T> {
  for (let left = 200; left > 0; left--) {
    const value = await attempt().catch(() => null);
    if (value !== null) return value;
    await Bun.sleep(25);
  }
  throw new Error("Envoy did not come up");
}

function post(port: number, size: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(`POST /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size, 97));
    });
    socket.on("data", () => {});
    socket.on("close", () => resolve());
    socket.on("error", reject);
  });
}
