// What route matchers look at: one reusable object per route table, filled for each look-up without allocation beyond two substrings.
import { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";
import { StreamInfo } from "../expr/stream-info.ts";
import { toAsciiLowerCase } from "../expr/wire-text.ts";
import { randomUint32 } from "../platform/random.ts";

export class RouteRequest {
  headers: HeaderBlock = new HeaderBlock();
  info: StreamInfo = new StreamInfo();
  /** False for a CONNECT without `:path`: only `connect_matcher` routes may match then. */
  hasPath = false;
  isConnect = false;
  /** Path without query and fragment, and without parameters when the table ignores them. */
  path = "";
  /** What follows `?`, without it; empty when there is none. */
  query = "";
  private lowered: string | null = null;

  set(headers: HeaderBlock, info: StreamInfo, ignorePathParameters: boolean): void {
    this.headers = headers;
    this.info = info;
    this.isConnect = headers.get(Header.method) === "CONNECT";
    this.lowered = null;
    const target = headers.get(Header.path);
    this.hasPath = target !== null;
    if (target === null) {
      this.path = this.query = "";
      return;
    }
    const end = pathEndOf(target);
    let path = end === target.length ? target : target.slice(0, end);
    if (ignorePathParameters && path.includes(";")) path = withoutParameters(path);
    this.path = path;
    this.query = "";
    if (target.charCodeAt(end) === QUESTION) {
      const hash = target.indexOf("#", end);
      this.query = hash < 0 ? target.slice(end + 1) : target.slice(end + 1, hash);
    }
  }

  /** Path in lower case (ASCII), for matchers that ignore case. */
  get lowerPath(): string {
    return this.lowered ??= toAsciiLowerCase(this.path);
  }

  /** 32-bit random value, the same for all look-ups of an exchange. */
  get random(): number {
    if (this.info.routeRandom < 0) this.info.routeRandom = randomUint32();
    return this.info.routeRandom;
  }
}

const QUESTION = 0x3f;

/** Where the path of a request target ends: at `?`, `#` or its end. */
export function pathEndOf(target: string): number {
  const query = target.indexOf("?");
  const hash = target.indexOf("#");
  if (query < 0) return hash < 0 ? target.length : hash;
  return hash < 0 || query < hash ? query : hash;
}

/** Drops `;…` up to the next slash in every segment. */
function withoutParameters(path: string): string {
  let kept = "", from = 0;
  for (let semicolon = path.indexOf(";"); semicolon >= 0; semicolon = path.indexOf(";", from)) {
    kept += path.slice(from, semicolon);
    const slash = path.indexOf("/", semicolon);
    if (slash < 0) return kept;
    from = slash;
  }
  return kept + path.slice(from);
}
