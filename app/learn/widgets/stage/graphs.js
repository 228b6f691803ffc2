// Step 1: two graphs, and what is known of the pair, bit by bit.

const STAGES = ["the question", "+ neighbours and relations", "+ seed links", "+ attributes", "+ pictures", "+ the answer"];
const [NEIGHBOURS, SEEDS, ATTRIBUTES, PICTURES, ANSWER] = [1, 2, 3, 4, 5];
const PLACES = { hub: 12, edge: 26.5, beside: 37, top: 14, bottom: 96, middle: 52 }; // shares of the width and of the height

class Graphs extends Step {
  /** @param {Lesson} lesson @param {number} number */
  constructor(lesson, number) {
    super(lesson, number);
    this.lines = svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.nodes = el("div", { className: "nodes" });
    this.show.append(el("div", { className: "graphs" }, this.lines, this.nodes));
    this.known = this.slider({ min: 0, max: STAGES.length - 1, step: 1, value: NEIGHBOURS, words: (at) => STAGES[at] });
    this.known.nudge = (sign) => this.known.take(this.known.value + sign);
  }

  paint() {
    const { data } = this.lesson;
    const at = this.known.value;
    const sides = [data.graphs.source, data.graphs.target];
    const rows = Math.max(sides[0].length, sides[1].length, 1);
    const height = (/** @type {number} */ row) => PLACES.top + ((PLACES.bottom - PLACES.top) * (row + 0.5)) / rows;
    const side = (/** @type {number} */ s, /** @type {number} */ x) => (s ? 100 - x : x);
    const [nodes, lines] = [[], []];
    const line = (/** @type {number[]} */ [x1, y1, x2, y2], /** @type {string} */ kind) => lines.push(svg("line", { x1, y1, x2, y2, class: kind }));
    for (const s of [0, 1]) {
      nodes.push(this.hub(s, side(s, PLACES.hub), at));
      if (at < NEIGHBOURS) continue;
      sides[s].forEach((/** @type {any} */ one, /** @type {number} */ row) => {
        line([side(s, PLACES.hub), PLACES.middle, side(s, PLACES.edge), height(row)], "relation");
        nodes.push(this.beside(s, one, side(s, PLACES.beside), height(row), at));
      });
    }
    if (at >= SEEDS) for (let row = 0; row < data.graphs.known; row++) line([PLACES.beside, height(row), 100 - PLACES.beside, height(row)], "seed");
    line([PLACES.hub, 7, 100 - PLACES.hub, 7], at >= ANSWER ? "seed" : "question");
    for (const s of [0, 1]) line([side(s, PLACES.hub), 7, side(s, PLACES.hub), PLACES.middle], at >= ANSWER ? "seed" : "question");
    const asked = at >= ANSWER ? "the same" : "the same?";
    nodes.push(el("span", { className: "between", text: asked }));
    if (at >= SEEDS && data.graphs.known) nodes.push(el("span", { className: "between seed", text: data.graphs.known > 1 ? "seed links" : "seed link", style: `top:${height(0) - 7.5}%` }));
    this.lines.replaceChildren(...lines);
    this.nodes.replaceChildren(...nodes);
    this.live.replaceChildren(said(this.said(at)));
  }

  /** @param {number} at */
  said(at) {
    const { lesson } = this;
    if (at >= ANSWER) return `**${lesson.labels[lesson.source]}** is **${lesson.labels[lesson.target]}**.`;
    return ["What would you look at first?", "Who stands beside it, and how?", "Which of them are known to be the same?", "What is written about either?", "And do they look alike?"][at];
  }

  /** @param {number} s @param {number} x @param {number} at */
  hub(s, x, at) {
    const { lesson } = this;
    const id = s ? lesson.target : lesson.source;
    const known = s === 0 || at >= ANSWER;
    const [facts, count] = this.facts(s);
    const parts = [el("b", { text: known ? lesson.name(id) : "◆ ?" })];
    if (at >= PICTURES) parts.unshift(lesson.picture(id));
    if (at >= ATTRIBUTES && facts.length) parts.push(el("span", { className: "about", text: facts.slice(0, 3).join(" · ") + (count > 3 ? ` … ${count - 3} more` : "") }));
    return el("div", { className: `node hub ${s ? "target" : "source"}`, style: `left:${x}%;top:${PLACES.middle}%` }, ...parts);
  }

  /** @param {number} s @returns {[string[], number]} */
  facts(s) {
    const place = this.lesson.modalities.findIndex((/** @type {any} */ m) => m.name === "attribute");
    return place < 0 ? [[], 0] : this.lesson.data.senses.by[place].facts[s];
  }

  /** @param {number} s @param {{entity: number, relation: string}} one @param {number} x @param {number} y @param {number} at */
  beside(s, { entity, relation }, x, y, at) {
    const words = el("span", { className: "who" }, el("b", { text: this.lesson.name(entity) }), el("span", { className: "about", text: relation }));
    const picture = at >= PICTURES && this.lesson.pictured.has(entity) ? this.lesson.picture(entity) : null;
    return el("div", { className: `node ${s ? "target" : "source"}`, style: `left:${x}%;top:${y}%` }, picture, words);
  }

  table() {
    const { data, labels } = this.lesson;
    const rows = ["source", "target"].flatMap((side, s) =>
      data.graphs[side].map((/** @type {any} */ one, /** @type {number} */ row) => ({
        graph: side, entity: labels[data.pair[s]], relation: one.relation, neighbour: labels[one.entity], "seed link": row < data.graphs.known,
      })),
    );
    return /** @type {[string, any[]]} */ (["two_graphs", rows]);
  }
}
