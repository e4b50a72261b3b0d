// No field is dropped in silence: every field of every message with a table stands in exactly one of its three lists.
import { describe, expect, test } from "bun:test";
import type { MutableMessage } from "../../src/config/create-message.ts";
import { FieldEnforcer, indexFieldTables } from "../../src/config/enforce-fields.ts";
import type { FieldTable } from "../../src/config/field-table.ts";
import { coreFieldTables } from "../../src/config/field-tables.ts";
import { PathLocator } from "../../src/config/locate.ts";
import { ProblemSink } from "../../src/config/problem-sink.ts";
import { protoTypes } from "../../src/config/proto-types.ts";
import { checkFieldTables } from "../support/field-tables.ts";
import { decodeText } from "./support.ts";

describe("core tables", () => {
  test("list every field of their messages once, and no other", () => {
    expect(checkFieldTables(coreFieldTables)).toEqual([]);
  });
  test("are one for each message", () => {
    expect(() => indexFieldTables(coreFieldTables)).not.toThrow();
    const names = coreFieldTables.map((table) => table.message);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });
  test("hold whole messages: what a honoured field contains has a table", () => {
    const known = new Set(coreFieldTables.map((table) => table.message));
    const holes: string[] = [];
    for (const table of coreFieldTables) {
      for (const field of protoTypes().requireMessage(table.message).fields) {
        if (!table.honoured.includes(field.name) || field.type.kind !== "message") continue;
        const inner = field.type.message;
        if (!inner.startsWith("google.protobuf.") && !known.has(inner)) {
          holes.push(`${table.message}.${field.name}: ${inner}`);
        }
      }
    }
    // The translators of listeners and clusters are not written yet: exactly these two are missing.
    expect(holes).toEqual([
      "envoy.config.bootstrap.v3.Bootstrap.StaticResources.listeners: envoy.config.listener.v3.Listener",
      "envoy.config.bootstrap.v3.Bootstrap.StaticResources.clusters: envoy.config.cluster.v3.Cluster",
    ]);
  });
});

describe("the check itself", () => {
  const locality = "envoy.config.core.v3.Locality";
  test("sees a missing, a doubled and an unknown field, an unknown message and an empty reason", () => {
    const tables: FieldTable[] = [
      { message: locality, honoured: ["region", "zone"], accepted: { zone: "", colour: "x" }, refused: {} },
      { message: "no.such.Message", honoured: [], accepted: {}, refused: {} },
    ];
    expect(checkFieldTables(tables)).toEqual([
      `${locality}.zone: listed 2 times`,
      `${locality}.sub_zone: listed 0 times`,
      `${locality}.colour: no such field`,
      `${locality}.zone: no reason`,
      "no.such.Message: no such message",
    ]);
  });
  test("two different tables for one message throw", () => {
    const table = { message: locality, honoured: ["region"], accepted: {}, refused: {} };
    expect(() => indexFieldTables([table, { ...table }])).not.toThrow();
    expect(() => indexFieldTables([table, { ...table, honoured: [] }])).toThrow(locality);
  });
});

describe("enforcement", () => {
  const locality: FieldTable = {
    message: "envoy.config.core.v3.Locality",
    honoured: ["region"],
    accepted: { zone: "zones are not used" },
    refused: { sub_zone: "leave it out" },
  };
  const node: FieldTable = {
    message: "envoy.config.core.v3.Node",
    honoured: ["id", "locality", "listening_addresses", "user_agent_build_version"],
    accepted: { cluster: "it is a label", metadata: "it is a label" },
    refused: { client_features: "leave them out" },
  };

  function enforce(text: string, tables: FieldTable[] = [node, locality]) {
    const sink = new ProblemSink();
    sink.useLocator(new PathLocator([]));
    const message = decodeText<MutableMessage>("envoy.config.core.v3.Node", text);
    new FieldEnforcer(protoTypes(), indexFieldTables(tables), sink).check(message, "node");
    return {
      problems: sink.problems.map((p) => `${p.code} ${p.path}${p.hint === undefined ? "" : ` (${p.hint})`}`),
      notes: sink.notes.map((n) => `${n.path}: ${n.message}`),
    };
  }

  test("refuses, notes, descends into what is honoured", () => {
    expect(enforce("{id: a, cluster: b, locality: {region: r, zone: z, sub_zone: s}, client_features: [x]}")).toEqual({
      problems: ["CFG030 node.locality.sub_zone (leave it out)", "CFG030 node.client_features (leave them out)"],
      notes: ["node.cluster: it is a label", "node.locality.zone: zones are not used"],
    });
  });
  test("counts only what is set to something", () => {
    expect(enforce('{cluster: "", metadata: {}, client_features: [], locality: {sub_zone: ""}}')).toEqual({
      problems: [],
      notes: ["node.metadata: it is a label"],
    });
  });
  test("a message without table and a field in no list are internal errors", () => {
    expect(enforce("{user_agent_build_version: {}, user_agent_name: x}").problems.map((p) => p.replace(/ \(.*/, "")))
      .toEqual([
        "CFG900 node.user_agent_name",
        "CFG900 node.user_agent_build_version",
      ]);
  });
  test("deprecated fields are noted; equal notes of list items count once", () => {
    const address: FieldTable = {
      message: "envoy.config.core.v3.Address",
      honoured: ["pipe"],
      accepted: {},
      refused: {},
    };
    const pipe: FieldTable = {
      message: "envoy.config.core.v3.Pipe",
      honoured: ["path"],
      accepted: { mode: "unused" },
      refused: {},
    };
    const found = enforce("{listening_addresses: [{pipe: {path: a, mode: 1}}, {pipe: {path: b, mode: 2}}]}", [
      node,
      address,
      pipe,
    ]);
    expect(found).toEqual({
      problems: [],
      notes: [
        "node.listening_addresses: deprecated in Envoy's API; it still has its effect",
        "node.listening_addresses[0].pipe.mode: unused",
      ],
    });
  });
});
