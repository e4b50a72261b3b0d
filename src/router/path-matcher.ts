// Path matchers of routes: prefix, exact, path_separated_prefix, safe_regex, connect_matcher (envoy.config.route.v3.RouteMatch).
import { Regex } from "../expr/regex.ts";
import { toAsciiLowerCase, toWireText } from "../expr/wire-text.ts";
import type { PathMatchConfig } from "./route-config.ts";
import { pathEndOf, type RouteRequest } from "./route-request.ts";

export const PathKind = { prefix: 0, exact: 1, separatedPrefix: 2, regex: 3, connect: 4 } as const;
export type PathKind = typeof PathKind[keyof typeof PathKind];

const SLASH = 0x2f;

/** Compiled; one class for all kinds. Throws Error when a regex does not compile. */
export class PathMatcher {
  readonly kind: PathKind;
  readonly caseSensitive: boolean;
  /** Wire text; lower case when the case is ignored; empty for regex and connect. */
  readonly value: string;
  readonly regex: Regex | null;

  constructor(config: PathMatchConfig) {
    const value = toWireText(config.value);
    this.kind = PathKind[config.kind];
    this.caseSensitive = config.caseSensitive || config.kind === "regex" || config.kind === "connect";
    this.regex = config.kind === "regex" ? new Regex(config.value) : null;
    this.value = config.kind === "regex" || config.kind === "connect"
      ? ""
      : this.caseSensitive
      ? value
      : toAsciiLowerCase(value);
  }

  matches(request: RouteRequest): boolean {
    if (this.kind === PathKind.connect) return request.isConnect;
    if (!request.hasPath) return false;
    const path = this.caseSensitive ? request.path : request.lowerPath;
    switch (this.kind) {
      case PathKind.prefix:
        return path.startsWith(this.value);
      case PathKind.exact:
        return path === this.value;
      case PathKind.separatedPrefix:
        return this.isSeparatedPrefixOf(path);
      default:
        return this.regex!.fullMatch(path);
    }
  }

  private isSeparatedPrefixOf(path: string): boolean {
    if (!path.startsWith(this.value)) return false;
    return path.length === this.value.length || path.charCodeAt(this.value.length) === SLASH;
  }

  /**
   * How many characters of `target` (a `:path` with query) the matched part takes, what prefix_rewrite replaces: the prefix, or the whole
   * path for other kinds. -1 when `target` does not begin with it (path parameters were ignored, or a filter changed the path).
   */
  matchedLength(target: string): number {
    const pathEnd = pathEndOf(target);
    if (this.kind === PathKind.regex || this.kind === PathKind.connect) return pathEnd;
    const length = this.value.length;
    if (length > pathEnd) return -1;
    const head = target.slice(0, length);
    if ((this.caseSensitive ? head : toAsciiLowerCase(head)) !== this.value) return -1;
    return this.kind === PathKind.exact && length !== pathEnd ? -1 : length;
  }

  /** What it wants: `path prefix "/a"`. */
  describe(): string {
    switch (this.kind) {
      case PathKind.prefix:
        return `path prefix ${this.quoted()}`;
      case PathKind.exact:
        return `path ${this.quoted()}`;
      case PathKind.separatedPrefix:
        return `path prefix ${this.quoted()} up to a slash`;
      case PathKind.regex:
        return `path regex ${JSON.stringify(this.regex!.pattern)}`;
      default:
        return "CONNECT";
    }
  }

  private quoted(): string {
    return JSON.stringify(this.value) + (this.caseSensitive ? "" : " (any case)");
  }

  /** Why `request` does not match. Only after `matches` said no. */
  describeMiss(request: RouteRequest): string {
    if (this.kind === PathKind.connect) return "the method is not CONNECT";
    if (!request.hasPath) return `the request has no path, wanted ${this.describe()}`;
    const path = `path ${request.path}`;
    switch (this.kind) {
      case PathKind.prefix:
        return `${path} does not start with ${this.quoted()}`;
      case PathKind.exact:
        return `${path} is not ${this.quoted()}`;
      case PathKind.separatedPrefix:
        return `${path} is not ${this.quoted()} and does not start with it and a slash`;
      default:
        return `${path} does not match regex ${JSON.stringify(this.regex!.pattern)} in full`;
    }
  }
}
