// The files of a new HTTP filter, which passes everything on until somebody writes it, and its entry in the lists of extensions.

export interface HttpFilterNames {
  /** `header_to_metadata`: the folder, and the last part of the filter's name. */
  readonly snake: string;
  /** `header-to-metadata`: file names. */
  readonly kebab: string;
  /** `headerToMetadata`: the factory and the translator. */
  readonly camel: string;
  /** `HeaderToMetadata`: types. */
  readonly pascal: string;
  /** Short and full name of the message that configures it. */
  readonly message: string;
  readonly typeName: string;
  /** Its fields by proto name. */
  readonly fields: readonly string[];
  /** File of src/gen that has the message, from the root. */
  readonly genFile: string;
  /** True when the filter is not one of Envoy's. */
  readonly isOwn: boolean;
}

export function namesOf(snake: string): Pick<HttpFilterNames, "snake" | "kebab" | "camel" | "pascal"> {
  const words = snake.split("_");
  const pascal = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
  return { snake, kebab: words.join("-"), camel: pascal[0]!.toLowerCase() + pascal.slice(1), pascal };
}

/** The proto of a filter that Envoy does not have. */
export function ownProto(snake: string): { path: string; text: string; genFile: string } {
  const stem = `lamina/extensions/filters/http/${snake}/v1/${snake}`;
  const text = `syntax = "proto3";

package lamina.extensions.filters.http.${snake}.v1;

message ${namesOf(snake).pascal} {
}
`;
  return { path: `proto/${stem}.proto`, text, genFile: `src/gen/${stem}_pb.ts` };
}

/** Path (from the root) → text of every file of the filter. */
export function httpFilterFiles(filter: HttpFilterNames): Record<string, string> {
  const folder = `src/extensions/filters/http/${filter.snake}`;
  return {
    [`${folder}/config.ts`]: configText(filter),
    [`${folder}/${filter.kebab}-filter.ts`]: filterText(filter),
    [`${folder}/index.ts`]: indexText(filter),
    [`${folder}/README.md`]: readmeText(filter),
    [`test/extensions/filters/http/${filter.snake}/${filter.kebab}-filter.test.ts`]: testText(filter),
  };
}

function extensionName({ snake, isOwn }: HttpFilterNames): string {
  return `${isOwn ? "lamina" : "envoy"}.filters.http.${snake}`;
}

/** The message may carry the name of something the file has already (`Buffer`), so it goes by a name of its own. */
function protoAlias(filter: HttpFilterNames): string {
  return filter.message.endsWith("Proto") ? filter.message : `${filter.message}Proto`;
}

function configText(filter: HttpFilterNames): string {
  const { camel, pascal, message, typeName, fields, genFile } = filter;
  const proto = protoAlias(filter);
  const refused = fields.map((field) => `        ${field}: "leave it out: this filter does not have it yet",\n`).join(
    "",
  );
  return `// ${message} proto → ${pascal}Config (${typeName.slice(0, typeName.lastIndexOf("."))}).
import type { ${message} as ${proto} } from "${genFile.replace(/^src/, "../../../..")}";
import type { ExtensionTranslator } from "../../../../config/extension.ts";

/** What the filter needs on a worker: plain data that survives JSON. Becomes an interface with the first honoured field. */
export type ${pascal}Config = Record<string, never>;

export const ${camel}: ExtensionTranslator<${proto}, ${pascal}Config> = {
  name: "${extensionName(filter)}",
  category: "http_filter",
  messageType: "${typeName}",
  routeMessageType: null,
  status: "wip",
  posture: "unknown",
  fields: [
    {
      message: "${typeName}",
      honoured: [],
      accepted: {},
      refused: {${refused === "" ? "" : `\n${refused}      `}},
    },
  ],
  translate: () => ({}),
};
`;
}

