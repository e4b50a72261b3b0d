// Composition root: reads argv and picks what to do. Only the version is served yet; the server that joins the layers is not written.
import { buildRevision, buildRevisionStatus, buildVersion } from "./base/build-info.ts";
import { parseEnvoyFlags } from "./cli/envoy-flags.ts";

const { options } = parseEnvoyFlags(process.argv.slice(2), true);
if (options.version) {
  console.log(`lamina  version: ${buildRevision}/${buildVersion}/${buildRevisionStatus}/RELEASE/BoringSSL`);
} else {
  console.error(
    "error: this build cannot serve yet: listeners and clusters of a bootstrap are not translated (see README.md)",
  );
  process.exitCode = 1;
}
