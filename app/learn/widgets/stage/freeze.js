// Step 4: pictures in order of relevance, freezing as the threshold is dragged.

const BINS = 40;

class Freeze extends Step {
  /** @param {Lesson} lesson @param {number} number */
  constructor(lesson, number) {
    super(lesson, number);
    this.runs = lesson.data.freezing.map((/** @type {any} */ one) => ({
      ...one,
      ids: unpack(one.ids, Int32Array),
      relevance: unpack(one.relevance, Float32Array),
      helpless: one.helpless && unpack(one.helpless, Uint8Array),
      alone: unpack(one.alone, Float32Array),
      fused: unpack(one.fused, Float32Array),
      thawed: unpack(one.thawed, Float32Array),
    }));
    const names = this.runs.map((/** @type {any} */ one, /** @type {number} */ i) => [String(i), `by ${lesson.data.rules[i]}, epoch ${one.epoch}`]);
    this.choice = new Choice("Relevance", names, "0", () => {
      this.turn();
      this.delta.take(this.run.threshold);
    });
    this.tiles = el("div", { className: "tiles" });
    this.title = el("h2", {});
    this.chart = new Chart("Histogram of relevance over all pictures, and the weight that each has");
    this.detail = el("div", { className: "detail" });
    this.show.append(names.length > 1 ? this.choice.node : "", this.title, this.tiles, el("div", { className: "below" }, this.detail, this.chart.node));
    this.delta = this.slider({ min: 0, max: 1, step: 0.005, value: this.runs[0].threshold, words: (at) => `δ = ${at.toFixed(2)}` });
    this.turn();
  }

  get run() {
    return this.runs[Number(this.choice.value)];
  }

  /** Another run's pictures: the same entities, another relevance. */
  turn() {
    const { run, lesson } = this;
    const own = [...run.ids].indexOf(lesson.source);
    this.chosen = own < 0 ? run.tiles[0] : own;
    const marks = this.runs.map((/** @type {any} */ one, /** @type {number} */ i) => [one.threshold, `${lesson.data.rules[i]}: ${one.threshold.toFixed(2)}`]);
    this.delta.mark(marks);
    this.least = Math.floor(10 * run.relevance[0]) / 10;
    this.delta.from(this.least);
    this.buttons = run.tiles.map((/** @type {number} */ place) => {
      const id = run.ids[place];
      const mark = el("span", { className: "mark" });
      const button = el("button", { type: "button", className: "tile", onclick: () => this.choose(place) }, lesson.picture(id), mark);
      return { place, id, button, mark };
    });
    this.tiles.replaceChildren(...this.buttons.map((/** @type {any} */ one) => one.button));
    const counts = new Float64Array(BINS);
    for (const alpha of run.relevance) counts[Math.min(BINS - 1, Math.floor(((alpha - this.least) / (1 - this.least)) * BINS))] += 1;
    this.counts = counts;
  }

  /** @param {number} place */
  choose(place) {
    this.chosen = place;
    this.paint();
  }

