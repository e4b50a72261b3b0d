// Types of Buffer's fast latin1 methods, which Node and Bun have and @types/node leaves out.
interface Buffer {
  /** Text of the bytes `[start, end)`, one character a byte. */
  latin1Slice(start?: number, end?: number): string;
  /** Writes one byte a character; returns how many. */
  latin1Write(text: string, offset?: number, length?: number): number;
}
