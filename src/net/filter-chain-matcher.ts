// Filter chain choice in Envoy's order of conditions, compiled to nested hash tables: each condition keeps only its most specific match.
import { type CidrPrefix, CidrTable, parseCidrText } from "../base/cidr-table.ts";
import type { FilterChainMatchConfig } from "./listener-config.ts";
import { AddressFamily, isLoopbackHost, type NetAddress } from "./address.ts";

/** What is known of a connection when its chain is chosen. */
export interface MatchInput {
  /** Restored by listener filters where they did. */
  readonly localAddress: NetAddress;
  readonly remoteAddress: NetAddress;
  /** Of the TCP peer, whatever a PROXY header said. */
  readonly directRemoteAddress: NetAddress;
  /** SNI in lower case, or empty. */
  readonly requestedServerName: string;
  /** `raw_buffer` or `tls`. */
  readonly transportProtocol: string;
  /** As offered by the client, in its order. */
  readonly applicationProtocols: readonly string[];
}

/** The conditions in the order they are applied; names are the proto's. */
export const matchStages = [
  "destination_port",
  "prefix_ranges",
  "server_names",
  "transport_protocol",
  "application_protocols",
  "direct_source_prefix_ranges",
  "source_type",
  "source_prefix_ranges",
  "source_ports",
] as const;
export type MatchStage = typeof matchStages[number];

/** One taken branch: at `stage` the connection went on with the chains that have `key` (empty: no requirement). */
export interface MatchStep {
  readonly stage: MatchStage;
  readonly key: string;
}

/** Continuation after a condition: the next table, or a chain. */
interface Branch {
  readonly key: string;
  readonly table: StageTable | null;
  /** Index of the chain when `table` is null. */
  readonly chain: number;
}

interface StageTable {
  readonly stage: MatchStage;
  find(input: MatchInput): Branch | null;
}

/** Addresses that are no IP (UNIX sockets) are looked up as this one. */
const NO_IP_HOST = "255.255.255.255";

export class FilterChainMatcher {
  private readonly root: StageTable | null;
  private readonly onlyChain: number;

  /**
   * `matches` in configuration order; the result of `match` is an index into it. Chains with equal conditions are reported to
   * `onDuplicate` (first, second) and the first is kept.
   */
  constructor(
    matches: readonly FilterChainMatchConfig[],
    onDuplicate: (first: number, second: number) => void = () => {},
  ) {
    const branch = buildBranch("", matches, matches.map((_, i) => i), 0, onDuplicate);
    this.root = branch.table;
    this.onlyChain = branch.chain;
  }

  /** True when any connection gets the same chain: no condition anywhere. */
  get isUnconditional(): boolean {
    return this.root === null;
  }

  /** Index of the chain for `input`, -1 when none matches (the default chain is the caller's). `steps` records the way taken. */
  match(input: MatchInput, steps: MatchStep[] | null = null): number {
    let table = this.root;
    if (table === null) return this.onlyChain;
    for (;;) {
      const branch: Branch | null = table.find(input);
      if (branch === null) return -1;
      if (steps !== null) steps.push({ stage: table.stage, key: branch.key });
      if (branch.table === null) return branch.chain;
      table = branch.table;
    }
  }
}

/** Keys under which a chain stands in the table of `stage`; [""] when it has no requirement there. */
export function stageKeys(match: FilterChainMatchConfig, stage: MatchStage): readonly string[] {
  switch (stage) {
    case "destination_port":
      return [match.destinationPort === null ? "" : String(match.destinationPort)];
    case "prefix_ranges":
      return orAny(match.prefixRanges);
    case "server_names":
      return orAny(match.serverNames.map((name) => name.startsWith("*.") ? name.slice(1) : name));
    case "transport_protocol":
      return [match.transportProtocol];
    case "application_protocols":
      return orAny(match.applicationProtocols);
    case "direct_source_prefix_ranges":
      return orAny(match.directSourcePrefixRanges);
    case "source_type":
      return [match.sourceType === "any" ? "" : match.sourceType];
    case "source_prefix_ranges":
      return orAny(match.sourcePrefixRanges);
    case "source_ports":
      return orAny(match.sourcePorts.map(String));
  }
}

function orAny(keys: readonly string[]): readonly string[] {
  return keys.length === 0 ? [""] : keys;
}

function buildBranch(
  key: string,
  matches: readonly FilterChainMatchConfig[],
  chains: readonly number[],
  fromStage: number,
  onDuplicate: (first: number, second: number) => void,
): Branch {
  for (let s = fromStage; s < matchStages.length; s++) {
    const stage = matchStages[s]!;
    // A condition that none of the chains has costs nothing at run time.
    if (chains.every((chain) => isAny(stageKeys(matches[chain]!, stage)))) continue;
    const groups = new Map<string, number[]>();
    for (const chain of chains) {
      for (const groupKey of new Set(stageKeys(matches[chain]!, stage))) {
        const group = groups.get(groupKey);
        if (group === undefined) groups.set(groupKey, [chain]);
        else group.push(chain);
      }
    }
    const branches = new Map<string, Branch>();
    for (const [groupKey, group] of groups) {
      branches.set(groupKey, buildBranch(groupKey, matches, group, s + 1, onDuplicate));
    }
    return { key, table: createTable(stage, branches), chain: -1 };
  }
  for (let i = 1; i < chains.length; i++) onDuplicate(chains[0]!, chains[i]!);
  return { key, table: null, chain: chains[0] ?? -1 };
}

function isAny(keys: readonly string[]): boolean {
  return keys.length === 1 && keys[0] === "";
}

