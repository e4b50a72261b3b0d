// Compiled header steps of the header_mutation filter: they run in order, each on what the one before it left.
import type { HeaderBlock } from "../../../../base/header-block.ts";
import { HeaderMutations } from "../../../../router/header-mutations.ts";
import { StringMatcher } from "../../../../expr/string-matcher.ts";
import type { StreamInfo } from "../../../../expr/stream-info.ts";
import type { HeaderStepConfig } from "./header-mutation-config.ts";

const NO_STEPS: readonly HeaderStep[] = [];

/** Either a set of operations (of one operation) or a matcher over names. */
class HeaderStep {
  readonly operations: HeaderMutations | null;
  readonly nameMatcher: StringMatcher | null;

  constructor(config: HeaderStepConfig) {
    this.nameMatcher = config.kind === "removeOnMatch" ? new StringMatcher(config.match) : null;
    if (config.kind === "remove") this.operations = HeaderMutations.compile({ removes: [config.name], adds: [] });
    else {this.operations = config.kind === "append"
        ? HeaderMutations.compile({ removes: [], adds: [config.add] })
        : null;}
  }
}

export class HeaderSteps {
  private readonly steps: readonly HeaderStep[];

  /** Interns the names. Throws Error when a format or a regex is bad. */
  constructor(configs: readonly HeaderStepConfig[]) {
    this.steps = configs.length === 0 ? NO_STEPS : configs.map((config) => new HeaderStep(config));
  }

  apply(headers: HeaderBlock, info: StreamInfo): void {
    const steps = this.steps;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      if (step.operations !== null) step.operations.apply(headers, info);
      else removeMatching(headers, step.nameMatcher!);
    }
  }
}

/** Pseudo fields stay: without them there is no message. */
function removeMatching(headers: HeaderBlock, matcher: StringMatcher): void {
  for (let i = 0; i < headers.count; i++) {
    if (!headers.isLive(i)) continue;
    const name = headers.nameAt(i);
    if (name.charCodeAt(0) !== 0x3a && matcher.matches(name)) headers.removeAt(i);
  }
}
