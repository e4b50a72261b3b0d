// Cost of formatting one access-log line (Envoy's default format and an Istio-like JSON one). Run: bun bench/access-log.ts
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bench, do_not_optimize, run } from "mitata";
import { HeaderBlock } from "../src/base/header-block.ts";
import { Header, internHeaderName } from "../src/base/header-names.ts";
import { compileFormat, DEFAULT_ACCESS_LOG_FORMAT } from "../src/expr/formatter.ts";
import { compileJsonFormat } from "../src/expr/json-formatter.ts";
import { StreamInfo } from "../src/expr/stream-info.ts";
import { AccessLogFiles } from "../src/observe/access-log-file.ts";
import { StatStore } from "../src/observe/stats.ts";

const request = new HeaderBlock();
const head = "GET /api/v1/products?id=7 HTTP/1.1\r\nhost: shop.example.com\r\n" +
  "user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0\r\nx-request-id: 7f1d2c3b-1111-4222-8333-444455556666\r\n";
request.raw = Buffer.from(head, "latin1");
const addRaw = (id: number, text: string) => {
  const at = head.indexOf(text);
  request.addRaw(0, 0, at, at + text.length, id, 0);
};
addRaw(Header.method, "GET");
addRaw(Header.path, "/api/v1/products?id=7");
addRaw(Header.authority, "shop.example.com");
addRaw(Header.userAgent, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0");
addRaw(Header.xRequestId, "7f1d2c3b-1111-4222-8333-444455556666");
const response = new HeaderBlock();
response.status = 200;
response.append(internHeaderName("x-envoy-upstream-service-time"), "3");

const info = new StreamInfo();
info.startWallMs = Date.now();
info.startMs = 1000.25;
info.endMs = 1004.5;
info.protocol = "HTTP/1.1";
info.responseCode = 200;
info.bytesSent = 200;
info.requestHeaders = request;
info.responseHeaders = response;
info.upstream = {
  clusterName: "web",
  clusterStatName: "web",
  hostAddress: "10.0.0.7:8080",
  hostName: "",
  localAddress: null,
  connectionId: 7,
  transportFailureReason: "",
  protocol: "HTTP/1.1",
};
info.downstreamRemoteAddress = { host: "10.1.2.3", port: 4711, text: "10.1.2.3:4711" };

const text = compileFormat(DEFAULT_ACCESS_LOG_FORMAT);
const json = compileJsonFormat({
  start_time: "%START_TIME%",
  method: "%REQ(:METHOD)%",
  path: "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
  protocol: "%PROTOCOL%",
  response_code: "%RESPONSE_CODE%",
  response_flags: "%RESPONSE_FLAGS%",
  bytes_received: "%BYTES_RECEIVED%",
  bytes_sent: "%BYTES_SENT%",
  duration: "%DURATION%",
  user_agent: "%REQ(USER-AGENT)%",
  request_id: "%REQ(X-REQUEST-ID)%",
  authority: "%REQ(:AUTHORITY)%",
  upstream_host: "%UPSTREAM_HOST%",
  upstream_cluster: "%UPSTREAM_CLUSTER_RAW%",
  downstream_remote_address: "%DOWNSTREAM_REMOTE_ADDRESS%",
  route_name: "%ROUTE_NAME%",
});
const out = Buffer.allocUnsafe(65_536);
console.log(text.format(info) + json.format(info));
function fresh(): void {
  info.startWallMs += 0.37;
  request.values.fill(null);
}
bench("values only: forget cached header strings", () => fresh());
bench("default text line into a buffer (headers still raw)", () => {
  fresh();
  do_not_optimize(out.latin1Write(text.format(info), 0, 65_536));
});
bench("16-key JSON line into a buffer (headers still raw)", () => {
  fresh();
  do_not_optimize(out.latin1Write(json.format(info), 0, 65_536));
});
const folder = mkdtempSync(join(tmpdir(), "lamina-bench-"));
const files = new AccessLogFiles(new StatStore(() => {}), { flushIntervalMs: 10_000, minFlushBytes: 65_536 });
const file = files.open(join(folder, "access.log"));
const none = files.open("/dev/null");
bench("the text line to /dev/null, batches of 64 KB", () => {
  fresh();
  none.write(text.format(info));
});
await run({ colors: false });

// Writes to a file run on other threads: count the CPU of the whole process, per line.
const LINES = 1_000_000;
const before = process.cpuUsage();
for (let i = 0; i < LINES; i++) {
  fresh();
  file.write(text.format(info));
  // What a worker does between requests: back to the event loop.
  if ((i & 63) === 0) await new Promise((resolve) => setImmediate(resolve));
}
const used = process.cpuUsage(before);
console.log(
  `text line to a file: ${
    ((used.user + used.system) / LINES * 1000).toFixed(0)
  } ns of CPU a line (all threads, with an event loop turn every 64 lines)`,
);
files.close();
rmSync(folder, { recursive: true });
process.exit(0);
