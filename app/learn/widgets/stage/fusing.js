// The fusion of all test links, in the browser: similarities, CSLS, ranks. As `pmf.alignment` computes them.

const COSINE = 32767; // a cosine is one of so many steps from 0 to 1

class Fusing {
  /** @param {any} data what the server packed @param {number} count modalities */
  constructor(data, count) {
    this.source = unpack(data.source, Int32Array);
    this.target = unpack(data.target, Int32Array);
    this.truth = unpack(data.truth, Int32Array);
    const all = unpack(data.cosines, Int16Array);
    const size = this.source.length * this.target.length;
    this.cosines = Array.from({ length: count }, (_, m) => Float32Array.from(all.subarray(m * size, (m + 1) * size), (one) => one / COSINE));
    const weight = unpack(data.weight, Float32Array);
    const n = weight.length / count;
    this.weight = Array.from({ length: count }, (_, m) => weight.subarray(m * n, (m + 1) * n));
    this.reliability = data.reliability;
    this.unit = data.unit;
    [this.k, this.rounds] = data.csls;
    this.scores = new Float32Array(size);
  }

  /** The factor of each modality in the fused row of some entities, with other factors of the modalities. @param {Int32Array} ids @param {number[]} factors */
  weights(ids, factors) {
    const scale = factors.map((factor, m) => Math.sqrt(factor / this.reliability[m]));
    const made = this.weight.map((row, m) => Float32Array.from(ids, (id) => row[id] * scale[m]));
    if (this.unit) {
      for (let i = 0; i < ids.length; i++) {
        const length = Math.sqrt(made.reduce((sum, row) => sum + row[i] * row[i], 0));
        if (length > 0) for (const row of made) row[i] /= length;
      }
    }
    return made;
  }

  /** Fuse everybody with everybody. @param {number[]} factors one a modality */
  fuse(factors) {
    const [left, right] = [this.weights(this.source, factors), this.weights(this.target, factors)];
    const [s, t, { scores, cosines }] = [this.source.length, this.target.length, this];
    this.left = left;
    this.right = right;
    scores.fill(0);
    for (let m = 0; m < cosines.length; m++) {
      const [table, theirs] = [cosines[m], right[m]];
      for (let i = 0; i < s; i++) {
        const own = left[m][i];
        if (!own) continue;
        for (let j = 0, at = i * t; j < t; j++, at++) scores[at] += own * theirs[j] * table[at];
      }
    }
  }

  /** What each modality gives to the similarity of two, by their places. @param {number} i @param {number} j */
  shares(i, j) {
    return this.cosines.map((table, m) => this.left[m][i] * this.right[m][j] * table[i * this.target.length + j]);
  }

  /** The scores that rank in the end: twice each, less what its row and its column are near to on average, so many times. */
  scaled() {
    const [s, t] = [this.source.length, this.target.length];
    const [rows, columns] = [new Float64Array(s), new Float64Array(t)];
    let scale = 1;
    for (let round = 0; round < this.rounds; round++) {
      const [a, b] = this.nearest(rows, columns, scale);
      for (let i = 0; i < s; i++) rows[i] = 2 * rows[i] + a[i];
      for (let j = 0; j < t; j++) columns[j] = 2 * columns[j] + b[j];
      scale *= 2;
    }
    return (/** @type {number} */ i, /** @type {number} */ j) => scale * this.scores[i * t + j] - rows[i] - columns[j];
  }

  /** Mean of the k largest scores of each row and of each column. @param {Float64Array} rows @param {Float64Array} columns @param {number} scale */
  nearest(rows, columns, scale) {
    const { k, scores } = this;
    const [s, t] = [rows.length, columns.length];
    const best = new Float64Array(t * k).fill(-Infinity);
    const means = new Float64Array(s);
    const own = new Float64Array(k);
    for (let i = 0, at = 0; i < s; i++) {
      own.fill(-Infinity);
      for (let j = 0; j < t; j++, at++) {
        const score = scale * scores[at] - rows[i] - columns[j];
        if (score > own[k - 1]) insert(own, 0, k, score);
        if (score > best[j * k + k - 1]) insert(best, j * k, k, score);
      }
      means[i] = own.reduce((a, b) => a + b, 0) / k;
    }
    return [means, Float64Array.from({ length: t }, (_, j) => best.subarray(j * k, j * k + k).reduce((a, b) => a + b, 0) / k)];
  }

  /** Of a source candidate the place of each target candidate, the most similar first. @param {number} i */
  ranking(i) {
    const row = this.scores.subarray(i * this.target.length, (i + 1) * this.target.length);
    return [...row.keys()].sort((a, b) => row[b] - row[a]);
  }

  /** The realistic rank of one in a row of scores: of equals the mean. @param {(j: number) => number} score @param {number} truth */
  rank(score, truth) {
    const own = score(truth);
    let [above, equal] = [0, 0];
    for (let j = 0; j < this.target.length; j++) {
      const one = score(j);
      if (one > own) above += 1;
      else if (one === own) equal += 1;
    }
    return above + (equal + 1) / 2;
  }

  /** Share of the test links whose counterpart ranks first. @param {(i: number, j: number) => number} score */
  hits(score) {
    let found = 0;
    for (let link = 0; link < this.truth.length; link += 2) {
      const [i, truth] = [this.truth[link], this.truth[link + 1]];
      if (this.rank((j) => score(i, j), truth) <= 1) found += 1;
    }
    return (2 * found) / this.truth.length;
  }
}

/** Put a number into a list of the k largest, in order. @param {Float64Array} list @param {number} from @param {number} k @param {number} score */
function insert(list, from, k, score) {
  let at = from + k - 1;
  while (at > from && list[at - 1] < score) {
    list[at] = list[at - 1];
    at -= 1;
  }
  list[at] = score;
}
