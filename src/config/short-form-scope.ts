// What the parts of the short form's adapter share.

export interface ShortFormScope {
  /** Gives `value` the place of `path` in the short form, for later errors. */
  mark<T extends object>(value: T, path: string): T;
  problem(code: string, path: string, message: string, details?: { value?: unknown; hint?: string }): void;
  /** Name of the cluster that `target` means; an inline address becomes a cluster of that name. An unknown name is a problem. */
  clusterName(target: string, path: string): string;
  /** The `timeout` of a cluster as proto JSON (`"5s"`), if it has one. */
  clusterTimeout(name: string): string | undefined;
}
