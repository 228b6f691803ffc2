// Step 6: the training from its first epoch to its last, the run beside it, and one that is trained live.

const LASTS = 10; // seconds of the film
const GREY = "#9AA0A6";
/** @type {Record<string, string>} */
const LINKS = { validation: "held-out", test: "test" };
const LEAST = 0.01; // share frozen that is worth a line

class Film extends Step {
  /** @param {Lesson} lesson @param {number} number @param {(what: string, value: string) => void} tell the server */
  constructor(lesson, number, tell) {
    super(lesson, number);
    this.tell = tell;
    const { data } = lesson;
    this.moving = data.moving && new Moving(data.moving, lesson);
    this.charts = [new Chart("Lines: share frozen and Hits@1 of the recorded run over the epochs"), new Chart("Lines: share frozen and Hits@1 of the other run over the epochs")];
    const curves = el("div", { className: "curves" }, ...this.charts.map((one) => one.node));
    const map = this.moving
      ? [el("h2", { text: `${this.moving.entities.length.toLocaleString("en")} entities: ● source, ◆ target, hollow = frozen` }), el("div", { className: "moving" }, this.moving.node)]
      : [el("p", { text: "This run keeps no map of its snapshots." })];
    this.show.append(el("div", { className: "film" }, el("div", { className: "mapped" }, ...map), curves));
    this.button = el("button", { type: "button", className: "play", onclick: () => this.toggle() });
    const last = Math.max(...data.films.map((/** @type {any} */ film) => film.last));
    this.epoch = this.slider({ min: 0, max: last, step: 0.1, value: 0, words: (at) => `${Math.floor(at)} of ${last}` });
    this.epoch.nudge = (sign) => this.epoch.take(Math.round(this.epoch.value) + sign);
    this.epoch.node.prepend(this.button);
    this.epoch.node.classList.add("played");
    this.looks = Object.fromEntries(lesson.modalities.map((/** @type {any} */ m) => [m.name, m]));
    this.playing = false;
    this.last = 0;
    this.frames = 0;
    /** @type {any} what is trained live */
    this.now = null;
    this.trainer();
    this.say();
  }

  /** What can be changed, and the button that trains. */
  trainer() {
    const { changes } = this.lesson.data;
    this.change = el("select", { "aria-label": "What the live training changes" }, ...Object.entries(changes).map(([name, text]) => el("option", { value: name, text })));
    this.start = el("button", { type: "button", className: "train", text: "⚡ Train it live", onclick: () => this.tell("start", this.change.value) });
    this.stop = el("button", { type: "button", hidden: true, onclick: () => this.tell("stop", "") });
    this.state = el("span", { className: "state", role: "status" });
    this.drag.append(el("div", { className: "trainer" }, el("label", {}, el("span", { text: "With " }), this.change), this.start, this.stop, this.state));
  }

  toggle() {
    this.playing = !this.playing;
    if (this.playing && this.epoch.value >= this.epoch.set.max) this.epoch.put(0);
    this.last = performance.now();
    if (this.playing) requestAnimationFrame((now) => this.step(now));
    this.say();
  }

  /** @param {number} now */
  step(now) {
    if (!this.playing || !this.show.isConnected) return;
    const { max } = this.epoch.set;
    this.epoch.put(this.epoch.value + (Math.max(0, now - this.last) / 1000) * (max / LASTS));
    this.last = now;
    this.paint();
    if (this.epoch.value >= max) this.toggle();
    else requestAnimationFrame((later) => this.step(later));
  }

  leave() {
    this.playing = false;
    this.say();
  }

  say() {
    this.button.textContent = this.playing ? "❚❚ Pause (P)" : "▶ Play (P)";
  }

  paint() {
    const epoch = this.epoch.value;
    this.moving?.draw(epoch);
    const { films, rules } = this.lesson.data;
    const live = this.now?.curves;
    drawCurves(this.looks, this.charts[0], films[0], epoch, `Recorded: ${rules[0]}, ★ on ${LINKS[films[0].split]} links`, null);
    this.charts[1].node.hidden = !live && films.length < 2;
    if (live) drawCurves(this.looks, this.charts[1], live, live.last, `Live: ${this.now.words}`, films[0]);
    else if (films[1]) drawCurves(this.looks, this.charts[1], films[1], epoch, `Beside it: ${rules[1]}, ★ on ${LINKS[films[1].split]} links`, null);
    this.live.replaceChildren(said(this.pair(epoch)));
    this.show.dataset.frames = String((this.frames += 1));
  }

  /** @param {number} epoch */
  pair(epoch) {
    const { labels, source, data } = this.lesson;
    const stood = data.pairFilm.stood.filter((/** @type {number[]} */ one) => one[0] <= epoch).pop();
    const [film] = data.films;
    const frozen = film.frozen.image?.[Math.min(film.last, Math.floor(epoch))] ?? 0;
    const pair = stood ? `For ${labels[source]} the counterpart is number **${stood[1]}** in epoch ${stood[0]}, similarity ${digits(stood[2])}.` : "";
    return `${pair} **${percent(frozen / Math.max(1e-9, 1 - (film.missing.image ?? 0)))}** of the pictures are frozen.`;
  }

