// Tag extraction: from a stat's name to a shorter name and its tags (Envoy's stats_tags, default tags and order of labels).
import { RE2JS } from "re2js";

export interface StatTag {
  /** `envoy.cluster_name` */
  readonly name: string;
  readonly value: string;
}

/** A stat's name without its tag values, and the tags. */
export interface TaggedName {
  readonly name: string;
  readonly tags: readonly StatTag[];
}

/** envoy.config.metrics.v3.TagSpecifier; both null: the default tag of that name. */
export interface TagSpecifier {
  readonly name: string;
  readonly regex: string | null;
  readonly fixedValue: string | null;
}

/** Where the text to remove stands, and the tag's value. */
interface Extraction {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

interface Extractor {
  readonly tagName: string;
  /** First token of the names it can match, or empty for any. */
  readonly firstToken: string;
  extract(name: string): Extraction | null;
}

/** Group 1 is removed, group 2 is the value; with one group only, it is both. */
class RegexExtractor implements Extractor {
  readonly tagName: string;
  readonly firstToken: string;
  private readonly match: (name: string) => Extraction | null;
  private readonly needle: string;

  /**
   * RE2 syntax; a pattern that RE2 does not have (look-ahead) runs as ECMAScript, as both are what Envoy's users write. `needle` is text that
   * every matching name has. Throws Error.
   */
  constructor(tagName: string, pattern: string, needle = "") {
    this.tagName = tagName;
    this.needle = needle;
    this.firstToken = firstTokenOf(pattern);
    this.match = compilePattern(pattern);
  }

  extract(name: string): Extraction | null {
    return name.includes(this.needle) ? this.match(name) : null;
  }
}

/** Text after `^` up to an escaped dot: only names with that first token can match. */
function firstTokenOf(pattern: string): string {
  return /^\^([A-Za-z0-9_]*)(?:\\\.|\(\?=\\\.\)|\$$)/.exec(pattern)?.[1] ?? "";
}

function compilePattern(pattern: string): (name: string) => Extraction | null {
  if (/\(\?(?:=|!|<=|<!)/.test(pattern)) return compileEcmaPattern(pattern);
  const program = RE2JS.compile(pattern);
  const groups = program.groupCount();
  if (groups < 1) throw new Error(`tag regex ${JSON.stringify(pattern)} must have a group`);
  return (name) => {
    const matcher = program.matcher(name);
    if (!matcher.find() || matcher.start(1) < 0) return null;
    const value = groups < 2 ? matcher.group(1) : matcher.group(2);
    return { start: matcher.start(1), end: matcher.end(1), value: value ?? "" };
  };
}

const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: "A-Za-z0-9",
  alpha: "A-Za-z",
  blank: " \\t",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "\\x21-\\x7e",
  lower: "a-z",
  print: "\\x20-\\x7e",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\s",
  upper: "A-Z",
  word: "\\w",
  xdigit: "0-9A-Fa-f",
};

function compileEcmaPattern(pattern: string): (name: string) => Extraction | null {
  const source = pattern.replace(/\[:([a-z]+):\]/g, (whole, name: string) => POSIX_CLASSES[name] ?? whole);
  const regex = new RegExp(source, "d");
  return (name) => {
    const found = regex.exec(name);
    const removed = found?.indices?.[1];
    if (found === null || removed === undefined) return null;
    return { start: removed[0], end: removed[1], value: found[2] ?? found[1] ?? "" };
  };
}

/** `cluster.$.**`: the token at `$` is the tag; `*` is any token, a last `**` any rest (at least one token). The token goes with a dot. */
class TokenExtractor implements Extractor {
  readonly tagName: string;
  readonly firstToken: string;
  private readonly tokens: readonly string[];
  private readonly hasRest: boolean;

  constructor(tagName: string, pattern: string) {
    this.tagName = tagName;
    const tokens = pattern.split(".");
    this.hasRest = tokens.at(-1) === "**";
    this.tokens = this.hasRest ? tokens.slice(0, -1) : tokens;
    this.firstToken = tokens[0] === "$" || tokens[0] === "*" ? "" : tokens[0]!;
  }

