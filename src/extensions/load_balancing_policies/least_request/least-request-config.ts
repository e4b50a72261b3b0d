// Runtime configuration of the least_request policy, JSON-safe.

export interface LeastRequestConfig {
  /** Hosts drawn per choice (equal weights); at least 2. */
  choiceCount: number;
  /** `fullScan` looks at every host instead of `choiceCount` drawn ones. */
  selection: "nChoices" | "fullScan";
  /** Exponent of the active requests in the weight (differing weights); 0 = weighted round robin. */
  activeRequestBias: number;
}

export const defaultLeastRequestConfig: Readonly<LeastRequestConfig> = {
  choiceCount: 2,
  selection: "nChoices",
  activeRequestBias: 1,
};
