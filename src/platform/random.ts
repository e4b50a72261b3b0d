// Random numbers of a worker: UUIDs for request ids (crypto quality) and a fast generator for balancing and sampling.

/** RFC 9562 version 4 UUID in lower-case hex. */
export function randomUuid(): string {
  return crypto.randomUUID();
}

let state = (Math.random() * 0xffffffff) | 1;

/** Unsigned 32-bit pseudo-random number (xorshift); for choices, never for secrets. */
export function randomUint32(): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}
