// Step 2: one entity through one modality; what was learned and what the seeds' labels say, mixed by hand.

const NEAREST = 5;

class Senses extends Step {
  /** @param {Lesson} lesson @param {number} number */
  constructor(lesson, number) {
    super(lesson, number);
    const { by } = lesson.data.senses;
    this.by = by.map((/** @type {any} */ one) => ({
      ...one,
      learned: unpack(one.learned, Float32Array),
      spread: unpack(one.spread, Float32Array),
      hasLabels: unpack(one.hasLabels, Uint8Array),
      candidates: unpack(one.candidates, Int32Array),
    }));
    this.choice = new Choice("Modality", lesson.modalities.map((/** @type {any} */ m) => [m.name, m.name]), lesson.modalities[0].name, () => this.turn());
    this.given = el("div", { className: "given" });
    this.rows = el("div", { className: "rows", role: "list" });
    this.title = el("h2", {});
    this.show.append(this.choice.node, this.given, this.title, this.rows);
    this.own = this.by[0].share;
    this.share = this.slider({ min: 0, max: 1, step: 0.01, value: this.own, words: (p) => `p = ${p.toFixed(2)}`, marks: this.marks() });
  }

  /** @returns {[number, string][]} */
  marks() {
    return this.own ? [[0, "learned only (paper)"], [this.own, `this run: ${this.own.toFixed(2)}`], [1, "labels only"]] : [];
  }

  /** Another modality: p follows it, unless somebody has dragged p elsewhere. */
  turn() {
    const untouched = Math.abs(this.share.value - this.own) < 0.005;
    this.own = this.by[this.place].share;
    this.share.mark(this.marks());
    if (untouched) this.share.put(this.own);
    this.paint();
  }

  get place() {
    return this.lesson.modalities.findIndex((/** @type {any} */ m) => m.name === this.choice.value);
  }

  /** Candidates, the most alike first. @param {number} m @param {number} p */
  ranked(m, p) {
    const one = this.by[m];
    const own = Math.sqrt(1 - p + (one.labelled ? p : 0)) || 1;
    const found = Array.from(one.candidates, (entity, i) => {
      const length = own * (Math.sqrt(1 - p + (one.hasLabels[i] ? p : 0)) || 1);
      const [learned, spread] = [((1 - p) * one.learned[i]) / length, (p * one.spread[i]) / length];
      return { entity, learned, spread, cosine: learned + spread };
    });
    return found.sort((a, b) => b.cosine - a.cosine);
  }

  paint() {
    const { lesson, place } = this;
    const p = this.share.value;
    const { name } = lesson.modalities[place];
    const found = this.ranked(place, p);
    const rank = found.findIndex((one) => one.entity === lesson.target) + 1;
    const shown = found.slice(0, NEAREST).map((one, i) => ({ ...one, rank: i + 1 }));
    if (rank > NEAREST) shown.push({ ...found[rank - 1], rank });
    this.shown = { name, p, shown, rank, count: found.length };
    this.title.textContent = `Most alike by ${name}, of ${found.length} (filled: learned, striped: the seeds' labels)`;
    if (this.carded !== name) this.given.replaceChildren(this.card(0, lesson.source), this.card(1, lesson.target));
    this.carded = name;
    this.rows.replaceChildren(...shown.map((one) => this.row(one)));
    const [best] = found;
    const plain = !this.by[place].labelled;
    const numbers = plain
      ? ["row", "α", "=", digits(best.cosine)]
      : ["row", "α", "=", digits(best.learned), "+", digits(best.spread), "=", digits(best.cosine)];
    this.live.replaceChildren(
      math(numbers),
      said(rank ? `By ${name}, ${lesson.labels[lesson.target]} is number **${rank}**.` : `${lesson.labels[lesson.target]} has no ${name}.`),
      plain ? el("p", { className: "quiet", text: `No label spreads through ${name === "image" ? "pictures" : "this"}: p changes nothing here.` }) : "",
    );
  }

  /** @param {number} s @param {number} id */
  card(s, id) {
    const { lesson, place } = this;
    const [facts, count] = this.by[place].facts[s];
    if (lesson.modalities[place].name === "image") return el("div", { className: "card pictured" }, lesson.face(id));
    const words = facts.join(" · ") + (count > facts.length ? ` … and ${count - facts.length} more` : "");
    return el("div", { className: "card" }, el("b", { text: lesson.name(id) }), el("span", { text: words || "nothing" }));
  }

  /** @param {{entity: number, learned: number, spread: number, cosine: number, rank: number}} one */
  row(one) {
    const { lesson, place } = this;
    const isTruth = one.entity === lesson.target;
    const parts = /** @type {[string, number][]} */ ([["learned", one.learned], ["spread", one.spread]]);
    return ranked(this, one.entity, `${one.rank}.`, isTruth, digits(one.cosine), bar(parts.map(([kind, width]) => ({ width, colour: lesson.modalities[place].colour, className: kind }))));
  }

  table() {
    const { name, p, shown } = this.shown;
    return /** @type {[string, any[]]} */ ([
      `most_alike_by_${name}`,
      shown.map(({ rank, entity, learned, spread, cosine }) => ({
        p, place: rank, entity: this.lesson.labels[entity], learned, labels: spread, cosine, counterpart: entity === this.lesson.target,
      })),
    ]);
  }
}

/** A bar made of parts, each as wide as its share of 1. @param {{width: number, colour: string, className: string}[]} parts @param {number} [whole] */
function bar(parts, whole = 1) {
  return el("span", { className: "bar" }, ...parts.map(({ width, colour, className }) => el("i", { className, style: `--colour:${colour};width:${Math.max(0, (100 * width) / whole)}%` })));
}

/** A row of a ranking. @param {Step} step @param {number} entity @param {string} place @param {boolean} isTruth @param {string} value @param {Element} drawn */
function ranked(step, entity, place, isTruth, value, drawn) {
  const name = el("span", { className: "name" }, el("span", { text: `${place} ${isTruth ? "✔ " : ""}${step.lesson.labels[entity]}` }));
  return el("div", { className: isTruth ? "row truth" : "row", role: "listitem" }, step.picture(entity), name, drawn, el("span", { className: "value", text: value }));
}
