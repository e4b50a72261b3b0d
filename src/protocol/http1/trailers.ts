// Fields that may not come as trailers: they frame, route, authenticate or describe a message that was already acted upon (RFC 9110 §6.5.1).
import { FLAGS, type HeaderBlock, ID, REMOVED, SLOT } from "../../base/header-block.ts";
import { internHeaderName } from "../../base/header-names.ts";

const FORBIDDEN = ("transfer-encoding content-length host connection keep-alive proxy-connection upgrade te trailer " +
  "expect max-forwards range if-match if-none-match if-modified-since if-unmodified-since if-range " +
  "cache-control pragma authorization proxy-authorization proxy-authenticate www-authenticate cookie " +
  "set-cookie age date expires location retry-after vary warning content-encoding content-type " +
  "content-range http2-settings forwarded x-forwarded-for x-forwarded-host x-forwarded-port " +
  "x-forwarded-proto x-forwarded-client-cert x-request-id").split(" ");

const isForbidden = new Uint8Array(Math.max(...FORBIDDEN.map(internHeaderName)) + 1);
for (const name of FORBIDDEN) isForbidden[internHeaderName(name)] = 1;

/** Removes what may not be a trailer; returns how many fields are left. */
export function dropForbiddenTrailers(block: HeaderBlock): number {
  const s = block.slots;
  let left = 0;
  for (let i = 0, o = 0; i < block.count; i++, o += SLOT) {
    const id = s[o + ID]!;
    if (id > 0 && isForbidden[id] === 1) {
      s[o + ID] = REMOVED;
      s[o + FLAGS] = 0;
    } else if (id !== REMOVED) left++;
  }
  return left;
}
