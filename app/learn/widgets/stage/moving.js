// The entities on one map through the epochs: between two snapshots they glide; hollow once frozen.

const STEPS = 65535;

class Moving {
  /** @param {any} data what the server packed @param {Lesson} lesson */
  constructor(data, lesson) {
    this.epochs = data.epochs;
    this.lesson = lesson;
    this.entities = unpack(data.entities, Int32Array);
    this.frozen = unpack(data.frozen, Int16Array);
    const places = unpack(data.places, Uint16Array);
    const size = 2 * this.entities.length;
    this.places = this.epochs.map((/** @type {number} */ _, /** @type {number} */ e) => Float32Array.from(places.subarray(e * size, (e + 1) * size), (one) => one / STEPS));
    this.ends = [lesson.source, lesson.target].map((id) => this.entities.indexOf(id));
    this.node = el("canvas", { role: "img", "aria-label": "Map of the entities, moving as they are trained; the followed pair is joined by a line" });
  }

  /** The two snapshots around an epoch, and how far from the one to the other. @param {number} epoch @returns {[Float32Array, Float32Array, number]} */
  between(epoch) {
    let e = 0;
    while (e < this.epochs.length - 2 && this.epochs[e + 1] <= epoch) e += 1;
    const share = Math.max(0, Math.min(1, (epoch - this.epochs[e]) / (this.epochs[e + 1] - this.epochs[e])));
    return [this.places[e], this.places[e + 1], share * share * (3 - 2 * share)];
  }

  /** @param {number} epoch */
  draw(epoch) {
    const { node } = this;
    const [width, height] = [node.clientWidth, node.clientHeight];
    const sharp = window.devicePixelRatio || 1;
    if (node.width !== Math.round(width * sharp) || node.height !== Math.round(height * sharp)) [node.width, node.height] = [Math.round(width * sharp), Math.round(height * sharp)];
    const pen = node.getContext("2d");
    const style = getComputedStyle(node);
    const u = parseFloat(style.fontSize);
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.clearRect(0, 0, width, height);
    const [a, b, share] = this.between(epoch);
    const edge = u;
    const at = (/** @type {number} */ row) => [0, 1].map((axis) => {
      const place = a[2 * row + axis] + share * (b[2 * row + axis] - a[2 * row + axis]);
      return axis ? height - edge - place * (height - 2 * edge) : edge + place * (width - 2 * edge);
    });
    const radius = Math.max(2.5, u * 0.22);
    const looks = [["#0072B2", "source"], ["#D55E00", "target"]];
    looks.forEach(([colour], s) => {
      const [full, hollow] = [new Path2D(), new Path2D()];
      this.entities.forEach((id, row) => {
        if (Number(id >= this.lesson.nSource) !== s) return;
        const [x, y] = at(row);
        marker(this.frozen[row] >= 0 && this.frozen[row] <= epoch ? hollow : full, x, y, radius, s === 0);
      });
      pen.fillStyle = pen.strokeStyle = colour;
      pen.globalAlpha = 0.6;
      pen.fill(full);
      pen.globalAlpha = 0.9;
      pen.lineWidth = 1.3;
      pen.stroke(hollow);
    });
    pen.globalAlpha = 1;
    if (this.ends.every((row) => row >= 0)) this.join(pen, this.ends.map(at), u, style);
  }

  /** The line between the pair, with their names. @param {CanvasRenderingContext2D} pen @param {number[][]} ends @param {number} u @param {CSSStyleDeclaration} style */
  join(pen, ends, u, style) {
    const { lesson } = this;
    const [text, ground] = [style.color, style.getPropertyValue("--st-background-color") || "#fff"];
    pen.strokeStyle = text;
    pen.lineWidth = 2;
    pen.beginPath();
    for (const [x, y] of ends) pen.lineTo(x, y);
    pen.stroke();
    ends.forEach(([x, y], s) => {
      const mark = new Path2D();
      marker(mark, x, y, u * 0.5, s === 0);
      pen.fillStyle = s ? "#D55E00" : "#0072B2";
      pen.fill(mark);
      pen.stroke(mark);
      pen.font = `600 ${u}px ${style.fontFamily}`;
      const width = pen.measureText(lesson.labels[[lesson.source, lesson.target][s]]).width;
      const left = Math.max(2, Math.min(this.node.clientWidth - width - 2, x - width / 2));
      const below = Math.abs(ends[0][1] - ends[1][1]) < 1.5 * u && s === 1 ? y + 1.5 * u : y - 0.9 * u;
      pen.lineWidth = 4;
      pen.strokeStyle = ground;
      pen.strokeText(lesson.labels[[lesson.source, lesson.target][s]], left, below);
      pen.fillStyle = text;
      pen.fillText(lesson.labels[[lesson.source, lesson.target][s]], left, below);
      pen.strokeStyle = text;
      pen.lineWidth = 2;
    });
  }
}