  /** What the server says of the training that was started here. @param {any} now */
  receive(now) {
    this.now = now.training;
    const may = !now.why && !now.training?.moves;
    this.start.disabled = !may;
    this.stop.hidden = !now.training;
    this.stop.textContent = now.training?.moves ? "Stop" : "Put it away";
    this.state.textContent = now.why || (now.training ? this.standing(now.training) : now.notice || "about half a minute");
    if (this.show.isConnected) this.paint();
  }

  /** @param {any} training */
  standing({ moves, state, message, curves }) {
    if (moves && !curves) return state === "waiting" ? "waits for its turn …" : "reads the data …";
    if (moves) return `epoch ${curves.last + 1} of ${curves.epochs} …`;
    if (message || !curves) return message || state;
    const [recorded] = this.lesson.data.films;
    if (curves.found === null || curves.found === undefined) return `${state} after epoch ${curves.last}`;
    return `Hits@1 ${percent(curves.found, 1)}, recorded ${percent(recorded.found, 1)}; pictures frozen ${percent(curves.pictures)}, recorded ${percent(recorded.pictures)}`;
  }

  table() {
    const rows = this.lesson.data.films.flatMap((/** @type {any} */ film, /** @type {number} */ i) => rowsOf(film, this.lesson.data.rules[i]));
    return /** @type {[string, any[]]} */ (["training", this.now?.curves ? [...rows, ...rowsOf(this.now.curves, `live: ${this.now.words}`)] : rows]);
  }
}

/** @param {any} film @param {string} run */
function rowsOf(film, run) {
  const hits = Object.fromEntries(film.hits);
  return Array.from({ length: film.last + 1 }, (_, epoch) => ({
    run, epoch, ...Object.fromEntries(Object.entries(film.frozen).map(([m, shares]) => [`${m} frozen`, shares[epoch]])), [`Hits@1 (${film.split})`]: hits[epoch] ?? "",
  }));
}

/**
 * The curves of a training: what is past strong, what is to come faint.
 * @param {Record<string, any>} looks of the modalities
 * @param {Chart} chart @param {any} film @param {number} epoch @param {string} title
 * @param {any} ghost another, of which Hits@1 is shown too; null for none
 */
function drawCurves(looks, chart, film, epoch, title, ghost) {
  const last = Math.max(film.epochs - 1, 1);
  const middle = Math.round(last / 2);
  const xTicks = /** @type {[number, string][]} */ ([0, middle, last].map((one) => [one, String(one)]));
  chart.begin({ x: [0, last], y: [0, 1], xTicks, yTicks: [[0, "0"], [0.5, "50 %"], [1, "100 %"]], title, xTitle: "epoch", right: 13 });
  /** @type {{y: number, text: string}[]} */
  const ends = [];
  const end = (/** @type {number} */ share, /** @type {string} */ text) => ends.push({ y: chart.y(share), text });
  if (ghost?.hits.length) {
    chart.line(ghost.hits, { class: "ghost", stroke: GREY });
    end(ghost.hits[ghost.hits.length - 1][1], "☆ recorded");
  }
  for (const [modality, shares] of Object.entries(film.frozen)) {
    if (!shares.some((/** @type {number} */ one) => one >= LEAST)) continue;
    const { colour, dash } = looks[modality] ?? { colour: GREY, dash: "" };
    const points = shares.map((/** @type {number} */ share, /** @type {number} */ e) => [e, share]);
    chart.line(points, { class: "strong later", stroke: colour });
    chart.line(points.slice(0, Math.floor(epoch) + 1), { class: "strong", stroke: colour, "stroke-dasharray": dash || null });
    end(shares[shares.length - 1], `❄ ${modality}`);
  }
  if (film.hits.length) {
    chart.line(film.hits, { class: "thin later" });
    const past = film.hits.filter((/** @type {number[]} */ [e]) => e <= epoch);
    chart.line(past, { class: "thin" });
    for (const [e, share] of past) chart.picture.append(words("★", chart.x(e), chart.y(share) + chart.u * 0.35, { "text-anchor": "middle" }));
    end(film.hits[film.hits.length - 1][1], "★ Hits@1");
  }
  apart(ends, chart.u * 1.15, chart.top + chart.height);
  for (const { y, text } of ends) chart.picture.append(words(text, chart.left + chart.width + chart.u * 0.5, y + chart.u * 0.35));
  const now = chart.x(Math.min(epoch, film.last));
  chart.add("line", { class: "cursor", x1: now, x2: now, y1: chart.top, y2: chart.top + chart.height });
}

/** Move names apart that would lie on each other. @param {{y: number}[]} ends @param {number} room of one @param {number} lowest */
function apart(ends, room, lowest) {
  ends.sort((a, b) => a.y - b.y);
  ends.forEach((one, i) => (one.y = Math.max(one.y, i ? ends[i - 1].y + room : 0)));
  for (let i = ends.length - 1, below = lowest; i >= 0; i--, below -= room) ends[i].y = Math.min(ends[i].y, below);
}
