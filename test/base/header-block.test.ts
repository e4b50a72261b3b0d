// The header block: raw and text fields, look-ups, edits, reuse; checked against a plain list as model.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HeaderBlock, RAW_LINE, REMOVED } from "../../src/base/header-block.ts";
import { findHeaderId, Header, internHeaderName } from "../../src/base/header-names.ts";

/** A block whose fields are bytes, as a decoder leaves them. */
function rawBlock(fields: [string, string][]): HeaderBlock {
  const block = new HeaderBlock();
  let text = "";
  for (const [name, value] of fields) {
    const nameStart = text.length, valueStart = nameStart + name.length + 2;
    text += `${name}: ${value}\r\n`;
    block.addRaw(
      nameStart,
      nameStart + name.length,
      valueStart,
      valueStart + value.length,
      findHeaderId(name),
      RAW_LINE,
    );
  }
  block.raw = Buffer.from(text, "latin1");
  return block;
}

function listOf(block: HeaderBlock): [string, string][] {
  const list: [string, string][] = [];
  for (let i = 0; i < block.count; i++) if (block.isLive(i)) list.push([block.nameAt(i), block.valueAt(i)]);
  return list;
}

describe("look-ups", () => {
  const block = rawBlock([["cookie", "a"], ["x-unknown", "1"], ["cookie", "b"], ["x-unknown", "\xe9"], ["date", ""]]);

  test("by id", () => {
    expect(block.get(Header.cookie)).toBe("a");
    expect(block.getAll(Header.cookie)).toEqual(["a", "b"]);
    expect(block.get(Header.date)).toBe("");
    expect(block.get(Header.server)).toBeNull();
    expect(block.has(Header.server)).toBe(false);
    expect(block.indexOf(Header.cookie, 1)).toBe(2);
  });

  test("by name, interned or not; values are latin1", () => {
    expect(block.getNamed("x-unknown")).toBe("1");
    expect(block.indexOfNamed("x-unknown", 2)).toBe(3);
    expect(block.valueAt(3)).toBe("\xe9");
    expect(block.getNamed("cookie")).toBe("a");
    expect(block.getNamed("x-other")).toBeNull();
  });

  test("a name that shares its bit of the mask with a present one is not found", () => {
    const twin = Header.cookie + 32;
    expect(block.has(twin)).toBe(false);
  });

  test("host is :authority", () => {
    expect(findHeaderId("host")).toBe(Header.authority);
    const host = new HeaderBlock();
    host.appendNamed("host", "a");
    expect(host.nameAt(0)).toBe(":authority");
  });
});

describe("edits", () => {
  test("set replaces the first at its place and removes the others", () => {
    const block = rawBlock([["cookie", "a"], ["date", "d"], ["cookie", "b"], ["x-u", "1"], ["x-u", "2"], ["via", "v"]]);
    block.set(Header.cookie, "c");
    block.setNamed("x-u", "3");
    block.setNamed("x-new", "4");
    block.set(Header.server, "s");
    expect(listOf(block)).toEqual([["cookie", "c"], ["date", "d"], ["x-u", "3"], ["via", "v"], ["x-new", "4"], [
      "server",
      "s",
    ]]);
  });

  test("remove tells how many went", () => {
    const block = rawBlock([["cookie", "a"], ["x-u", "1"], ["cookie", "b"]]);
    expect(block.remove(Header.cookie)).toBe(2);
    expect(block.remove(Header.cookie)).toBe(0);
    expect(block.removeNamed("x-u")).toBe(1);
    expect(block.idAt(0)).toBe(REMOVED);
    expect(listOf(block)).toEqual([]);
  });

  test("an edited field may not be copied as a raw line", () => {
    const block = rawBlock([["date", "a"]]);
    block.setAt(0, "b");
    expect([block.slots[2], block.slots[3], block.slots[5]]).toEqual([-1, -1, 0]);
  });

  test("byteSize counts names, values and punctuation", () => {
    const block = rawBlock([["date", "abc"]]);
    expect(block.byteSize).toBe(4 + 3 + 4);
    block.append(Header.via, "xy");
    expect(block.byteSize).toBe(11 + 3 + 2 + 4);
  });

  test("rebase moves raw fields", () => {
    const block = rawBlock([["date", "abc"], ["x-u", "1"]]);
    block.rebase(Buffer.concat([Buffer.from("12345"), block.raw]), 5);
    expect(listOf(block)).toEqual([["date", "abc"], ["x-u", "1"]]);
  });
});

