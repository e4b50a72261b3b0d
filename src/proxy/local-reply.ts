// Responses that the proxy makes itself: head, default bodies, gRPC mapping (Envoy: Http::Utility::sendLocalReply).
import type { HeaderBlock } from "../base/header-block.ts";
import { Header } from "../base/header-names.ts";

/** HTTP status → gRPC status of a local reply (envoy: Grpc::Utility::httpToGrpcStatus). */
const GRPC_STATUS_OF: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

export function grpcStatusOf(httpStatus: number): number {
  return GRPC_STATUS_OF[httpStatus] ?? 2;
}

/** gRPC requests say so by their content type (`application/grpc`, `application/grpc+proto`…, never `application/grpc-web`). */
export function isGrpcRequest(headers: HeaderBlock): boolean {
  const contentType = headers.get(Header.contentType);
  if (contentType === null || !contentType.startsWith("application/grpc")) return false;
  const next = contentType.charAt("application/grpc".length);
  return next === "" || next === "+" || next === ";";
}

/** Fills `headers` for a plain reply with `body`. */
export function writePlainReply(headers: HeaderBlock, status: number, body: string, contentType: string): void {
  headers.reset();
  headers.status = status;
  headers.append(Header.status, String(status));
  if (body !== "") {
    headers.append(Header.contentLength, String(Buffer.byteLength(body)));
    headers.append(Header.contentType, contentType);
  }
}

/** Fills `headers` for a gRPC trailers-only reply: status 200, the error in grpc-status and grpc-message. */
export function writeGrpcReply(headers: HeaderBlock, grpcStatus: number, message: string): void {
  headers.reset();
  headers.status = 200;
  headers.append(Header.status, "200");
  headers.append(Header.contentType, "application/grpc");
  headers.append(Header.grpcStatus, String(grpcStatus));
  if (message !== "") headers.append(Header.grpcMessage, percentEncodeGrpcMessage(message));
}

/** gRPC's percent encoding of grpc-message: bytes outside 0x20–0x7E and `%` (gRPC over HTTP/2, "Responses"). */
export function percentEncodeGrpcMessage(message: string): string {
  let encoded = "";
  for (const byte of Buffer.from(message)) {
    encoded += byte >= 0x20 && byte <= 0x7e && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}
