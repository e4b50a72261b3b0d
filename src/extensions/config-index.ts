// THE list of extensions, control-side halves: how the configuration of each is translated. index.ts lists the worker-side halves.
import type { ExtensionTranslator } from "../config/extension.ts";
import { fileAccessLog } from "./access_loggers/file/config.ts";
import { stderrAccessLog, stdoutAccessLog } from "./access_loggers/stream/config.ts";
import { router } from "./filters/http/router/config.ts";
import { httpConnectionManager } from "./filters/network/http_connection_manager/config.ts";

/** A translator of any message. */
// deno-lint-ignore no-explicit-any
type AnyTranslator = ExtensionTranslator<any, any>;

const httpFilters: readonly AnyTranslator[] = [router];

const networkFilters: readonly AnyTranslator[] = [httpConnectionManager];

const accessLoggers: readonly AnyTranslator[] = [fileAccessLog, stdoutAccessLog, stderrAccessLog];

export const extensionTranslators: readonly AnyTranslator[] = [
  ...httpFilters,
  ...networkFilters,
  ...accessLoggers,
];
