// Interned header names: stable ids, one id a name in any case, listeners that see every name once.
import { expect, test } from "bun:test";
import { findHeaderId, Header, headerNameOf, internHeaderName, onHeaderInterned } from "../../src/base/header-names.ts";

test("every id that code names is the id of that name", () => {
  for (const [key, id] of Object.entries(Header)) {
    const kebab = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const expected = ["method", "path", "authority", "scheme", "status"].includes(key) ? `:${kebab}` : kebab;
    expect(headerNameOf(id)).toBe(expected);
    expect(findHeaderId(expected)).toBe(id);
  }
});

test("interning is idempotent and ignores case; peers' names are only looked up", () => {
  const id = internHeaderName("X-Header-Names-Test");
  expect(internHeaderName("x-header-names-test")).toBe(id);
  expect(headerNameOf(id)).toBe("x-header-names-test");
  expect(findHeaderId("x-never-interned")).toBe(0);
  expect(findHeaderId("__proto__")).toBe(0);
  expect(internHeaderName("Host")).toBe(Header.authority);
});

test("listeners get the names of before and those that come", () => {
  const seen = new Map<string, number>();
  onHeaderInterned((name, id) => {
    expect(seen.has(name)).toBe(false);
    seen.set(name, id);
  });
  expect(seen.get("cookie")).toBe(Header.cookie);
  const id = internHeaderName("x-header-names-listener");
  internHeaderName("x-header-names-listener");
  expect(seen.get("x-header-names-listener")).toBe(id);
});
