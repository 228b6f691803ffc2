// The large chart: per modality, the share of entities that miss it and the frozen share upon that, over the epochs,
// against the threshold. The cursor stands in all of them; the chosen entity's relevance lies over it.

const LEAST_FACET = 165; // pixels
const ONE_ROW = 300;
const ROW = 215;
const FOOT = 36; // numbers and name of an axis
const QUIET = "#9AA0A6";

class Shares {
  /** @param {any} player */
  constructor(player) {
    this.player = player;
    this.sheet = new Sheet("shares", "Share of entities frozen and missing in every modality over the epochs, against the threshold");
    /** @type {HTMLCanvasElement} what does not move */
    this.still = el("canvas");
    /** @type {Frame[]} */
    this.frames = [];
    const { node } = this.sheet;
    new ChartCursor(node, () => this.walked(), (text) => (player.spoken.textContent = text));
    node.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      if (event.button) return;
      node.setPointerCapture(event.pointerId);
      this.take(event, true);
    });
    node.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => event.buttons && this.take(event, false));
  }

  /** Epochs of every modality: the keys move the cursor that all charts follow. @returns {Walked} */
  walked() {
    const { player } = this;
    const { epochs, modalities } = player.record;
    const name = "Share of entities frozen and missing in every modality over the epochs";
    return {
      id: name,
      name,
      start: [player.m, player.at],
      series: () => modalities.map((one, m) => epochs.map((epoch) => ({ along: epoch, name: one.name, show: () => player.go({ m, epoch, pause: true }) }))),
      text: () => {
        const { name, frozen, missing, threshold } = modalities[player.m];
        const limit = threshold[player.at];
        return `${name}, epoch ${player.epoch}: ${percent(frozen[player.at])} frozen, ${percent(missing[player.at])} missing${limit ? `, threshold ${limit.toFixed(2)}` : ""}`;
      },
      hide: () => {},
    };
  }

  /** Move the cursor to where the hand is. @param {PointerEvent} event @param {boolean} choosing whether the modality there is chosen too */
  take(event, choosing) {
    const { player } = this;
    const box = this.sheet.node.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    const inside = this.frames.findIndex((frame) => px >= frame.left - 8 && px <= frame.right + 8 && py >= frame.top - 36 && py <= frame.bottom + 30);
    const m = choosing ? inside : player.m;
    const frame = this.frames[m];
    if (frame) player.go({ m, epoch: frame.xAt(px), pause: true });
  }

  fit() {
    const { modalities } = this.player.record;
    const width = this.sheet.node.parentElement.clientWidth;
    const columns = Math.max(1, Math.min(modalities.length, Math.floor(width / LEAST_FACET)));
    this.rows = Math.ceil(modalities.length / columns);
    this.columns = Math.ceil(modalities.length / this.rows);
    this.head = this.legend(/** @type {CanvasRenderingContext2D} */ (el("canvas").getContext("2d")), width) + 16;
    this.sheet.node.style.height = `${this.rows === 1 ? ONE_ROW : this.head + this.rows * ROW}px`;
  }

  draw() {
    const { sheet, player } = this;
    const [width, height] = sheet.begin();
    const key = [width, height, devicePixelRatio, player.m, player.entity, JSON.stringify(player.colours)].join();
    if (key !== this.key) this.redraw(width, height);
    this.key = key;
    sheet.pen.drawImage(this.still, 0, 0, width, height);
    this.frames.forEach((frame, m) => this.cursor(frame, m));
  }

  /** @param {number} width @param {number} height */
  redraw(width, height) {
    const { player, still, sheet } = this;
    [still.width, still.height] = [sheet.node.width, sheet.node.height];
    const pen = /** @type {CanvasRenderingContext2D} */ (still.getContext("2d"));
    pen.scale(still.width / width, still.height / height);
    this.head = this.legend(pen, width) + 16;
    const rowHeight = (height - this.head) / this.rows;
    const cell = (width - 48) / this.columns;
    const { record } = player;
    this.frames = record.modalities.map((_, m) => {
      const [column, row] = [m % this.columns, Math.floor(m / this.columns)];
      const box = { left: 48 + column * cell, top: this.head + row * rowHeight + 34, width: cell - 14, height: rowHeight - 34 - FOOT };
      return new Frame(pen, player.colours, box, [0, Math.max(1, record.total - 1)], [0, 1]);
    });
    this.frames.forEach((frame, m) => this.facet(frame, m, m % this.columns === 0));
    for (const frame of this.frames) frame.pen = sheet.pen;
  }

  /** @param {Frame} frame @param {number} m @param {boolean} first of its row */
  facet(frame, m, first) {
    const { record, colours, entity } = this.player;
    const { pen } = frame;
    const { colour, missing, frozen, threshold, proposals } = record.modalities[m];
    frame.axes({ x: "epoch", y: first ? "share; δ, α" : "", numbers: first, write: percent });
    const there = record.epochs.map((_, e) => e).filter((e) => missing[e] !== null && frozen[e] !== null);
    frame.area(there.map((e) => [record.epochs[e], 0, missing[e]]), QUIET, ".");
    frame.area(there.map((e) => [record.epochs[e], missing[e], missing[e] + frozen[e]]), colour, "/");
    frame.path(there.map((e) => [record.epochs[e], missing[e]]), QUIET, [1, 3]);
    frame.path(there.map((e) => [record.epochs[e], missing[e] + frozen[e]]), colour);
    const limits = /** @type {[number, number][]} */ (record.epochs.map((epoch, e) => [epoch, threshold[e]]).filter(([, limit]) => limit !== null));
    frame.path(limits, colours.text, [6, 4], 1.5);
    pen.fillStyle = pen.strokeStyle = colours.text;
    if (frame.width > 8 * limits.length) {
      pen.beginPath();
      for (const [epoch, limit] of limits) mark(pen, "circle", frame.px(epoch), frame.py(limit), limits.length < 5 ? 4 : 2.5);
      pen.fill();
    }
    pen.beginPath();
    let free = 0; // where the next mark has room
    for (const one of proposals) {
      if (one.taken || frame.px(one.epoch) < free) continue;
      mark(pen, "triangle", frame.px(one.epoch), frame.py(one.threshold), 3.5);
      free = frame.px(one.epoch) + 10;
    }
    pen.lineWidth = 1;
    pen.stroke();
    pen.beginPath();
    for (const epoch of record.measured) {
      pen.moveTo(frame.px(epoch), frame.bottom);
      pen.lineTo(frame.px(epoch), frame.bottom - 5);
    }
    pen.stroke();
    if (record.stageTwo !== null) frame.path([[record.stageTwo - 0.5, 0], [record.stageTwo - 0.5, 1]], colours.quiet, [2, 4], 1);
    if (entity !== null) for (const who of [record.partner[entity], entity]) if (who >= 0) this.way(frame, m, who, who === entity);
    if (m === this.player.m) {
      pen.strokeStyle = colours.text;
      pen.lineWidth = 2;
      pen.strokeRect(frame.left, frame.top, frame.width, frame.height);
    }
  }

  /** An entity's relevance over the epochs. @param {Frame} frame @param {number} m @param {number} who @param {boolean} chosen */
  way(frame, m, who, chosen) {
    const { record, colours } = this.player;
    const { pen } = frame;
    const places = record.measured.map((/** @type {number} */ epoch, /** @type {number} */ at) => [epoch, record.alpha(at, m, who)]);
    frame.path(places, colours.text, chosen ? [] : [2, 3], chosen ? 2 : 1.5);
    const when = record.when(m, who);
    if (when < 0) return;
    pen.beginPath();
    mark(pen, "cross", frame.px(when), frame.py(record.alphaThen(m, who)), 6);
    pen.lineWidth = 3;
    pen.strokeStyle = colours.text;
    pen.stroke();
  }

  /** @param {Frame} frame @param {number} m */
  cursor(frame, m) {
    const { record, at, epoch, colours } = this.player;
    const { pen } = frame;
    const { name, colour, missing, frozen, threshold } = record.modalities[m];
    frame.path([[epoch, 0], [epoch, 1]], colours.text, [], 2);
    pen.beginPath();
    mark(pen, "circle", frame.px(epoch), frame.py((missing[at] ?? 0) + (frozen[at] ?? 0)), 4.5);
    pen.fillStyle = colour;
    pen.fill();
    pen.strokeStyle = colours.ground;
    pen.stroke();
    pen.fillStyle = colour;
    pen.fillRect(frame.left, frame.top - 31, 10, 10);
    words(pen, colours, name, m === this.player.m ? "chosen" : "", frame.left + 15, frame.top - 22);
    const limit = threshold[at] ? `δ ${threshold[at].toFixed(2)}` : "";
    const rest = frame.width > 200 ? `${percent(missing[at])} missing${limit && ` · ${limit}`}` : limit;
    words(pen, colours, `${percent(frozen[at])} frozen`, rest, frame.left, frame.top - 6, 12);
  }

  /** Draw it; returns where its last line stands. @param {CanvasRenderingContext2D} pen @param {number} width */
  legend(pen, width) {
    const { record, colours, entity } = this.player;
    const x = words(pen, colours, "Share of entities frozen and missing", "", 0, 14, 15) + 18;
    /** @type {Sign[]} */
    const signs = [
      ["frozen", boxSign(record.modalities[this.player.m].colour, "/")],
      ["missing from the start", boxSign(QUIET, ".")],
      ["threshold δ", lineSign([6, 4], 1.5)],
      ["relevance measured", (sheet, left, top) => sheet.fillRect(left + 9, top + 5, 1.2, 6)],
    ];
    if (record.modalities.some((/** @type {Modality} */ one) => one.proposals.some((each) => !each.taken))) signs.push(["δ proposed, not taken", markSign("triangle", colours.text, false)]);
    const sent = entity !== null && record.row[entity] < 0 ? " (of so large a run not sent)" : "";
    if (entity !== null) signs.push([`α of ${shorter(record.labels[entity], 24)}${sent}`, lineSign([], 2)]);
    if (entity !== null && record.partner[entity] >= 0) signs.push(["of its counterpart", lineSign([2, 3], 1.5)]);
    return legend(pen, colours, signs, x, 14, width);
  }
}

/** @param {string} text @param {number} most */
function shorter(text, most) {
  const whole = [...clean(text)];
  return whole.length > most ? `${whole.slice(0, most - 1).join("")}…` : whole.join("");
}
