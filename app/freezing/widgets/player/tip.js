// What a chart shows where it is pointed at, by pointer or by key: a ring on the mark, and words beside it.

const REACH = 12; // pixels
const ROOM = 190; // that words take

/** @typedef {{x: number, y: number, series: string, lines: () => string[], choose?: () => void}} Spot of a chart, in pixels */

class Tip {
  /** @param {any} player @param {Sheet} sheet @param {{name: string, selects?: boolean, spots: () => Spot[][]}} chart its spots by series */
  constructor(player, sheet, chart) {
    this.chart = chart;
    this.sheet = sheet;
    this.ring = el("span", { className: "ring", hidden: true });
    this.words = el("div", { className: "tip", hidden: true });
    this.node = el("div", { className: "pointed" }, sheet.node, this.ring, this.words);
    new ChartCursor(sheet.node, () => this.walked(), (text) => (player.spoken.textContent = text));
    sheet.node.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => !event.buttons && this.show(this.nearest(event.offsetX, event.offsetY)));
    sheet.node.addEventListener("pointerleave", () => this.show(null));
  }

  /** @returns {Walked} */
  walked() {
    const { name, selects, spots } = this.chart;
    const marks = () => spots().map((series) => series.map((spot) => ({ along: spot.x, name: spot.series, show: () => this.show(spot), press: spot.choose })).sort((a, b) => a.along - b.along));
    const text = () => [...this.words.children].map((line) => line.textContent).join("; ");
    return { id: name, name, selects, series: marks, text, hide: () => this.show(null) };
  }

  /** @param {number} x @param {number} y @returns {Spot | null} */
  nearest(x, y) {
    let [best, least] = [/** @type {Spot | null} */ (null), REACH];
    for (const spot of this.chart.spots().flat()) {
      const far = Math.hypot(spot.x - x, spot.y - y);
      if (far < least) [best, least] = [spot, far];
    }
    return best;
  }

  /** @param {Spot | null} spot */
  show(spot) {
    this.ring.hidden = this.words.hidden = !spot;
    if (!spot) return;
    const { x, y, lines } = spot;
    this.words.replaceChildren(...lines().map((text) => el("div", { dir: "auto", text })));
    Object.assign(this.ring.style, { left: `${x}px`, top: `${y}px` });
    Object.assign(this.words.style, { left: `${Math.max(0, Math.min(x + 10, this.sheet.node.clientWidth - ROOM))}px`, top: `${y + 10}px` });
  }
}
