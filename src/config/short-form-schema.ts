// The shape of the short form (`lamina.yaml`), checked with valibot; what the keys mean is in docs/en/short-form.md.
import * as v from "valibot";

const text = v.pipe(v.string("must be text"), v.nonEmpty("must not be empty"));
const port = v.pipe(
  v.number(),
  v.integer("must be a whole number"),
  v.minValue(0, "must be 0 to 65535"),
  v.maxValue(65535, "must be 0 to 65535"),
);
const status = v.pipe(
  v.number("must be an HTTP status code"),
  v.integer("must be a whole number"),
  v.minValue(200, "must be 200 to 599"),
  v.maxValue(599, "must be 200 to 599"),
);
const count = v.pipe(
  v.number("must be a whole number"),
  v.integer("must be a whole number"),
  v.minValue(0, "must not be negative"),
);
const durationMessage = 'must be a duration, e.g. "5s", "250ms" or "1m"';
const duration = v.pipe(v.string(durationMessage), v.regex(/^\d+(\.\d+)?(ms|s|m|h)$/, durationMessage));

/** Chooses the schema by the kind of the input: problems then are about that kind, not about a union. */
function oneOrMany<T extends v.GenericSchema>(item: T) {
  return v.lazy((input) =>
    Array.isArray(input) ? v.pipe(v.array(item), v.minLength(1, "must not be empty")) : item
  ) as v.GenericSchema<
    v.InferOutput<T> | v.InferOutput<T>[]
  >;
}

const address = v.lazy((input) =>
  typeof input === "number" ? port : v.string('must be an address, e.g. "0.0.0.0:8080"')
) as v.GenericSchema<
  string | number
>;

/** A cluster name, an inline `host:port`, or several with weights. */
const target = v.lazy((input) =>
  typeof input === "object"
    ? v.pipe(v.record(v.string(), count), v.check((o) => Object.keys(o).length > 0, "must not be empty"))
    : text
) as v.GenericSchema<string | Record<string, number>>;

const path = v.lazy((input) =>
  typeof input === "object"
    ? v.strictObject({ regex: text })
    : v.pipe(text, v.regex(/^=?\//, 'must begin with "/" (a prefix) or "=/" (an exact path)'))
) as v.GenericSchema<string | { regex: string }>;

const redirect = v.lazy((input) =>
  typeof input === "string" ? text : v.strictObject({
    to: text,
    code: v.optional(v.picklist([301, 302, 303, 307, 308], "must be one of 301, 302, 303, 307, 308")),
  })
) as v.GenericSchema<string | { to: string; code?: 301 | 302 | 303 | 307 | 308 }>;

const respond = v.lazy((input) =>
  typeof input === "number"
    ? status
    : typeof input === "string"
    ? v.string()
    : v.strictObject({ status: v.optional(status), body: v.optional(v.string()) })
) as v.GenericSchema<number | string | { status?: number; body?: string }>;

const retries = v.lazy((input) =>
  typeof input === "number"
    ? count
    : v.strictObject({ on: v.optional(text), tries: v.optional(count), per_try_timeout: v.optional(duration) })
) as v.GenericSchema<number | { on?: string; tries?: number; per_try_timeout?: string }>;

const route = v.pipe(
  v.strictObject({
    host: v.optional(oneOrMany(text)),
    path: v.optional(path),
    method: v.optional(oneOrMany(text)),
    headers: v.optional(v.record(v.string(), v.string("must be text"))),
    to: v.optional(target),
    redirect: v.optional(redirect),
    respond: v.optional(respond),
    rewrite: v.optional(v.pipe(text, v.startsWith("/", 'must begin with "/"'))),
    timeout: v.optional(duration),
    retries: v.optional(retries),
  }, "must be an object: a route"),
  v.check(
    (r) => [r.to, r.redirect, r.respond].filter((action) => action !== undefined).length === 1,
    "must have exactly one of to, redirect, respond",
  ),
);

const accessLog = v.union([v.literal(false), text], 'must be stdout, stderr, a file name or "off"');

const routes = v.pipe(v.array(route, "must be a list of routes"), v.minLength(1, "must have at least 1 item"));

const listener = v.lazy((input) =>
  typeof input === "object" && input !== null
    ? v.pipe(
      v.strictObject({
        address,
        name: v.optional(text),
        routes: v.optional(routes),
        tcp: v.optional(target),
        access_log: v.optional(accessLog),
      }),
      v.check((l) => l.routes === undefined || l.tcp === undefined, "must have one of routes, tcp, not both"),
    )
    : address
) as v.GenericSchema<string | number | ShortListener>;

const cluster = v.lazy((input) =>
  typeof input === "object" && input !== null && !Array.isArray(input)
    ? v.strictObject({
      endpoints: oneOrMany(text),
      lb: v.optional(
        v.picklist(["round_robin", "least_request", "random"], "must be one of round_robin, least_request, random"),
      ),
      timeout: v.optional(duration),
      connect_timeout: v.optional(duration),
    })
    : oneOrMany(text)
) as v.GenericSchema<string | string[] | ShortCluster>;

/** The whole file. */
export const shortFormSchema = v.strictObject({
  admin: v.optional(v.union([v.literal(false), address], 'must be an address, e.g. "127.0.0.1:9901"')),
  listen: v.optional(oneOrMany(listener)),
  routes: v.optional(routes),
  clusters: v.optional(v.record(v.string(), cluster)),
  access_log: v.optional(accessLog),
});

export type ShortForm = v.InferOutput<typeof shortFormSchema>;
export type ShortRoute = v.InferOutput<typeof route>;
export type ShortTarget = string | Record<string, number>;

export interface ShortListener {
  address: string | number;
  name?: string | undefined;
  routes?: ShortRoute[] | undefined;
  tcp?: ShortTarget | undefined;
  access_log?: string | false | undefined;
}

export interface ShortCluster {
  endpoints: string | string[];
  lb?: "round_robin" | "least_request" | "random" | undefined;
  /** Default timeout of requests to it. */
  timeout?: string | undefined;
  connect_timeout?: string | undefined;
}
