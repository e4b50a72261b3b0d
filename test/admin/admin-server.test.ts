// The admin server on real sockets: raw targets that no URL parser would pass unchanged, allowed paths, access log, UNIX sockets.
import { afterEach, expect, test } from "bun:test";
import { connect } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccessLogger } from "../../src/observe/access-log.ts";
import { compileFormat } from "../../src/expr/formatter.ts";
import { type AdminServer, type AdminServerOptions, startAdminServer } from "../../src/admin/admin-server.ts";
import { FakeSource } from "./fake-source.ts";

let server: AdminServer | null = null;
afterEach(() => server?.stop());

function start(options: Partial<AdminServerOptions> = {}) {
  const source = new FakeSource();
  source.store.gauge("server.state").set(0);
  source.store.gauge("listener_manager.workers_started").set(1);
  source.store.flush();
  server = startAdminServer(source, {
    address: { host: "127.0.0.1", port: 0 },
    socketMode: 0,
    accessLoggers: [],
    isPathAllowed: () => true,
    store: source.store,
    ...options,
  });
  return { source, server };
}

/** Sends bytes as they are; resolves to all that came back. */
function raw(address: { host: string; port: number }, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const to = address.port === 0 ? { path: address.host.replace(/^@/, "\0") } : address;
    const socket = connect(to, () => socket.write(Buffer.from(bytes, "latin1")));
    let text = "";
    socket.on("data", (chunk) => text += chunk.toString("latin1"));
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}
const get = (target: string) => `GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`;
const bodyOf = (response: string) => response.slice(response.indexOf("\r\n\r\n") + 4);

test("raw ^ ( ) | $ \\ in a target", async () => {
  const { server } = start();
  const target = "/stats?usedonly&filter=^(server\\.state|listener_manager\\.workers_started)$";
  const response = await raw(server.address, get(target));
  expect(response).toStartWith("HTTP/1.1 200 OK\r\n");
  expect(bodyOf(response)).toBe("listener_manager.workers_started: 1\nserver.state: 0\n");
  expect(bodyOf(await raw(server.address, get("/stats?filter=[s]erver[.]state{1}")))).toBe("server.state: 0\n");
});

test("hostile heads do not stop the server", async () => {
  const { server } = start();
  for (
    const head of [
      "GET\r\n\r\n",
      "\x00\xff\r\n\r\n",
      `GET /${"a".repeat(100_000)} HTTP/1.1\r\n\r\n`,
      "GET * HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n",
    ]
  ) {
    await raw(server.address, head).catch(() => "");
  }
  expect(bodyOf(await raw(server.address, get("/ready")))).toBe("LIVE\n");
});

test("paths that are not allowed are answered 403 and everything is counted and logged", async () => {
  const lines: string[] = [];
  const format = compileFormat("%REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% %DOWNSTREAM_LOCAL_ADDRESS% %REQ(X)%");
  const logger: AccessLogger = { log: (info) => void lines.push(format.format(info)), release() {} };
  const { server, source } = start({ accessLoggers: [logger], isPathAllowed: (path) => path !== "/quitquitquit" });
  const response = await raw(
    server.address,
    "POST /quitquitquit?a HTTP/1.1\r\nhost: h\r\nx: y\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
  );
  expect(response).toStartWith("HTTP/1.1 403 Forbidden\r\n");
  expect(bodyOf(response)).toBe("request to path /quitquitquit not allowed");
  expect(source.actions).toEqual([]);
  await raw(server.address, get("/ready"));
  expect(lines).toEqual([
    `POST /quitquitquit?a 403 127.0.0.1:${server.address.port} y`,
    `GET /ready 200 127.0.0.1:${server.address.port} -`,
  ]);
  expect(source.stats.find("http.admin.downstream_rq_total")?.value()).toBe(2);
  expect(source.stats.find("http.admin.downstream_rq_4xx")?.value()).toBe(1);
});

test("UNIX sockets, by path and abstract", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lamina-admin-"));
  for (const host of [join(folder, "admin.sock"), `@lamina-admin-test-${process.pid}`]) {
    const { server } = start({ address: { host, port: 0 }, socketMode: 0o600 });
    expect(bodyOf(await raw(server.address, get("/ready")))).toBe("LIVE\n");
    server.stop();
  }
  rmSync(folder, { recursive: true });
});

test("an address in use is an error", () => {
  const { server, source } = start();
  const again = () =>
    startAdminServer(source, {
      address: server.address,
      socketMode: 0,
      accessLoggers: [],
      isPathAllowed: () => true,
      store: source.store,
    });
  expect(again).toThrow();
});
