// Writes local replies: default form, gRPC form, and the rewrites of local_reply_config (mappers, body formats).
import type { HeaderBlock } from "../base/header-block.ts";
import { compileFormat, type Formatter } from "../expr/formatter.ts";
import { compileJsonFormat, type JsonFormat } from "../expr/json-formatter.ts";
import type { StreamInfo } from "../expr/stream-info.ts";
import { type AccessLogFilter, createAccessLogFilter } from "../observe/access-log-filter.ts";
import type { LocalReply } from "../stream/filter.ts";
import { grpcStatusOf, writeGrpcReply, writePlainReply } from "./local-reply.ts";
import type { BodyFormatConfig, LocalReplyConfig } from "./local-reply-config.ts";
import type { WorkerContext } from "./worker-context.ts";

interface BodyFormat {
  readonly formatter: Formatter;
  readonly contentType: string;
}

interface Mapper {
  readonly filter: AccessLogFilter;
  readonly statusCode: number;
  readonly body: string | null;
  readonly bodyFormat: BodyFormat | null;
  readonly headers: { readonly name: string; readonly value: Formatter; readonly append: boolean }[];
}

function compileBodyFormat(config: BodyFormatConfig | null): BodyFormat | null {
  if (config === null) return null;
  const formatter = config.kind === "text"
    ? compileFormat(config.format)
    : compileJsonFormat(config.format as { [key: string]: JsonFormat });
  return { formatter, contentType: config.contentType };
}

export class LocalReplyWriter {
  private readonly mappers: Mapper[];
  private readonly bodyFormat: BodyFormat | null;

  constructor(config: LocalReplyConfig | null, context: WorkerContext) {
    this.bodyFormat = compileBodyFormat(config?.bodyFormat ?? null);
    this.mappers = (config?.mappers ?? []).map((mapper) => ({
      filter: createAccessLogFilter(mapper.filter, context.runtime),
      statusCode: mapper.statusCode,
      body: mapper.body,
      bodyFormat: compileBodyFormat(mapper.bodyFormat),
      headers: mapper.headersToAdd.map((h) => ({ name: h.name, value: compileFormat(h.value), append: h.append })),
    }));
  }

  /** Fills `head`; returns the body bytes or null. `info` already carries flags and details of the reply. */
  write(head: HeaderBlock, reply: LocalReply, info: StreamInfo, isGrpc: boolean): Uint8Array | null {
    let status = reply.status, body = reply.body;
    info.responseCode = status;
    const mapper = this.mapperFor(info);
    if (mapper !== null) {
      if (mapper.statusCode !== 0) info.responseCode = status = mapper.statusCode;
      if (mapper.body !== null) body = mapper.body;
    }
    info.localReplyBody = body;
    const format = mapper?.bodyFormat ?? this.bodyFormat;
    let contentType = "text/plain";
    if (format !== null) {
      body = format.formatter.format(info);
      contentType = format.contentType;
    }
    if (isGrpc) writeGrpcReply(head, reply.grpcStatus ?? grpcStatusOf(status), body);
    else writePlainReply(head, status, body, contentType);
    if (reply.modifyHeaders !== null) reply.modifyHeaders(head);
    if (mapper !== null) this.addHeaders(head, mapper, info);
    return isGrpc || body === "" ? null : Buffer.from(body);
  }

  private mapperFor(info: StreamInfo): Mapper | null {
    for (const mapper of this.mappers) if (mapper.filter.shouldLog(info)) return mapper;
    return null;
  }

  private addHeaders(head: HeaderBlock, mapper: Mapper, info: StreamInfo): void {
    for (const { name, value, append } of mapper.headers) {
      if (append) head.appendNamed(name, value.format(info));
      else head.setNamed(name, value.format(info));
    }
  }
}
