// The lesson on stage: one step at a time, its words beside what there is to drag, and what leads on.

const STEP = "step"; // in the address, from 1

class Stage {
  /** @param {any} root @param {Lesson} lesson */
  constructor(root, lesson) {
    this.lesson = lesson;
    /** @type {(what: string, value: string) => void} how the live part reaches the server, once it is there */
    this.tell = () => {};
    const kinds = [Graphs, Senses, Loss, Freeze, Fusion, Film];
    this.made = kinds.map((Kind, i) => () => new Kind(lesson, i, (/** @type {string} */ what, /** @type {string} */ value) => this.tell(what, value)));
    /** @type {Step[]} */
    this.steps = [];
    this.title = el("h1", {});
    this.follow = el("div", { className: "follow" });
    this.dots = lesson.steps.map((/** @type {any} */ { title }, /** @type {number} */ i) =>
      el("button", { type: "button", className: "dot", text: String(i + 1), title, "aria-label": `Step ${i + 1}: ${title}`, onclick: () => this.go(i) }),
    );
    this.say = el("div", { className: "say" });
    this.place = el("div", { className: "place" });
    this.note = el("aside", { className: "note", hidden: true, "aria-label": "Presenter's note" });
    const button = (/** @type {string} */ text, /** @type {string} */ title, /** @type {() => void} */ onclick) =>
      el("button", { type: "button", text, title, "aria-label": title, onclick });
    this.back = button("◀", "Back (←)", () => this.turn(-1));
    this.on = button("▶", "On (→, Space)", () => this.turn(1));
    const tools = el("nav", { className: "tools", "aria-label": "Lesson" },
      el("span", { className: "dots" }, ...this.dots), this.back, this.on,
      button("Note", "Presenter's note (N)", () => this.toggleNotes()),
      button("Data", "What this step shows, as a table (CSV)", () => this.saveTable()),
      button("Handout", "The lesson on one page (HTML)", () => save("lesson.html", lesson.data.handout, "text/html")),
    );
    this.node = el("div", { className: "lesson" }, el("header", {}, this.title, this.follow, tools), el("div", { className: "body" }, this.say, this.place), this.note);
    root.append(this.node);
    this.keys = new Keys(this);
    this.resized = new ResizeObserver(() => this.step?.paint());
    this.resized.observe(this.node);
    this.go(Math.max(1, Math.min(kinds.length, Number(new URLSearchParams(location.search).get(STEP)) || 1)) - 1);
  }

  /** @param {number} i */
  stepAt(i) {
    return (this.steps[i] ??= /** @type {any} */ (this.made[i]()));
  }

  /** @param {number} by */
  turn(by) {
    this.go(Math.max(0, Math.min(this.made.length - 1, this.at + by)));
  }

  /** @param {number} i */
  go(i) {
    if (i === this.at) return;
    this.step?.leave();
    this.at = i;
    this.step = this.stepAt(i);
    const { lesson, step } = this;
    const about = lesson.steps[i];
    this.title.textContent = `${i + 1}. ${about.title}`;
    this.dots.forEach((/** @type {any} */ dot, /** @type {number} */ k) => dot.setAttribute("aria-current", k === i ? "step" : "false"));
    [this.back.disabled, this.on.disabled] = [i === 0, i === this.made.length - 1];
    const pair = i ? [lesson.source, lesson.target] : [lesson.source];
    this.follow.replaceChildren(...pair.map((id) => lesson.face(id)));
    const lines = about.formulas.flatMap((/** @type {[string, Formula]} */ [of, formula]) => [of ? el("p", { className: "of", text: of }) : "", math(formula)]);
    this.say.replaceChildren(...about.words.map(bold), ...lines, step.live);
    this.place.replaceChildren(step.show, step.drag);
    this.note.replaceChildren(el("h2", { text: "Presenter's note" }), bold(about.note));
    writeStep(i + 1);
    step.paint();
    if (lesson.pictures) lesson.refill(this.place);
  }

  /** A key dragged. @param {number} sign @param {any} target what has the focus */
  nudge(sign, target) {
    const { sliders } = this.step ?? { sliders: [] };
    (sliders.find((one) => one.input === target) ?? sliders[0])?.nudge(sign);
  }

  play() {
    const film = this.made.length - 1;
    if (this.at !== film) this.go(film);
    /** @type {any} */ (this.step).toggle();
  }

  toggleNotes() {
    this.note.hidden = !this.note.hidden;
  }

  saveTable() {
    const [name, rows] = this.step?.table() ?? ["", []];
    if (rows.length) save(`${this.lesson.data.run}_${name}.csv`, csv(rows), "text/csv");
  }

  /** @param {any} data what the server says of a live training */
  receive(data) {
    /** @type {any} */ (this.stepAt(this.made.length - 1)).receive(data);
  }

  end() {
    this.step?.leave();
    this.keys.end();
    this.resized.disconnect();
    this.node.remove();
  }
}

/** @param {number} step */
function writeStep(step) {
  const all = new URLSearchParams(location.search);
  if (step === 1) all.delete(STEP);
  else all.set(STEP, String(step));
  const search = all.size ? `?${all}` : "";
  if (search !== location.search) history.replaceState(history.state, "", location.pathname + search);
}

/** @param {string} name @param {string} text @param {string} type */
function save(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Rows as CSV that no spreadsheet runs. @param {Record<string, any>[]} rows */
function csv(rows) {
  const cell = (/** @type {any} */ value) => {
    const text = typeof value === "string" && /^\s*[=+\-@＝＋－＠]/.test(value) ? `'${value}` : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const columns = [...new Set(rows.flatMap(Object.keys))];
  return `\ufeff${[columns, ...rows.map((row) => columns.map((name) => row[name] ?? ""))].map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
}
