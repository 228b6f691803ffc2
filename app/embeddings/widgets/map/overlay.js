// What lies over the points and follows the hand: rings, lines to truth and prediction, names of parts, the shape drawn.

const RIGHT = "#009E73";
const WRONG = "#D55E00";

class Overlay {
  /** @param {HTMLCanvasElement} canvas @param {any} map */
  constructor(canvas, map) {
    this.canvas = canvas;
    this.map = map;
    this.pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.waiting = 0;
  }

  /** Draw with the next frame. */
  dirty() {
    this.waiting ||= requestAnimationFrame(() => {
      this.waiting = 0;
      this.draw();
    });
  }

  draw() {
    const { canvas, pen, map } = this;
    const [width, height, sharp] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio || 1];
    if (canvas.width !== Math.round(width * sharp) || canvas.height !== Math.round(height * sharp)) {
      [canvas.width, canvas.height] = [Math.round(width * sharp), Math.round(height * sharp)];
    }
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.clearRect(0, 0, width, height);
    for (const panel of map.plot?.panels ?? []) {
      const frame = map.plot.frame(panel);
      pen.save();
      pen.beginPath();
      pen.rect(frame.left, frame.top, frame.width, frame.height);
      pen.clip();
      if (map.show === "epochs") map.table.film.draw(pen, frame, map);
      this.lines(panel, frame);
      if (map.named && map.show === "one" && !panel.view.grey) this.names(panel, frame);
      if (map.shape?.view === panel.view.name) this.shape(map.shape, frame);
      pen.restore();
      if (map.plot.panels.length > 1) this.title(panel, frame);
    }
  }

  /** Where an entity is drawn, null where it is not. @param {Panel} panel @param {any} frame @param {number} i */
  spot(panel, frame, i) {
    if (i < 0) return null;
    const [x, y] = this.map.show === "epochs" ? this.map.table.film.at(i, this.map.epoch) : [panel.view.places.x[i], panel.view.places.y[i]];
    return Number.isFinite(x) ? Plot.pixel(frame, x, y) : null;
  }

  /** @param {Panel} panel @param {any} frame */
  lines(panel, frame) {
    const { pen, map } = this;
    if (map.entity !== null) {
      const ends = map.table.ends(map.entity);
      const from = this.spot(panel, frame, ends.chosen);
      for (const [name, colour, dash] of /** @type {[string, string, number[]][]} */ ([["truth", RIGHT, []], ["prediction", WRONG, [6, 4]]])) {
        const to = this.spot(panel, frame, ends[name]);
        if (!from || !to) continue;
        this.stroke(() => {
          pen.moveTo(from[0], from[1]);
          pen.lineTo(to[0], to[1]);
        }, colour, 2, dash);
        this.ring(to, 9, colour, 2.5, name === "prediction");
      }
      if (from) this.ring(from, 10, map.colours.text, 2.5, false);
    }
    const under = map.hovered === null ? null : this.spot(panel, frame, map.hovered);
    if (under) this.ring(under, 8, map.colours.text, 1.5, false);
  }

  /** @param {() => void} path @param {string} colour @param {number} width @param {number[]} dash */
  stroke(path, colour, width, dash) {
    const { pen, map } = this;
    for (const [style, thick] of /** @type {[string, number][]} */ ([[map.colours.ground, width + 2.5], [colour, width]])) {
      pen.beginPath();
      path();
      pen.setLineDash(style === colour ? dash : []);
      pen.strokeStyle = style;
      pen.lineWidth = thick;
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  /** @param {number[]} at @param {number} radius @param {string} colour @param {number} width @param {boolean} square */
  ring([x, y], radius, colour, width, square) {
    this.stroke(() => {
      if (square) this.pen.rect(x - radius, y - radius, 2 * radius, 2 * radius);
      else this.pen.arc(x, y, radius, 0, 7);
    }, colour, width, []);
  }

  /** @param {Panel} panel @param {any} frame */
  names(panel, frame) {
    const { pen, map } = this;
    pen.font = `600 12px ${map.colours.font}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    /** @type {number[][]} */
    const taken = [];
    for (const { text, at } of panel.view.called) {
      const [there, y] = Plot.pixel(frame, at[0], at[1]);
      const half = pen.measureText(text).width / 2 + 4;
      if (there < frame.left || there > frame.left + frame.width) continue;
      const x = Math.max(frame.left + half, Math.min(frame.left + frame.width - half, there)); // whole, also at an edge
      if (taken.some(([a, b, w]) => Math.abs(a - x) < half + w && Math.abs(b - y) < 16)) continue;
      taken.push([x, y, half]);
      this.text(clean(text), x, y);
    }
  }

  /** @param {string} text @param {number} x @param {number} y */
  text(text, x, y) {
    const { pen, map } = this;
    pen.lineJoin = "round";
    pen.lineWidth = 4;
    pen.strokeStyle = map.colours.ground;
    pen.strokeText(text, x, y);
    pen.fillStyle = map.colours.text;
    pen.fillText(text, x, y);
  }

  /** @param {Panel} panel @param {any} frame */
  title(panel, frame) {
    const { pen, map } = this;
    pen.font = `600 12px ${map.colours.font}`;
    pen.textAlign = "left";
    pen.textBaseline = "bottom";
    this.text(`${panel.view.name} · ${panel.view.method}${panel.view.grey ? " · keeps next to no neighbours" : ""}`, frame.left + 2, frame.top - 4);
  }

  /** @param {{corners: [number, number][]}} shape @param {any} frame */
  shape({ corners }, frame) {
    const { pen, map } = this;
    const path = () => {
      corners.forEach(([x, y], i) => {
        const [px, py] = Plot.pixel(frame, x, y);
        if (i) pen.lineTo(px, py);
        else pen.moveTo(px, py);
      });
      pen.closePath();
    };
    this.stroke(path, map.colours.text, 1.5, [5, 4]);
  }
}
