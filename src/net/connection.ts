// A connection (L4): buffered output with watermarks, read pausing, half-close and the ways to close, over one socket. Envoy: Network::Connection.
import type { SocketAddress } from "../expr/stream-info.ts";
import { OutputBuffer } from "../base/output-buffer.ts";
import type { RawSocket, SocketOwner } from "../platform/socket.ts";
import { flushAtEndOfTurn } from "../platform/turn.ts";

/** How a connection ended. `remote`: the peer did it; `reset`: by RST; `detail`: the system's text when there is one. */
export interface CloseEvent {
  readonly remote: boolean;
  readonly reset: boolean;
  readonly detail: string;
}

/** Receives what happens on a connection. After `onClose` nothing follows. */
export interface ConnectionReader {
  onData(chunk: Buffer): void;
  /** The peer sent FIN; data may still be written. */
  onEndOfInput(): void;
  onClose(event: CloseEvent): void;
  onAboveWriteBufferHighWatermark(): void;
  onBelowWriteBufferLowWatermark(): void;
}

/** Ways to close: `flush` sends what is buffered first; `noFlush` drops it; `reset` sends RST. */
export type CloseMode = "flush" | "noFlush" | "reset";

/** Chunks up to this size are joined with what is already in the turn's output; larger ones are written from where they lie. */
const JOIN_LIMIT_BYTES = 16 * 1024;

/** Outputs of finished turns, for reuse: most turns write to one or two connections. */
const spareOutputs: OutputBuffer[] = [];
const MAX_SPARE_OUTPUTS = 16;

let nextConnectionId = 1;

export class Connection implements SocketOwner {
  readonly id: number = nextConnectionId++;
  readonly localAddress: SocketAddress;
  readonly remoteAddress: SocketAddress;
  /** Bytes the kernel has not taken yet. */
  bufferedBytes = 0;
  bytesRead = 0;
  bytesWritten = 0;
  isClosed = false;
  /** The peer sent FIN. */
  isReadEof = false;
  private socket: RawSocket;
  private reader: ConnectionReader;
  private output: OutputBuffer | null = null;
  private pending: Uint8Array[] = [];
  private readDisableCount = 0;
  private isAboveHigh = false;
  private isWriteShut = false;
  private shutWhenFlushed = false;
  private closeWhenFlushed = false;
  private highWatermarkBytes: number;
  private localClose: CloseEvent | null = null;

  /** `highWatermarkBytes` is `per_connection_buffer_limit_bytes`; 0 = no limit. */
  constructor(
    socket: RawSocket,
    reader: ConnectionReader,
    localAddress: SocketAddress,
    remoteAddress: SocketAddress,
    highWatermarkBytes: number,
  ) {
    this.socket = socket;
    this.reader = reader;
    this.localAddress = localAddress;
    this.remoteAddress = remoteAddress;
    this.highWatermarkBytes = highWatermarkBytes;
  }

  setReader(reader: ConnectionReader): void {
    this.reader = reader;
  }

  /** `per_connection_buffer_limit_bytes`; 0 = no limit. */
  get bufferLimitBytes(): number {
    return this.highWatermarkBytes;
  }

  setHighWatermark(bytes: number): void {
    this.highWatermarkBytes = bytes;
  }

  /** This turn's output: encoders append to it; it leaves in one syscall at the end of the turn. */
  turnOutput(): OutputBuffer {
    if (this.output === null) {
      this.output = spareOutputs.pop() ?? new OutputBuffer();
      flushAtEndOfTurn(this);
    }
    return this.output;
  }

  /** Sends `data` after everything written before. The caller may not change `data` afterwards. */
  write(data: Uint8Array): void {
    if (this.isClosed || this.isWriteShut || data.length === 0) return;
    if (data.length <= JOIN_LIMIT_BYTES) {
      this.turnOutput().copy(data as Buffer, 0, data.length);
      return;
    }
    this.flush();
    this.send(data, false);
  }

  /** Hands the turn's output to the kernel. Called at the end of the turn; harmless at other times. */
  flush(): void {
    const output = this.output;
    if (output === null) return;
    this.output = null;
    if (output.length > 0 && !this.isClosed) this.send(output.bytes.subarray(0, output.length), true);
    output.clear();
    if (spareOutputs.length < MAX_SPARE_OUTPUTS) spareOutputs.push(output);
    if (this.pending.length === 0) this.onAllFlushed();
  }

