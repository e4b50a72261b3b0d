// Endpoints that show the server: /ready, /server_info, /listeners, /memory, /certs, /hot_restart_version, /init_dump, /contention, profilers.
import { type Endpoint, jsonResponse, textResponse } from "./endpoint.ts";
import { addressJson, addressText } from "./address-json.ts";

/** Text of an endpoint whose feature this runtime does not have. */
function unavailable(what: string): Response {
  return textResponse(`${what} is not available in Lamina\n`, 501);
}

const enableParameter = (help: string) => [{ name: "enable", help, values: ["y", "n"] }];

export const statusEndpoints: readonly Endpoint[] = [
  {
    path: "/allocprofiler",
    help: "not available in Lamina",
    mutates: true,
    parameters: enableParameter("start or stop"),
    handle: () => unavailable("the allocation profiler"),
  },
  {
    path: "/certs",
    help: "certificates in use",
    mutates: false,
    parameters: [],
    handle: () => jsonResponse({ certificates: [] }),
  },
  {
    path: "/contention",
    help: "not available in Lamina",
    mutates: false,
    parameters: [],
    handle: () => unavailable("mutex contention tracing"),
  },
  {
    path: "/cpuprofiler",
    help: "not available in Lamina",
    mutates: true,
    parameters: enableParameter("start or stop"),
    handle: () => unavailable("the CPU profiler"),
  },
  {
    path: "/heap_dump",
    help: "not available in Lamina",
    mutates: false,
    parameters: [],
    handle: () => unavailable("the heap dump"),
  },
  {
    path: "/heapprofiler",
    help: "not available in Lamina",
    mutates: true,
    parameters: enableParameter("start or stop"),
    handle: () => unavailable("the heap profiler"),
  },
  {
    path: "/hot_restart_version",
    help: "version of the hot restart protocol",
    mutates: false,
    parameters: [],
    handle: () => textResponse("disabled"),
  },
  {
    path: "/init_dump",
    help: "what the start still waits for",
    mutates: false,
    parameters: [
      { name: "mask", help: "only targets of this kind, e.g. listener" },
    ],
    handle(request, source) {
      const mask = request.get("mask");
      const dumps = source.unreadyTargets().filter(({ name }) => mask === null || mask === "" || name.startsWith(mask));
      return jsonResponse(
        dumps.length === 0 ? {} : {
          unready_targets_dumps: dumps.map(({ name, targets }) => ({ name, target_names: targets })),
        },
      );
    },
  },
  {
    path: "/listeners",
    help: "listeners and the addresses they have",
    mutates: false,
    parameters: [{ name: "format", help: "form of the answer", values: ["text", "json"] }],
    handle(request, source) {
      const listeners = source.listeners();
      if (request.get("format") !== "json") {
        const lines = listeners.flatMap(({ name, addresses }) =>
          addresses.map((address) => `${name}::${addressText(address)}\n`)
        );
        return textResponse(lines.join(""));
      }
      return jsonResponse({
        listener_statuses: listeners.map(({ name, addresses: [local, ...additional] }) => ({
          name,
          ...(local === undefined ? {} : { local_address: addressJson(local) }),
          ...(additional.length === 0 ? {} : { additional_local_addresses: additional.map(addressJson) }),
        })),
      });
    },
  },
  {
    path: "/memory",
    help: "memory in use",
    mutates: false,
    parameters: [],
    handle() {
      const usage = process.memoryUsage();
      return jsonResponse({
        allocated: `${usage.heapUsed}`,
        heap_size: `${usage.heapTotal}`,
        pageheap_unmapped: "0",
        pageheap_free: `${Math.max(0, usage.heapTotal - usage.heapUsed)}`,
        total_thread_cache: "0",
        total_physical_bytes: `${usage.rss}`,
      });
    },
  },
  {
    path: "/ready",
    help: "the state of the server: 200 when LIVE, else 503",
    mutates: false,
    parameters: [],
    handle(_request, source) {
      const state = source.state();
      return textResponse(`${state}\n`, state === "LIVE" ? 200 : 503);
    },
  },
  {
    path: "/server_info",
    help: "version, state, command line, node",
    mutates: false,
    parameters: [],
    handle(_request, source) {
      const info = source.serverInfo();
      const uptime = `${Math.floor(info.uptimeSeconds)}s`;
      return jsonResponse({
        version: info.version,
        state: source.state(),
        uptime_current_epoch: uptime,
        uptime_all_epochs: uptime,
        hot_restart_version: "disabled",
        command_line_options: info.commandLineOptions,
        node: info.node,
        // Ours: fields of the configuration that have no effect, and why that is safe.
        ...(info.configNotes.length === 0 ? {} : { config_notes: info.configNotes }),
      });
    },
  },
];
