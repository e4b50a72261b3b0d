// Which virtual host serves a host name: exact, then `*.suffix`, then `prefix.*` (longest first), then `*` (envoy.config.route.v3.VirtualHost).
import { toAsciiLowerCase, toWireText } from "../expr/wire-text.ts";

/** Wildcards of one length. */
interface WildcardGroup {
  readonly length: number;
  readonly byText: ReadonlyMap<string, number>;
}

/** Domains are compared without regard to case (ASCII); the host must be lower case already. */
export class DomainTable {
  private readonly exact: ReadonlyMap<string, number>;
  private readonly suffixes: readonly WildcardGroup[];
  private readonly prefixes: readonly WildcardGroup[];
  private readonly catchAll: number;
  private readonly onlyCatchAll: boolean;

  /** `domains[i]` are those of virtual host i. The first virtual host that names a domain has it. */
  constructor(domains: readonly (readonly string[])[]) {
    const exact = new Map<string, number>(), suffixes = new Map<string, number>(), prefixes = new Map<string, number>();
    let catchAll = -1;
    domains.forEach((names, index) => {
      for (const name of names) {
        const domain = normalizeDomain(name);
        if (domain === "*") catchAll = catchAll < 0 ? index : catchAll;
        else if (domain.startsWith("*")) setFirst(suffixes, domain.slice(1), index);
        else if (domain.endsWith("*")) setFirst(prefixes, domain.slice(0, -1), index);
        else setFirst(exact, domain, index);
      }
    });
    this.exact = exact;
    this.suffixes = byLength(suffixes);
    this.prefixes = byLength(prefixes);
    this.catchAll = catchAll;
    this.onlyCatchAll = exact.size + suffixes.size + prefixes.size === 0;
  }

  /** True when the host has no say. */
  get ignoresHost(): boolean {
    return this.onlyCatchAll;
  }

  /** Index of the virtual host for `host` (lower case, port as the domains have it), or -1. */
  find(host: string): number {
    const exact = this.exact.get(host);
    if (exact !== undefined) return exact;
    const suffixes = this.suffixes;
    for (let i = 0; i < suffixes.length; i++) {
      const { length, byText } = suffixes[i]!;
      // A wildcard stands for at least one character.
      if (host.length <= length) continue;
      const found = byText.get(host.slice(host.length - length));
      if (found !== undefined) return found;
    }
    const prefixes = this.prefixes;
    for (let i = 0; i < prefixes.length; i++) {
      const { length, byText } = prefixes[i]!;
      if (host.length <= length) continue;
      const found = byText.get(host.slice(0, length));
      if (found !== undefined) return found;
    }
    return this.catchAll;
  }
}

/** A configured domain in the form in which it is compared. */
export function normalizeDomain(domain: string): string {
  return toAsciiLowerCase(toWireText(domain));
}

/** Whether `domain` (as configured) stands for `host` (lower case), and how closely: 3 exact, 2 suffix, 1 prefix, 0 `*`, -1 not at all. */
export function domainRank(domain: string, host: string): number {
  const normal = normalizeDomain(domain);
  if (normal === "*") return 0;
  if (normal.startsWith("*")) return host.length >= normal.length && host.endsWith(normal.slice(1)) ? 2 : -1;
  if (normal.endsWith("*")) return host.length >= normal.length && host.startsWith(normal.slice(0, -1)) ? 1 : -1;
  return normal === host ? 3 : -1;
}

function setFirst(map: Map<string, number>, key: string, value: number): void {
  if (!map.has(key)) map.set(key, value);
}

function byLength(wildcards: ReadonlyMap<string, number>): WildcardGroup[] {
  const groups = new Map<number, Map<string, number>>();
  for (const [text, index] of wildcards) {
    let group = groups.get(text.length);
    if (group === undefined) groups.set(text.length, group = new Map());
    group.set(text, index);
  }
  return [...groups].map(([length, byText]) => ({ length, byText })).sort((a, b) => b.length - a.length);
}