function createTable(stage: MatchStage, branches: ReadonlyMap<string, Branch>): StageTable {
  switch (stage) {
    case "destination_port":
      return new DestinationPortTable(branches);
    case "prefix_ranges":
      return new PrefixTable(stage, branches, (input) => input.localAddress);
    case "server_names":
      return new ServerNameTable(branches);
    case "transport_protocol":
      return new TransportProtocolTable(branches);
    case "application_protocols":
      return new ApplicationProtocolTable(branches);
    case "direct_source_prefix_ranges":
      return new PrefixTable(stage, branches, (input) => input.directRemoteAddress);
    case "source_type":
      return new SourceTypeTable(branches);
    case "source_prefix_ranges":
      return new PrefixTable(stage, branches, (input) => input.remoteAddress);
    case "source_ports":
      return new SourcePortTable(branches);
  }
}

/** Branches by port number; UNIX sockets have none. */
function byPort(branches: ReadonlyMap<string, Branch>): Map<number, Branch> {
  const ports = new Map<number, Branch>();
  for (const [key, branch] of branches) if (key !== "") ports.set(Number(key), branch);
  return ports;
}

class DestinationPortTable implements StageTable {
  readonly stage = "destination_port";
  private readonly ports: Map<number, Branch>;
  private readonly any: Branch | null;

  constructor(branches: ReadonlyMap<string, Branch>) {
    this.ports = byPort(branches);
    this.any = branches.get("") ?? null;
  }

  find(input: MatchInput): Branch | null {
    return this.ports.get(input.localAddress.port) ?? this.any;
  }
}

class SourcePortTable implements StageTable {
  readonly stage = "source_ports";
  private readonly ports: Map<number, Branch>;
  private readonly any: Branch | null;

  constructor(branches: ReadonlyMap<string, Branch>) {
    this.ports = byPort(branches);
    this.any = branches.get("") ?? null;
  }

  find(input: MatchInput): Branch | null {
    return this.ports.get(input.remoteAddress.port) ?? this.any;
  }
}

const everyAddress: readonly CidrPrefix[] = [parseCidrText("0.0.0.0/0")!, parseCidrText("::/0")!];

class PrefixTable implements StageTable {
  readonly stage: MatchStage;
  private readonly prefixes: CidrTable<Branch> = new CidrTable();
  private readonly addressOf: (input: MatchInput) => NetAddress;

  constructor(stage: MatchStage, branches: ReadonlyMap<string, Branch>, addressOf: (input: MatchInput) => NetAddress) {
    this.stage = stage;
    this.addressOf = addressOf;
    for (const [key, branch] of branches) if (key !== "") this.prefixes.add(parseCidrText(key)!, branch);
    const any = branches.get("");
    if (any !== undefined) { for (const prefix of everyAddress) this.prefixes.add(prefix, any); }
  }

  find(input: MatchInput): Branch | null {
    const address = this.addressOf(input);
    return this.prefixes.find(address.family === AddressFamily.pipe ? NO_IP_HOST : address.host) ?? null;
  }
}

class ServerNameTable implements StageTable {
  readonly stage = "server_names";
  /** Exact names, and wildcards by their suffix with its leading dot. */
  private readonly names: ReadonlyMap<string, Branch>;

  constructor(branches: ReadonlyMap<string, Branch>) {
    this.names = branches;
  }

  find(input: MatchInput): Branch | null {
    const name = input.requestedServerName;
    if (name !== "") {
      const exact = this.names.get(name);
      if (exact !== undefined) return exact;
      for (let dot = name.indexOf(".", 1); dot > 0 && dot < name.length - 1; dot = name.indexOf(".", dot + 1)) {
        const wildcard = this.names.get(name.slice(dot));
        if (wildcard !== undefined) return wildcard;
      }
    }
    return this.names.get("") ?? null;
  }
}

class TransportProtocolTable implements StageTable {
  readonly stage = "transport_protocol";
  private readonly protocols: ReadonlyMap<string, Branch>;

  constructor(branches: ReadonlyMap<string, Branch>) {
    this.protocols = branches;
  }

  find(input: MatchInput): Branch | null {
    return this.protocols.get(input.transportProtocol) ?? this.protocols.get("") ?? null;
  }
}

class ApplicationProtocolTable implements StageTable {
  readonly stage = "application_protocols";
  private readonly protocols: ReadonlyMap<string, Branch>;

  constructor(branches: ReadonlyMap<string, Branch>) {
    this.protocols = branches;
  }

  find(input: MatchInput): Branch | null {
    const offered = input.applicationProtocols;
    for (let i = 0; i < offered.length; i++) {
      const branch = this.protocols.get(offered[i]!);
      if (branch !== undefined) return branch;
    }
    return this.protocols.get("") ?? null;
  }
}

class SourceTypeTable implements StageTable {
  readonly stage = "source_type";
  private readonly local: Branch | null;
  private readonly external: Branch | null;
  private readonly any: Branch | null;

  constructor(branches: ReadonlyMap<string, Branch>) {
    this.local = branches.get("sameIpOrLoopback") ?? null;
    this.external = branches.get("external") ?? null;
    this.any = branches.get("") ?? null;
  }

  find(input: MatchInput): Branch | null {
    return (isSameIpOrLoopback(input) ? this.local : this.external) ?? this.any;
  }
}

/** Peers on this machine: UNIX sockets, 127.0.0.1 and ::1, and those that reached us under their own address. */
export function isSameIpOrLoopback(input: MatchInput): boolean {
  const remote = input.remoteAddress, local = input.localAddress;
  if (remote.family === AddressFamily.pipe) return true;
  if (local.family === AddressFamily.pipe) return false;
  return remote.host === local.host || isLoopbackHost(remote.host);
}
