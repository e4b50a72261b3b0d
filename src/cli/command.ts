// Commands as data: name, usage, options and what to run; help, man page and completion are made from the same list.
import type { EnvoyOptions } from "./envoy-flags.ts";

export interface CommandOption {
  /** Long name without dashes. */
  readonly name: string;
  readonly short?: string;
  /** Placeholder of the value; absent for switches. */
  readonly value?: string;
  readonly summary: string;
  /** May be given more than once. */
  readonly repeats?: boolean;
}

export interface ParsedArguments {
  readonly options: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
}

export interface Command {
  readonly name: string;
  /** Operands as shown in the usage line, e.g. `[FILE]`. */
  readonly operands: string;
  readonly summary: string;
  readonly description: string;
  readonly options: readonly CommandOption[];
  /** Takes every Envoy flag too (`run`, `validate`). */
  readonly takesEnvoyFlags?: boolean;
  /** Resolves to the exit code. */
  run(args: ParsedArguments, envoy: EnvoyOptions): Promise<number>;
}

/** Last value of an option, or null. */
export function optionOf(args: ParsedArguments, name: string): string | null {
  return args.options.get(name)?.at(-1) ?? null;
}

export function hasOption(args: ParsedArguments, name: string): boolean {
  return args.options.has(name);
}

/** Splits arguments by a command's options. Throws UsageError. */
export function parseArguments(options: readonly CommandOption[], argv: readonly string[]): ParsedArguments {
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === "--") {
      operands.push(...argv.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      operands.push(arg);
      continue;
    }
    const equals = arg.indexOf("=");
    const name = equals < 0 ? arg : arg.slice(0, equals);
    const option = options.find((o) => name === `--${o.name}` || (o.short !== undefined && name === `-${o.short}`));
    if (option === undefined) throw new UsageError(`unknown option ${name}`);
    let value = "";
    if (option.value !== undefined) {
      const given = equals >= 0 ? arg.slice(equals + 1) : argv[++i];
      if (given === undefined) throw new UsageError(`option ${name} needs a value`);
      value = given;
    } else if (equals >= 0) throw new UsageError(`option ${name} takes no value`);
    const list = values.get(option.name) ?? [];
    list.push(value);
    values.set(option.name, list);
  }
  return { options: values, operands };
}

/** Wrong use of a command; exit code 2. */
export class UsageError extends Error {}
