// The entities of a run as columns: sent once, kept for the tab, asked by index.

/**
 * @typedef {{name: string, colour: string, symbol: string, opacity: number}} Option
 * @typedef {{name: string, title: string, options: Option[], codes: Uint16Array}} Facet
 * @typedef {{name: string, method: string, trust: string, grey: boolean, facets: Facet[], places: Places,
 *   called: {text: string, at: [number, number]}[]}} View
 */

const NOWHERE = 65535; // of a place or of an option: none
const CELLS = 256; // of a map, in each direction

/** Where points lie: coordinates, NaN = not shown, and cells to find the nearest in. */
class Places {
  /** @param {Uint16Array} steps x and y in turn, in 65,534ths of the box @param {number[]} box */
  constructor(steps, box) {
    const n = steps.length / 2;
    const [x0, y0, x1, y1] = box;
    this.box = box;
    this.x = new Float32Array(n).fill(NaN);
    this.y = new Float32Array(n).fill(NaN);
    this.start = new Int32Array(CELLS * CELLS + 1);
    const cell = new Int32Array(n).fill(-1);
    for (let i = 0; i < n; i++) {
      if (steps[2 * i] === NOWHERE) continue;
      this.x[i] = x0 + ((x1 - x0) * steps[2 * i]) / (NOWHERE - 1);
      this.y[i] = y0 + ((y1 - y0) * steps[2 * i + 1]) / (NOWHERE - 1);
      cell[i] = (steps[2 * i] >> 8) * CELLS + (steps[2 * i + 1] >> 8);
      this.start[cell[i] + 1] += 1;
    }
    for (let c = 0; c < CELLS * CELLS; c++) this.start[c + 1] += this.start[c];
    const next = this.start.slice();
    this.order = new Int32Array(this.start[CELLS * CELLS]);
    for (let i = 0; i < n; i++) if (cell[i] >= 0) this.order[next[cell[i]]++] = i;
  }

  /** @param {number} i */
  has(i) {
    return !Number.isNaN(this.x[i]);
  }

  /**
   * The nearest of the points that count, within a distance.
   * @param {number} x @param {number} y
   * @param {number} rx @param {number} ry the distance along each axis
   * @param {Uint8Array} counts @returns {number} -1 for none
   */
  nearest(x, y, rx, ry, counts) {
    const [x0, y0, x1, y1] = this.box;
    const cell = (/** @type {number} */ share) => Math.max(0, Math.min(CELLS - 1, Math.floor(share * CELLS)));
    const [c0, c1] = [cell((x - rx - x0) / (x1 - x0)), cell((x + rx - x0) / (x1 - x0) + 1 / CELLS)];
    const [d0, d1] = [cell((y - ry - y0) / (y1 - y0) - 1 / CELLS), cell((y + ry - y0) / (y1 - y0) + 1 / CELLS)];
    let best = -1;
    let least = 1;
    for (let c = c0; c <= c1; c++) {
      for (let j = this.start[c * CELLS + d0]; j < this.start[c * CELLS + d1 + 1]; j++) {
        const i = this.order[j];
        if (!counts[i]) continue;
        const far = ((this.x[i] - x) / rx) ** 2 + ((this.y[i] - y) / ry) ** 2;
        if (far < least) [best, least] = [i, far];
      }
    }
    return best;
  }

  /** Ids of the points inside a polygon that count. @param {[number, number][]} corners @param {Uint8Array} counts */
  inside(corners, counts) {
    const ids = [];
    const xs = corners.map((one) => one[0]);
    const [low, high] = [Math.min(...xs), Math.max(...xs)];
    for (let i = 0; i < this.x.length; i++) {
      const x = this.x[i];
      if (counts[i] && x >= low && x <= high && within(corners, x, this.y[i])) ids.push(i);
    }
    return ids;
  }

  /** Corners of a look at some points and the nearest around the first. @param {number[]} ids @param {number} near */
  around(ids, near) {
    const [x, y] = [this.x[ids[0]], this.y[ids[0]]];
    const far = Float32Array.from(this.order, (i) => Math.hypot(this.x[i] - x, this.y[i] - y)).sort();
    const ends = ids.filter((i) => this.has(i)).map((i) => Math.hypot(this.x[i] - x, this.y[i] - y));
    const radius = 1.2 * Math.max(far[Math.min(near, far.length - 1)], ...ends, 1e-3);
    return [x - radius, y - radius, x + radius, y + radius];
  }
}

/** @param {[number, number][]} corners @param {number} x @param {number} y */
function within(corners, x, y) {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [[xi, yi], [xj, yj]] = [corners[i], corners[j]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

class Table {
  /** @param {any} data what the server packed */
  constructor(data) {
    const facet = (/** @type {any} */ one) => ({ ...one, codes: unpack(one.codes, Uint16Array) });
    this.run = data.run;
    this.n = data.n;
    this.nSource = data.nSource;
    /** @type {string[]} */
    this.labels = data.labels;
    this.folded = this.labels.map((label) => label.toLowerCase());
    /** @type {Facet[]} */
    this.facets = data.facets.map(facet);
    /** @type {View[]} */
    this.views = data.views.map((/** @type {any} */ view) => ({
      ...view, facets: view.facets.map(facet), places: new Places(unpack(view.places, Uint16Array), view.box),
    }));
    this.degree = unpack(data.degree, Int32Array);
    this.counterpart = unpack(data.counterpart, Int32Array);
    this.prediction = unpack(data.prediction, Int32Array);
    this.rank = unpack(data.rank, Uint16Array);
    this.film = data.film && new Film(data.film, this.n);
    this.pictures = new Pictures();
  }

  /** The ways to sort the entities, with those of one view. @param {View} view */
  facetsOf(view) {
    return [...this.facets, ...view.facets];
  }

  /** What an entity is by a facet. @param {Facet} facet @param {number} i */
  option(facet, i) {
    return facet.options[facet.codes[i]]?.name ?? "";
  }

  /** Where it leads: itself, its counterpart, and its prediction where that is another. @param {number} i */
  ends(i) {
    const [truth, first] = [this.counterpart[i], this.prediction[i]];
    return { chosen: i, truth, prediction: first === truth ? -1 : first };
  }

  /** Entities whose name holds a text; those that begin with it first, then shorter ones. @param {string} text @param {number} most */
  find(text, most) {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    const hits = [];
    for (let i = 0; i < this.n; i++) if (this.folded[i].includes(wanted)) hits.push(i);
    const key = (/** @type {number} */ i) => (this.folded[i].startsWith(wanted) ? 0 : 1000) + this.folded[i].length;
    return hits.sort((a, b) => key(a) - key(b)).slice(0, most);
  }
}
