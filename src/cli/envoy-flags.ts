// Envoy's command line (envoy.md §1.11): every flag as `--k v` and `--k=v`; unknown ones are warned of once and never abort.
import { availableParallelism } from "node:os";

/** What the flags say; defaults are Envoy's. */
export interface EnvoyOptions {
  configPaths: string[];
  configYaml: string;
  mode: "serve" | "validate" | "init_only";
  concurrency: number;
  allowUnknownStaticFields: boolean;
  skipDeprecatedLogs: boolean;
  adminAddressPath: string;
  localAddressIpVersion: "v4" | "v6";
  logLevel: string;
  componentLogLevel: string;
  logFormat: string;
  logFormatEscaped: boolean;
  logPath: string;
  serviceCluster: string;
  serviceNode: string;
  serviceZone: string;
  fileFlushIntervalMs: number;
  fileFlushMinBytes: number;
  drainTimeMs: number;
  drainStrategy: "gradual" | "immediate";
  version: boolean;
  hotRestartVersion: boolean;
  help: boolean;
  warnings: string[];
}

/** How a flag takes its value; `accepted` ones are read and have no effect here, for the reason given. */
type Flag =
  | { kind: "switch"; set(options: EnvoyOptions): void }
  | { kind: "value"; set(options: EnvoyOptions, value: string): string | void }
  | { kind: "acceptedSwitch"; why: string }
  | { kind: "acceptedValue"; why: string };

const NO_HOT_RESTART = "there is no hot restart: listeners are updated in place";

function integer(text: string, min: number, apply: (n: number) => void): string | void {
  if (!/^\d{1,9}$/.test(text) || Number(text) < min) return `must be a whole number of at least ${min}`;
  apply(Number(text));
}

function oneOf<T extends string>(text: string, allowed: readonly T[], apply: (value: T) => void): string | void {
  const found = allowed.find((value) => value === text);
  if (found === undefined) return `must be one of ${allowed.join(", ")}`;
  apply(found);
}

export const ENVOY_FLAGS: Readonly<Record<string, Flag>> = {
  "config-path": { kind: "value", set: (o, v) => void o.configPaths.push(v) },
  "config-yaml": { kind: "value", set: (o, v) => void (o.configYaml = v) },
  mode: { kind: "value", set: (o, v) => oneOf(v, ["serve", "validate", "init_only"], (m) => o.mode = m) },
  concurrency: { kind: "value", set: (o, v) => integer(v, 0, (n) => o.concurrency = Math.max(1, n)) },
  "allow-unknown-static-fields": { kind: "switch", set: (o) => void (o.allowUnknownStaticFields = true) },
  "allow-unknown-fields": { kind: "switch", set: (o) => void (o.allowUnknownStaticFields = true) },
  "skip-deprecated-logs": { kind: "switch", set: (o) => void (o.skipDeprecatedLogs = true) },
  "admin-address-path": { kind: "value", set: (o, v) => void (o.adminAddressPath = v) },
  "local-address-ip-version": {
    kind: "value",
    set: (o, v) => oneOf(v, ["v4", "v6"], (x) => o.localAddressIpVersion = x),
  },
  "log-level": { kind: "value", set: (o, v) => void (o.logLevel = v) },
  "component-log-level": { kind: "value", set: (o, v) => void (o.componentLogLevel = v) },
  "log-format": { kind: "value", set: (o, v) => void (o.logFormat = v) },
  "log-format-escaped": { kind: "switch", set: (o) => void (o.logFormatEscaped = true) },
  "log-path": { kind: "value", set: (o, v) => void (o.logPath = v) },
  "service-cluster": { kind: "value", set: (o, v) => void (o.serviceCluster = v) },
  "service-node": { kind: "value", set: (o, v) => void (o.serviceNode = v) },
  "service-zone": { kind: "value", set: (o, v) => void (o.serviceZone = v) },
  "file-flush-interval-msec": { kind: "value", set: (o, v) => integer(v, 1, (n) => o.fileFlushIntervalMs = n) },
  "file-flush-min-size-kb": { kind: "value", set: (o, v) => integer(v, 0, (n) => o.fileFlushMinBytes = n * 1024) },
  "drain-time-s": { kind: "value", set: (o, v) => integer(v, 0, (n) => o.drainTimeMs = n * 1000) },
  "drain-strategy": { kind: "value", set: (o, v) => oneOf(v, ["gradual", "immediate"], (x) => o.drainStrategy = x) },
  version: { kind: "switch", set: (o) => void (o.version = true) },
  "hot-restart-version": { kind: "switch", set: (o) => void (o.hotRestartVersion = true) },
  help: { kind: "switch", set: (o) => void (o.help = true) },
  "base-id": { kind: "acceptedValue", why: NO_HOT_RESTART },
  "use-dynamic-base-id": { kind: "acceptedSwitch", why: NO_HOT_RESTART },
  "base-id-path": { kind: "acceptedValue", why: NO_HOT_RESTART },
  "skip-hot-restart-on-no-parent": { kind: "acceptedSwitch", why: NO_HOT_RESTART },
  "skip-hot-restart-parent-stats": { kind: "acceptedSwitch", why: NO_HOT_RESTART },
  "parent-shutdown-time-s": { kind: "acceptedValue", why: NO_HOT_RESTART },
  "restart-epoch": { kind: "acceptedValue", why: NO_HOT_RESTART },
  "disable-hot-restart": { kind: "acceptedSwitch", why: NO_HOT_RESTART },
  "socket-path": { kind: "acceptedValue", why: NO_HOT_RESTART },
  "socket-mode": { kind: "acceptedValue", why: NO_HOT_RESTART },
  "cpuset-threads": { kind: "acceptedSwitch", why: "--concurrency defaults to the cores this process may use" },
  "reject-unknown-dynamic-fields": { kind: "acceptedSwitch", why: "there is no xDS in this version" },
  "ignore-unknown-dynamic-fields": { kind: "acceptedSwitch", why: "there is no xDS in this version" },
  "enable-fine-grain-logging": { kind: "acceptedSwitch", why: "levels are set by component" },
  "enable-mutex-tracing": { kind: "acceptedSwitch", why: "there are no mutexes to trace" },
  "disable-extensions": { kind: "acceptedValue", why: "an extension costs nothing until a configuration names it" },
  "enable-core-dump": { kind: "acceptedSwitch", why: "core dumps follow the limits of the process (ulimit -c)" },
  "stats-tag": { kind: "acceptedValue", why: "give stats_config.stats_tags in the configuration" },
};

