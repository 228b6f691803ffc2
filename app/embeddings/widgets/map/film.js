// The same entities over the epochs: between two snapshots they glide, a trail behind them, hollow once frozen.

const LASTS = 9; // seconds from the first snapshot to the last
const TRAIL = 0.07; // of the film

class Film {
  /** @param {any} data what the server packed @param {number} n entities of the run */
  constructor(data, n) {
    this.epochs = data.epochs;
    this.entities = unpack(data.entities, Int32Array);
    this.frozen = unpack(data.frozen, Int16Array);
    const steps = unpack(data.places, Uint16Array);
    const size = this.entities.length;
    this.places = this.epochs.map((/** @type {number} */ _, /** @type {number} */ e) => new Places(steps.subarray(2 * e * size, 2 * (e + 1) * size), data.box));
    this.row = new Int32Array(n).fill(-1);
    this.entities.forEach((/** @type {number} */ entity, /** @type {number} */ row) => (this.row[entity] = row));
    this.frames = 0;
    /** @type {View} as a map that stands still: the last epoch */
    this.view = { name: "epochs", method: data.method, trust: data.trust, grey: false, facets: [], called: [], places: /** @type {any} */ ({ box: data.box }) };
  }

  get first() {
    return this.epochs[0];
  }

  get last() {
    return this.epochs[this.epochs.length - 1];
  }

  /** The two snapshots around an epoch, and how far from the one to the other. @param {number} epoch @returns {[Places, Places, number]} */
  between(epoch) {
    let e = 0;
    while (e < this.epochs.length - 2 && this.epochs[e + 1] <= epoch) e += 1;
    const share = Math.max(0, Math.min(1, (epoch - this.epochs[e]) / (this.epochs[e + 1] - this.epochs[e])));
    return [this.places[e], this.places[e + 1], share * share * (3 - 2 * share)];
  }

  /** Where an entity is at an epoch; NaN where no snapshot has it. @param {number} entity @param {number} epoch */
  at(entity, epoch) {
    const row = this.row[entity];
    if (row < 0) return [NaN, NaN];
    const [a, b, share] = this.between(epoch);
    return [a.x[row] + share * (b.x[row] - a.x[row]), a.y[row] + share * (b.y[row] - a.y[row])];
  }

  /** The entity nearest to a place at an epoch; -1 for none within reach. @param {number} x @param {number} y @param {number} reach @param {any} map */
  nearest(x, y, reach, map) {
    let [best, least] = [-1, reach];
    for (const entity of this.entities) {
      if (!map.filters.passing[entity]) continue;
      const [ex, ey] = this.at(entity, map.epoch);
      const far = Math.hypot(ex - x, ey - y);
      if (far < least) [best, least] = [entity, far];
    }
    return best;
  }

  /** @param {CanvasRenderingContext2D} pen @param {any} frame @param {any} map */
  draw(pen, frame, map) {
    const { epoch, filters } = map;
    const facet = map.facetIn(map.view);
    const [a, b, share] = this.between(epoch);
    const [c, d, ago] = this.between(epoch - TRAIL * (this.last - this.first));
    const sx = frame.width / (frame.x1 - frame.x0);
    const sy = frame.height / (frame.y1 - frame.y0);
    const picked = map.picked && new Set(map.picked);
    /** @type {Map<string, {trails: Path2D, full: Path2D, hollow: Path2D}>} */
    const paths = new Map();
    const radius = this.entities.length > 2500 ? 2.4 : 3.4;
    this.entities.forEach((/** @type {number} */ entity, /** @type {number} */ row) => {
      const passes = filters.passing[entity] && (!picked || picked.has(entity));
      const colour = passes ? facet.options[facet.codes[entity]]?.colour ?? QUIET : "";
      let path = paths.get(colour);
      if (!path) paths.set(colour, (path = { trails: new Path2D(), full: new Path2D(), hollow: new Path2D() }));
      const x = frame.left + (a.x[row] + share * (b.x[row] - a.x[row]) - frame.x0) * sx;
      const y = frame.top + (frame.y1 - a.y[row] - share * (b.y[row] - a.y[row])) * sy;
      if (colour) {
        path.trails.moveTo(frame.left + (c.x[row] + ago * (d.x[row] - c.x[row]) - frame.x0) * sx, frame.top + (frame.y1 - c.y[row] - ago * (d.y[row] - c.y[row])) * sy);
        path.trails.lineTo(x, y);
      }
      const frozen = this.frozen[row] >= 0 && this.frozen[row] <= epoch;
      marker(frozen ? path.hollow : path.full, x, y, frozen ? radius + 0.6 : radius, entity < map.table.nSource);
    });
    for (const [colour, { trails, full, hollow }] of paths) {
      pen.strokeStyle = pen.fillStyle = colour || QUIET;
      pen.globalAlpha = 0.35;
      pen.lineWidth = 1;
      pen.stroke(trails);
      pen.globalAlpha = colour ? 0.75 : FAINT;
      pen.fill(full);
      pen.lineWidth = 1.5;
      pen.stroke(hollow);
    }
    pen.globalAlpha = 1;
    if (map.entity !== null && this.row[map.entity] >= 0) this.way(pen, frame, map);
    map.node.dataset.frames = String((this.frames += 1));
  }

