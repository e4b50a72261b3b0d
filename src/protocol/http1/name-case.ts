// The case in which header names are written (Envoy: header_key_format): lower, Proper-Case-Words, or as they were received.
import { headerNameOf, onHeaderInterned } from "../../base/header-names.ts";

export const NameCase = { lower: 0, proper: 1, preserve: 2 } as const;
export type NameCase = typeof NameCase[keyof typeof NameCase];

/** `name: ` of every interned name, by id. */
const lowerPrefixes: string[] = [""];
const properPrefixes: string[] = [""];

onHeaderInterned((name, id) => {
  const wireName = name === ":authority" ? "host" : name;
  lowerPrefixes[id] = `${wireName}: `;
  properPrefixes[id] = `${toProperCase(wireName)}: `;
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

/** `name: ` of an interned name. */
export function namePrefixOf(id: number, nameCase: NameCase): string {
  return (nameCase === NameCase.proper ? properPrefixes[id] : lowerPrefixes[id]) ?? `${headerNameOf(id)}: `;
}
