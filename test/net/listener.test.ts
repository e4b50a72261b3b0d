// Listeners over real sockets: accept, limits, updates, drain, hand-over, address kinds.
import { afterEach, describe, expect, test } from "bun:test";
import { NetAddress } from "../../src/net/address.ts";
import { ListenerStat, ListenerWorkerStat, listenerWorkerStatSchema } from "../../src/observe/schemas/listener.ts";
import {
  anyMatch,
  chain,
  filterConfig,
  ipListenAddress,
  listenerConfig,
  ListenerHarness,
  PlainFilter,
} from "./listener-harness.ts";
import { eventually, SocketClient } from "./socket-client.ts";

let harness: ListenerHarness | null = null;
const clients: SocketClient[] = [];

function start(options: ConstructorParameters<typeof ListenerHarness>[0] = {}): ListenerHarness {
  return harness = new ListenerHarness(options);
}

function client(target: ConstructorParameters<typeof SocketClient>[0]): SocketClient {
  const made = new SocketClient(target);
  clients.push(made);
  return made;
}

afterEach(() => {
  for (const made of clients.splice(0)) made.close();
  harness?.stop();
  harness = null;
});

describe("accept", () => {
  test("one chain without listener filters serves at once, and every stat tells", async () => {
    const h = start();
    const port = h.apply(
      listenerConfig({
        filterChains: [chain("first", { networkFilters: [filterConfig("tell", { text: "%local% %remote%\n" })] })],
      }),
    );
    const c = client({ port });
    await c.until("\n");
    const clientPort = c.socket.localPort;
    expect(c.text).toBe(`127.0.0.1:${port} 127.0.0.1:${clientPort}\n`);
    await c.send("hello");
    await c.until("hello");
    expect(h.stat("l", ListenerStat.downstreamCxTotal)).toBe(1);
    expect(h.stat("l", ListenerStat.downstreamCxActive)).toBe(1);
    c.finishWriting();
    expect(await c.ended()).toBe("end");
    await eventually(() => h.stat("l", ListenerStat.downstreamCxActive) === 0);
    expect(h.stat("l", ListenerStat.downstreamCxDestroy)).toBe(1);
    expect(h.stat("l", ListenerStat.downstreamPreCxActive)).toBe(0);
    const worker = h.stats.block("listener.l.worker_0.", listenerWorkerStatSchema);
    expect(worker.get(ListenerWorkerStat.downstreamCxTotal)).toBe(1);
    expect(worker.get(ListenerWorkerStat.downstreamCxActive)).toBe(0);
    expect(h.worker.activeConnections()).toBe(0);
  });

  test("IPv6, dual stack and additional addresses", async () => {
    const h = start();
    const tell = [chain("c", { networkFilters: [filterConfig("tell", { text: "%local% %remote%\n" })] })];
    h.apply(listenerConfig({
      filterChains: tell,
      addresses: [
        ipListenAddress("::1"),
        ipListenAddress("::", 0, { ipv4Compat: true }),
        ipListenAddress("127.0.0.1"),
        ipListenAddress("::"),
      ],
    }));
    const [v6, dual, v4, only6] = h.descriptors.portsOf("l") as [number, number, number, number];
    expect(await client({ port: v6, host: "::1" }).until("\n")).toMatch(
      new RegExp(`^\\[::1\\]:${v6} \\[::1\\]:\\d+\n$`),
    );
    expect(await client({ port: dual, host: "127.0.0.1" }).until("\n")).toMatch(
      new RegExp(`^127.0.0.1:${dual} 127.0.0.1:\\d+\n$`),
    );
    expect(await client({ port: dual, host: "::1" }).until("\n")).toMatch(new RegExp(`^\\[::1\\]:${dual} \\[::1\\]`));
    expect(await client({ port: v4 }).until("\n")).toStartWith(`127.0.0.1:${v4} `);
    expect(await client({ port: only6, host: "127.0.0.1" }).ended()).toBe("reset");
  });

  test("UNIX sockets by path with mode, and abstract; a stale file is replaced", async () => {
    const path = `/tmp/lamina-test-${process.pid}-${Math.random().toString(36).slice(2)}.sock`;
    const tell = [chain("c", { networkFilters: [filterConfig("tell", { text: "%local%|%remote%|\n" })] })];
    const pipe = {
      kind: "pipe" as const,
      host: path,
      port: 0,
      ipv4Compat: false,
      mode: 0o600,
      socketOptions: [],
      keepalive: null,
    };
    const first = start();
    first.apply(listenerConfig({ filterChains: tell, addresses: [pipe] }));
    expect(await client({ path }).until("\n")).toBe(`${path}||\n`);
    expect(((await Bun.file(path).stat()).mode & 0o777).toString(8)).toBe("600");
    first.stop();
    const second = start();
    const name = `lamina-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
    second.apply(listenerConfig({ filterChains: tell, addresses: [pipe, { ...pipe, host: `@${name}`, mode: 0 }] }));
    expect(await client({ path }).until("\n")).toBe(`${path}||\n`);
    expect(await client({ path: `\0${name}` }).until("\n")).toBe(`@${name}||\n`);
    await Bun.file(path).delete();
  });

  test("a connection for which no chain matches is closed and counted", async () => {
    const h = start();
    const port = h.apply(listenerConfig({
      filterChains: [chain("x", { match: { ...anyMatch, sourcePrefixRanges: ["10.0.0.0/8"] } })],
      accessLogs: [{ filter: null, logger: filterConfig("any") }],
    }));
    expect(await client({ port }).ended()).toBe("end");
    expect(h.stat("l", ListenerStat.noFilterChainMatch)).toBe(1);
    expect(h.stat("l", ListenerStat.downstreamCxTotal)).toBe(0);
    expect(h.logged.map((info) => info.responseCodeDetails)).toEqual(["filter_chain_not_found"]);
  });

  test("the default chain takes what no other matches; an empty chain closes", async () => {
    const h = start();
    const other = chain("x", { match: { ...anyMatch, sourcePrefixRanges: ["10.0.0.0/8"] } });
    const port = h.apply(listenerConfig({ filterChains: [other], defaultFilterChain: chain("fallback") }));
    expect(await client({ port }).until("\n")).toBe("fallback\n");
    h.apply(listenerConfig({ filterChains: [chain("empty", { networkFilters: [] })] }));
    expect(await client({ port }).ended()).toBe("end");
    await eventually(() => h.stat("l", ListenerStat.downstreamCxActive) === 1);
    expect(h.stat("l", ListenerStat.downstreamCxTotal)).toBe(2);
  });

  test("a filter that throws costs its connection only", async () => {
    let throwing = true;
    const h = start({
      networkFilters: {
        moody: () => ({
          isTerminal: true,
          create(callbacks) {
            if (throwing) throw new Error("moody");
            return new PlainFilter(callbacks);
          },
        }),
      },
    });
    const port = h.apply(listenerConfig({ filterChains: [chain("c", { networkFilters: [filterConfig("moody")] })] }));
    expect(await client({ port }).ended()).not.toBe(null);
    await eventually(() => h.stat("l", ListenerStat.downstreamCxDestroy) === 1);
    expect(h.stat("l", ListenerStat.downstreamCxActive)).toBe(0);
    throwing = false;
    await client({ port }).connected();
    await eventually(() => h.stat("l", ListenerStat.downstreamCxActive) === 1);
  });
});

describe("limits", () => {
  test("the listener's limit refuses the connection above it, and one that ends makes room", async () => {
    const h = start();
    h.runtime.set("envoy.resource_limits.listener.l.connection_limit", 1);
    const port = h.apply(listenerConfig());
    const first = client({ port });
    await first.until("first");
    expect(await client({ port }).ended()).toBe("end");
    expect(h.stat("l", ListenerStat.downstreamCxOverflow)).toBe(1);
    first.close();
    await eventually(() => h.stat("l", ListenerStat.downstreamCxActive) === 0);
    await client({ port }).until("first");
  });

  test("the process-wide limit counts all listeners; a listener may ignore it", async () => {
    const h = start();
    h.runtime.set("overload.global_downstream_max_connections", 1);
    const port = h.apply(listenerConfig());
    const free = h.apply(listenerConfig({ name: "free", statPrefix: "free", ignoreGlobalConnectionLimit: true }));
    await client({ port }).until("first");
    expect(await client({ port }).ended()).toBe("end");
    expect(h.stat("l", ListenerStat.downstreamGlobalCxOverflow)).toBe(1);
    await client({ port: free }).until("first");
    expect(h.stat("free", ListenerStat.downstreamGlobalCxOverflow)).toBe(0);
  });
});

describe("updates", () => {
  test("an update keeps the socket and the connections of unchanged chains; changed chains drain", async () => {
    const h = start({ drainTimeMs: 30 });
    const isLocal = { ...anyMatch, sourcePorts: [] };
    const port = h.apply(
      listenerConfig({ filterChains: [chain("kept", { match: { ...isLocal, serverNames: ["a"] } }), chain("old")] }),
    );
    const c = client({ port });
    await c.until("old");
    const keptListener = h.worker.get("l");
    expect(
      h.apply(
        listenerConfig({ filterChains: [chain("kept", { match: { ...isLocal, serverNames: ["a"] } }), chain("new")] }),
      ),
    ).toBe(port);
    expect(h.worker.get("l")).toBe(keptListener);
    expect(await client({ port }).until("\n")).toBe("new\n");
    expect(await c.ended()).toBe("end");

    const d = client({ port });
    await d.until("new");
    h.apply(
      listenerConfig({ filterChains: [chain("added", { match: { ...isLocal, serverNames: ["b"] } }), chain("new")] }),
    );
    await Bun.sleep(80);
    await d.send("still here");
    await d.until("still here");
  });

  test("an extension that refuses its configuration leaves the listener as it was", async () => {
    const h = start();
    const port = h.apply(listenerConfig());
    expect(() => h.apply(listenerConfig({ filterChains: [chain("bad", { networkFilters: [filterConfig("nope")] })] })))
      .toThrow("nope");
    expect(await client({ port }).until("\n")).toBe("first\n");
  });

  test("a new stat prefix under the same name moves the socket to a new listener", async () => {
    const h = start({ drainTimeMs: 20 });
    const port = h.apply(listenerConfig());
    const c = client({ port });
    await c.until("first");
    expect(h.apply(listenerConfig({ statPrefix: "other" }))).toBe(port);
    const d = client({ port });
    await d.until("first");
    expect(h.stat("l", ListenerStat.downstreamCxTotal)).toBe(1);
    expect(await c.ended()).toBe("end");
    expect(h.worker.activeConnections()).toBe(1);
  });

  test("another address under the same name: the old one refuses, the new one serves", async () => {
    const h = start();
    const port = h.apply(listenerConfig());
    h.apply(listenerConfig({ addresses: [ipListenAddress("127.0.0.2")] }));
    const newPort = h.descriptors.portsOf("l")[0]!;
    expect(await client({ port: newPort, host: "127.0.0.2" }).until("\n")).toBe("first\n");
    expect(await client({ port }).ended()).toBe("reset");
  });

  test("no connection is lost while updates go on", async () => {
    const h = start();
    const port = h.apply(listenerConfig());
    let served = 0;
    const work = (async () => {
      for (let i = 0; i < 200; i++) {
        const c = new SocketClient({ port });
        await c.until("\n");
        c.close();
        served++;
      }
    })();
    for (let i = 0; i < 40; i++) {
      h.apply(listenerConfig({ filterChains: [chain(`v${i}`)], tcpBacklogSize: 0 }));
      await Bun.sleep(1);
    }
    await work;
    expect(served).toBe(200);
  });

  test("removal refuses new connections and closes old ones after the drain time", async () => {
    const h = start({ drainTimeMs: 30 });
    const port = h.apply(listenerConfig());
    const c = client({ port });
    await c.until("first");
    const removed = h.worker.get("l")!;
    h.remove("l");
    expect(await client({ port }).ended()).toBe("reset");
    expect(await c.ended()).toBe("end");
    await eventually(() => removed.isGone);
    expect(h.worker.activeConnections()).toBe(0);
  });

  test("stopAccepting(inbound) spares other listeners", async () => {
    const h = start();
    const inbound = h.apply(listenerConfig({ trafficDirection: "inbound" }));
    const outbound = h.apply(listenerConfig({ name: "out", trafficDirection: "outbound" }));
    h.worker.stopAccepting(true);
    h.descriptors.remove("l");
    expect(await client({ port: inbound }).ended()).toBe("reset");
    expect(await client({ port: outbound }).until("\n")).toBe("first\n");
  });
});

describe("use_original_dst", () => {
  const destination = (host: string, port: number) => ({
    maxReadBytes: 0,
    onAccept(c: { restoreLocalAddress(a: NetAddress): void }) {
      c.restoreLocalAddress(new NetAddress(host, port, host.includes(":") ? 6 : 4));
      return 0 as const;
    },
    onData: () => 0 as const,
  });
  const cases: [string, number, string][] = [
    ["10.1.2.3", 80, "exact"],
    ["10.9.9.9", 80, "wildcard"],
    ["10.1.2.3", 81, "self"],
    ["fd00::1", 90, "six"],
    ["fd00::1", 80, "self"],
  ];
  for (const [host, port, expected] of cases) {
    test(`${host}:${port} goes to ${expected}`, async () => {
      const h = start({ listenerFilters: { dst: () => destination(host, port) } });
      const unbound = { bindToPort: false, statPrefix: "" };
      h.apply(
        listenerConfig({
          ...unbound,
          name: "exact",
          addresses: [ipListenAddress("10.1.2.3", 80)],
          filterChains: [chain("exact")],
        }),
      );
      h.apply(
        listenerConfig({
          ...unbound,
          name: "wildcard",
          addresses: [ipListenAddress("0.0.0.0", 80)],
          filterChains: [chain("wildcard")],
        }),
      );
      h.apply(
        listenerConfig({
          ...unbound,
          name: "six",
          addresses: [ipListenAddress("::", 90)],
          filterChains: [chain("six")],
        }),
      );
      const filters = [{ filter: filterConfig("dst"), disabledWhen: null }];
      const bound = h.apply(
        listenerConfig({ name: "self", useOriginalDst: true, listenerFilters: filters, filterChains: [chain("self")] }),
      );
      const c = client({ port: bound });
      expect(await c.until("\n")).toBe(`${expected}\n`);
      await c.send("ping");
      await c.until("ping");
      expect(h.stat(expected, ListenerStat.downstreamCxActive)).toBe(1);
      expect(h.stat("self", ListenerStat.downstreamPreCxActive)).toBe(0);
    });
  }
});
