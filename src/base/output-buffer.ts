// A growable scratch of bytes that encoders append to and a connection hands to the kernel in one write.

const INITIAL_BYTES = 4096;
/** A buffer that grew beyond this is replaced at `clear()`, so one large head does not stay in memory for ever. */
const KEEP_BYTES = 64 * 1024;

export class OutputBuffer {
  /** The bytes; valid up to `length`. Replaced when it grows: read it again after every append. */
  bytes: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  length = 0;

  /** Makes room for `n` more bytes. */
  reserve(n: number): void {
    if (this.length + n > this.bytes.length) this.grow(n);
  }

  private grow(n: number): void {
    let size = this.bytes.length * 2;
    while (size < this.length + n) size *= 2;
    const bigger = Buffer.allocUnsafeSlow(size);
    this.bytes.copy(bigger, 0, 0, this.length);
    this.bytes = bigger;
  }

  /** Appends latin1 text: one byte a character, characters above U+00FF must have been refused before. */
  writeLatin1(text: string): void {
    const n = text.length;
    if (this.length + n > this.bytes.length) this.grow(n);
    this.bytes.latin1Write(text, this.length, n);
    this.length += n;
  }

  writeByte(byte: number): void {
    if (this.length === this.bytes.length) this.grow(1);
    this.bytes[this.length++] = byte;
  }

  /** Appends `from[start, end)`. */
  copy(from: Buffer, start: number, end: number): void {
    const n = end - start;
    if (this.length + n > this.bytes.length) this.grow(n);
    from.copy(this.bytes, this.length, start, end);
    this.length += n;
  }

  /** Appends a few bytes by a loop, which for less than about 32 is cheaper than a native copy. */
  writeSmall(from: Uint8Array): void {
    const n = from.length;
    if (this.length + n > this.bytes.length) this.grow(n);
    const bytes = this.bytes;
    let at = this.length;
    for (let i = 0; i < n; i++) bytes[at++] = from[i]!;
    this.length = at;
  }

  /** Appends a view of any byte array. */
  writeBytes(view: Uint8Array): void {
    const n = view.length;
    if (this.length + n > this.bytes.length) this.grow(n);
    this.bytes.set(view, this.length);
    this.length += n;
  }

  clear(): void {
    this.length = 0;
    if (this.bytes.length > KEEP_BYTES) this.bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }
}
