// Charts drawn on a canvas: a sheet, a frame with axes on it, hatches and lines. One is redrawn within a frame.

/** @typedef {{text: string, quiet: string, line: string, ground: string, font: string}} Colours */

const HAIR = 1.5; // width of a line of a hatch
/** @type {Map<string, CanvasPattern>} */
const hatches = new Map();

/** A sheet of the size that the page gives it, sharp on every screen. */
class Sheet {
  /** @param {string} name @param {string} label for those who cannot see it */
  constructor(name, label) {
    this.node = el("canvas", { className: name, role: "img", "aria-label": label });
    this.pen = /** @type {CanvasRenderingContext2D} */ (this.node.getContext("2d"));
  }

  /** Wipe it; returns its width and height. @returns {[number, number]} */
  begin() {
    const { node, pen } = this;
    const [width, height, sharp] = [node.clientWidth, node.clientHeight, devicePixelRatio || 1];
    if (node.width !== Math.round(width * sharp) || node.height !== Math.round(height * sharp)) {
      [node.width, node.height] = [Math.round(width * sharp), Math.round(height * sharp)];
    }
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.clearRect(0, 0, width, height);
    return [width, height];
  }
}

/** A frame with two axes. */
class Frame {
  /**
   * @param {CanvasRenderingContext2D} pen @param {Colours} colours
   * @param {{left: number, top: number, width: number, height: number}} box inside the axes
   * @param {[number, number]} x range @param {[number, number]} y range
   */
  constructor(pen, colours, box, x, y) {
    this.pen = pen;
    this.colours = colours;
    this.x = x;
    this.y = y;
    this.left = box.left;
    this.top = box.top;
    this.width = Math.max(1, box.width);
    this.height = Math.max(1, box.height);
    this.right = this.left + this.width;
    this.bottom = this.top + this.height;
  }

  /** @param {number} x */
  px(x) {
    return this.left + ((x - this.x[0]) / (this.x[1] - this.x[0] || 1)) * this.width;
  }

  /** @param {number} y */
  py(y) {
    return this.bottom - ((y - this.y[0]) / (this.y[1] - this.y[0] || 1)) * this.height;
  }

  /** @param {number} px */
  xAt(px) {
    return this.x[0] + ((px - this.left) / this.width) * (this.x[1] - this.x[0]);
  }

  /** Grid, numbers and names. @param {{x?: string, y?: string, write?: (y: number) => string, numbers?: boolean}} wanted */
  axes({ x = "", y = "", write = String, numbers = true }) {
    const { pen, colours } = this;
    pen.font = `12px ${colours.font}`;
    pen.strokeStyle = colours.line;
    pen.fillStyle = colours.quiet;
    pen.lineWidth = 1;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const tick of ticks(this.y, this.height / 40)) {
      pen.beginPath();
      pen.moveTo(this.left, this.py(tick));
      pen.lineTo(this.right, this.py(tick));
      pen.stroke();
      if (numbers) pen.fillText(write(tick), this.left - 5, this.py(tick));
    }
    pen.textBaseline = "top";
    pen.textAlign = "center";
    for (const tick of ticks(this.x, this.width / 45)) pen.fillText(String(Number(tick.toFixed(2))), this.px(tick), this.bottom + 5);
    if (x) pen.fillText(x, this.left + this.width / 2, this.bottom + 20);
    if (y) {
      pen.save();
      pen.translate(this.left - 38, this.top + this.height / 2);
      pen.rotate(-Math.PI / 2);
      pen.fillText(y, 0, -6);
      pen.restore();
    }
    pen.textAlign = "left";
    pen.textBaseline = "alphabetic";
  }

  /** A line through places; it breaks where one is not there. @param {[number, number | null][]} places @param {string} colour @param {number[]} [dash] @param {number} [width] */
  path(places, colour, dash = [], width = 2) {
    const { pen } = this;
    pen.beginPath();
    let there = false;
    for (const [x, y] of places) {
      if (y === null || Number.isNaN(y)) there = false;
      else if (there) pen.lineTo(this.px(x), this.py(y));
      else pen.moveTo(this.px(x), this.py(y));
      if (y !== null && !Number.isNaN(y)) there = true;
    }
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.stroke();
    pen.setLineDash([]);
  }

  /** Fill between two lines. @param {[number, number, number][]} places x, from, to @param {string} colour @param {string} hatching */
  area(places, colour, hatching) {
    const { pen } = this;
    if (!places.length) return;
    pen.beginPath();
    for (const [x, , to] of places) pen.lineTo(this.px(x), this.py(to));
    for (const [x, from] of [...places].reverse()) pen.lineTo(this.px(x), this.py(from));
    pen.closePath();
    fillHatched(pen, colour, hatching);
  }
}

/** Fill the path with a tint and a hatch of the colour. @param {CanvasRenderingContext2D} pen @param {string} colour @param {string} hatching "/" or "." */
function fillHatched(pen, colour, hatching) {
  pen.fillStyle = colour;
  pen.globalAlpha = 0.2;
  pen.fill();
  pen.globalAlpha = 1;
  pen.fillStyle = hatch(pen, colour, hatching);
  pen.fill();
}

