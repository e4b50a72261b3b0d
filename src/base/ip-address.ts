// Parsing, masking and printing of IP addresses (RFC 4291, RFC 5952; text forms as inet_pton takes them).

/** Parses dotted decimal (four parts, no leading zeros beyond a single 0) to an unsigned 32-bit number; -1 when it is none. */
export function parseIpv4(text: string): number {
  let value = 0, part = -1, parts = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = i < text.length ? text.charCodeAt(i) : 46;
    if (c === 46) {
      if (part < 0 || ++parts > 4) return -1;
      value = value * 256 + part;
      part = -1;
    } else if (c >= 48 && c <= 57) {
      if (part === 0) return -1;
      part = (part < 0 ? 0 : part * 10) + (c - 48);
      if (part > 255) return -1;
    } else return -1;
  }
  return parts === 4 ? value : -1;
}

/** Parses an IPv6 address to 8 words of 16 bits, or null. A scope (`fe80::1%eth0`) is allowed on request and left out of the words. */
export function parseIpv6(text: string, allowScope = false): Uint16Array | null {
  const percent = text.indexOf("%");
  if (percent >= 0) return allowScope && percent < text.length - 1 ? parseIpv6(text.slice(0, percent)) : null;
  if (text.length < 2 || text.length > 45) return null;
  const gap = text.indexOf("::");
  if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) return null;
  const words = new Uint16Array(8);
  if (gap < 0) return parseWords(text, words, 0) === 8 ? words : null;
  const head = text.slice(0, gap), tail = text.slice(gap + 2);
  const headWords = head === "" ? 0 : parseWords(head, words, 0, false);
  if (headWords < 0) return null;
  const tailWords = new Uint16Array(8);
  const tailCount = tail === "" ? 0 : parseWords(tail, tailWords, 0);
  if (tailCount < 0 || headWords + tailCount > 7) return null;
  words.set(tailWords.subarray(0, tailCount), 8 - tailCount);
  return words;
}

/** Words of a run without `::`; the last part may be dotted decimal when `mayEndInIpv4`. Returns their number, -1 when malformed. */
function parseWords(text: string, into: Uint16Array, from: number, mayEndInIpv4 = true): number {
  const parts = text.split(":");
  let at = from;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (mayEndInIpv4 && i === parts.length - 1 && part.includes(".")) {
      const v4 = parseIpv4(part);
      if (v4 < 0 || at > 6) return -1;
      into[at++] = v4 >>> 16;
      into[at++] = v4 & 0xffff;
      continue;
    }
    if (at > 7 || !/^[0-9a-fA-F]{1,4}$/.test(part)) return -1;
    into[at++] = Number.parseInt(part, 16);
  }
  return at;
}

export function formatIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** Canonical text: lower case, the longest run of two or more zero words as `::`, v4-mapped addresses with dotted decimal. */
export function formatIpv6(words: Uint16Array): string {
  if (isMappedIpv4(words)) return `::ffff:${formatIpv4(words[6]! * 65536 + words[7]!)}`;
  let bestStart = -1, bestLength = 1, start = -1;
  for (let i = 0; i <= 8; i++) {
    if (i < 8 && words[i] === 0) {
      if (start < 0) start = i;
    } else if (start >= 0) {
      if (i - start > bestLength) {
        bestStart = start;
        bestLength = i - start;
      }
      start = -1;
    }
  }
  const hex = (from: number, to: number) => Array.from(words.subarray(from, to), (word) => word.toString(16)).join(":");
  return bestStart < 0 ? hex(0, 8) : `${hex(0, bestStart)}::${hex(bestStart + bestLength, 8)}`;
}

/** Whether the words are `::ffff:a.b.c.d`. */
export function isMappedIpv4(words: Uint16Array): boolean {
  return words[5] === 0xffff && words[0] === 0 && words[1] === 0 && words[2] === 0 && words[3] === 0 && words[4] === 0;
}

/** Canonical text of any address, v4-mapped ones as IPv4 on request; null when `text` is no IP address. A scope stays. */
export function canonicalIp(text: string, unmap = false): string | null {
  if (parseIpv4(text) >= 0) return text;
  const words = parseIpv6(text, true);
  if (words === null) return null;
  if (unmap && isMappedIpv4(words)) return formatIpv4(words[6]! * 65536 + words[7]!);
  const percent = text.indexOf("%");
  return percent < 0 ? formatIpv6(words) : formatIpv6(words) + text.slice(percent);
}