  extract(name: string): Extraction | null {
    let at = 0;
    let found: Extraction | null = null;
    for (let i = 0; i < this.tokens.length; i++) {
      if (at > name.length) return null;
      let end = name.indexOf(".", at);
      if (end < 0) end = name.length;
      const token = this.tokens[i]!;
      if (token === "$") {
        const isLast = end === name.length;
        found = { start: isLast && at > 0 ? at - 1 : at, end: isLast ? end : end + 1, value: name.slice(at, end) };
      } else if (token !== "*" && (end - at !== token.length || !name.startsWith(token, at))) return null;
      at = end + 1;
    }
    const isExact = at === name.length + 1;
    return isExact === this.hasRest ? null : found;
  }
}

/** A fixed tag: on every stat. */
class FixedExtractor implements Extractor {
  readonly tagName: string;
  readonly firstToken = "";
  private readonly value: string;

  constructor(tagName: string, value: string) {
    this.tagName = tagName;
    this.value = value;
  }

  extract(): Extraction | null {
    return { start: 0, end: 0, value: this.value };
  }
}

// Pieces of the default patterns.
const VALUE = "[^\\.]+";
const CIPHER = "[\\w-]+";
const ROUTE_CONFIG = "[\\w-\\.]+";
const ADDRESS = "(?:[_.[:digit:]]*|[_\\[\\]aAbBcCdDeEfF[:digit:]]*)";

const regex = (name: string, needle: string, pattern: string): Extractor =>
  new RegexExtractor(`envoy.${name}`, pattern, needle);
const tokens = (name: string, pattern: string): Extractor => new TokenExtractor(`envoy.${name}`, pattern);

/** Envoy's default tags, in its order. */
function createDefaultExtractors(): Extractor[] {
  return [
    regex("response_code", "_rq_", "_rq(_(\\d{3}))$"),
    regex("response_code_class", "_rq_", "_rq_((\\d))xx$"),
    regex(
      "dynamo_partition_id",
      ".dynamodb.",
      `^http\\.${VALUE}\\.dynamodb\\.table\\.${VALUE}\\.capacity\\.${VALUE}(\\.__partition_id=(\\w{7}))$`,
    ),
    regex(
      "dynamo_operation",
      ".dynamodb.",
      `^http\\.${VALUE}\\.dynamodb.(?:operation|table\\.${VALUE}\\.capacity)(\\.(${VALUE}))(?:\\.|$)`,
    ),
    regex(
      "mongo_callsite",
      ".callsite.",
      `^mongo\\.${VALUE}\\.collection\\.${VALUE}\\.callsite\\.((${VALUE})\\.)query\\.`,
    ),
    regex("dynamo_table", ".dynamodb.", `^http\\.${VALUE}\\.dynamodb.(?:table|error)\\.((${VALUE})\\.)`),
    regex("mongo_collection", ".collection.", `^mongo\\.${VALUE}\\.collection\\.((${VALUE})\\.).*?query\\.`),
    regex("mongo_cmd", ".cmd.", `^mongo\\.${VALUE}\\.cmd\\.((${VALUE})\\.)`),
    regex("grpc_bridge_method", ".grpc.", `^cluster\\.${VALUE}\\.grpc\\.${VALUE}\\.((${VALUE})\\.)`),
    tokens("http_user_agent", "http.*.user_agent.$.**"),
    tokens("virtual_cluster", "vhost.*.vcluster.$.**"),
    regex("fault_downstream_cluster", ".fault.", `^http\\.${VALUE}\\.fault\\.((${VALUE})\\.)`),
    regex("ssl_cipher", ".ssl.cipher.", `^listener\\..*?\\.ssl\\.cipher(\\.(${CIPHER}))$`),
    regex("ssl_cipher_suite", ".ssl.ciphers.", `^cluster\\.${VALUE}\\.ssl\\.ciphers(\\.(${CIPHER}))$`),
    regex("grpc_bridge_service", ".grpc.", `^cluster\\.${VALUE}\\.grpc\\.((${VALUE})\\.)`),
    tokens("tcp_prefix", "tcp.$.**"),
    tokens("udp_prefix", "udp.$.**"),
    tokens("clientssl_prefix", "auth.clientssl.$.**"),
    tokens("ratelimit_prefix", "ratelimit.$.**"),
    tokens("cluster_name", "cluster.$.**"),
    regex("http_conn_manager_prefix", ".http.", `^listener\\..*?\\.http\\.((${VALUE})\\.)`),
    tokens("http_conn_manager_prefix", "http.$.**"),
    regex(
      "worker_id",
      "worker_",
      `^(?:listener\\.(?:${ADDRESS}|${VALUE})\\.|server\\.|listener_manager\\.|thread_local_cluster_manager\\.)worker_((\\d+)\\.)`,
    ),
    regex("listener_address", "listener.", `^listener\\.((${ADDRESS})\\.)`),
    tokens("virtual_host", "vhost.$.**"),
    tokens("mongo_prefix", "mongo.$.**"),
    regex("rds_route_config", ".rds.", `^http\\.${VALUE}\\.rds\\.((${ROUTE_CONFIG})\\.)\\w+?$`),
    regex("scoped_rds_config", ".scoped_rds.", `^http\\.${VALUE}\\.scoped_rds\\.((${ROUTE_CONFIG})\\.)\\w+?$`),
    tokens("route", "vhost.*.route.$.**"),
    tokens("thrift_prefix", "thrift.$.**"),
    tokens("redis_prefix", "redis.$.**"),
    regex("proxy_protocol_version", "versions.v", "^proxy_proto\\.(?:.+\\.)?versions\\.(v(\\d)\\.)"),
    regex("proxy_protocol_prefix", "proxy_proto.", "^proxy_proto\\.((.+?)\\.)(?:versions\\.|not_found_)"),
    tokens("connection_limit_prefix", "connectionlimit.$.**"),
    tokens("local_http_ratelimit_prefix", "$.http_local_rate_limit.**"),
    tokens("local_network_ratelimit_prefix", "local_rate_limit.$.**"),
    tokens("local_listener_ratelimit_prefix", "listener_local_ratelimit.$.**"),
    tokens("dns_filter_prefix", "dns_filter.$.**"),
  ];
}

/** Worked out once per configuration. */
export class TagExtractors {
  /** Those that may match any name run first; then those for the name's first token, in the order given. */
  private readonly general: Extractor[] = [];
  private readonly byToken = new Map<string, Extractor[]>();