/** @param {CanvasRenderingContext2D} pen @param {string} colour @param {string} hatching */
function hatch(pen, colour, hatching) {
  const key = colour + hatching;
  let pattern = hatches.get(key);
  if (!pattern) {
    const tile = el("canvas", { width: 8, height: 8 });
    const ink = tile.getContext("2d");
    ink.strokeStyle = ink.fillStyle = colour;
    ink.lineWidth = HAIR;
    if (hatching === "/") for (const at of [-8, 0, 8]) {
      ink.moveTo(at - 1, 9);
      ink.lineTo(at + 9, -1);
    } else ink.rect(3, 3, 2, 2);
    if (hatching === "/") ink.stroke();
    else ink.fill();
    hatches.set(key, (pattern = /** @type {CanvasPattern} */ (pen.createPattern(tile, "repeat"))));
  }
  return pattern;
}

/** Round numbers inside a range. @param {[number, number]} range @param {number} most */
function ticks([low, high], most) {
  const rough = (high - low) / Math.max(2, most);
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = power * ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10);
  const all = [];
  for (let tick = Math.ceil(low / step - 1e-9) * step; tick <= high + 1e-9; tick += step) all.push(Number(tick.toPrecision(12)));
  return all;
}

/** A mark around a place. @param {CanvasRenderingContext2D} pen @param {string} kind @param {number} x @param {number} y @param {number} size */
function mark(pen, kind, x, y, size) {
  if (kind === "circle") {
    pen.moveTo(x + size, y);
    pen.arc(x, y, size, 0, 7);
    return;
  }
  const corners = { diamond: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]], triangle: [[-1.2, -1], [1.2, -1], [0, 1.2]], cross: [] }[kind] ?? [];
  corners.forEach(([dx, dy], i) => (i ? pen.lineTo(x + dx * size, y + dy * size) : pen.moveTo(x + dx * size, y + dy * size)));
  if (corners.length) return pen.closePath();
  pen.moveTo(x - size, y - size);
  pen.lineTo(x + size, y + size);
  pen.moveTo(x + size, y - size);
  pen.lineTo(x - size, y + size);
  return undefined;
}

/** A line of words in two weights; returns where it ends. @param {CanvasRenderingContext2D} pen @param {Colours} colours @param {string} bold @param {string} rest @param {number} x @param {number} y @param {number} [size] */
function words(pen, colours, bold, rest, x, y, size = 13) {
  pen.fillStyle = colours.text;
  pen.font = `600 ${size}px ${colours.font}`;
  pen.fillText(bold, x, y);
  const end = x + pen.measureText(bold).width;
  pen.font = `${size - 1}px ${colours.font}`;
  pen.fillStyle = colours.quiet;
  if (rest) pen.fillText(rest, end + 6, y);
  return end + 6 + pen.measureText(rest).width;
}

/** @param {number | null | undefined} share */
function percent(share) {
  return share === null || share === undefined || Number.isNaN(share) ? "–" : `${Math.round(100 * share)} %`;
}

/** @typedef {[string, (pen: CanvasRenderingContext2D, x: number, y: number) => void]} Sign a name, and what draws its sign into 18 × 11 pixels */

/** Signs with their names in lines as wide as there is room; returns where the last line stands. @param {CanvasRenderingContext2D} pen @param {Colours} colours @param {Sign[]} signs @param {number} x @param {number} y @param {number} width @param {number} [start] where further lines begin */
function legend(pen, colours, signs, x, y, width, start = 0) {
  for (const [name, draw] of signs) {
    pen.font = `12px ${colours.font}`;
    const wide = 23 + pen.measureText(name).width + 14;
    if (x + wide - 14 > width && x > start) [x, y] = [start, y + 17];
    pen.strokeStyle = pen.fillStyle = colours.text;
    pen.lineWidth = 1;
    draw(pen, x, y - 10);
    pen.fillStyle = colours.text;
    pen.fillText(name, x + 23, y);
    x += wide;
  }
  return y;
}

/** A box of a colour, hatched or full. @param {string} colour @param {string} [hatching] @returns {Sign[1]} */
function boxSign(colour, hatching) {
  return (pen, x, y) => {
    pen.beginPath();
    pen.rect(x, y, 18, 11);
    pen.fillStyle = pen.strokeStyle = colour;
    if (hatching) fillHatched(pen, colour, hatching);
    else pen.fill();
    pen.stroke();
  };
}

/** A line. @param {number[]} dash @param {number} thick @returns {Sign[1]} */
function lineSign(dash, thick) {
  return (pen, x, y) => {
    pen.beginPath();
    pen.moveTo(x, y + 6);
    pen.lineTo(x + 18, y + 6);
    pen.setLineDash(dash);
    pen.lineWidth = thick;
    pen.stroke();
    pen.setLineDash([]);
  };
}

/** A mark, full or hollow. @param {string} kind @param {string} colour @param {boolean} full @returns {Sign[1]} */
function markSign(kind, colour, full) {
  return (pen, x, y) => {
    pen.beginPath();
    mark(pen, kind, x + 12, y + 6, 3.5);
    pen.fillStyle = pen.strokeStyle = colour;
    if (full) pen.fill();
    pen.stroke();
  };
}
