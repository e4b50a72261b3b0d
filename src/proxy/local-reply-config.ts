// Runtime form of local_reply_config: rewrites of responses that the proxy makes itself, JSON-safe.
import type { AccessLogFilterConfig } from "../observe/access-log-config.ts";

/** A body format: text with substitution operators, or a JSON object of them. */
export type BodyFormatConfig =
  | { kind: "text"; format: string; contentType: string }
  | { kind: "json"; format: unknown; contentType: string };

export interface LocalReplyMapperConfig {
  filter: AccessLogFilterConfig;
  /** Replacement status, 0 = keep. */
  statusCode: number;
  /** Replacement of the body before formatting, or null. */
  body: string | null;
  bodyFormat: BodyFormatConfig | null;
  headersToAdd: { name: string; value: string; append: boolean }[];
}

export interface LocalReplyConfig {
  mappers: LocalReplyMapperConfig[];
  bodyFormat: BodyFormatConfig | null;
}
