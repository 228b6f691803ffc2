// Linked pairs by the relevance of their two sides at the cursor: hover names one, a click follows it, a box takes several.

const REACH = 12; // pixels
const MANY = 3000; // pairs from which each is a small square
const STILL = 5; // pixels that a click may move
/** Of a pair none, one or both sides of which are frozen. */
const STATES = ["in use", "one side frozen", "both frozen"];

class Pairs {
  /** @param {any} player */
  constructor(player) {
    this.player = player;
    this.sheet = new Sheet("pairs", "Linked pairs by the relevance of their source and their target feature at the chosen epoch");
    this.tip = el("div", { className: "tip", hidden: true });
    const names = player.record.splitNames;
    this.links = el("select", { "aria-label": "Linked pairs", onchange: () => player.paint() }, el("option", { value: "-1", text: "all links" }), ...names.map((/** @type {string} */ name, /** @type {number} */ i) => el("option", { value: i, text: `${name} links` })));
    this.node = el("div", { className: "stage" }, this.sheet.node, this.links, this.tip);
    /** @type {{pair: number, x: number, y: number}[]} */
    this.spots = [];
    /** @type {{from: [number, number], to: [number, number]} | null} */
    this.box = null;
    const { node } = this.sheet;
    const at = (/** @type {PointerEvent} */ event) => /** @type {[number, number]} */ ([event.offsetX, event.offsetY]);
    node.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.move(at(event)));
    node.addEventListener("pointerleave", () => (this.tip.hidden = true));
    node.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      if (event.button) return;
      node.setPointerCapture(event.pointerId);
      this.box = { from: at(event), to: at(event) };
    });
    node.addEventListener("pointerup", () => this.lift());
  }

  draw() {
    const { record, m, epoch, colours, entity } = this.player;
    const { pen } = this.sheet;
    const [width, height] = this.sheet.begin();
    const { name, colour } = record.modalities[m];
    const at = record.measurement(epoch);
    const shown = record.pairs.length / 2;
    const part = shown < record.linked ? ` · ${shown.toLocaleString("en")} of ${record.linked.toLocaleString("en")} pairs` : "";
    words(pen, colours, "Linked pairs", at < 0 ? "not measured yet" : `${name}, epoch ${record.measured[at]}`, 0, 14, 14);
    const least = this.least(m);
    const frame = new Frame(pen, colours, { left: 48, top: 44, width: width - 56, height: height - 44 - 40 }, [least, 1], [least, 1]);
    frame.axes({ x: `α of the source entity${part}`, y: "α of the target entity", write: (value) => value.toFixed(1) });
    frame.path([[least, least], [1, 1]], colours.quiet, [1, 4], 1);
    const limit = at < 0 ? null : record.threshold(m, record.measured[at]);
    if (limit !== null && limit > least) {
      frame.path([[limit, least], [limit, 1]], colours.text, [6, 4], 1.5);
      frame.path([[least, limit], [1, limit]], colours.text, [6, 4], 1.5);
    }
    const paths = STATES.map(() => new Path2D());
    const counts = [0, 0, 0];
    const split = Number(this.links.value);
    this.spots = [];
    const many = shown > MANY;
    for (let pair = 0; pair < shown; pair++) {
      if (split >= 0 && record.splits[pair] !== split) continue;
      const [a, b] = [record.pairs[2 * pair], record.pairs[2 * pair + 1]];
      const [x, y] = [frame.px(record.alpha(at, m, a)), frame.py(record.alpha(at, m, b))];
      if (Number.isNaN(x + y)) continue;
      const state = Number(record.frozenBy(m, a, epoch)) + Number(record.frozenBy(m, b, epoch));
      counts[state] += 1;
      this.spots.push({ pair, x, y });
      if (many) paths[state].rect(x - 1, y - 1, 2, 2);
      else mark(/** @type {any} */ (paths[state]), state === 2 ? "diamond" : "circle", x, y, 3.2);
    }
    pen.fillStyle = pen.strokeStyle = colour;
    pen.lineWidth = 1;
    pen.globalAlpha = 0.7;
    pen.fill(paths[0]);
    pen.stroke(paths[1]);
    pen.stroke(paths[2]);
    pen.globalAlpha = 1;
    if (at >= 0) legend(pen, colours, STATES.map((name, i) => [`${name} ${counts[i].toLocaleString("en")}`, markSign(i === 2 ? "diamond" : "circle", colour, i === 0)]), -6, 32, width, -6);
    this.ring(entity);
    if (this.box) {
      const { from, to } = this.box;
      pen.strokeStyle = colours.text;
      pen.setLineDash([4, 3]);
      pen.strokeRect(from[0], from[1], to[0] - from[0], to[1] - from[1]);
      pen.setLineDash([]);
    }
  }

  /** Where both axes begin: below everything that was ever measured. @param {number} m */
  least(m) {
    if (this.lowest?.m !== m) {
      const { record } = this.player;
      let low = 1;
      record.measured.forEach((/** @type {number} */ _, /** @type {number} */ at) => {
        for (const i of record.pairs) low = Math.min(low, record.alpha(at, m, i) || 1);
      });
      this.lowest = { m, value: Math.min(0.9, Math.max(0, Math.floor(low * 10) / 10)) };
    }
    return this.lowest.value;
  }

  /** @param {number | null} entity */
  ring(entity) {
    const { record, colours } = this.player;
    const spot = entity !== null && this.spots.find(({ pair }) => record.pairs[2 * pair] === entity || record.pairs[2 * pair + 1] === entity);
    if (!spot) return;
    const { pen } = this.sheet;
    pen.beginPath();
    mark(pen, "circle", spot.x, spot.y, 8);
    pen.strokeStyle = colours.text;
    pen.lineWidth = 2;
    pen.stroke();
  }

  /** @param {[number, number]} place */
  nearest([x, y]) {
    let [best, least] = [/** @type {{pair: number, x: number, y: number} | null} */ (null), REACH];
    for (const spot of this.spots) {
      const far = Math.hypot(spot.x - x, spot.y - y);
      if (far < least) [best, least] = [spot, far];
    }
    return best;
  }

  /** @param {[number, number]} place */
  move(place) {
    const { record, m, epoch } = this.player;
    if (this.box) {
      this.box.to = place;
      return this.player.paintSoon();
    }
    const spot = this.nearest(place);
    this.tip.hidden = !spot;
    if (!spot) return undefined;
    const at = record.measurement(epoch);
    const lines = [record.pairs[2 * spot.pair], record.pairs[2 * spot.pair + 1]].map((i) => {
      const when = record.when(m, i);
      return el("div", { dir: "auto", text: `${shorter(record.labels[i], 40)} · α ${record.alpha(at, m, i).toFixed(2)}${when >= 0 && when <= epoch ? ` · frozen in epoch ${when}` : ""}` });
    });
    this.tip.replaceChildren(...lines);
    this.tip.style.left = `${Math.min(spot.x + 10, this.sheet.node.clientWidth - 190)}px`;
    this.tip.style.top = `${spot.y + 10}px`;
    return undefined;
  }

  lift() {
    const { box, player } = this;
    if (!box) return;
    this.box = null;
    const [left, right] = [box.from[0], box.to[0]].sort((a, b) => a - b);
    const [top, bottom] = [box.from[1], box.to[1]].sort((a, b) => a - b);
    if (right - left < STILL && bottom - top < STILL) {
      const spot = this.nearest(box.to);
      if (spot) player.choose(player.record.pairs[2 * spot.pair]);
    } else player.pick(this.spots.filter(({ x, y }) => x >= left && x <= right && y >= top && y <= bottom).map(({ pair }) => pair));
    player.paintSoon();
  }
}
