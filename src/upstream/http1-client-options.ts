// A cluster's HTTP/1 settings → options of its client codec; one object per settings, shared by all pools.
import { Http1HeadEncoder } from "../protocol/http1/head-encoder.ts";
import { DEFAULT_HTTP1_OPTIONS, UnderscoreAction } from "../protocol/http1/options.ts";
import type { Http1ClientOptions } from "../stream/http1-client-connection.ts";
import type { HttpUpstreamConfig } from "./cluster-config.ts";

const made: WeakMap<HttpUpstreamConfig, Http1ClientOptions> = new WeakMap();

export function http1ClientOptions(config: HttpUpstreamConfig): Http1ClientOptions {
  let options = made.get(config);
  if (options === undefined) {
    const { http1 } = config;
    options = {
      decoder: {
        ...DEFAULT_HTTP1_OPTIONS,
        maxHeaderBytes: config.maxResponseHeadersKb * 1024,
        maxHeaderCount: config.maxResponseHeaderCount,
        allowHttp10: true,
        allowChunkedLength: http1.allowChunkedLength,
        underscores: UnderscoreAction[config.headersWithUnderscores],
        preserveCase: http1.headerKeyFormat === "preserve",
        enableTrailers: http1.enableTrailers,
        allowCustomMethods: http1.allowCustomMethods,
      },
      encoder: new Http1HeadEncoder(http1),
    };
    made.set(config, options);
  }
  return options;
}
