// Request methods as small numbers: the codec and the stream engine ask for HEAD, CONNECT and OPTIONS on every message.

/** Number of a registered method; 0 is any other token. */
export type MethodId = number;

/** The ones whose framing or semantics differ have names; all are accepted without `allowCustomMethods`, as in Envoy. */
const METHODS = (" GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH " +
  "ACL BIND CHECKOUT COPY LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH NOTIFY PROPFIND PROPPATCH PURGE " +
  "QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE UNBIND UNLINK UNLOCK UNSUBSCRIBE").split(" ");

export const Method = {
  custom: 0,
  get: 1,
  head: 2,
  post: 3,
  put: 4,
  delete: 5,
  connect: 6,
  options: 7,
  trace: 8,
  patch: 9,
} as const;

/** Longest method that is read at all, in bytes. */
export const MAX_METHOD_BYTES = 64;

const idOf = new Map<string, MethodId>();
for (let id = 1; id < METHODS.length; id++) idOf.set(METHODS[id]!, id);

/** Id of a method by its exact (case-sensitive) text. */
export function methodIdOf(text: string): MethodId {
  return idOf.get(text) ?? Method.custom;
}

/** Id of the method in `buf[start, end)`. The common ones are told by their first bytes, no string is made for them. */
export function findMethod(buf: Uint8Array, start: number, end: number): MethodId {
  const length = end - start;
  const a = buf[start]!, b = buf[start + 1]!, c = buf[start + 2]!;
  if (length === 3) {
    if (a === 71 && b === 69 && c === 84) return Method.get;
    if (a === 80 && b === 85 && c === 84) return Method.put;
  } else if (length === 4) {
    const d = buf[start + 3]!;
    if (a === 80 && b === 79 && c === 83 && d === 84) return Method.post;
    if (a === 72 && b === 69 && c === 65 && d === 68) return Method.head;
  }
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(buf[i]!);
  return methodIdOf(text);
}

/** Methods of requests that get no `content-length: 0` when they have no body (RFC 9110 §8.6); the same as in Envoy. */
export function isBodyUnexpected(method: MethodId): boolean {
  return method === Method.get || method === Method.head || method === Method.delete || method === Method.connect ||
    method === Method.trace;
}
