// The case in which header names are written (Envoy: header_key_format): lower, Proper-Case-Words, or as they were received.
import { onHeaderInterned } from "../../base/header-names.ts";

export const NameCase = { lower: 0, proper: 1, preserve: 2 } as const;
export type NameCase = typeof NameCase[keyof typeof NameCase];

/** Bytes of `name: ` of every interned name, by id. */
const lowerPrefixes: Uint8Array[] = [new Uint8Array(0)];
const properPrefixes: Uint8Array[] = [new Uint8Array(0)];

onHeaderInterned((name, id) => {
  const wireName = name === ":authority" ? "host" : name;
  lowerPrefixes[id] = Buffer.from(`${wireName}: `, "latin1");
  properPrefixes[id] = Buffer.from(`${toProperCase(wireName)}: `, "latin1");
});

/** Upper-cases the first letter of each word; words end at `-` and, as in Envoy, at every other byte that is no letter or digit. */
export function toProperCase(lowerName: string): string {
  let proper = "", isWordStart = true;
  for (let i = 0; i < lowerName.length; i++) {
    const c = lowerName.charCodeAt(i);
    const isLetter = c >= 97 && c <= 122;
    proper += isWordStart && isLetter ? String.fromCharCode(c - 32) : lowerName[i];
    isWordStart = !isLetter && !(c >= 65 && c <= 90) && !(c >= 48 && c <= 57);
  }
  return proper;
}

/** Bytes of `name: ` of an interned name. */
export function namePrefixOf(id: number, nameCase: NameCase): Uint8Array {
  return (nameCase === NameCase.proper ? properPrefixes : lowerPrefixes)[id]!;
}