function filterText(filter: HttpFilterNames): string {
  const { pascal } = filter;
  return `// The filter ${extensionName(filter)}: one object for each stream.
import type { HeaderBlock } from "../../../../base/header-block.ts";
import type { HttpFilterCallbacks } from "../../../../proxy/http-filter.ts";
import {
  DataStatus,
  HeadersStatus,
  type StreamDecoderFilter,
  type StreamEncoderFilter,
  type StreamFilterInstance,
  TrailersStatus,
} from "../../../../stream/filter.ts";
import type { ${pascal}Config } from "./config.ts";

/** A filter of one direction only sets the other side (\`decoder\` or \`encoder\`) to null, so that the chain skips it. */
export class ${pascal}Filter implements StreamFilterInstance, StreamDecoderFilter, StreamEncoderFilter {
  readonly decoder: StreamDecoderFilter | null;
  readonly encoder: StreamEncoderFilter | null;
  readonly config: ${pascal}Config;
  readonly callbacks: HttpFilterCallbacks;

  constructor(config: ${pascal}Config, callbacks: HttpFilterCallbacks) {
    this.decoder = this;
    this.encoder = this;
    this.config = config;
    this.callbacks = callbacks;
  }

  decodeHeaders(_headers: HeaderBlock, _endStream: boolean): HeadersStatus {
    return HeadersStatus.continue;
  }

  decodeData(_data: Uint8Array, _endStream: boolean): DataStatus {
    return DataStatus.continue;
  }

  decodeTrailers(_trailers: HeaderBlock): TrailersStatus {
    return TrailersStatus.continue;
  }

  encodeHeaders(_headers: HeaderBlock, _endStream: boolean): HeadersStatus {
    return HeadersStatus.continue;
  }

  encodeData(_data: Uint8Array, _endStream: boolean): DataStatus {
    return DataStatus.continue;
  }

  encodeTrailers(_trailers: HeaderBlock): TrailersStatus {
    return TrailersStatus.continue;
  }

  onStreamComplete(): void {}

  onDestroy(): void {}
}
`;
}

function indexText(filter: HttpFilterNames): string {
  const { camel, pascal, kebab } = filter;
  return `// ${extensionName(filter)}: says in one sentence what the filter is for. Worker-side half.
import type { HttpFilterExtension } from "../../../../proxy/http-filter.ts";
import type { ${pascal}Config } from "./config.ts";
import { ${pascal}Filter } from "./${kebab}-filter.ts";

export const ${camel}: HttpFilterExtension<${pascal}Config> = {
  name: "${extensionName(filter)}",
  materialise: (config) => ({ create: (callbacks) => new ${pascal}Filter(config, callbacks) }),
};
`;
}

function readmeText(filter: HttpFilterNames): string {
  return `# ${extensionName(filter)}

Passes every request and response on unchanged: the filter is not written yet.

- Configuration: \`${filter.typeName}\`. ${filter.fields.length === 0 ? "It has no fields." : "Each field is refused."}
- Limits: none of its own.
- Security posture: unknown.
`;
}