const SHORT: Readonly<Record<string, string>> = { c: "config-path", l: "log-level", h: "help" };

export function defaultEnvoyOptions(): EnvoyOptions {
  return {
    configPaths: [],
    configYaml: "",
    mode: "serve",
    concurrency: availableParallelism(),
    allowUnknownStaticFields: false,
    skipDeprecatedLogs: false,
    adminAddressPath: "",
    localAddressIpVersion: "v4",
    logLevel: "info",
    componentLogLevel: "",
    logFormat: "",
    logFormatEscaped: false,
    logPath: "",
    serviceCluster: "",
    serviceNode: "",
    serviceZone: "",
    fileFlushIntervalMs: 10_000,
    fileFlushMinBytes: 64 * 1024,
    drainTimeMs: 600_000,
    drainStrategy: "gradual",
    version: false,
    hotRestartVersion: false,
    help: false,
    warnings: [],
  };
}

/**
 * Takes Envoy's flags out of `argv`; `rest` holds what is none (a command's own options and operands). With `isEnvoyMode` an unknown
 * flag becomes a warning instead. Throws Error for a value that a flag refuses.
 */
export function parseEnvoyFlags(
  argv: readonly string[],
  isEnvoyMode: boolean,
): { options: EnvoyOptions; rest: string[] } {
  const options = defaultEnvoyOptions();
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (!arg.startsWith("-") || arg === "-") {
      if (isEnvoyMode) options.warnings.push(`argument ${arg} is not a flag and is ignored`);
      else rest.push(arg);
      continue;
    }
    const equals = arg.indexOf("=");
    const dashed = equals < 0 ? arg : arg.slice(0, equals);
    const name = dashed.startsWith("--") ? dashed.slice(2) : SHORT[dashed.slice(1)] ?? "";
    const flag = Object.hasOwn(ENVOY_FLAGS, name) ? ENVOY_FLAGS[name] : undefined;
    if (flag === undefined) {
      if (!isEnvoyMode) {
        rest.push(arg);
        continue;
      }
      options.warnings.push(`unknown flag ${dashed} is ignored`);
      // Its value, if it is one, must not be taken for something else.
      if (equals < 0 && i + 1 < argv.length && !argv[i + 1]!.startsWith("-")) i++;
      continue;
    }
    if (flag.kind === "switch") flag.set(options);
    else if (flag.kind === "value" || flag.kind === "acceptedValue") {
      const value = equals >= 0 ? arg.slice(equals + 1) : argv[++i];
      if (value === undefined) throw new Error(`flag ${dashed} needs a value`);
      const refusal = flag.kind === "value" ? flag.set(options, value) : undefined;
      if (typeof refusal === "string") throw new Error(`flag ${dashed} ${refusal}: current value is ${value}`);
    }
  }
  return { options, rest };
}
