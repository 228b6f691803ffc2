// Lines and areas: plain SVG in pixels of the screen, drawn anew whenever a number changes.

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} tag @param {Record<string, any>} set @param {...(Node | string)} children @returns {any} */
function svg(tag, set = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(set)) if (value !== null && value !== undefined) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** @param {string} text @param {number} x @param {number} y @param {Record<string, any>} [set] */
function words(text, x, y, set = {}) {
  return svg("text", { x, y, ...set }, clean(text));
}

/**
 * A chart with a title, a place for lines, and marks along its axes.
 *
 * One coordinate is of the data; `x` and `y` turn it into pixels.
 */
class Chart {
  /** @param {string} label what it shows, for those who cannot see it */
  constructor(label) {
    this.node = el("div", { className: "chart", role: "img", "aria-label": label });
    this.picture = svg("svg", { "aria-hidden": "true" });
    this.node.append(this.picture);
  }

  /**
   * @param {{x: number[], y: number[], xTicks: [number, string][], yTicks: [number, string][], title: string, xTitle: string, right?: number}} frame
   *   ranges, marks with their words, and room to the right in letters
   */
  begin({ x, y, xTicks, yTicks, title, xTitle, right = 1 }) {
    const [width, height] = [this.node.clientWidth || 1, this.node.clientHeight || 1];
    const u = parseFloat(getComputedStyle(this.picture).fontSize) || 14;
    this.u = u;
    this.left = Math.max(...yTicks.map(([, text]) => text.length), 0) * u * 0.6 + u;
    this.top = u * 1.9;
    this.width = Math.max(10, width - this.left - right * u * 0.6);
    this.height = Math.max(10, height - this.top - u * 2.6);
    this.x = (/** @type {number} */ at) => this.left + ((at - x[0]) / (x[1] - x[0])) * this.width;
    this.y = (/** @type {number} */ at) => this.top + ((y[1] - at) / (y[1] - y[0])) * this.height;
    this.picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const below = this.top + this.height;
    this.picture.replaceChildren(
      words(title, 0, u * 1.05, { class: "title" }),
      ...yTicks.flatMap(([at, text]) => [
        svg("line", { class: "grid", x1: this.left, x2: this.left + this.width, y1: this.y(at), y2: this.y(at) }),
        words(text, this.left - u * 0.7, this.y(at) + u * 0.35, { "text-anchor": "end" }),
      ]),
      ...xTicks.map(([at, text]) => words(text, this.x(at), below + u * 1.1, { "text-anchor": "middle" })),
      words(xTitle, this.left + this.width, below + u * 2.25, { "text-anchor": "end" }),
      svg("line", { class: "axis", x1: this.left, x2: this.left + this.width, y1: below, y2: below }),
    );
  }

  /** @param {number[][]} points @param {Record<string, any>} set */
  line(points, set) {
    if (points.length) this.add("polyline", { points: points.map(([a, b]) => `${this.x(a)},${this.y(b)}`).join(" "), fill: "none", ...set });
  }

  /** @param {string} tag @param {Record<string, any>} set */
  add(tag, set) {
    this.picture.append(svg(tag, set));
  }

  /** @param {string} text @param {number} x in the data @param {number} y in the data @param {Record<string, any>} [set] */
  say(text, x, y, set = {}) {
    this.picture.append(words(text, this.x(x), this.y(y), set));
  }
}
