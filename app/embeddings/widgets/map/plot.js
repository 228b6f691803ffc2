// The points, drawn by Plotly: one panel a map, one trace a group.

const QUIET = "#9AA0A6";
const SIDES = { source: "#0072B2", target: "#D55E00" };
const FAINT = 0.12;
const DENSE = 40000; // points from which density is drawn unless one says otherwise
const BARE = { showticklabels: false, zeroline: false, showgrid: false, ticks: "", fixedrange: false };
const CONFIG = { displayModeBar: false, scrollZoom: false, doubleClick: false, responsive: false };
const WEBGL = Boolean(document.createElement("canvas").getContext("webgl"));
const GRID = 90; // cells of a density, in each direction
const ROOM = 0.04; // around a map, in its widths

/** @typedef {{view: View, x: string, y: string, range: number[]}} Panel */

class Plot {
  /** @param {HTMLElement} node @param {any} Plotly @param {() => void} moved called while it is dragged, and after */
  constructor(node, Plotly, moved) {
    this.node = node;
    this.Plotly = Plotly;
    this.moved = moved;
    /** @type {Panel[]} */
    this.panels = [];
    /** @type {Map<string, number[]>} view → corners that were zoomed to */
    this.zooms = new Map();
    this.drawn = Promise.resolve();
  }

  get size() {
    return [this.node.clientWidth || 1, this.node.clientHeight || 1];
  }

  /** Corners in view: what was zoomed to, else the whole map, with the same scale along both axes. @param {View} view @param {number} width @param {number} height */
  corners(view, width, height) {
    const wanted = this.zooms.get(view.name) ?? roomy(view.places.box);
    const [x0, y0, x1, y1] = wanted;
    const scale = Math.max((x1 - x0) / width, (y1 - y0) / height);
    const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
    return [cx - (scale * width) / 2, cy - (scale * height) / 2, cx + (scale * width) / 2, cy + (scale * height) / 2];
  }

  /**
   * @param {any} map what is shown
   * @param {View[]} views
   */
  draw(map, views) {
    const [width, height] = this.size;
    const columns = views.length === 1 ? 1 : Math.min(3, Math.max(1, Math.floor(width / 260)), views.length);
    const rows = Math.ceil(views.length / columns);
    const gap = views.length === 1 ? 0 : 6;
    const top = views.length === 1 ? 0 : 22; // the panel's title
    const layout = {
      width, height, margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false, hovermode: false,
      dragmode: map.tool === "pan" ? "pan" : false, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: map.colours.text },
    };
    const cell = [(width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows];
    this.panels = views.map((view, i) => {
      const end = i ? String(i + 1) : "";
      const left = (i % columns) * (cell[0] + gap);
      const above = Math.floor(i / columns) * (cell[1] + gap) + top;
      const corners = this.corners(view, cell[0], cell[1] - top);
      const line = { ...BARE, showline: true, mirror: true, linecolor: map.colours.line, linewidth: 1 };
      layout[`xaxis${end}`] = { ...line, domain: [left / width, (left + cell[0]) / width], anchor: `y${end}`, range: [corners[0], corners[2]] };
      layout[`yaxis${end}`] = { ...line, domain: [1 - (above + cell[1] - top) / height, 1 - above / height], anchor: `x${end}`, range: [corners[1], corners[3]] };
      return { view, x: `x${end}`, y: `y${end}`, range: corners };
    });
    const traces = map.show === "epochs" ? [{ type: "scatter", x: [null], y: [null] }] : this.panels.flatMap((panel) => this.traces(map, panel));
    this.drawn = this.Plotly.react(this.node, traces, layout, CONFIG).then(() => this.listen());
    return this.drawn;
  }

  listen() {
    if (this.listening) return;
    this.listening = true;
    const node = /** @type {any} */ (this.node);
    node.on("plotly_relayouting", () => this.follow());
    node.on("plotly_relayout", () => this.follow());
  }

