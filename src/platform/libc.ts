// The C library by FFI: opened once, from whichever file name glibc or musl has; no compiler, nothing written to disk.
import { dlopen, ptr, read } from "bun:ffi";
import { SystemError } from "./errno.ts";

const symbols = {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  getpeername: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  unlink: { args: ["ptr"], returns: "i32" },
  chmod: { args: ["ptr", "u32"], returns: "i32" },
  if_nametoindex: { args: ["ptr"], returns: "u32" },
  __errno_location: { args: [], returns: "ptr" },
} as const;

type Libc = ReturnType<typeof dlopen<typeof symbols>>["symbols"];

/** glibc first, then musl under the names of Alpine and of its own linker. */
const fileNames = [
  "libc.so.6",
  process.arch === "arm64" ? "libc.musl-aarch64.so.1" : "libc.musl-x86_64.so.1",
  process.arch === "arm64" ? "ld-musl-aarch64.so.1" : "ld-musl-x86_64.so.1",
  "libc.so",
];

let opened: Libc | null = null;

/** The library's functions. Throws when no C library can be opened (the process then has no listeners). */
export function libc(): Libc {
  if (opened !== null) return opened;
  const failures: string[] = [];
  for (const name of fileNames) {
    try {
      opened = dlopen(name, symbols).symbols;
      return opened;
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`no C library found (${failures.join("; ")})`);
}

/**
 * Memory for arguments and results. At least 4 KiB and `.buffer` touched before `ptr`, because the address of a smaller array may
 * change when its `.buffer` is first read (design-bun-facts.md §1).
 */
export const scratch: Buffer = Buffer.alloc(16 * 1024);
void scratch.buffer;
/** Address of `scratch`. */
export const scratchAddress: number = ptr(scratch);

/** Throws the error of the call that has just returned -1. */
export function throwErrno(syscall: string, subject = ""): never {
  throw new SystemError(syscall, lastErrno(), subject);
}

/** `errno` of this thread; read it right after the call. */
export function lastErrno(): number {
  return read.i32(libc().__errno_location()!, 0);
}
