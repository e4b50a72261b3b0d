// Buffered access log files of one thread: lines gather in memory and leave in batches that never block the thread (Envoy's AccessLogFile).
import { closeSync, constants, fstatSync, openSync, write, writeSync } from "node:fs";
import { FilesystemStat, filesystemStatSchema } from "./schemas/server.ts";
import type { StatBlock, StatStore } from "./stats.ts";

/** Writes of at most this size to a pipe are atomic (PIPE_BUF): batches of several threads do not mix within a line. */
const ATOMIC_PIPE_BYTES = 4096;
/** Memory that a file whose disk or reader stalls may take per thread; lines beyond it are dropped and counted. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
/** How soon a full pipe is tried again, in milliseconds. */
const PIPE_RETRY_MS = 10;

/** When buffers leave (`--file-flush-interval-msec`, `--file-flush-min-size-kb`). */
export interface FlushOptions {
  readonly flushIntervalMs: number;
  readonly minFlushBytes: number;
}

/** Takes lines. */
export interface LineSink {
  /** `line` is wire text (one char a byte) and ends with its own line end, if any. */
  write(line: string): void;
}

/** Opens for appending. Not blocking, so that a stalled pipe reader is told by EAGAIN. Throws Error in Envoy's words. */
export function openForAppend(path: string): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK, 0o644);
  } catch (error) {
    throw new Error(`unable to open file '${path}': ${(error as Error).message}`);
  }
}

/** One file of one thread. Several loggers of the thread share it. */
export class BufferedFile implements LineSink {
  readonly path: string;
  private readonly stats: StatBlock;
  private readonly minFlushBytes: number;
  private fd: number;
  private isRegular: boolean;
  private buffer: Buffer;
  private used = 0;
  /** The batch that the kernel is taking (regular files), or empty. */
  private spare: Buffer;
  private isWriting = false;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private isClosed = false;

  /** Throws Error when the file cannot be opened. */
  constructor(path: string, stats: StatBlock, options: FlushOptions) {
    this.path = path;
    this.stats = stats;
    this.minFlushBytes = options.minFlushBytes;
    this.fd = openForAppend(path);
    this.isRegular = fstatSync(this.fd).isFile();
    // Room for the line that crosses the threshold.
    this.buffer = Buffer.allocUnsafe(options.minFlushBytes + 16_384);
    this.spare = Buffer.allocUnsafe(0);
  }

  write(line: string): void {
    const length = line.length;
    if (this.used + length > this.buffer.length && !this.makeRoom(length)) return;
    this.buffer.write(line, this.used, length, "latin1");
    this.used += length;
    this.stats.inc(FilesystemStat.writeBuffered);
    this.stats.add(FilesystemStat.writeTotalBuffered, length);
    if (this.used >= this.minFlushBytes) this.flush();
  }

  /** Bytes not yet handed to the kernel. */
  get bufferedBytes(): number {
    return this.used;
  }

  private makeRoom(length: number): boolean {
    this.flush();
    const needed = this.used + length;
    if (needed <= this.buffer.length) return true;
    if (needed > MAX_BUFFERED_BYTES) {
      this.stats.inc(FilesystemStat.linesDropped);
      return false;
    }
    const bigger = Buffer.allocUnsafe(Math.min(MAX_BUFFERED_BYTES, Math.max(needed, this.buffer.length * 2)));
    this.buffer.copy(bigger, 0, 0, this.used);
    this.buffer = bigger;
    return true;
  }

  /** Hands what is buffered to the kernel, or waits while an earlier batch is still on its way. */
  flush(): void {
    if (this.used === 0 || this.isWriting || this.isClosed) return;
    if (!this.isRegular) return this.writeNow();
    const batch = this.buffer, length = this.used;
    this.buffer = this.spare.length >= this.minFlushBytes
      ? this.spare
      : Buffer.allocUnsafe(this.minFlushBytes + 16_384);
    this.used = 0;
    this.isWriting = true;
    this.writeBatch(batch, 0, length);
  }

  /** A page-cache write can wait for the disk: it runs on the runtime's I/O threads. One at a time keeps the order. */
  private writeBatch(batch: Buffer, from: number, to: number): void {
    write(this.fd, batch, from, to - from, null, (error, written) => {
      if (error === null && from + written < to) return this.writeBatch(batch, from + written, to);
      this.stats.inc(error === null ? FilesystemStat.writeCompleted : FilesystemStat.writeFailed);
      this.stats.add(FilesystemStat.writeTotalBuffered, -to);
      this.isWriting = false;
      this.spare = batch;
      if (this.isClosed) this.finishClose();
      else if (this.used >= this.minFlushBytes) this.flush();
    });
  }

