// Path normalisation of requests: escaped slashes, RFC 3986 §6.2.2 in the manner of Chromium's URL code (what Envoy runs), merged slashes.

export const PathVerdict = {
  unchanged: 0,
  /** `path` holds the new request target. */
  changed: 1,
  /** Answer 400. */
  reject: 2,
  /** Answer 307 with `path` as location. */
  redirect: 3,
} as const;
export type PathVerdict = typeof PathVerdict[keyof typeof PathVerdict];

export interface PathNormalizationConfig {
  readonly normalizePath: boolean;
  readonly mergeSlashes: boolean;
  /** What happens to `%2F` and `%5C` in the path. */
  readonly escapedSlashes: "keep" | "reject" | "unescapeAndRedirect" | "unescapeAndForward";
}

const SLASH = 0x2f, BACKSLASH = 0x5c, DOT = 0x2e, PERCENT = 0x25, HASH = 0x23, QUESTION = 0x3f;

/** 1: a path holding this character needs a closer look. Slash, `?` and dot are judged by their neighbours. */
const SUSPICIOUS = new Uint8Array(256);
/** 1: `%XX` of this character is decoded (unreserved characters, RFC 3986 §2.3). */
const UNESCAPED = new Uint8Array(256);
/** 1: this character becomes `%XX`. */
const ESCAPED = new Uint8Array(256);
for (let c = 0; c < 256; c++) {
  const text = String.fromCharCode(c);
  if (/[A-Za-z0-9\-._~]/.test(text)) UNESCAPED[c] = 1;
  if (c <= 0x20 || c >= 0x7f || '"<>^`{|}'.includes(text)) ESCAPED[c] = 1;
  if (ESCAPED[c] === 1 || c === PERCENT || c === BACKSLASH || c === HASH) SUSPICIOUS[c] = 1;
}

export class PathNormalizer {
  /** The new request target after `changed` or `redirect`. */
  path = "";
  private readonly normalizePath: boolean;
  private readonly mergeSlashes: boolean;
  private readonly escapedSlashes: PathNormalizationConfig["escapedSlashes"];
  private readonly onlyChecksFragment: boolean;

  constructor(config: PathNormalizationConfig) {
    this.normalizePath = config.normalizePath;
    this.mergeSlashes = config.mergeSlashes;
    this.escapedSlashes = config.escapedSlashes;
    this.onlyChecksFragment = !config.normalizePath && !config.mergeSlashes && config.escapedSlashes === "keep";
  }

  /** Judges a request target that begins with a slash. A clean one costs one scan and no allocation. */
  normalize(target: string): PathVerdict {
    if (target.includes("#")) return PathVerdict.reject;
    if (this.onlyChecksFragment || isClean(target)) return PathVerdict.unchanged;
    return this.normalizeSuspicious(target);
  }

  private normalizeSuspicious(target: string): PathVerdict {
    const question = target.indexOf("?");
    const original = question < 0 ? target : target.slice(0, question);
    let path = original;
    let redirects = false;
    if (this.escapedSlashes !== "keep") {
      path = unescapeSlashes(original);
      if (path !== original) {
        if (this.escapedSlashes === "reject") return PathVerdict.reject;
        redirects = this.escapedSlashes === "unescapeAndRedirect";
      }
    }
    if (this.normalizePath) {
      const canonical = canonicalPath(path);
      if (canonical === null) return PathVerdict.reject;
      path = canonical;
    }
    if (this.mergeSlashes) path = merge(path);
    if (path === original) return PathVerdict.unchanged;
    this.path = question < 0 ? path : path + target.slice(question);
    return redirects ? PathVerdict.redirect : PathVerdict.changed;
  }
}

/** True when no step can change or refuse the path. */
function isClean(target: string): boolean {
  for (let i = 0; i < target.length; i++) {
    const c = target.charCodeAt(i);
    if (c === QUESTION) return true;
    if (SUSPICIOUS[c] === 1 || c > 0xff) return false;
    if (c === SLASH) {
      const next = target.charCodeAt(i + 1);
      if (next === SLASH || next === DOT) return false;
    }
  }
  return true;
}

/** `%2F` becomes a slash, `%5C` a backslash. */
function unescapeSlashes(path: string): string {
  let out = "", from = 0;
  for (let at = path.indexOf("%"); at >= 0; at = path.indexOf("%", at + 1)) {
    const c = hexByte(path, at + 1);
    if (c !== SLASH && c !== BACKSLASH) continue;
    out += path.slice(from, at) + (c === SLASH ? "/" : "\\");
    from = at + 3;
  }
  return out + path.slice(from);
}

/** Envoy's rule: runs of slashes become one; a path of slashes only becomes two. */
function merge(path: string): string {
  if (!path.includes("//")) return path;
  const segments = path.split("/").filter((segment) => segment !== "");
  return `/${segments.join("/")}${path.endsWith("/") ? "/" : ""}`;
}