  /** The whole way of the chosen entity. @param {CanvasRenderingContext2D} pen @param {any} frame @param {any} map */
  way(pen, frame, map) {
    pen.beginPath();
    for (const epoch of this.epochs) {
      const [x, y] = this.at(map.entity, epoch);
      const [px, py] = Plot.pixel(frame, x, y);
      pen.lineTo(px, py);
    }
    pen.setLineDash([2, 4]);
    pen.strokeStyle = map.colours.text;
    pen.lineWidth = 1.5;
    pen.stroke();
    pen.setLineDash([]);
  }
}

/** The row under a film: play, where it is, and how to go elsewhere. */
class Player {
  /** @param {any} map */
  constructor(map) {
    this.map = map;
    this.button = el("button", { type: "button", className: "play", onclick: () => this.toggle() });
    this.slider = el("input", { type: "range", step: "any", "aria-label": "Epoch" });
    this.slider.oninput = () => this.seek(Number(this.slider.value));
    this.words = el("output", { className: "epoch" });
    this.node = el("div", { className: "player", hidden: true }, this.button, this.slider, this.words);
    this.playing = false;
    this.last = 0;
    this.say();
  }

  toggle() {
    const { film } = this.map.table;
    this.playing = !this.playing;
    if (this.playing && this.map.epoch >= film.last) this.map.epoch = film.first;
    this.last = performance.now();
    if (this.playing) requestAnimationFrame((now) => this.step(now));
    else this.map.save();
    this.say();
  }

  /** @param {number} now */
  step(now) {
    const { map } = this;
    if (!this.playing || map.show !== "epochs" || !map.node.isConnected) return;
    const { film } = map.table;
    map.epoch = Math.min(film.last, map.epoch + ((Math.max(0, now - this.last) / 1000) * (film.last - film.first)) / LASTS);
    this.last = now;
    this.say();
    map.overlay.draw();
    if (map.epoch >= film.last) this.toggle();
    else requestAnimationFrame((later) => this.step(later));
  }

  /** @param {number} epoch */
  seek(epoch) {
    const { film } = this.map.table;
    this.map.epoch = Math.max(film.first, Math.min(film.last, epoch));
    this.say();
    this.map.overlay.dirty();
    this.map.saveSoon();
  }

  say() {
    const { epoch, table } = this.map;
    this.button.textContent = this.playing ? "❚❚ Pause" : "▶ Play";
    if (!table?.film) return;
    const { film } = table;
    [this.slider.min, this.slider.max] = [film.first, film.last];
    this.slider.value = epoch;
    let frozen = 0;
    for (const when of film.frozen) if (when >= 0 && when <= epoch) frozen += 1;
    this.words.textContent = `epoch ${Math.floor(epoch)} of ${film.last} · ${frozen.toLocaleString("en")} frozen (hollow)`;
  }
}