  /** Pipes, terminals and devices: atomic pieces that end at a line end, as many as the reader takes. */
  private writeNow(): void {
    let at = 0;
    while (at < this.used) {
      const end = this.pieceEnd(at);
      const written = this.tryWrite(at, end);
      if (written < 0) break;
      at += written;
      if (at < end) break;
    }
    this.stats.add(FilesystemStat.writeTotalBuffered, -at);
    this.buffer.copyWithin(0, at, this.used);
    this.used -= at;
    if (this.used > 0 && this.retry === null && !this.isClosed) {
      this.retry = setTimeout(() => {
        this.retry = null;
        this.flush();
      }, PIPE_RETRY_MS);
    }
  }

  private pieceEnd(from: number): number {
    if (this.used - from <= ATOMIC_PIPE_BYTES) return this.used;
    const lineEnd = this.buffer.lastIndexOf(10, from + ATOMIC_PIPE_BYTES - 1);
    return lineEnd >= from ? lineEnd + 1 : from + ATOMIC_PIPE_BYTES;
  }

  /** Bytes taken; -1 when the reader takes none now; on another failure the piece counts as taken. */
  private tryWrite(from: number, to: number): number {
    try {
      const written = writeSync(this.fd, this.buffer, from, to - from);
      this.stats.inc(FilesystemStat.writeCompleted);
      return written;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return -1;
      this.stats.inc(FilesystemStat.writeFailed);
      return to - from;
    }
  }

  /** Closes and opens the path again (log rotation). Buffered lines go to the new file; when it cannot be opened the old one stays. */
  reopen(): void {
    let fd: number;
    try {
      fd = openForAppend(this.path);
    } catch {
      this.stats.inc(FilesystemStat.reopenFailed);
      return;
    }
    const old = this.fd;
    this.fd = fd;
    this.isRegular = fstatSync(fd).isFile();
    if (this.isWriting) setTimeout(() => closeSync(old), 1000);
    else closeSync(old);
  }

  /** Writes what is left, waiting for the disk, and closes. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    if (this.retry !== null) clearTimeout(this.retry);
    if (!this.isWriting) this.finishClose();
  }

  private finishClose(): void {
    for (let at = 0; at < this.used;) {
      const written = this.tryWrite(at, this.used);
      if (written < 0) break;
      at += written;
    }
    this.used = 0;
    closeSync(this.fd);
  }
}

/** The access log files of one thread by path. Made once per thread; loggers ask it for their file. */
export class AccessLogFiles {
  private readonly stats: StatBlock;
  private readonly options: FlushOptions;
  private readonly files = new Map<string, { file: BufferedFile; references: number }>();
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(store: StatStore, options: FlushOptions) {
    this.stats = store.block("filesystem.", filesystemStatSchema);
    this.options = options;
  }

  /** The file at `path`, opened when nobody has it yet; pair with `release`. Throws Error when it cannot be opened. */
  open(path: string): BufferedFile {
    const known = this.files.get(path);
    if (known !== undefined) {
      known.references++;
      return known.file;
    }
    const file = new BufferedFile(path, this.stats, this.options);
    this.files.set(path, { file, references: 1 });
    this.timer ??= setInterval(() => this.flushByTimer(), this.options.flushIntervalMs);
    return file;
  }

  release(file: BufferedFile): void {
    const entry = this.files.get(file.path);
    if (entry === undefined || entry.file !== file || --entry.references > 0) return;
    this.files.delete(file.path);
    file.close();
    if (this.files.size === 0) this.stopTimer();
  }

  private flushByTimer(): void {
    for (const { file } of this.files.values()) {
      if (file.bufferedBytes === 0) continue;
      this.stats.inc(FilesystemStat.flushedByTimer);
      file.flush();
    }
  }

  /** SIGUSR1, `/reopen_logs`. */
  reopen(): void {
    for (const { file } of this.files.values()) file.reopen();
  }

  /** Before the thread ends. */
  close(): void {
    for (const { file } of this.files.values()) file.close();
    this.files.clear();
    this.stopTimer();
  }

  private stopTimer(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }
}
