// Tests of scripts/http-filter-template.ts: names, and the entry of a new filter in a list of extensions.
import { describe, expect, test } from "bun:test";
import { namesOf, registerImport } from "../../scripts/http-filter-template.ts";

test("names follow from the folder", () => {
  expect(namesOf("header_to_metadata")).toEqual({
    snake: "header_to_metadata",
    kebab: "header-to-metadata",
    camel: "headerToMetadata",
    pascal: "HeaderToMetadata",
  });
  expect(namesOf("cors").camel).toBe("cors");
});

describe("registerImport", () => {
  const list = (array: string) =>
    `// List.
import type { HttpFilterExtension } from "../proxy/http-filter.ts";
import { cors } from "./filters/http/cors/index.ts";
import { router } from "./filters/http/router/index.ts";

${array}
`;
  const add = (text: string) => registerImport(text, "fault", "./filters/http/fault/index.ts");

  test("adds import and entry in order", () => {
    const result = add(list("export const httpFilters: readonly HttpFilterExtension[] = [\n  cors,\n  router,\n];"))!;
    expect(result).toContain("[\n  cors,\n  fault,\n  router,\n];");
    expect(result).toContain(
      `cors/index.ts";\nimport { fault } from "./filters/http/fault/index.ts";\nimport { router }`,
    );
  });

  test("opens an array that stands on one line", () => {
    expect(add(list("export const httpFilters: readonly E<any, any>[] = [cors, router];"))).toContain(
      "[\n  cors,\n  fault,\n  router,\n];",
    );
    expect(add(list("export const httpFilters: readonly E[] = [];"))).toContain("= [\n  fault,\n];");
  });

  test("chooses the array of HTTP filters among several", () => {
    const result = add(list("export const accessLoggers = [\n  file,\n];\nconst httpFilters = [\n  cors,\n];"))!;
    expect(result).toContain("accessLoggers = [\n  file,\n];");
    expect(result).toContain("httpFilters = [\n  cors,\n  fault,\n];");
  });

  test("takes the only array whatever its name", () => {
    expect(add(list("export const extensions = [\n  cors,\n];"))).toContain("[\n  cors,\n  fault,\n];");
  });

  test("finds the array as a property", () => {
    const result = add(list("export const lists = {\n  accessLoggers: [file],\n  httpFilters: [cors, router],\n};"))!;
    expect(result).toContain(
      "  accessLoggers: [file],\n  httpFilters: [\n    cors,\n    fault,\n    router,\n  ],\n};",
    );
  });

  test("gives up where it is not clear which array is meant", () => {
    expect(add(list("export const a = [\n];\nexport const b = [\n];"))).toBeNull();
    expect(add(list("export const a = {};"))).toBeNull();
  });
});
