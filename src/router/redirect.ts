// Redirects: builds the location of a redirect route from the request (envoy.config.route.v3.RedirectAction).
import type { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";
import { toWireText } from "../expr/wire-text.ts";
import type { PathMatcher } from "./path-matcher.ts";
import { PathRewrite } from "./path-rewrite.ts";
import type { RedirectConfig } from "./route-config.ts";

export class Redirect {
  readonly status: number;
  private readonly scheme: string;
  private readonly host: string;
  private readonly port: string;
  private readonly path: string;
  private readonly pathHasQuery: boolean;
  private readonly pathRewrite: PathRewrite | null;
  private readonly stripQuery: boolean;

  /** Throws Error when a regex or substitution is bad. */
  constructor(config: RedirectConfig, matcher: PathMatcher) {
    this.status = config.status;
    this.scheme = toWireText(config.scheme);
    this.host = toWireText(config.host);
    this.port = config.port === 0 ? "" : `:${config.port}`;
    this.path = toWireText(config.path);
    this.pathHasQuery = config.path.includes("?");
    this.pathRewrite = config.pathRewrite === null ? null : new PathRewrite(config.pathRewrite, matcher);
    this.stripQuery = config.stripQuery;
  }

  /** Value of `location` for a request with these headers. */
  location(headers: HeaderBlock): string {
    const scheme = this.scheme === "" ? headers.get(Header.scheme) ?? "http" : this.scheme;
    const host = this.host === "" ? this.requestHost(headers, scheme) : this.host;
    let path = this.newPath(headers.get(Header.path) ?? "");
    if (path !== "" && !path.startsWith("/")) path = `/${path}`;
    return `${scheme}://${host}${this.port}${path}`;
  }

  private newPath(target: string): string {
    if (this.path !== "" && this.pathHasQuery) return this.path;
    const query = target.indexOf("?");
    if (this.path !== "") return this.stripQuery || query < 0 ? this.path : this.path + target.slice(query);
    const path = this.pathRewrite === null ? target : this.pathRewrite.apply(target);
    if (!this.stripQuery) return path;
    const end = path.indexOf("?");
    return end < 0 ? path : path.slice(0, end);
  }

  /** The request's host; its port goes when another is configured, or when it is the default of the scheme that is being left. */
  private requestHost(headers: HeaderBlock, newScheme: string): string {
    const host = headers.get(Header.authority) ?? "";
    const colon = portStart(host);
    if (colon < 0) return host;
    if (this.port !== "") return host.slice(0, colon);
    const scheme = headers.get(Header.xForwardedProto) ?? headers.get(Header.scheme);
    if (newScheme === scheme) return host;
    const port = host.slice(colon);
    const isDefault = (scheme === "http" && port === ":80") || (scheme === "https" && port === ":443");
    return isDefault ? host.slice(0, colon) : host;
  }
}

/** Index of the colon before the port of `host`, or -1; knows IPv6 literals. */
export function portStart(host: string): number {
  const colon = host.lastIndexOf(":");
  return colon > host.lastIndexOf("]") ? colon : -1;
}