  private send(data: Uint8Array, isScratch: boolean): void {
    this.bytesWritten += data.length;
    if (this.pending.length > 0) {
      this.keep(isScratch ? data.slice() : data);
      return;
    }
    const taken = this.socket.write(data, 0, data.length);
    if (taken < 0 || taken === data.length) return;
    const rest = data.subarray(taken);
    this.keep(isScratch ? rest.slice() : rest);
  }

  private keep(data: Uint8Array): void {
    this.pending.push(data);
    this.bufferedBytes += data.length;
    if (!this.isAboveHigh && this.highWatermarkBytes > 0 && this.bufferedBytes > this.highWatermarkBytes) {
      this.isAboveHigh = true;
      this.reader.onAboveWriteBufferHighWatermark();
    }
  }

  /** FIN after what is buffered; reading goes on. */
  shutdownWrite(): void {
    if (this.isClosed || this.isWriteShut || this.shutWhenFlushed) return;
    this.shutWhenFlushed = true;
    if (this.output === null && this.pending.length === 0) this.onAllFlushed();
  }

  get isWriteClosed(): boolean {
    return this.isWriteShut || this.shutWhenFlushed;
  }

  /** Pauses (true) or resumes (false) reading; calls nest. */
  readDisable(disable: boolean): void {
    if (disable) {
      if (this.readDisableCount++ === 0 && !this.isClosed) this.socket.pause();
    } else if (this.readDisableCount > 0 && --this.readDisableCount === 0 && !this.isClosed) this.socket.resume();
  }

  get isReadDisabled(): boolean {
    return this.readDisableCount > 0;
  }

  /** Closes; the reader's `onClose` comes when the socket is gone (possibly before this returns). */
  close(mode: CloseMode, detail = ""): void {
    if (this.isClosed) return;
    this.localClose ??= { remote: false, reset: mode === "reset", detail };
    if (mode === "flush") {
      this.closeWhenFlushed = true;
      if (this.output === null && this.pending.length === 0) this.onAllFlushed();
      return;
    }
    this.dropOutput();
    if (mode === "reset") this.socket.terminate();
    else this.socket.end();
  }

  private onAllFlushed(): void {
    if (this.isClosed) return;
    if (this.closeWhenFlushed) this.socket.end();
    else if (this.shutWhenFlushed && !this.isWriteShut) {
      this.isWriteShut = true;
      this.socket.shutdown();
    }
  }

  private dropOutput(): void {
    this.pending.length = 0;
    this.bufferedBytes = 0;
    this.output?.clear();
  }

  onOpen(): SocketOwner {
    return this;
  }

  onData(chunk: Buffer): void {
    this.bytesRead += chunk.length;
    if (!this.isClosed && !this.closeWhenFlushed) this.reader.onData(chunk);
  }

  onDrain(): void {
    const pending = this.pending;
    if (pending.length === 0) return;
    let done = 0;
    while (done < pending.length) {
      const data = pending[done]!;
      const taken = this.socket.write(data, 0, data.length);
      if (taken < 0) break;
      this.bufferedBytes -= taken;
      if (taken < data.length) {
        pending[done] = data.subarray(taken);
        break;
      }
      done++;
    }
    if (done > 0) pending.splice(0, done);
    if (this.isAboveHigh && this.bufferedBytes <= this.highWatermarkBytes >> 1) {
      this.isAboveHigh = false;
      this.reader.onBelowWriteBufferLowWatermark();
    }
    if (pending.length === 0 && this.output === null) this.onAllFlushed();
  }

  onEnd(): void {
    if (this.isReadEof || this.isClosed) return;
    this.isReadEof = true;
    this.reader.onEndOfInput();
  }

  onClose(error: Error | undefined): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.dropOutput();
    this.reader.onClose(this.localClose ?? { remote: true, reset: error !== undefined, detail: error?.message ?? "" });
  }

  /** A handler threw: a bug contained to this connection; the socket has been reset already. */
  onThrow(error: unknown): void {
    reportThrow(error, this);
    this.onClose(error instanceof Error ? error : new Error(String(error)));
  }
}

let reportThrow: (error: unknown, connection: Connection) => void = () => {};

/** Installs the report of exceptions that reached a connection (log + counter); once per worker. */
export function onConnectionThrow(report: (error: unknown, connection: Connection) => void): void {
  reportThrow = report;
}
