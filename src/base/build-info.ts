// What a build knows about itself. compile.sh defines the values; run from source, Lamina has no version.

declare const LAMINA_VERSION: string;
declare const LAMINA_REVISION: string;
declare const LAMINA_REVISION_STATUS: string;

/** As in package.json, such as `0.1.0`. */
export const buildVersion: string = typeof LAMINA_VERSION === "string" ? LAMINA_VERSION : "0.0.0-dev";

/** The git commit in full, or `unknown`. */
export const buildRevision: string = typeof LAMINA_REVISION === "string" ? LAMINA_REVISION : "unknown";

/** Envoy's words for whether the tree had changes that were not committed: `Clean` or `Modified`. */
export const buildRevisionStatus: string = typeof LAMINA_REVISION_STATUS === "string"
  ? LAMINA_REVISION_STATUS
  : "Modified";