/** The canonical form, or null for a path that is refused (`%00`). */
function canonicalPath(path: string): string | null {
  const canonical = resolve(withoutDotParameters(path));
  if (canonical === null) return null;
  // Decoding may have made another `..;x` (from `%2e%2e;x`), which servers that know path parameters take for `..`.
  const again = withoutDotParameters(canonical);
  return again === canonical ? canonical : resolve(again);
}

/** `/..;x/` and `/.;x/` lose their parameters: to servers that know path parameters they are `..` and `.`. */
function withoutDotParameters(path: string): string {
  if (!path.includes(".;")) return path;
  return path.split("/").map((segment) => segment.startsWith(".;") ? "." : segment.startsWith("..;") ? ".." : segment)
    .join("/");
}

/** Decodes unreserved characters, encodes unsafe ones, turns backslashes, removes dot segments. */
function resolve(path: string): string | null {
  const output = new PathOutput();
  for (let i = 0; i < path.length;) {
    const dot = dotLength(path, i);
    if (dot > 0) {
      i = output.endsWithSlash ? output.dotSegment(path, i, dot) : output.put(DOT, i + dot);
      continue;
    }
    const c = path.charCodeAt(i);
    if (c === SLASH || c === BACKSLASH) i = output.put(SLASH, i + 1);
    else if (c === PERCENT) {
      const decoded = hexByte(path, i + 1);
      if (decoded === 0) return null;
      if (decoded < 0) i = output.putInvalidPercent(i + 1);
      else if (UNESCAPED[decoded] === 1) i = output.putDecoded(decoded, path, i + 3);
      else i = output.putAll(path, i, i + 3);
    } else if (c > 0xff) return null;
    else i = ESCAPED[c] === 1 ? output.putEscaped(c, i + 1) : output.put(c, i + 1);
  }
  return output.text();
}

/** Bytes of the path made so far. Every `put` returns `next`, where the input goes on. */
class PathOutput {
  private readonly codes: number[] = [];
  /** Where the last `%` that begins no valid escape stands in the output, or -2. */
  private invalidPercent = -2;

  get endsWithSlash(): boolean {
    return this.codes[this.codes.length - 1] === SLASH;
  }

  put(code: number, next: number): number {
    this.codes.push(code);
    return next;
  }

  putAll(path: string, from: number, to: number): number {
    for (let i = from; i < to; i++) this.codes.push(path.charCodeAt(i));
    return to;
  }

  putEscaped(code: number, next: number): number {
    const hex = (code < 16 ? "0" : "") + code.toString(16).toUpperCase();
    this.codes.push(PERCENT, hex.charCodeAt(0), hex.charCodeAt(1));
    return next;
  }

  putInvalidPercent(next: number): number {
    this.invalidPercent = this.codes.length;
    this.codes.push(PERCENT);
    return next;
  }

  /** Adds a decoded character; a `%` before it that would now begin an escape is itself escaped (`%%41` stays no escape). */
  putDecoded(code: number, path: string, next: number): number {
    this.codes.push(code);
    const behind = this.codes.length - this.invalidPercent;
    const formsEscape = behind === 2
      ? isHex(code) && isHex(path.charCodeAt(next))
      : behind === 3 && isHex(this.codes[this.codes.length - 2]!) && isHex(code);
    if (formsEscape) this.codes.splice(this.invalidPercent + 1, 0, 0x32, 0x35);
    return next;
  }

  /** A dot (`dot` input characters long) right after a slash: drops `.`, resolves `..`, keeps the dot of a longer name. */
  dotSegment(path: string, at: number, dot: number): number {
    const after = at + dot;
    if (after === path.length) return after;
    if (isSlash(path, after)) return after + 1;
    const second = dotLength(path, after);
    const end = after + second;
    if (second === 0 || (end < path.length && !isSlash(path, end))) return this.put(DOT, after);
    this.backUp();
    return end < path.length ? end + 1 : end;
  }

  /** Drops the last segment; the slash before it stays. */
  private backUp(): void {
    const codes = this.codes;
    if (codes.length <= 1) return;
    codes.length--;
    while (codes.length > 1 && codes[codes.length - 1] !== SLASH) codes.length--;
  }

  text(): string {
    return Buffer.from(this.codes).toString("latin1");
  }
}

/** 1 for `.`, 3 for `%2e` in either case, else 0. */
function dotLength(path: string, at: number): number {
  const c = path.charCodeAt(at);
  if (c === DOT) return 1;
  return c === PERCENT && hexByte(path, at + 1) === DOT ? 3 : 0;
}

function isSlash(path: string, at: number): boolean {
  const c = path.charCodeAt(at);
  return c === SLASH || c === BACKSLASH;
}

function isHex(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66);
}

/** Value of the two hex digits at `at`, or -1. */
function hexByte(path: string, at: number): number {
  const high = path.charCodeAt(at), low = path.charCodeAt(at + 1);
  return isHex(high) && isHex(low) ? digitValue(high) * 16 + digitValue(low) : -1;
}

function digitValue(c: number): number {
  return c <= 0x39 ? c - 0x30 : (c | 0x20) - 0x57;
}