  /** How many a threshold freezes: the first so many. @param {number} delta */
  frozen(delta) {
    const { relevance } = this.run;
    let [low, high] = [0, relevance.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (relevance[middle] <= Math.fround(delta)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** w of a picture (paper eq. 4), or 1 for whatever is not frozen. @param {number} place @param {number} delta @param {string} kind */
  weight(place, delta, kind) {
    const { relevance } = this.run;
    const above = Math.max(0, relevance[place] - Math.fround(delta));
    if (kind === "binary") return above > 0 ? 1 : 0;
    const span = relevance[relevance.length - 1] - Math.fround(delta);
    return span > 0 ? above / span : 0;
  }

  paint() {
    const { run, lesson } = this;
    const delta = this.delta.value;
    const frozen = this.frozen(delta);
    for (const { place, id, button, mark } of this.buttons) {
      const [isFrozen, helpless] = [place < frozen, Boolean(run.helpless?.[place])];
      button.classList.toggle("frozen", isFrozen);
      button.setAttribute("aria-pressed", String(place === this.chosen));
      button.setAttribute("aria-label", `${lesson.labels[id]}, relevance ${digits(run.relevance[place])}, ${isFrozen ? "frozen" : "in use"}`);
      mark.textContent = helpless ? (isFrozen ? "" : "✕") : isFrozen && run.helpless ? "!" : "";
    }
    const judged = this.judge(frozen);
    this.judged = { delta, frozen, ...judged };
    this.title.textContent = `${run.tiles.length} of ${run.ids.length} pictures, the least relevant first${run.helpless ? " (✕ in use and cannot help, ! frozen and could)" : ""}`;
    this.live.replaceChildren(
      math(["row", ["sub", "w", lesson.labels[run.ids[this.chosen]].slice(0, 12)], "=", ...this.substituted(delta)]),
      said(`**${frozen}** of ${run.ids.length} pictures frozen.${judged ? this.quality(frozen, judged) : ""}`),
    );
    this.about(frozen);
    this.draw(delta);
  }

  /** @param {number} delta */
  substituted(delta) {
    const { run } = this;
    const [alpha, top] = [run.relevance[this.chosen], run.relevance[run.relevance.length - 1]];
    const result = digits(this.weight(this.chosen, delta, run.kind));
    if (run.kind === "binary") return [result, ["words", "since"], digits(alpha), alpha > Math.fround(delta) ? ">" : "≤", digits(delta)];
    return ["ReLU", "(", ["frac", ["row", digits(alpha), "−", digits(delta)], ["row", digits(top), "−", digits(delta)]], ")", "=", result];
  }

  /** @param {number} frozen @param {{both: number, helpless: number}} judged */
  quality(frozen, { both, helpless }) {
    const precision = frozen ? percent(both / frozen) : "–";
    return ` **${precision}** of them cannot help (precision); **${percent(both / helpless)}** of what cannot help is frozen (recall).`;
  }

  /** Frozen ones that cannot help, and all that cannot. @param {number} frozen */
  judge(frozen) {
    const { helpless } = this.run;
    if (!helpless) return null;
    const count = (/** @type {Uint8Array} */ part) => part.reduce((a, b) => a + b, 0);
    return { both: count(helpless.subarray(0, frozen)), helpless: count(helpless) };
  }

  /** The chosen picture beside its counterpart's. @param {number} frozen */
  about(frozen) {
    const { run, lesson, chosen } = this;
    const state = `${this.choice.value} ${chosen} ${chosen < frozen}`;
    if (state === this.said) return;
    this.said = state;
    const id = run.ids[chosen];
    const other = lesson.partner[id];
    const words = [`α = ${digits(run.relevance[chosen])}, ${chosen < frozen ? "frozen" : "in use"}.`];
    if (run.alone[chosen]) words.push(`By pictures alone the counterpart is number ${run.alone[chosen]}.`);
    if (run.thawed[chosen] && run.thawed[chosen] !== run.fused[chosen]) words.push(`With all that counts number ${run.fused[chosen]}, had no picture frozen number ${run.thawed[chosen]}.`);
    this.detail.replaceChildren(lesson.face(id), other < 0 ? el("span", { className: "quiet", text: "no counterpart" }) : lesson.face(other), el("p", { text: words.join(" ") }));
  }

  /** @param {number} delta */
  draw(delta) {
    const { chart, counts, run, least } = this;
    const edge = (/** @type {number} */ bin) => least + ((1 - least) * bin) / BINS;
    const most = Math.max(...counts);
    const kinds = [...new Set(this.runs.map((/** @type {any} */ one) => one.kind))];
    const called = kinds.map((kind) => `${kind === "binary" ? "solid" : "dashed"} ${this.lesson.data.rules[this.runs.findIndex((/** @type {any} */ one) => one.kind === kind)]}`);
    const middle = (1 + least) / 2;
    const xTicks = /** @type {[number, string][]} */ ([[least, digits(least, 1)], [middle, digits(middle)], [1, "1"]]);
    chart.begin({ x: [least, 1], y: [0, 1.05], xTicks, yTicks: [[0, "0"], [1, "1"]], title: `Weight w (${called.join(", ")})`, xTitle: "relevance α; bars: how many pictures" });
    counts.forEach((count, i) => {
      const y = chart.y(count / most);
      const [x, width] = [chart.x(edge(i)) + 1, Math.max(1, chart.width / BINS - 2)];
      if (count) chart.add("rect", { class: edge(i + 0.5) <= delta ? "bin frozen" : "bin", x, width, y, height: chart.y(0) - y });
    });
    const top = run.relevance[run.relevance.length - 1];
    for (const flat of kinds.map((kind) => kind === "binary")) {
      const rise = flat ? [[least, 0], [delta, 0], [delta, 1], [1, 1]] : [[least, 0], [delta, 0], [Math.max(top, delta), delta < top ? 1 : 0]];
      chart.line(rise, { class: "strong", stroke: flat ? "#009E73" : "#D55E00", "stroke-dasharray": flat ? null : "10 6" });
    }
    chart.add("line", { class: "cursor", x1: chart.x(delta), x2: chart.x(delta), y1: chart.top, y2: chart.top + chart.height });
  }

  table() {
    const { run, lesson } = this;
    const delta = this.delta.value;
    const frozen = this.frozen(delta);
    const rows = Array.from(run.ids, (/** @type {number} */ id, /** @type {number} */ i) => ({
      entity: lesson.labels[id], relevance: run.relevance[i], frozen: i < frozen, weight: this.weight(i, delta, run.kind),
      "cannot help": run.helpless ? Boolean(run.helpless[i]) : "",
    }));
    return /** @type {[string, any[]]} */ (["freezing", rows]);
  }
}
