// What a run wrote down of its freezing, as columns: sent once, kept for the tab, asked by modality and epoch.

const UNMEASURED = 65535; // of a relevance
const FULL = 65534; // a relevance of 1
const BINS = 50; // of a distribution
/** What freezing a feature did to the rank of its entity's counterpart. */
const HARMFUL = "harmful";
const HELPFUL = "helpful";

/**
 * @typedef {{name: string, colour: string, frozen: (number | null)[], missing: (number | null)[], threshold: (number | null)[], proposals: Proposal[], judged: boolean}} Modality
 * @typedef {{epoch: number, threshold: number, features: number, gain: number, error: number, taken: boolean}} Proposal
 */

class FreezingRecord {
  /** @param {any} data what the server packed */
  constructor(data) {
    this.run = data.run;
    this.n = data.n;
    this.nSource = data.nSource;
    /** @type {string[]} */
    this.labels = data.labels;
    /** @type {number[]} */
    this.epochs = data.epochs;
    /** @type {number[]} */
    this.measured = data.measured;
    this.total = data.total;
    this.stageTwo = data.stageTwo;
    /** @type {Modality[]} */
    this.modalities = data.modalities;
    this.quality = data.quality;
    this.linked = data.linked;
    this.partner = unpack(data.partner, Int32Array);
    this.frozenAt = unpack(data.frozenAt, Int16Array); // [modality, entity]
    this.relevanceThen = unpack(data.relevanceThen, Uint16Array); // [modality, entity], as it froze
    this.rank = unpack(data.rank, Float32Array); // [entity]
    this.thawed = unpack(data.thawed, Float32Array); // [modality, entity]
    this.counts = unpack(data.counts, Uint32Array); // [measurement, modality, in use or frozen, bin]
    this.pairs = unpack(data.pairs, Int32Array); // source and target in turn
    this.splits = unpack(data.splits, Uint8Array); // of each pair
    /** @type {string[]} */
    this.splitNames = data.splitNames;
    this.entities = unpack(data.entities, Int32Array); // those whose relevance is here
    this.relevance = unpack(data.relevance, Uint16Array); // [measurement, modality, place among these]
    this.row = new Int32Array(this.n).fill(-1);
    this.entities.forEach((/** @type {number} */ entity, /** @type {number} */ row) => (this.row[entity] = row));
    this.pictures = new Pictures();
    /** @type {Map<string, Int32Array>} */
    this.orders = new Map();
  }

  /** The last measurement up to an epoch, -1 before the first. @param {number} epoch */
  measurement(epoch) {
    let last = -1;
    while (last + 1 < this.measured.length && this.measured[last + 1] <= epoch) last += 1;
    return last;
  }

  /** Relevance at a measurement; NaN where it was not measured, or is not here. @param {number} measurement @param {number} m @param {number} entity */
  alpha(measurement, m, entity) {
    const row = this.row[entity];
    if (measurement < 0 || row < 0) return NaN;
    const step = this.relevance[(measurement * this.modalities.length + m) * this.entities.length + row];
    return step === UNMEASURED ? NaN : step / FULL;
  }

  /** Relevance of a feature when it froze. @param {number} m @param {number} entity */
  alphaThen(m, entity) {
    return this.relevanceThen[m * this.n + entity] / FULL;
  }

  /** The epoch in which a feature froze, -1 never, -2 missing. @param {number} m @param {number} entity */
  when(m, entity) {
    return this.frozenAt[m * this.n + entity];
  }

  /** @param {number} m @param {number} entity @param {number} epoch */
  frozenBy(m, entity, epoch) {
    const when = this.when(m, entity);
    return when >= 0 && when <= epoch;
  }

  /** δ of an epoch, null where nothing could freeze. @param {number} m @param {number} epoch */
  threshold(m, epoch) {
    return this.modalities[m].threshold[this.epochs.indexOf(epoch)] ?? null;
  }

  /** What freezing did: harmful, helpful, "same", or "" where nobody knows. @param {number} m @param {number} entity */
  effect(m, entity) {
    const gain = this.rank[entity] - this.thawed[m * this.n + entity];
    return gain > 0 ? HARMFUL : gain < 0 ? HELPFUL : gain === 0 ? "same" : "";
  }

