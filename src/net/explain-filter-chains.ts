// Why a connection gets its filter chain, and what rejected each of the others; runs the data plane's matcher.
import {
  FilterChainMatcher,
  type MatchInput,
  type MatchStage,
  matchStages,
  type MatchStep,
  stageKeys,
} from "./filter-chain-matcher.ts";
import type { FilterChainMatchConfig, ListenerConfig } from "./listener-config.ts";

export interface FilterChainVerdict {
  /** Given name, or `filter_chains[i]` / `default_filter_chain`. */
  readonly chain: string;
  readonly isChosen: boolean;
  /** Condition that rejected the chain; null for the chosen one, and for the default chain when another matched. */
  readonly rejectedBy: MatchStage | null;
  readonly reason: string;
}

/** A verdict for every chain of `config`, in configuration order, the default chain last. */
export function explainFilterChains(config: ListenerConfig, input: MatchInput): FilterChainVerdict[] {
  const chains = config.filterChains;
  const steps: MatchStep[] = [];
  const chosen = new FilterChainMatcher(chains.map((chain) => chain.match)).match(input, steps);
  const verdicts = chains.map((chain, i): FilterChainVerdict => {
    const name = chain.name || `filter_chains[${i}]`;
    if (i === chosen) return { chain: name, isChosen: true, rejectedBy: null, reason: describeSteps(steps) };
    const step = steps.find(({ stage, key }) => !stageKeys(chain.match, stage).includes(key));
    if (step !== undefined) {
      const wanted = stageKeys(chain.match, step.stage).join(", ");
      const reason = wanted === ""
        ? `has no ${step.stage}, and a chain that requires ${step.key} goes first`
        : `requires ${step.stage} ${wanted}; the connection has ${describeInput(input, step.stage)}` +
          (step.key === "" ? "" : `, for which ${step.key} is the most specific`);
      return { chain: name, isChosen: false, rejectedBy: step.stage, reason };
    }
    const stage = firstUnmetStage(chains[i]!.match, input, steps);
    const wanted = stageKeys(chain.match, stage).join(", ");
    return {
      chain: name,
      isChosen: false,
      rejectedBy: stage,
      reason: `requires ${stage} ${wanted}; the connection has ${describeInput(input, stage)}`,
    };
  });
  if (config.defaultFilterChain !== null) {
    verdicts.push({
      chain: config.defaultFilterChain.name || "default_filter_chain",
      isChosen: chosen < 0,
      rejectedBy: null,
      reason: chosen < 0 ? "no other chain matches" : "another chain matches",
    });
  }
  return verdicts;
}

/** The way ended in a table without a branch for the connection: the next condition after it that the chain has. */
function firstUnmetStage(match: FilterChainMatchConfig, input: MatchInput, steps: MatchStep[]): MatchStage {
  const passed = new Set(steps.map((step) => step.stage));
  for (const stage of matchStages) {
    if (passed.has(stage)) continue;
    const keys = stageKeys(match, stage);
    if (keys.length === 1 && keys[0] === "") continue;
    const alone = { ...anyMatch, ...only(match, stage) };
    if (new FilterChainMatcher([alone]).match(input) < 0) return stage;
  }
  throw new Error("a chain that meets every condition was not chosen");
}

const anyMatch: FilterChainMatchConfig = {
  destinationPort: null,
  prefixRanges: [],
  serverNames: [],
  transportProtocol: "",
  applicationProtocols: [],
  directSourcePrefixRanges: [],
  sourceType: "any",
  sourcePrefixRanges: [],
  sourcePorts: [],
};

/** The part of `match` that `stage` looks at. */
function only(match: FilterChainMatchConfig, stage: MatchStage): Partial<FilterChainMatchConfig> {
  switch (stage) {
    case "destination_port":
      return { destinationPort: match.destinationPort };
    case "prefix_ranges":
      return { prefixRanges: match.prefixRanges };
    case "server_names":
      return { serverNames: match.serverNames };
    case "transport_protocol":
      return { transportProtocol: match.transportProtocol };
    case "application_protocols":
      return { applicationProtocols: match.applicationProtocols };
    case "direct_source_prefix_ranges":
      return { directSourcePrefixRanges: match.directSourcePrefixRanges };
    case "source_type":
      return { sourceType: match.sourceType };
    case "source_prefix_ranges":
      return { sourcePrefixRanges: match.sourcePrefixRanges };
    case "source_ports":
      return { sourcePorts: match.sourcePorts };
  }
}

function describeSteps(steps: readonly MatchStep[]): string {
  const required = steps.filter((step) => step.key !== "");
  return required.length === 0
    ? "no condition stands against it"
    : required.map((step) => `${step.stage} ${step.key}`).join(", ");
}

function describeInput(input: MatchInput, stage: MatchStage): string {
  switch (stage) {
    case "destination_port":
      return String(input.localAddress.port);
    case "prefix_ranges":
      return input.localAddress.host;
    case "server_names":
      return input.requestedServerName || "none";
    case "transport_protocol":
      return input.transportProtocol;
    case "application_protocols":
      return input.applicationProtocols.join(", ") || "none";
    case "direct_source_prefix_ranges":
      return input.directRemoteAddress.host;
    case "source_type":
    case "source_prefix_ranges":
      return input.remoteAddress.host;
    case "source_ports":
      return String(input.remoteAddress.port);
  }
}
