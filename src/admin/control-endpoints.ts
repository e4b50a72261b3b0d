// Endpoints that act on the server: drain, health check, logs, runtime, quit, explain.
import type { AdminSource, ExplainQuestion } from "./admin-source.ts";
import { type AdminRequest, type Endpoint, jsonResponse, parseQuery, textResponse } from "./endpoint.ts";

function action(path: string, help: string, act: (source: AdminSource) => void): Endpoint {
  return {
    path,
    help,
    mutates: true,
    parameters: [],
    handle(_request, source) {
      act(source);
      return textResponse("OK\n");
    },
  };
}

const MODIFY_USAGE = "usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN\n" +
  "       or send the parameters as form values\n" +
  "use an empty value to remove a previously added override";

async function modifyRuntime(request: AdminRequest, source: AdminSource): Promise<Response> {
  let changes = request.parameters;
  if (changes.length === 0 && request.contentType.startsWith("application/x-www-form-urlencoded")) {
    changes = parseQuery((await request.readBody()).replaceAll("+", " "));
  }
  if (changes.length === 0) return textResponse(MODIFY_USAGE, 400);
  return source.modifyRuntime(changes) ? textResponse("OK\n") : textResponse("No admin layer specified", 503);
}

function runtimeJson(source: AdminSource): unknown {
  const layers = source.runtimeLayers();
  const keys = [...new Set(layers.flatMap((layer) => [...layer.values.keys()]))].sort();
  const entries = keys.map((key) => {
    const layer_values = layers.map((layer) => layer.values.get(key) ?? "");
    const final_value = layer_values.findLast((value) => value !== "") ?? "";
    return [key, { final_value, layer_values }] as const;
  });
  return { entries: Object.fromEntries(entries), layers: layers.map((layer) => layer.name) };
}

/** The question in the body, or what is wrong with it. */
function parseQuestion(body: string): ExplainQuestion | string {
  let question: unknown;
  try {
    question = JSON.parse(body);
  } catch {
    return "the body must be JSON";
  }
  const { method = "GET", url, headers = [], listener = "" } = (question ?? {}) as Record<string, unknown>;
  if (typeof url !== "string" || url === "") return '"url" must be a URL such as "http://example.com/path"';
  if (typeof method !== "string" || typeof listener !== "string") return '"method" and "listener" must be strings';
  const pairs = Array.isArray(headers)
    ? headers
    : typeof headers === "object" && headers !== null
    ? Object.entries(headers)
    : null;
  const isPair = (pair: unknown): pair is [string, string] =>
    Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === "string");
  if (pairs === null || !pairs.every(isPair)) {
    return '"headers" must be an object of strings or a list of [name, value]';
  }
  return { method, url, headers: pairs, listener };
}

async function explain(request: AdminRequest, source: AdminSource): Promise<Response> {
  const question = parseQuestion(await request.readBody());
  if (typeof question === "string") return textResponse(`${question}\n`, 400);
  try {
    return jsonResponse(await source.explain(question));
  } catch (error) {
    return textResponse(`${error instanceof Error ? error.message : String(error)}\n`, 400);
  }
}

export const controlEndpoints: readonly Endpoint[] = [
  {
    path: "/drain_listeners",
    help: "ask connections to leave, then stop the listeners",
    mutates: true,
    parameters: [
      {
        name: "graceful",
        help: "keep accepting for the drain period (--drain-time-s) before the listeners close",
      },
      {
        name: "skip_exit",
        help: "ask connections to leave but never close the listeners (graceful then changes nothing)",
      },
      {
        name: "inboundonly",
        help: "only listeners whose traffic_direction is INBOUND",
      },
    ],
    handle(request, source) {
      source.drainListeners({
        inboundOnly: request.has("inboundonly"),
        graceful: request.has("graceful"),
        skipExit: request.has("skip_exit"),
      });
      return textResponse("OK\n");
    },
  },
  {
    path: "/explain",
    help: 'explain how a request would be routed; the body is {"method", "url", "headers", "listener"}',
    mutates: true,
    parameters: [],
    handle: explain,
  },
  action(
    "/healthcheck/fail",
    "answer health checks with failure from now on",
    (source) => source.setHealthCheckFailed(true),
  ),
  action("/healthcheck/ok", "answer health checks with success again", (source) => source.setHealthCheckFailed(false)),
  action("/quitquitquit", "end the process", (source) => source.quit()),
  action("/reopen_logs", "close and open all log files, after a rotation", (source) => source.reopenLogs()),
  {
    path: "/runtime",
    help: "runtime layers and the values in force",
    mutates: false,
    parameters: [],
    handle: (_request, source) => jsonResponse(runtimeJson(source)),
  },
  {
    path: "/runtime_modify",
    help: "set runtime values, e.g. ?key1=value1&key2=value2; an empty value takes back what was set here",
    mutates: true,
    parameters: [],
    handle: modifyRuntime,
  },
];