  /** What of a modality froze, the last first; of an epoch what moved a rank most, then what was least relevant. @param {number} m @param {string} effect of these alone; "" for all */
  order(m, effect) {
    const key = `${m}${effect}`;
    const kept = this.orders.get(key);
    if (kept) return kept;
    const ids = [];
    for (let i = 0; i < this.n; i++) if (this.when(m, i) >= 0 && (!effect || this.effect(m, i) === effect)) ids.push(i);
    const moved = (/** @type {number} */ i) => Math.abs(Math.log(this.rank[i] / this.thawed[m * this.n + i])) || 0;
    const order = Int32Array.from(ids).sort((a, b) => this.when(m, b) - this.when(m, a) || moved(b) - moved(a) || this.alphaThen(m, a) - this.alphaThen(m, b));
    this.orders.set(key, order);
    return order;
  }

  /** Of what froze up to an epoch: how many, and how many in it. @param {number} m @param {string} effect @param {number} epoch */
  tally(m, effect, epoch) {
    let [all, now] = [0, 0];
    for (const i of this.order(m, effect)) {
      if (this.when(m, i) <= epoch) all += 1;
      if (this.when(m, i) === epoch) now += 1;
    }
    return { all, now };
  }

  /** The first of them, one of a pair. @param {number} m @param {string} effect @param {number} epoch @param {number} most */
  last(m, effect, epoch, most) {
    /** @type {number[]} */
    const shown = [];
    for (const i of this.order(m, effect)) {
      if (shown.length === most) break;
      if (this.when(m, i) <= epoch && !shown.includes(this.partner[i])) shown.push(i);
    }
    return shown;
  }

  /** Where one effect outweighs the other most, in any modality; null where it does nowhere. @param {string} effect */
  most(effect) {
    /** @type {{m: number, epoch: number, count: number} | null} */
    let best = null;
    this.modalities.forEach((_, m) => {
      const counts = new Map();
      for (const i of this.order(m, "")) {
        const what = this.effect(m, i);
        if (what === HARMFUL || what === HELPFUL) counts.set(this.when(m, i), (counts.get(this.when(m, i)) ?? 0) + (what === effect ? 1 : -1));
      }
      for (const [epoch, count] of counts) if (count > (best?.count ?? 0)) best = { m, epoch, count };
    });
    return /** @type {{m: number, epoch: number, count: number} | null} */ (best);
  }

  /** Of the pairs in use, the sides that are least relevant. @param {number} m @param {number} epoch @param {number} most */
  nextInLine(m, epoch, most) {
    const at = this.measurement(epoch);
    /** @type {[number, number][]} */
    const sides = [];
    for (let p = 0; p < this.pairs.length; p += 2) {
      const both = [this.pairs[p], this.pairs[p + 1]];
      const alphas = both.map((i) => this.alpha(at, m, i));
      if (both.some((i) => this.when(m, i) >= 0) || alphas.some(Number.isNaN)) continue;
      sides.push(alphas[0] <= alphas[1] ? [alphas[0], both[0]] : [alphas[1], both[1]]);
    }
    return sides.sort((a, b) => a[0] - b[0]).slice(0, most).map(([, i]) => i);
  }

  /** The entity whose name holds a text: one that begins with it before others, then the shortest; -1 for none. @param {string} text */
  find(text) {
    return this.search(text, 1)[0] ?? -1;
  }

  /** @param {string} text @param {number} most */
  search(text, most) {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    const key = (/** @type {number} */ i) => (this.labels[i].toLowerCase().startsWith(wanted) ? 0 : 1000) + this.labels[i].length;
    const hits = [];
    for (let i = 0; i < this.n; i++) if (this.labels[i].toLowerCase().includes(wanted)) hits.push(i);
    return hits.sort((a, b) => key(a) - key(b)).slice(0, most);
  }

  /** @param {number} entity */
  side(entity) {
    return entity < this.nSource ? "source" : "target";
  }
}
