// Routes of the short form → virtual hosts of a route configuration.
import { fieldPath, indexPath } from "./locate.ts";
import type { ShortFormScope } from "./short-form-scope.ts";
import type { ShortRoute, ShortTarget } from "./short-form-schema.ts";

/**
 * Routes are tried in their order, whatever their hosts. Envoy picks the virtual host first; so each host gets the routes that cover
 * it: its own, those of wildcards around it, and those without a host.
 */
export function adaptRoutes(routes: readonly ShortRoute[], path: string, scope: ShortFormScope): object[] {
  const adapted = routes.map((route, i) => ({
    hosts: hostsOf(route),
    json: adaptRoute(route, indexPath(path, i), scope),
  }));
  const domains = [...new Set(adapted.flatMap((route) => route.hosts))];
  return domains.map((domain) => ({
    name: domain === "*" ? "default" : domain,
    domains: [domain],
    routes: adapted.filter((route) => route.hosts.some((host) => covers(host, domain))).map((route) => route.json),
  }));
}

function hostsOf(route: ShortRoute): string[] {
  if (route.host === undefined) return ["*"];
  return Array.isArray(route.host) ? route.host : [route.host];
}

function covers(pattern: string, host: string): boolean {
  if (pattern === "*" || pattern.toLowerCase() === host.toLowerCase()) return true;
  return pattern.startsWith("*.") && host.toLowerCase().endsWith(pattern.slice(1).toLowerCase());
}

function adaptRoute(route: ShortRoute, path: string, scope: ShortFormScope): object {
  return scope.mark(
    { match: scope.mark(matchJson(route), fieldPath(path, "path")), ...actionJson(route, path, scope) },
    path,
  );
}

function matchJson(route: ShortRoute): object {
  const headers: object[] = [];
  if (route.method !== undefined) {
    const methods = (Array.isArray(route.method) ? route.method : [route.method]).map((method) => method.toUpperCase());
    const match = methods.length === 1
      ? { exact: methods[0] }
      : { safe_regex: { regex: methods.map((method) => method.replaceAll(/[^A-Z0-9]/g, "\\$&")).join("|") } };
    headers.push({ name: ":method", string_match: match });
  }
  for (const [name, value] of Object.entries(route.headers ?? {})) {
    headers.push({ name, string_match: { exact: value } });
  }
  return { ...pathJson(route.path ?? "/"), ...(headers.length > 0 ? { headers } : {}) };
}

function pathJson(path: string | { regex: string }): object {
  if (typeof path === "object") return { safe_regex: { regex: path.regex } };
  if (path.startsWith("=")) return { path: path.slice(1) };
  return path.endsWith("/") ? { prefix: path } : { path_separated_prefix: path };
}

function actionJson(route: ShortRoute, path: string, scope: ShortFormScope): object {
  if (route.redirect !== undefined) return { redirect: redirectJson(route, path, scope) };
  if (route.respond !== undefined) return { direct_response: respondJson(route.respond) };
  return { route: forwardJson(route, path, scope) };
}

function forwardJson(route: ShortRoute, path: string, scope: ShortFormScope): object {
  const clusters = inlineTargets(route.to ?? "", fieldPath(path, "to"), scope);
  const only = clusters.length === 1 ? clusters[0] : undefined;
  const timeout = route.timeout !== undefined
    ? durationSeconds(route.timeout)
    : only && scope.clusterTimeout(only.name);
  if (route.rewrite !== undefined && typeof route.path === "object") {
    scope.problem("CFG090", fieldPath(path, "rewrite"), "goes with a prefix or exact path, not with a regex");
  }
  return {
    ...(only === undefined ? { weighted_clusters: { clusters } } : { cluster: only.name }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(route.rewrite === undefined ? {} : { prefix_rewrite: route.rewrite }),
    ...(route.retries === undefined ? {} : { retry_policy: retryJson(route.retries) }),
  };
}

/** Clusters and weights of a target; inline addresses become clusters. */
export function inlineTargets(
  target: ShortTarget,
  path: string,
  scope: ShortFormScope,
): { name: string; weight: number }[] {
  if (typeof target === "string") return [{ name: scope.clusterName(target, path), weight: 1 }];
  return Object.entries(target).map(([name, weight]) => ({ name: scope.clusterName(name, path), weight }));
}

const redirectCodes: Readonly<Record<number, string>> = {
  301: "MOVED_PERMANENTLY",
  302: "FOUND",
  303: "SEE_OTHER",
  307: "TEMPORARY_REDIRECT",
  308: "PERMANENT_REDIRECT",
};

/** `https` alone changes the scheme; `https://host[:port][/path]` all of it; `/path` the path. */
function redirectJson(route: ShortRoute, path: string, scope: ShortFormScope): object {
  const redirect = typeof route.redirect === "string" ? { to: route.redirect } : route.redirect ?? { to: "" };
  const code = "code" in redirect && redirect.code !== undefined ? { response_code: redirectCodes[redirect.code] } : {};
  if (redirect.to === "https") return { https_redirect: true, ...code };
  if (redirect.to.startsWith("/")) return { path_redirect: redirect.to, ...code };
  const url = /^(https?):\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(redirect.to);
  if (url === null) {
    scope.problem("CFG090", fieldPath(path, "redirect"), 'must be "https", a path, or a URL', { value: redirect.to });
    return {};
  }
  return {
    scheme_redirect: url[1],
    host_redirect: url[2],
    ...(url[3] === undefined ? {} : { port_redirect: Number(url[3]) }),
    ...(url[4] === undefined || url[4] === "/" ? {} : { path_redirect: url[4] }),
    ...code,
  };
}

function respondJson(respond: number | string | { status?: number; body?: string }): object {
  if (typeof respond === "number") return { status: respond };
  if (typeof respond === "string") return { status: 200, body: { inline_string: respond } };
  return {
    status: respond.status ?? 200,
    ...(respond.body === undefined ? {} : { body: { inline_string: respond.body } }),
  };
}

function retryJson(retries: number | { on?: string; tries?: number; per_try_timeout?: string }): object {
  const policy = typeof retries === "number" ? { tries: retries } : retries;
  return {
    retry_on: ("on" in policy ? policy.on : undefined) ?? "connect-failure,refused-stream,reset,5xx",
    num_retries: policy.tries ?? 1,
    ...("per_try_timeout" in policy && policy.per_try_timeout !== undefined
      ? { per_try_timeout: durationSeconds(policy.per_try_timeout) }
      : {}),
  };
}

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** `"250ms"` → `"0.25s"`. The schema has checked the form. */
export function durationSeconds(text: string): string {
  const match = /^([\d.]+)(ms|s|m|h)$/.exec(text);
  return `${Number((Number(match?.[1]) * (unitSeconds[match?.[2] ?? ""] ?? 1)).toFixed(9))}s`;
}