  /** Take over where it was dragged to. */
  follow() {
    for (const panel of this.panels) {
      const { x0, x1, y0, y1 } = this.frame(panel);
      const now = [x0, y0, x1, y1];
      if (now.some((one, i) => Math.abs(one - panel.range[i]) > 1e-9 * (Math.abs(one) + 1))) this.zooms.set(panel.view.name, now);
      panel.range = now;
    }
    this.moved();
  }

  /** Where a panel lies, in pixels of the plot, and what it shows. @param {Panel} panel */
  frame(panel) {
    const full = /** @type {any} */ (this.node)._fullLayout;
    const [x, y] = [full[panel.x.replace("x", "xaxis")], full[panel.y.replace("y", "yaxis")]];
    return { left: x._offset, top: y._offset, width: x._length, height: y._length, x0: x.range[0], x1: x.range[1], y0: y.range[0], y1: y.range[1] };
  }

  /** @param {{left: number, top: number, width: number, height: number, x0: number, x1: number, y0: number, y1: number}} frame @param {number} x @param {number} y */
  static pixel(frame, x, y) {
    return [
      frame.left + ((x - frame.x0) / (frame.x1 - frame.x0)) * frame.width,
      frame.top + ((frame.y1 - y) / (frame.y1 - frame.y0)) * frame.height,
    ];
  }

  /** The panel under a pixel, and the place there. @param {number} px @param {number} py */
  at(px, py) {
    for (const panel of this.panels) {
      const frame = this.frame(panel);
      const [u, v] = [(px - frame.left) / frame.width, (py - frame.top) / frame.height];
      if (u < 0 || u > 1 || v < 0 || v > 1) continue;
      const [dx, dy] = [(frame.x1 - frame.x0) / frame.width, (frame.y1 - frame.y0) / frame.height];
      return { panel, frame, x: frame.x0 + u * (frame.x1 - frame.x0), y: frame.y1 - v * (frame.y1 - frame.y0), dx, dy };
    }
    return null;
  }

  /** Show these corners of a panel. @param {Panel} panel @param {number[]} corners */
  show(panel, corners) {
    const frame = this.frame(panel);
    this.zooms.set(panel.view.name, corners);
    const fit = this.corners(panel.view, frame.width, frame.height);
    panel.range = fit;
    const [xaxis, yaxis] = [panel.x.replace("x", "xaxis"), panel.y.replace("y", "yaxis")];
    this.drawn = this.Plotly.relayout(this.node, { [`${xaxis}.range`]: [fit[0], fit[2]], [`${yaxis}.range`]: [fit[1], fit[3]] });
    return this.drawn;
  }

  /** @param {any} map @param {Panel} panel */
  traces(map, panel) {
    const { view } = panel;
    const { places } = view;
    const { passing } = map.filters;
    const facet = map.facetIn(view);
    const groups = grouped(facet, places, passing);
    const [x0, y0, x1, y1] = panel.range;
    let inView = 0;
    for (let i = 0; i < places.x.length; i++) {
      if (passing[i] && places.x[i] >= x0 && places.x[i] <= x1 && places.y[i] >= y0 && places.y[i] <= y1) inView += 1;
    }
    const size = inView < 1500 ? 8 : inView < 5000 ? 6 : inView < 15000 ? 4.5 : 3.5;
    const density = map.densityIn(inView);
    const axes = { xaxis: panel.x, yaxis: panel.y };
    const trace = (/** @type {Int32Array | number[]} */ ids, /** @type {any} */ marker) => ({
      ...axes, type: WEBGL ? "scattergl" : "scatter", mode: "markers", marker, hoverinfo: "skip",
      x: Float32Array.from(ids, (i) => places.x[i]), y: Float32Array.from(ids, (i) => places.y[i]),
    });
    const behind = [];
    for (let i = 0; i < passing.length; i++) if (!passing[i] && places.has(i)) behind.push(i);
    const traces = behind.length ? [trace(behind, { color: QUIET, size: Math.max(3, size - 2), opacity: FAINT })] : [];
    const picked = map.picked && Uint8Array.from({ length: passing.length });
    if (picked) for (const i of map.picked) picked[i] = 1;
    for (const { option, ids } of groups) {
      const colour = view.grey ? QUIET : option.colour;
      const opacity = (view.grey ? 0.35 : option.opacity) * (density ? 0.3 : 1);
      const made = trace(ids, { color: colour, symbol: option.symbol, size, opacity, line: { width: option.symbol.endsWith("-open") ? 1.2 : 0, color: colour } });
      if (picked) {
        Object.assign(made, {
          selectedpoints: Array.from(ids.keys()).filter((j) => picked[ids[j]]),
          selected: { marker: { opacity: 1 } }, unselected: { marker: { opacity: FAINT } },
        });
      }
      traces.push(made);
    }
    return density ? [...traces, ...contours(map.table, places, passing, axes)] : traces;
  }
}

