// The index over the routes of a virtual host: finds the first route that matches without trying those whose path cannot match.
import { RE2Set } from "re2js";
import { toWireText } from "../expr/wire-text.ts";
import { PathKind } from "./path-matcher.ts";
import { PrefixSet } from "./prefix-set.ts";
import type { RouteMatcher } from "./route-matcher.ts";
import type { RouteRequest } from "./route-request.ts";

/** Up to this many routes are tried one by one: cheaper than look-ups. */
const LINEAR_LIMIT = 4;
/** From this many on, the regexes of one bucket are matched together by one automaton. */
const REGEX_SET_MINIMUM = 4;

/** Routes that share a path key, in order. */
class Bucket {
  /** Routes tried one by one. */
  readonly ordinals: number[] = [];
  /** Regex routes matched together; `regexOrdinals[i]` belongs to pattern i. */
  regexSet: RE2Set | null = null;
  regexOrdinals: number[] = [];

  /** Moves the regexes into a set when there are enough of them. Called once, after all routes were added. */
  seal(matchers: readonly RouteMatcher[]): void {
    const regexes = this.ordinals.filter((ordinal) => matchers[ordinal]!.path.regex !== null);
    if (regexes.length < REGEX_SET_MINIMUM) return;
    const set = new RE2Set(RE2Set.ANCHOR_BOTH);
    for (const ordinal of regexes) set.add(toWireText(matchers[ordinal]!.path.regex!.pattern));
    set.compile();
    this.regexSet = set;
    this.regexOrdinals = regexes;
    const others = this.ordinals.filter((ordinal) => matchers[ordinal]!.path.regex === null);
    this.ordinals.length = 0;
    this.ordinals.push(...others);
  }
}

/**
 * First match wins, as in a scan of the list; the result is the same by construction: every route stands in exactly one bucket, a bucket is
 * skipped only when its key rules all its paths out, and each candidate is decided by its own RouteMatcher (a set of regexes decides the
 * paths of its members, the same engine over the same patterns).
 * Exact paths are hashed; prefixes, and regexes by the text they must begin with, stand in sorted prefix sets.
 */
export class RouteIndex {
  private readonly matchers: readonly RouteMatcher[];
  private readonly exact: Map<string, Bucket> | null;
  private readonly exactAnyCase: Map<string, Bucket> | null;
  private readonly prefixes: PrefixSet | null;
  private readonly prefixBuckets: readonly Bucket[];
  private readonly prefixesAnyCase: PrefixSet | null;
  private readonly prefixBucketsAnyCase: readonly Bucket[];
  private readonly connect: Bucket | null;

  constructor(matchers: readonly RouteMatcher[]) {
    this.matchers = matchers;
    const exact = new Map<string, Bucket>(), exactAnyCase = new Map<string, Bucket>();
    const prefixes = new Map<string, Bucket>(), prefixesAnyCase = new Map<string, Bucket>();
    const connect = new Bucket();
    for (let ordinal = 0; ordinal < matchers.length && matchers.length > LINEAR_LIMIT; ordinal++) {
      const path = matchers[ordinal]!.path;
      if (path.kind === PathKind.connect) connect.ordinals.push(ordinal);
      else if (path.kind === PathKind.regex) bucketOf(prefixes, path.regex!.literalPrefix()).ordinals.push(ordinal);
      else if (path.kind === PathKind.exact) {
        bucketOf(path.caseSensitive ? exact : exactAnyCase, path.value).ordinals.push(ordinal);
      } else bucketOf(path.caseSensitive ? prefixes : prefixesAnyCase, path.value).ordinals.push(ordinal);
    }
    for (const bucket of prefixes.values()) bucket.seal(matchers);
    this.exact = exact.size === 0 ? null : exact;
    this.exactAnyCase = exactAnyCase.size === 0 ? null : exactAnyCase;
    this.prefixes = prefixes.size === 0 ? null : new PrefixSet(prefixes.keys());
    this.prefixBuckets = this.prefixes === null ? [] : this.prefixes.keys.map((key) => prefixes.get(key)!);
    this.prefixesAnyCase = prefixesAnyCase.size === 0 ? null : new PrefixSet(prefixesAnyCase.keys());
    this.prefixBucketsAnyCase = this.prefixesAnyCase === null
      ? []
      : this.prefixesAnyCase.keys.map((key) => prefixesAnyCase.get(key)!);
    this.connect = connect.ordinals.length === 0 ? null : connect;
  }

  /** Ordinal of the first route that matches, or -1. */
  find(request: RouteRequest): number {
    const count = this.matchers.length;
    if (count <= LINEAR_LIMIT) {
      for (let ordinal = 0; ordinal < count; ordinal++) if (this.matchers[ordinal]!.matches(request)) return ordinal;
      return -1;
    }
    let best = count;
    if (request.hasPath) {
      const path = request.path;
      if (this.exact !== null) best = this.inBucket(this.exact.get(path), request, best);
      if (this.exactAnyCase !== null) best = this.inBucket(this.exactAnyCase.get(request.lowerPath), request, best);
      if (this.prefixes !== null) best = this.inPrefixes(this.prefixes, this.prefixBuckets, path, request, best);
      if (this.prefixesAnyCase !== null) {
        best = this.inPrefixes(this.prefixesAnyCase, this.prefixBucketsAnyCase, request.lowerPath, request, best);
      }
    }
    if (this.connect !== null && request.isConnect) best = this.inBucket(this.connect, request, best);
    return best === count ? -1 : best;
  }

  private inPrefixes(
    set: PrefixSet,
    buckets: readonly Bucket[],
    path: string,
    request: RouteRequest,
    best: number,
  ): number {
    for (let i = set.longestPrefixOf(path); i >= 0; i = set.shorter(i)) best = this.inBucket(buckets[i], request, best);
    return best;
  }

  /** The lowest matching ordinal of `bucket` below `best`, else `best`. */
  private inBucket(bucket: Bucket | undefined, request: RouteRequest, best: number): number {
    if (bucket === undefined) return best;
    const ordinals = bucket.ordinals;
    for (let i = 0; i < ordinals.length; i++) {
      const ordinal = ordinals[i]!;
      if (ordinal >= best) break;
      if (this.matchers[ordinal]!.matches(request)) {
        best = ordinal;
        break;
      }
    }
    if (bucket.regexSet === null || bucket.regexOrdinals[0]! >= best) return best;
    const found = bucket.regexSet.match(request.path);
    for (let i = 0; i < found.length; i++) {
      const ordinal = bucket.regexOrdinals[found[i]!]!;
      if (ordinal < best && this.matchers[ordinal]!.matchesBesidesPath(request)) best = ordinal;
    }
    return best;
  }
}

function bucketOf(buckets: Map<string, Bucket>, key: string): Bucket {
  let bucket = buckets.get(key);
  if (bucket === undefined) buckets.set(key, bucket = new Bucket());
  return bucket;
}
