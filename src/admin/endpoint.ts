// One admin endpoint as data (path, help, parameters, handler), its request and its answers.
import { RE2JS } from "re2js";
import type { AdminSource } from "./admin-source.ts";

export interface EndpointParameter {
  readonly name: string;
  readonly help: string;
  /** Allowed values, shown in the help; an empty one stands for "not given". */
  readonly values?: readonly string[];
}

export interface Endpoint {
  readonly path: string;
  readonly help: string;
  /** Changes state: POST only. */
  readonly mutates: boolean;
  readonly parameters: readonly EndpointParameter[];
  handle(request: AdminRequest, source: AdminSource): Response | Promise<Response>;
}

/** Query parameters in order, percent-decoded; `+` stays a plus, as in Envoy. */
export class AdminRequest {
  readonly parameters: readonly (readonly [string, string])[];
  readonly contentType: string;
  readonly readBody: () => Promise<string>;

  constructor(query: string, contentType: string, readBody: () => Promise<string>) {
    this.parameters = parseQuery(query);
    this.contentType = contentType;
    this.readBody = readBody;
  }

  has(name: string): boolean {
    return this.parameters.some(([key]) => key === name);
  }

  /** First value, or null. */
  get(name: string): string | null {
    return this.parameters.find(([key]) => key === name)?.[1] ?? null;
  }
}

/** `a=b&c` → pairs. */
export function parseQuery(query: string): [string, string][] {
  return query.split("&").filter((pair) => pair !== "").map((pair) => {
    const at = pair.indexOf("=");
    return at < 0 ? [decoded(pair), ""] : [decoded(pair.slice(0, at)), decoded(pair.slice(at + 1))];
  });
}

function decoded(text: string): string {
  const bytes = Buffer.from(text, "utf8").toString("latin1").replace(
    /%([0-9A-Fa-f]{2})/g,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

const COMMON_HEADERS = { "cache-control": "no-cache, max-age=0", "x-content-type-options": "nosniff" };

export function textResponse(body: string, status = 200): Response {
  return new Response(body, { status, headers: { "content-type": "text/plain; charset=UTF-8", ...COMMON_HEADERS } });
}

export function htmlResponse(body: string): Response {
  return new Response(body, { headers: { "content-type": "text/html; charset=UTF-8", ...COMMON_HEADERS } });
}

/** JSON with Envoy's indentation of one space. */
export function jsonResponse(value: unknown): Response {
  return rawJsonResponse(`${JSON.stringify(value, null, 1)}\n`);
}

export function rawJsonResponse(body: string): Response {
  return new Response(body, { headers: { "content-type": "application/json", ...COMMON_HEADERS } });
}

/** A search with an RE2 pattern, or the reason why it does not compile. */
export function compileSearch(pattern: string): ((text: string) => boolean) | string {
  try {
    const program = RE2JS.compile(pattern);
    return (text) => program.matcher(text).find();
  } catch (error) {
    return reasonOf(error);
  }
}

/** As compileSearch, for the whole text. */
export function compileFullMatch(pattern: string): ((text: string) => boolean) | string {
  try {
    const program = RE2JS.compile(pattern);
    return (text) => program.testExact(text);
  } catch (error) {
    return reasonOf(error);
  }
}

/** RE2JS says "error parsing regexp: missing closing ): `(`"; RE2 says "missing ): (". */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^error parsing regexp: /, "").replace("missing closing )", "missing )").replace(
    /: `(.*)`$/s,
    ": $1",
  );
}