/** Lines of equal density, one set a graph, each at twice the density of the one outside it. @param {Table} table @param {Places} places @param {Uint8Array} passing @param {any} axes */
function contours(table, places, passing, axes) {
  const [x0, y0, x1, y1] = roomy(places.box);
  const middle = (/** @type {number} */ low, /** @type {number} */ high) => Array.from({ length: GRID }, (_, i) => low + ((i + 0.5) * (high - low)) / GRID);
  return Object.entries(SIDES).map(([side, colour]) => {
    const counts = new Float32Array(GRID * GRID);
    const [from, to] = side === "source" ? [0, table.nSource] : [table.nSource, table.n];
    for (let i = from; i < to; i++) {
      if (!passing[i] || !places.has(i)) continue;
      counts[Math.floor((GRID * (places.y[i] - y0)) / (y1 - y0)) * GRID + Math.floor((GRID * (places.x[i] - x0)) / (x1 - x0))] += 1;
    }
    const smooth = blurred(blurred(counts));
    const most = Math.log2(1 + Math.max(...smooth));
    const z = Array.from({ length: GRID }, (_, r) => Array.from(smooth.subarray(r * GRID, (r + 1) * GRID), (one) => Math.log2(1 + one)));
    return {
      ...axes, type: "contour", x: middle(x0, x1), y: middle(y0, y1), z, autocontour: false, showscale: false, hoverinfo: "skip",
      contours: { coloring: "none", start: Math.max(1.5, most - 5), end: most, size: 1 }, line: { color: colour, width: 1.2, dash: side === "source" ? "solid" : "dot" },
    };
  });
}

/** Each cell the mean of itself and its neighbours. @param {Float32Array} cells */
function blurred(cells) {
  const at = (/** @type {number} */ r, /** @type {number} */ c) => (r < 0 || c < 0 || r >= GRID || c >= GRID ? 0 : cells[r * GRID + c]);
  const sum = (/** @type {number} */ i) => {
    const [r, c] = [Math.floor(i / GRID), i % GRID];
    return at(r, c) + at(r - 1, c) + at(r + 1, c) + at(r, c - 1) + at(r, c + 1);
  };
  return cells.map((_, i) => sum(i) / 5);
}

/** The options of a facet with their points, the largest group first: it is drawn below the others. @param {Facet} facet @param {Places} places @param {Uint8Array} passing */
function grouped(facet, places, passing) {
  const counts = new Int32Array(facet.options.length);
  const each = (/** @type {(code: number, i: number) => void} */ take) => {
    for (let i = 0; i < passing.length; i++) if (passing[i] && facet.codes[i] !== NOWHERE && places.has(i)) take(facet.codes[i], i);
  };
  each((code) => (counts[code] += 1));
  const groups = facet.options.map((option, code) => ({ option, ids: new Int32Array(counts[code]) }));
  const next = new Int32Array(facet.options.length);
  each((code, i) => (groups[code].ids[next[code]++] = i));
  return groups.filter(({ ids }) => ids.length).sort((a, b) => b.ids.length - a.ids.length);
}

/** @param {number[]} box */
function roomy([x0, y0, x1, y1]) {
  const room = ROOM * Math.max(x1 - x0, y1 - y0);
  return [x0 - room, y0 - room, x1 + room, y1 + room];
}