describe("reuse", () => {
  test("reset leaves nothing of the old message", () => {
    const block = rawBlock([["date", "a"], ["x-u", "1"]]);
    listOf(block);
    block.append(Header.via, "v");
    block.appendNamed("x-w", "w");
    block.status = 200;
    block.reset();
    expect(block).toMatchObject({ count: 0, status: 0, byteSize: 0 });
    expect(block.raw.length).toBe(0);
    expect(block.has(Header.via)).toBe(false);
    expect(block.values.every((v) => v === null) && block.names.every((n) => n === null)).toBe(true);
    const other = rawBlock([["x-a", "1"], ["x-b", "2"], ["x-c", "3"], ["x-d", "4"]]);
    block.copyFrom(other);
    expect(listOf(block)).toEqual(listOf(other));
  });

  test("grows beyond its first size, raw and text", () => {
    const fields = Array.from({ length: 150 }, (_, i): [string, string] => [`x-${i}`, String(i)]);
    const raw = rawBlock(fields), text = new HeaderBlock(), copy = new HeaderBlock();
    for (const [name, value] of fields) text.appendNamed(name, value);
    copy.copyFrom(raw);
    for (const block of [raw, text, copy]) expect(listOf(block)).toEqual(fields);
  });

  test("a copy is independent", () => {
    const block = rawBlock([["date", "a"], ["x-u", "1"]]);
    block.valueAt(1);
    const copy = new HeaderBlock();
    copy.copyFrom(block);
    copy.set(Header.date, "b");
    copy.removeNamed("x-u");
    block.append(Header.via, "v");
    expect(listOf(block)).toEqual([["date", "a"], ["x-u", "1"], ["via", "v"]]);
    expect(listOf(copy)).toEqual([["date", "b"]]);
  });
});

test("any sequence of edits gives what a plain list gives", () => {
  const names = ["date", "cookie", "x-one", "x-two", "server", "x-b3-traceid"];
  internHeaderName("x-one");
  const name = fc.constantFrom(...names), value = fc.string({ maxLength: 3 });
  const edit = fc.oneof(
    fc.tuple(fc.constant("append" as const), name, value),
    fc.tuple(fc.constant("set" as const), name, value),
    fc.tuple(fc.constant("remove" as const), name, fc.constant("")),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, value), { maxLength: 40 }),
      fc.array(edit, { maxLength: 30 }),
      (start, edits) => {
        const latin1 = start.map(([n, v]): [string, string] => [n, Buffer.from(v, "latin1").toString("latin1")]);
        const block = rawBlock(latin1);
        let model = latin1;
        for (const [kind, n, v] of edits) {
          if (kind === "append") {
            block.appendNamed(n, v);
            model = [...model, [n, v]];
          } else if (kind === "set") {
            block.setNamed(n, v);
            const first = model.findIndex(([m]) => m === n);
            if (first < 0) model = [...model, [n, v]];
            else {model = model.flatMap(([m, old], i): [string, string][] =>
                m !== n ? [[m, old]] : i === first ? [[n, v]] : []
              );}
          } else {
            const left = model.filter(([m]) => m !== n);
            expect(block.removeNamed(n)).toBe(model.length - left.length);
            model = left;
          }
        }
        expect(listOf(block)).toEqual(model);
        for (const n of names) expect(block.getNamed(n)).toBe(model.find(([m]) => m === n)?.[1] ?? null);
      },
    ),
  );
});
