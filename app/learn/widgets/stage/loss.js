// Step 3: one seed link in the loss, at the temperature that is dragged.

const RIVALS = 5;

class Loss extends Step {
  /** @param {Lesson} lesson @param {number} number */
  constructor(lesson, number) {
    super(lesson, number);
    const { contrast } = lesson.data;
    this.contrast = contrast;
    if (!contrast) {
      this.show.append(el("p", { text: "This run keeps no snapshots, so there is no loss to look at." }));
      return;
    }
    this.negatives = unpack(contrast.negatives, Int32Array);
    const all = unpack(contrast.cosines, Float32Array);
    const size = this.negatives.length + 1;
    this.cosines = contrast.epochs.map((/** @type {number} */ _, /** @type {number} */ e) => all.subarray(e * size, (e + 1) * size));
    const epochs = contrast.epochs.map((/** @type {number} */ e) => [String(e), `epoch ${e}`]);
    this.choice = new Choice("Snapshot", epochs, epochs[0][0], () => this.paint());
    this.title = el("h2", {});
    this.rows = el("div", { className: "rows", role: "list" });
    this.chart = new Chart("Line: loss of this seed link at every snapshot, at the chosen temperature");
    this.show.append(this.choice.node, this.title, this.rows, this.chart.node);
    const own = Math.log10(contrast.temperature);
    this.tau = this.slider({ min: -2, max: 0, step: 0.01, value: own, words: (at) => `τ = ${Number((10 ** at).toPrecision(2))}`, marks: [[own, `this run: ${contrast.temperature}`]] });
  }

  /** Probability of everybody, the partner's first, and the loss. @param {number} e @param {number} tau */
  at(e, tau) {
    const cosines = this.cosines[e];
    const top = Math.max(...cosines);
    const powers = Float64Array.from(cosines, (s) => Math.exp((s - top) / tau));
    const sum = powers.reduce((a, b) => a + b, 0);
    return { probability: powers.map((one) => one / sum), loss: Math.log(sum) + (top - cosines[0]) / tau };
  }

  paint() {
    const { contrast, lesson } = this;
    if (!contrast) return;
    const e = contrast.epochs.indexOf(Number(this.choice.value));
    const tau = 10 ** this.tau.value;
    const { probability, loss } = this.at(e, tau);
    const shortTau = String(Number(tau.toPrecision(2)));
    const cosines = this.cosines[e];
    const order = [...this.negatives.keys()].sort((a, b) => cosines[b + 1] - cosines[a + 1]).slice(0, RIVALS);
    const shown = [{ entity: contrast.target, k: 0 }, ...order.map((i) => ({ entity: this.negatives[i], k: i + 1 }))];
    this.shown = shown.map(({ entity, k }) => ({ entity, cosine: cosines[k], probability: probability[k] }));
    const [first, second] = this.shown;
    const power = (/** @type {{cosine: number}} */ one) => ["exp", "(", digits(one.cosine), "/", shortTau, ")"];
    this.title.textContent = `Who is the partner of ${lesson.name(contrast.source)}? Probability, and cosine s`;
    this.rows.replaceChildren(
      ...this.shown.map(({ entity, cosine, probability: width }, i) => {
        const drawn = i ? { width, colour: "#9AA0A6", className: "spread" } : { width, colour: "#009E73", className: "learned" };
        return ranked(this, entity, entity < lesson.nSource ? "●" : "◆", i === 0, `${percent(width)} · s ${digits(cosine)}`, bar([drawn]));
      }),
    );
    this.live.replaceChildren(
      math(["row", "ℓ", "=", "−", "log", ["frac", ["row", ...power(first)], ["row", "…", "+", ...power(second), "+", "…"]], "=", digits(loss)]),
      said(`Loss **${digits(loss)}** in epoch ${contrast.epochs[e]}: the partner has **${percent(probability[0])}** of the probability.`),
      this.pair(contrast.epochs[e]),
    );
    this.draw(tau, e);
  }

  /** How the pair that is followed stands at a snapshot. @param {number} epoch */
  pair(epoch) {
    const { labels, source, data } = this.lesson;
    const stood = data.pairFilm.stood.find((/** @type {number[]} */ one) => one[0] === epoch);
    return stood ? bold(`${labels[source]} meanwhile: its counterpart is number **${stood[1]}**, similarity ${digits(stood[2])}.`) : "";
  }

  /** @param {number} tau @param {number} e */
  draw(tau, e) {
    const { chart, contrast } = this;
    this.curve = contrast.epochs.map((/** @type {number} */ epoch, /** @type {number} */ i) => [epoch, this.at(i, tau).loss]);
    const most = Math.max(...this.curve.map((/** @type {number[]} */ [, loss]) => loss), 0.1);
    const last = contrast.epochs[contrast.epochs.length - 1];
    const xTicks = contrast.epochs.map((/** @type {number} */ one) => [one, String(one)]);
    chart.begin({ x: [0, last], y: [0, most * 1.05], xTicks, yTicks: [[0, "0"], [most, digits(most, 1)]], title: "Its loss, in nats, as training goes on", xTitle: "epoch", right: 3 });
    chart.line(this.curve, { class: "strong", stroke: "#009E73" });
    this.curve.forEach(([epoch, loss]) => {
      const r = chart.u * (epoch === contrast.epochs[e] ? 0.45 : 0.3);
      chart.add("circle", { cx: chart.x(epoch), cy: chart.y(loss), r, fill: "#009E73", class: "dot" });
    });
  }

  table() {
    const { contrast, lesson, negatives } = this;
    if (!contrast) return ["loss", []];
    const tau = 10 ** this.tau.value;
    const rows = contrast.epochs.flatMap((/** @type {number} */ epoch, /** @type {number} */ e) => {
      const { probability, loss } = this.at(e, tau);
      return Array.from(this.cosines[e], (cosine, k) => {
        const entity = lesson.labels[k ? negatives[k - 1] : contrast.target];
        return { epoch, temperature: tau, loss, entity, cosine, probability: probability[k] };
      });
    });
    return /** @type {[string, any[]]} */ (["loss", rows]);
  }
}
