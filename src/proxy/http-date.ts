// The `date` header value (IMF-fixdate, RFC 9110 §5.6.7), formatted once a second for all responses of a worker.
import { clock } from "../platform/turn.ts";

let formattedSecond = 0;
let formatted = "";

/** Current date in header form. */
export function httpDate(): string {
  const second = Math.floor(clock.wallMs / 1000);
  if (second !== formattedSecond) {
    formattedSecond = second;
    formatted = new Date(second * 1000).toUTCString();
  }
  return formatted;
}
