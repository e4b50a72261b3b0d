// Longest-prefix lookup of IP addresses: one hash table per prefix length in use, tried from the longest to the shortest.
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./ip-address.ts";

/** A prefix with its host bits cleared. `text` is canonical (`10.0.0.0/8`). */
export interface CidrPrefix {
  readonly family: 4 | 6;
  readonly length: number;
  readonly text: string;
}

/** Clears the host bits of `address`/`length`; a length beyond the family's is cut to it. Null when `address` is no IP address. */
export function parseCidr(address: string, length: number): CidrPrefix | null {
  const v4 = parseIpv4(address);
  if (v4 >= 0) {
    const bits = Math.min(length, 32);
    return { family: 4, length: bits, text: `${formatIpv4(maskIpv4(v4, bits))}/${bits}` };
  }
  const words = parseIpv6(address);
  if (words === null) return null;
  const bits = Math.min(length, 128);
  maskIpv6(words, bits);
  return { family: 6, length: bits, text: `${formatIpv6(words)}/${bits}` };
}

/** `10.0.0.0/8`, or a bare address, to a prefix; null when malformed. */
export function parseCidrText(text: string): CidrPrefix | null {
  const slash = text.indexOf("/");
  if (slash < 0) return parseCidr(text, 128);
  const length = text.slice(slash + 1);
  const prefix = /^\d{1,3}$/.test(length) ? parseCidr(text.slice(0, slash), Number(length)) : null;
  return prefix !== null && Number(length) <= (prefix.family === 4 ? 32 : 128) ? prefix : null;
}

function maskIpv4(value: number, bits: number): number {
  return bits === 0 ? 0 : (value & (0xffffffff << (32 - bits))) >>> 0;
}

function maskIpv6(words: Uint16Array, bits: number): void {
  for (let i = 0; i < 8; i++) {
    const keep = Math.min(Math.max(bits - i * 16, 0), 16);
    words[i] = words[i]! & (0xffff << (16 - keep));
  }
}

/** Values by prefix. Built once; a lookup costs one hash probe per distinct prefix length of the family. */
export class CidrTable<T> {
  private readonly v4: { bits: number; values: Map<number, T> }[] = [];
  private readonly v6: { bits: number; values: Map<string, T> }[] = [];

  /** The first value given for a prefix stays. */
  add(prefix: CidrPrefix, value: T): void {
    const address = prefix.text.slice(0, prefix.text.lastIndexOf("/"));
    if (prefix.family === 4) insert(this.v4, prefix.length, parseIpv4(address), value);
    else insert(this.v6, prefix.length, wordsKey(parseIpv6(address)!), value);
  }

  /** The value of the longest prefix that contains `host` (scopes are ignored); undefined when none does or `host` is no IP address. */
  find(host: string): T | undefined {
    const v4 = parseIpv4(host);
    if (v4 >= 0) {
      for (const { bits, values } of this.v4) {
        const value = values.get(maskIpv4(v4, bits));
        if (value !== undefined) return value;
      }
      return undefined;
    }
    if (this.v6.length === 0) return undefined;
    const words = parseIpv6(host, true);
    if (words === null) return undefined;
    for (const { bits, values } of this.v6) {
      maskIpv6(words, bits);
      const value = values.get(wordsKey(words));
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

function wordsKey(words: Uint16Array): string {
  return String.fromCharCode(...words);
}

function insert<K, T>(lengths: { bits: number; values: Map<K, T> }[], bits: number, key: K, value: T): void {
  let entry = lengths.find((candidate) => candidate.bits === bits);
  if (entry === undefined) {
    entry = { bits, values: new Map() };
    lengths.push(entry);
    lengths.sort((a, b) => b.bits - a.bits);
  }
  if (!entry.values.has(key)) entry.values.set(key, value);
}
