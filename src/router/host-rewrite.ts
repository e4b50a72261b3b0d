// Host rewrites of routes: literal, header, path regex, or the upstream host's name; original host and x-forwarded-host.
import type { HeaderBlock } from "../base/header-block.ts";
import { Header, type HeaderId, internHeaderName } from "../base/header-names.ts";
import { RegexRewrite } from "../expr/regex.ts";
import { toWireText } from "../expr/wire-text.ts";
import type { HostRewriteConfig } from "./route-config.ts";
import { pathEndOf } from "./route-request.ts";

export class HostRewrite {
  /** The new host is known only once the upstream host is chosen: the router filter calls `replace` then. */
  readonly usesUpstreamHost: boolean;
  private readonly literal: string;
  private readonly header: HeaderId;
  private readonly regex: RegexRewrite | null;
  private readonly appendsXForwardedHost: boolean;

  /** Throws Error when a regex or substitution is bad. */
  constructor(config: HostRewriteConfig, appendsXForwardedHost: boolean) {
    this.usesUpstreamHost = config.kind === "upstream";
    this.literal = config.kind === "literal" ? toWireText(config.value) : "";
    this.header = config.kind === "header" ? internHeaderName(config.header) : 0;
    this.regex = config.kind === "pathRegex" ? new RegexRewrite(config.rewrite) : null;
    this.appendsXForwardedHost = appendsXForwardedHost;
  }

  /** Rewrites the host before an upstream is chosen; nothing for `usesUpstreamHost`. `keepsOriginal`: tell it in x-envoy-original-host. */
  apply(headers: HeaderBlock, keepsOriginal: boolean): void {
    const host = this.newHost(headers);
    if (host !== "") this.replace(headers, host, keepsOriginal);
  }

  private newHost(headers: HeaderBlock): string {
    if (this.header !== 0) return headers.get(this.header) ?? "";
    if (this.regex === null) return this.literal;
    const target = headers.get(Header.path) ?? "";
    return this.regex.apply(target.slice(0, pathEndOf(target)));
  }

  /** Sets `:authority` to `host` and records the old one as configured. */
  replace(headers: HeaderBlock, host: string, keepsOriginal: boolean): void {
    const original = headers.get(Header.authority) ?? "";
    if (keepsOriginal) headers.set(Header.xEnvoyOriginalHost, original);
    if (this.appendsXForwardedHost && original !== "") appendForwardedHost(headers, original);
    headers.set(Header.authority, host);
  }
}

/** Joins `host` to x-forwarded-host unless it stands at its end already. */
function appendForwardedHost(headers: HeaderBlock, host: string): void {
  const i = headers.indexOf(Header.xForwardedHost);
  if (i < 0) return headers.append(Header.xForwardedHost, host);
  const value = headers.getAll(Header.xForwardedHost).join(",");
  if (value.slice(value.lastIndexOf(",") + 1).trim() !== host) headers.set(Header.xForwardedHost, `${value},${host}`);
}
