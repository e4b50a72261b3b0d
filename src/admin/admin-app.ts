// The admin application: Envoy-compatible endpoints on hono, with the help derived from their table.
import { Hono } from "hono";
import type { AdminSource } from "./admin-source.ts";
import { clustersEndpoint } from "./clusters-endpoint.ts";
import { configDumpEndpoint } from "./config-dump-endpoint.ts";
import { controlEndpoints } from "./control-endpoints.ts";
import { AdminRequest, type Endpoint, htmlResponse, textResponse } from "./endpoint.ts";
import { loggingEndpoint } from "./logging-endpoint.ts";
import { statsEndpoints } from "./stats-endpoints.ts";
import { statusEndpoints } from "./status-endpoints.ts";

const helpEndpoint: Endpoint = {
  path: "/help",
  help: "this list",
  mutates: false,
  parameters: [],
  handle: () => textResponse(helpText()),
};

const homeEndpoint: Endpoint = {
  path: "/",
  help: "this list as a page",
  mutates: false,
  parameters: [],
  handle: () => htmlResponse(homePage()),
};

/** All endpoints by path. */
export const endpoints: readonly Endpoint[] = [
  homeEndpoint,
  helpEndpoint,
  clustersEndpoint,
  configDumpEndpoint,
  loggingEndpoint,
  ...controlEndpoints,
  ...statsEndpoints,
  ...statusEndpoints,
].sort((a, b) => a.path < b.path ? -1 : 1);

function helpText(): string {
  let text = "admin commands are:\n";
  for (const { path, mutates, help, parameters } of endpoints) {
    text += `  ${path}${mutates ? " (POST)" : ""}: ${help}\n`;
    for (const { name, help: about, values } of parameters) {
      text += `      ${name}: ${about}${values === undefined ? "" : `; One of (${values.join(", ")})`}\n`;
    }
  }
  return text;
}

function homePage(): string {
  const escaped = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const rows = endpoints.map(({ path, mutates, help }) => {
    const link = mutates
      ? `<form method="post" action="${path}"><button>${path}</button></form>`
      : `<a href="${path}">${path}</a>`;
    return `<tr><td>${link}</td><td>${escaped(help)}</td></tr>`;
  });
  return '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Lamina Admin</title>\n' +
    "<style>body{font-family:sans-serif}td{padding:4px 12px 4px 0;vertical-align:top}form{margin:0}</style></head>\n" +
    `<body><table>\n${rows.join("\n")}\n</table></body>\n</html>\n`;
}

/** The application; `app.fetch(request)` answers. Requests are trusted (the admin port is private), their targets are not. */
export function createAdminApp(source: AdminSource): Hono {
  const app = new Hono({ strict: true });
  for (const endpoint of endpoints) {
    app.all(endpoint.path, (context) => {
      const { method, raw } = context.req;
      if (endpoint.mutates && method !== "POST") {
        return textResponse(`Method ${method} not allowed, POST required.`, 405);
      }
      const at = raw.url.indexOf("?");
      const query = at < 0 ? "" : raw.url.slice(at + 1);
      return endpoint.handle(new AdminRequest(query, raw.headers.get("content-type") ?? "", () => raw.text()), source);
    });
  }
  app.notFound(() => textResponse(`invalid path. ${helpText()}`, 404));
  app.onError((error) => textResponse(`${error.message}\n`, 500));
  return app;
}
