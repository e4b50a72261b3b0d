// Path rewrites of routes and redirects: prefix_rewrite and regex_rewrite; the query stays as it is.
import { RegexRewrite } from "../expr/regex.ts";
import { toWireText } from "../expr/wire-text.ts";
import type { PathMatcher } from "./path-matcher.ts";
import type { PathRewriteConfig } from "./route-config.ts";
import { pathEndOf } from "./route-request.ts";

export class PathRewrite {
  private readonly matcher: PathMatcher;
  private readonly prefix: string;
  private readonly regex: RegexRewrite | null;

  /** `matcher` is the route's: prefix_rewrite replaces what it matched. Throws Error when a regex or substitution is bad. */
  constructor(config: PathRewriteConfig, matcher: PathMatcher) {
    this.matcher = matcher;
    this.prefix = config.kind === "prefix" ? toWireText(config.value) : "";
    this.regex = config.kind === "regex" ? new RegexRewrite(config.rewrite) : null;
  }

  /** The new request target for `target` (path with query). */
  apply(target: string): string {
    if (this.regex === null) {
      const length = this.matcher.matchedLength(target);
      return length < 0 ? target : this.prefix + target.slice(length);
    }
    const end = pathEndOf(target);
    return end === target.length
      ? this.regex.apply(target)
      : this.regex.apply(target.slice(0, end)) + target.slice(end);
  }
}
