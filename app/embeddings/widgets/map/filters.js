// Cross-filters: each facet lets through what is chosen of it; its counts are those that the others let through.

class Filters {
  constructor() {
    /** @type {Map<string, Set<string>>} facet → names of the options that are let through; none = all */
    this.chosen = new Map();
    /** @type {Uint8Array | null} the slice, where there is one */
    this.part = null;
    this.passing = new Uint8Array(0);
    this.count = 0;
    /** @type {Map<string, {all: Int32Array, right: Int32Array, ranked: Int32Array}>} */
    this.counts = new Map();
  }

  /** Let an option through too, or no longer. @param {string} facet @param {string} option */
  toggle(facet, option) {
    const set = this.chosen.get(facet) ?? new Set();
    if (!set.delete(option)) set.add(option);
    if (set.size) this.chosen.set(facet, set);
    else this.chosen.delete(facet);
  }

  /**
   * What passes, and how many of each option there would be.
   * @param {Table} table @param {Facet[]} facets
   */
  apply(table, facets) {
    const { n } = table;
    this.passing = new Uint8Array(n);
    this.count = 0;
    const match = table.facets.find((one) => one.name === "match");
    const [right, wrong] = ["right", "wrong"].map((name) => match?.options.findIndex((one) => one.name === name) ?? -1);
    const lets = facets.map(({ name, options }) => {
      const set = this.chosen.get(name);
      return set && Uint8Array.from(options, (one) => (set.has(one.name) ? 1 : 0));
    });
    this.counts = new Map(facets.map(({ name, options }) => {
      const none = () => new Int32Array(options.length);
      return [name, { all: none(), right: none(), ranked: none() }];
    }));
    const counts = facets.map(({ name }) => this.counts.get(name));
    for (let i = 0; i < n; i++) {
      if (this.part && !this.part[i]) continue;
      let stops = -1; // the one facet that stops it
      let stopped = 0;
      for (let f = 0; f < facets.length && stopped < 2; f++) {
        if (lets[f] && !lets[f][facets[f].codes[i]]) [stops, stopped] = [f, stopped + 1];
      }
      if (stopped > 1) continue;
      const isRight = match?.codes[i] === right ? 1 : 0;
      const isRanked = isRight || match?.codes[i] === wrong ? 1 : 0;
      for (let f = 0; f < facets.length; f++) {
        if (stopped && f !== stops) continue;
        const code = facets[f].codes[i];
        if (code === NOWHERE) continue;
        counts[f].all[code] += 1;
        counts[f].right[code] += isRight;
        counts[f].ranked[code] += isRanked;
      }
      if (!stopped) {
        this.passing[i] = 1;
        this.count += 1;
      }
    }
  }
}