function testText(filter: HttpFilterNames): string {
  const { camel, pascal, kebab, message, snake, typeName, genFile } = filter;
  const up = "../../../../..";
  const folder = `${up}/src/extensions/filters/http/${snake}`;
  return `// Tests of ${extensionName(filter)}: its table of fields, its translation and the filter itself.
import { describe, expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { HeaderBlock } from "${up}/src/base/header-block.ts";
import { createTranslateContext } from "${up}/src/config/create-translate-context.ts";
import { ExtensionRegistry } from "${up}/src/config/extension-registry.ts";
import { ProblemSink } from "${up}/src/config/problem-sink.ts";
import { ${camel} as translator } from "${folder}/config.ts";
import { ${camel} } from "${folder}/index.ts";
import { ${pascal}Filter } from "${folder}/${kebab}-filter.ts";
import { ${message}Schema } from "${up}/${genFile}";
import type { HttpFilterCallbacks } from "${up}/src/proxy/http-filter.ts";
import type { WorkerContext } from "${up}/src/proxy/worker-context.ts";
import { DataStatus, HeadersStatus, TrailersStatus } from "${up}/src/stream/filter.ts";

const context = createTranslateContext(new ExtensionRegistry([translator]), new ProblemSink());

describe("${typeName}", () => {
  test("has every field in one place of the table", () => {
    const [table] = translator.fields;
    const listed = [...table!.honoured, ...Object.keys(table!.accepted), ...Object.keys(table!.refused)];
    expect(listed.sort()).toEqual(${message}Schema.fields.map((field) => field.name).sort());
  });

  test("becomes plain data", () => {
    const config = translator.translate(create(${message}Schema), context);
    expect(config).toEqual({});
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
  });
});

describe("${pascal}Filter", () => {
  const callbacks = {} as HttpFilterCallbacks;
  const factory = ${camel}.materialise({}, {} as WorkerContext, "http.test.");

  test("is made for each stream", () => {
    const filter = factory.create(callbacks);
    expect(filter).toBeInstanceOf(${pascal}Filter);
    expect(factory.create(callbacks)).not.toBe(filter);
  });

  test("passes requests and responses on unchanged", () => {
    const filter = new ${pascal}Filter({}, callbacks);
    const headers = new HeaderBlock();
    headers.appendNamed("x-example", "1");
    const body = new Uint8Array([1, 2, 3]);
    expect(filter.decodeHeaders(headers, false)).toBe(HeadersStatus.continue);
    expect(filter.decodeData(body, false)).toBe(DataStatus.continue);
    expect(filter.decodeTrailers(headers)).toBe(TrailersStatus.continue);
    expect(filter.encodeHeaders(headers, false)).toBe(HeadersStatus.continue);
    expect(filter.encodeData(body, false)).toBe(DataStatus.continue);
    expect(filter.encodeTrailers(headers)).toBe(TrailersStatus.continue);
    expect(headers.count).toBe(1);
    expect(body).toEqual(new Uint8Array([1, 2, 3]));
  });
});
`;
}

/**
 * `text` of a list of extensions with an import of `name` from `module` after its last import, and `name` in its array: the one
 * whose name speaks of HTTP filters, or the only one. Null when there is no such array. Import and entry are put in order of names
 * where the neighbours are.
 */
export function registerImport(text: string, name: string, module: string): string | null {
  const lines = text.split("\n");
  // `const httpFilters: … = [` or, in an object, `httpFilters: [`.
  const arrays = lines.flatMap((line, at) => /^(export )?const \w+.*= \[|^ +\w+: \[/.test(line) ? [at] : []);
  const start = arrays.find((at) => /^(export const|const| +) ?\w*http_?filters?\w*/i.test(lines[at]!)) ??
    (arrays.length === 1 ? arrays[0] : undefined);
  if (start === undefined) return null;
  const indent = /^ */.exec(lines[start]!)![0];
  // An array on one line is opened up; the formatter closes it again where it fits.
  if (!lines[start]!.endsWith("[")) {
    const [, head, items, tail] = /^(.*(?:=|:) \[)(.*)(\].*)$/.exec(lines[start]!)!;
    const names = items!.split(",").map((item) => item.trim()).filter((item) => item !== "");
    lines.splice(start, 1, head!, ...names.map((item) => `${indent}  ${item},`), `${indent}${tail}`);
  }
  let end = start + 1;
  while (!lines[end]!.startsWith(`${indent}]`)) end++;
  let entry = start + 1;
  while (entry < end && lines[entry]!.trim() < `${name},`) entry++;
  lines.splice(entry, 0, `${indent}  ${name},`);

  const lastImport = lines.findLastIndex((line) => /^(import .*|\} )from "[^"]*";$/.test(line));
  const sameKind = lines.findLastIndex((line) => line.includes(`"./filters/http/`) && line < `import { ${name} }`);
  lines.splice((sameKind >= 0 ? sameKind : lastImport) + 1, 0, `import { ${name} } from "${module}";`);
  return lines.join("\n");
}