  /** Throws Error for a regex that does not compile or a default tag that does not exist. */
  constructor(specifiers: readonly TagSpecifier[], useAllDefaultTags: boolean) {
    const defaults = createDefaultExtractors();
    const names = new Set<string>();
    if (useAllDefaultTags) {
      for (const extractor of defaults) this.add(extractor);
      for (const extractor of defaults) names.add(extractor.tagName);
    }
    for (const { name, regex: pattern, fixedValue } of specifiers) {
      if (fixedValue !== null) this.add(new FixedExtractor(name, fixedValue));
      else if (pattern !== null) this.add(new RegexExtractor(name, pattern));
      else if (!names.has(name)) {
        const known = defaults.filter((extractor) => extractor.tagName === name);
        if (known.length === 0) {
          throw new Error(`No regex specified for tag specifier and no default regex for name: '${name}'`);
        }
        for (const extractor of known) this.add(extractor);
      }
    }
  }

  private add(extractor: Extractor): void {
    if (extractor.firstToken === "") this.general.push(extractor);
    else {
      const list = this.byToken.get(extractor.firstToken);
      if (list === undefined) this.byToken.set(extractor.firstToken, [extractor]);
      else list.push(extractor);
    }
  }

  /** Every extractor looks at the full name, so their order does not matter for what is left of it. */
  extract(name: string): TaggedName {
    const tags: StatTag[] = [];
    const removed: Extraction[] = [];
    const dot = name.indexOf(".");
    const own = dot < 0 ? undefined : this.byToken.get(name.slice(0, dot));
    for (const list of own === undefined ? [this.general] : [this.general, own]) {
      for (const extractor of list) {
        if (tags.some((tag) => tag.name === extractor.tagName)) continue;
        const found = extractor.extract(name);
        if (found === null) continue;
        tags.push({ name: extractor.tagName, value: found.value });
        if (found.end > found.start) removed.push(found);
      }
    }
    return { name: without(name, removed), tags };
  }
}

/** The text outside of the (possibly overlapping) ranges. */
function without(name: string, removed: Extraction[]): string {
  removed.sort((a, b) => a.start - b.start);
  let rest = "", at = 0;
  for (const { start, end } of removed) {
    if (start > at) rest += name.slice(at, start);
    at = Math.max(at, end);
  }
  return rest + name.slice(at);
}
