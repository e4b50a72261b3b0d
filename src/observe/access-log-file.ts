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

/** An open descriptor and how it is to be written. */
interface Target {
  readonly fd: number;
  /** Regular files take any size at once; anything else only small pieces in one piece. */
  readonly isFile: boolean;
  /** Writes can wait (for a disk, for a reader): they run on the runtime's I/O threads. Otherwise they return at once (EAGAIN). */
  readonly canBlock: boolean;
  /** The process's own standard stream: stays open, is not reopened. */
  readonly isInherited: boolean;
}

const INHERITED: Readonly<Record<string, number>> = { "/dev/stdout": 1, "/dev/stderr": 2 };

/** Standard streams that are sockets (journald, supervisors) cannot be opened anew: then the inherited descriptor is used. */
function openTarget(path: string): Target {
  const inherited = INHERITED[path];
  if (inherited !== undefined && fstatSync(inherited).isSocket()) {
    return { fd: inherited, isFile: false, canBlock: true, isInherited: true };
  }
  const fd = openForAppend(path);
  const isFile = fstatSync(fd).isFile();
  return { fd, isFile, canBlock: isFile, isInherited: false };
}

/** One file of one thread. Several loggers of the thread share it. */
export class BufferedFile implements LineSink {
  readonly path: string;
  private readonly stats: StatBlock;
  private readonly minFlushBytes: number;
  private target: Target;
  private buffer: Buffer;
  private used = 0;
  /** The batch that the kernel is taking (regular files), or empty. */
  private spare: Buffer;
  private isWriting = false;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private isClosed = false;
  /** Descriptors from before a reopen that a write may still be using. */
  private readonly replaced: number[] = [];

  /** Throws Error when the file cannot be opened. */
  constructor(path: string, stats: StatBlock, options: FlushOptions) {
    this.path = path;
    this.stats = stats;
    this.minFlushBytes = options.minFlushBytes;
    this.target = openTarget(path);
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
    if (!this.target.canBlock) return this.writeNow();
    const batch = this.buffer, length = this.used;
    this.buffer = this.spare.length >= this.minFlushBytes
      ? this.spare
      : Buffer.allocUnsafe(this.minFlushBytes + 16_384);
    this.used = 0;
    this.isWriting = true;
    this.writeBatch(batch, 0, length);
  }

  /** One write at a time keeps the order. */
  private writeBatch(batch: Buffer, from: number, to: number): void {
    const end = this.target.isFile ? to : pieceEnd(batch, from, to);
    write(this.target.fd, batch, from, end - from, null, (error, written) => {
      if (error?.code === "EAGAIN") return void setTimeout(() => this.writeBatch(batch, from, to), PIPE_RETRY_MS);
      const done = error === null ? from + written : end;
      this.stats.inc(error === null ? FilesystemStat.writeCompleted : FilesystemStat.writeFailed);
      this.stats.add(FilesystemStat.writeTotalBuffered, from - done);
      if (done < to) return this.writeBatch(batch, done, to);
      this.isWriting = false;
      this.spare = batch;
      for (const fd of this.replaced.splice(0)) closeSync(fd);
      if (this.isClosed) this.finishClose();
      else if (this.used >= this.minFlushBytes) this.flush();
    });
  }

  /** Pipes, terminals and devices: atomic pieces that end at a line end, as many as the reader takes. */
  private writeNow(): void {
    let at = 0;
    while (at < this.used) {
      const end = pieceEnd(this.buffer, at, this.used);
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

  /** Bytes taken; -1 when the reader takes none now; on another failure the piece counts as taken. */
  private tryWrite(from: number, to: number): number {
    try {
      const written = writeSync(this.target.fd, this.buffer, from, to - from);
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
    const old = this.target;
    if (old.isInherited) return;
    try {
      this.target = openTarget(this.path);
    } catch {
      this.stats.inc(FilesystemStat.reopenFailed);
      return;
    }
    if (this.isWriting) this.replaced.push(old.fd);
    else closeSync(old.fd);
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
    if (!this.target.isInherited) closeSync(this.target.fd);
  }
}

/** End of the piece that starts at `from`: a line end where there is one, so that what is written at once holds whole lines. */
function pieceEnd(buffer: Buffer, from: number, to: number): number {
  if (to - from <= ATOMIC_PIPE_BYTES) return to;
  const lineEnd = buffer.lastIndexOf(10, from + ATOMIC_PIPE_BYTES - 1);
  return lineEnd >= from ? lineEnd + 1 : from + ATOMIC_PIPE_BYTES;
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
