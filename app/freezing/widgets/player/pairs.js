// Linked pairs by the relevance of their two sides at the cursor: hover names one, a click follows it, a box takes several.

const MANY = 3000; // pairs from which each is a small square
const STILL = 5; // pixels that a click may move
/** Of a pair none, one or both sides of which are frozen. */
const STATES = ["in use", "one side frozen", "both frozen"];

class Pairs {
  /** @param {any} player */
  constructor(player) {
    this.player = player;
    this.sheet = new Sheet("pairs", "Linked pairs by the relevance of their source and their target feature at the chosen epoch");
    const names = player.record.splitNames;
    this.links = el("select", { "aria-label": "Linked pairs", onchange: () => player.paint() }, el("option", { value: "-1", text: "all links" }), ...names.map((/** @type {string} */ name, /** @type {number} */ i) => el("option", { value: i, text: `${name} links` })));
    /** @type {(Spot & {pair: number})[][]} by state */
    this.spots = STATES.map(() => []);
    this.tip = new Tip(player, this.sheet, { name: "Linked pairs by the relevance of both sides", selects: true, spots: () => this.spots });
    this.node = el("div", { className: "stage" }, this.tip.node, this.links);
    /** @type {{from: [number, number], to: [number, number]} | null} */
    this.box = null;
    const { node } = this.sheet;
    const at = (/** @type {PointerEvent} */ event) => /** @type {[number, number]} */ ([event.offsetX, event.offsetY]);
    node.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.move(at(event)));
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
    this.spots = STATES.map(() => []);
    const many = shown > MANY;
    for (let pair = 0; pair < shown; pair++) {
      if (split >= 0 && record.splits[pair] !== split) continue;
      const [a, b] = [record.pairs[2 * pair], record.pairs[2 * pair + 1]];
      const [x, y] = [frame.px(record.alpha(at, m, a)), frame.py(record.alpha(at, m, b))];
      if (Number.isNaN(x + y)) continue;
      const state = Number(record.frozenBy(m, a, epoch)) + Number(record.frozenBy(m, b, epoch));
      counts[state] += 1;
      this.spots[state].push({ pair, x, y, series: STATES[state], lines: () => this.lines(pair), choose: () => this.player.choose(a) });
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
    const spot = entity !== null && this.spots.flat().find(({ pair }) => record.pairs[2 * pair] === entity || record.pairs[2 * pair + 1] === entity);
    if (!spot) return;
    const { pen } = this.sheet;
    pen.beginPath();
    mark(pen, "circle", spot.x, spot.y, 8);
    pen.strokeStyle = colours.text;
    pen.lineWidth = 2;
    pen.stroke();
  }

  /** The box grows. @param {[number, number]} place */
  move(place) {
    if (!this.box) return;
    this.box.to = place;
    this.player.paintSoon();
  }

  /** @param {number} pair */
  lines(pair) {
    const { record, m, epoch } = this.player;
    const at = record.measurement(epoch);
    return [record.pairs[2 * pair], record.pairs[2 * pair + 1]].map((i) => {
      const when = record.when(m, i);
      return `${shorter(record.labels[i], 40)} · α ${record.alpha(at, m, i).toFixed(2)}${when >= 0 && when <= epoch ? ` · frozen in epoch ${when}` : ""}`;
    });
  }

  lift() {
    const { box, player } = this;
    if (!box) return;
    this.box = null;
    const [left, right] = [box.from[0], box.to[0]].sort((a, b) => a - b);
    const [top, bottom] = [box.from[1], box.to[1]].sort((a, b) => a - b);
    if (right - left < STILL && bottom - top < STILL) {
      this.tip.nearest(...box.to)?.choose?.();
    } else player.pick(this.spots.flat().filter(({ x, y }) => x >= left && x <= right && y >= top && y <= bottom).map(({ pair }) => pair));
    player.paintSoon();
  }
}
