// A connection manager's HTTP/1 settings → options of its server codec; one object for all its connections.
import { Http1HeadEncoder } from "../protocol/http1/head-encoder.ts";
import { DEFAULT_HTTP1_OPTIONS, UnderscoreAction } from "../protocol/http1/options.ts";
import type { Http1ServerOptions } from "../stream/http1-server-connection.ts";
import type { ConnectionManagerConfig } from "./connection-manager-config.ts";

export function createHttp1Options(config: ConnectionManagerConfig): Http1ServerOptions {
  const { http1 } = config;
  return {
    decoder: {
      ...DEFAULT_HTTP1_OPTIONS,
      maxHeaderBytes: config.maxRequestHeadersKb * 1024,
      maxHeaderCount: config.maxHeaderCount,
      allowHttp10: http1.acceptHttp10,
      allowAbsoluteUrl: http1.allowAbsoluteUrl,
      allowChunkedLength: http1.allowChunkedLength,
      underscores: UnderscoreAction[config.headersWithUnderscores],
      preserveCase: http1.headerKeyFormat === "preserve",
      enableTrailers: http1.enableTrailers,
      allowCustomMethods: http1.allowCustomMethods,
      refuseHttpsScheme: true,
    },
    encoder: new Http1HeadEncoder({
      headerKeyFormat: http1.headerKeyFormat,
      sendFullyQualifiedUrl: false,
      enableTrailers: http1.enableTrailers,
    }),
    delayedCloseTimeoutMs: config.delayedCloseTimeoutMs,
  };
}
