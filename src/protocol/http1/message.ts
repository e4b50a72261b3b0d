// What one HTTP/1 head says beyond its fields: version, framing of the body, persistence, upgrade (RFC 9112 §6, §9; RFC 9110 §7.8).
import type { MethodId } from "./methods.ts";

/** How the body of a message is delimited. */
export const Framing = {
  none: 0,
  /** `content-length`, more than 0. */
  length: 1,
  chunked: 2,
  /** A response that ends with the connection. */
  untilClose: 3,
  /** No HTTP any more: raw bytes both ways after CONNECT or 101. */
  tunnel: 4,
} as const;
export type Framing = typeof Framing[keyof typeof Framing];

/** Forms of a request target (RFC 9112 §3.2). */
export const TargetForm = { origin: 0, absolute: 1, authority: 2, asterisk: 3 } as const;
export type TargetForm = typeof TargetForm[keyof typeof TargetForm];

/** Bits of what `connection` fields hold. */
export const ConnectionToken = {
  close: 1,
  keepAlive: 2,
  upgrade: 4,
  te: 8,
  /** Names other fields to be removed: `nominatedNames()` tells which. */
  other: 16,
} as const;

/** Facts of the message being decoded; one object per decoder, overwritten by the next head. */
export class Http1Message {
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  versionMinor = 1;
  /** Method of the request; for a response that of the request it answers. */
  method: MethodId = 0;
  targetForm: TargetForm = TargetForm.origin;
  /** Scheme of an absolute-form target (`http`, `https`), else empty. */
  scheme = "";
  framing: Framing = Framing.none;
  /** Value of `content-length`; -1 when the field is absent. */
  contentLength = -1;
  /** The connection may serve another message after this one. */
  keepAlive = true;
  /** ConnectionToken bits. */
  connectionTokens = 0;
  expectContinue = false;
  /** An `expect` that is not exactly `100-continue`: a server may answer 417 (RFC 9110 §10.1.1), it must not guess. */
  hasUnknownExpect = false;
  /** An `upgrade` that `connection` names and that the codec takes part in: the request has no body and asks for a tunnel. */
  isUpgrade = false;

  reset(): void {
    this.versionMinor = 1;
    this.method = 0;
    this.targetForm = TargetForm.origin;
    this.scheme = "";
    this.framing = Framing.none;
    this.contentLength = -1;
    this.keepAlive = true;
    this.connectionTokens = 0;
    this.expectContinue = false;
    this.hasUnknownExpect = false;
    this.isUpgrade = false;
  }
}
