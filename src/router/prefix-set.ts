// A set of strings that finds all members that are prefixes of a text: a sorted list whose members know their longest proper prefix in the set.

export class PrefixSet {
  /** Members in code unit order. */
  readonly keys: readonly string[];
  /** Index of the longest member that is a proper prefix of member i, or -1. */
  private readonly parents: Int32Array;

  constructor(members: Iterable<string>) {
    this.keys = [...new Set(members)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    this.parents = new Int32Array(this.keys.length);
    for (let i = 0; i < this.keys.length; i++) {
      let parent = i - 1;
      while (parent >= 0 && !this.keys[i]!.startsWith(this.keys[parent]!)) parent = this.parents[parent]!;
      this.parents[i] = parent;
    }
  }

  /**
   * Index of the longest member that is a prefix of `text`, or -1. It is the greatest member not above `text`, or one of that member's
   * prefixes: whatever sorts between a prefix of `text` and `text` begins with that prefix.
   */
  longestPrefixOf(text: string): number {
    const keys = this.keys;
    let low = 0, high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle]! <= text) low = middle + 1;
      else high = middle;
    }
    let i = low - 1;
    while (i >= 0 && !text.startsWith(keys[i]!)) i = this.parents[i]!;
    return i;
  }

  /** Index of the next shorter prefix after member `i`, or -1. */
  shorter(i: number): number {
    return this.parents[i]!;
  }
}
