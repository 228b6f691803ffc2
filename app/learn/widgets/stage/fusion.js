// Step 5: the followed entity among all candidates, fused with the weights that are dragged.

const CANDIDATES = 5;
const MOST = 3; // of a factor
const ALIKE = 1;

class Fusion extends Step {
  /** @param {Lesson} lesson @param {number} number */
  constructor(lesson, number) {
    super(lesson, number);
    const { data } = lesson;
    this.fusing = new Fusing(data.fusion, lesson.modalities.length);
    this.query = this.fusing.source.indexOf(lesson.source);
    this.truth = this.fusing.target.indexOf(lesson.target);
    this.title = el("h2", {});
    const alone = data.fusion.alone;
    const named = lesson.modalities.map((/** @type {any} */ m, /** @type {number} */ i) =>
      el("span", {}, el("i", { className: `swatch pattern-${i}`, style: `--colour:${m.colour}` }), el("span", { text: alone[m.name] ? `${m.name}: alone, rank ${alone[m.name]}` : m.name })),
    );
    this.legend = el("p", { className: "legend" }, ...named);
    this.rows = el("div", { className: "rows", role: "list" });
    this.meter = el("div", { className: "meters" });
    this.show.append(this.title, this.legend, this.rows, this.meter);
    this.drag.classList.add("several");
    lesson.modalities.forEach(({ name }, /** @type {number} */ m) => {
      const state = data.fusion.frozen[name] >= 0 ? `${name} (frozen)` : name;
      this.slider({ name: state, label: `How much ${name} counts`, min: 0, max: MOST, step: 0.01, value: this.fusing.reliability[m], words: (r) => `r = ${r.toFixed(2)}` });
    });
    const bring = (/** @type {string} */ text, /** @type {number[]} */ factors) => el("button", { type: "button", className: "mark", text, onclick: () => this.bring(factors) });
    const own = this.fusing.reliability;
    this.drag.prepend(el("div", { className: "named" }, el("span", { className: "name", text: lesson.steps[number].dragged }), el("span", { className: "marks" },
      bring("this run", own),
      bring("all alike (paper)", own.map(() => ALIKE)),
      ...lesson.modalities.map((/** @type {any} */ m, /** @type {number} */ i) => bring(`${m.name} alone`, own.map((_, j) => (i === j ? ALIKE : 0)))),
    )));
    this.recorded = this.measured(own);
    this.alike = this.measured(own.map(() => ALIKE));
  }

  /** @param {number[]} factors */
  bring(factors) {
    factors.forEach((factor, m) => this.sliders[m].put(factor));
    this.paint();
  }

  /** Hits@1 of all test links with these factors, as the run decodes. @param {number[]} factors */
  measured(factors) {
    this.fusing.fuse(factors);
    return this.fusing.hits(this.fusing.scaled());
  }

  paint() {
    const { fusing, lesson, query, truth } = this;
    const factors = this.sliders.map((one) => one.value);
    const hits = this.measured(factors);
    const width = fusing.target.length;
    const score = (/** @type {number} */ j) => fusing.scores[query * width + j];
    const rank = fusing.rank(score, truth);
    const order = fusing.ranking(query);
    const shown = order.slice(0, CANDIDATES);
    if (!shown.includes(truth)) shown.push(truth);
    const whole = Math.max(...shown.map((j) => fusing.shares(query, j).reduce((sum, one) => sum + Math.max(0, one), 0)), 0.01);
    this.shown = shown.map((j) => ({ entity: fusing.target[j], place: order.indexOf(j) + 1, similarity: score(j), shares: fusing.shares(query, j), truth: j === truth }));
    this.now = { factors, hits, rank };
    this.title.textContent = `Most similar to ${lesson.name(lesson.source)}, of ${width} candidates`;
    this.rows.replaceChildren(
      ...this.shown.map((one) => {
        const parts = one.shares.map((width, m) => ({ width, colour: lesson.modalities[m].colour, className: `pattern-${m}` }));
        return ranked(this, one.entity, one.truth ? `${rank}.` : `${one.place}.`, one.truth, digits(one.similarity), bar(parts, whole));
      }),
    );
    const parts = fusing.shares(query, truth).filter((share) => share !== 0);
    this.live.replaceChildren(
      math(["row", "s", "=", ...parts.flatMap((share, i) => [i ? (share < 0 ? "−" : "+") : "", digits(i ? Math.abs(share) : share)]), parts.length ? "=" : "", digits(score(truth))]),
      said(`${lesson.labels[lesson.target]} is number **${rank}** for ${lesson.labels[lesson.source]}.`),
    );
    this.meters(hits);
  }

  /** @param {number} hits */
  meters(hits) {
    const line = (/** @type {string} */ name, /** @type {number} */ share, /** @type {string} */ kind) => {
      const drawn = kind === "now" ? { width: share, colour: "#0072B2", className: "learned" } : { width: share, colour: "#9AA0A6", className: "spread" };
      return el("div", { className: `meter ${kind}` }, el("span", { className: "name", text: name }), bar([drawn]), el("span", { className: "value", text: percent(share, 1) }));
    };
    this.meter.replaceChildren(
      el("h2", { text: `Hits@1 of all ${this.fusing.truth.length / 2} test links, source → target${this.fusing.rounds ? ", CSLS" : ""}` }),
      line("as dragged", hits, "now"), line("this run", this.recorded, ""), line("all alike", this.alike, ""),
      ...this.lesson.data.films.slice(1).map((/** @type {any} */ film) => line(this.lesson.data.rules[1], film.found, "")),
    );
  }

  table() {
    const { modalities, labels } = this.lesson;
    const rows = this.shown.map((one) => ({
      place: one.place, entity: labels[one.entity], counterpart: one.truth, similarity: one.similarity,
      ...Object.fromEntries(modalities.map((/** @type {any} */ m, /** @type {number} */ i) => [`share of ${m.name}`, one.shares[i]])),
      "Hits@1 of all test links": this.now.hits,
    }));
    return /** @type {[string, any[]]} */ (["fusion", rows]);
  }
}
