// What the server packed: the numbers of both runs, names, and pictures once they are here.

class Lesson {
  /** @param {any} data */
  constructor(data) {
    this.data = data;
    this.steps = data.steps;
    this.labels = data.labels;
    this.nSource = data.nSource;
    [this.source, this.target] = data.pair;
    this.partner = unpack(data.partner, Int32Array);
    this.pictured = new Set(unpack(data.pictured, Int32Array));
    this.modalities = data.modalities;
    /** @type {Record<string, string> | null} entity → address of its picture, once they are here */
    this.pictures = null;
  }

  /** The name of an entity with the sign of its graph. @param {number} id */
  name(id) {
    return `${id < this.nSource ? "●" : "◆"} ${this.labels[id]}`;
  }

  /** A picture, or the place for one. @param {number} id */
  picture(id) {
    const node = el("span", { className: "picture", "data-picture": id, title: this.labels[id] });
    this.fill(node);
    return node;
  }

  /** @param {any} node */
  fill(node) {
    const id = Number(node.dataset.picture);
    const address = this.pictures?.[id];
    const waits = !this.pictures && this.pictured.has(id);
    if (address) node.replaceChildren(el("img", { src: address, alt: `Picture of ${this.labels[id]}` }));
    else node.replaceChildren(el("span", { className: "none", text: waits ? "…" : "–", title: waits ? "" : "no picture" }));
  }

  /** @param {Record<string, string>} pictures @param {ParentNode} root */
  receive(pictures, root) {
    this.pictures = pictures;
    this.refill(root);
  }

  /** What was drawn before the pictures were here. @param {ParentNode} root */
  refill(root) {
    for (const node of root.querySelectorAll("[data-picture]")) if (!node.querySelector("img")) this.fill(node);
  }

  /** A picture with its name below. @param {number} id @param {string} [about] */
  face(id, about = "") {
    const words = el("span", { className: "who" }, el("b", { text: this.name(id) }), about ? el("span", { className: "about", text: about }) : null);
    return el("div", { className: "face" }, this.picture(id), words);
  }
}

/** A step of the lesson: what it shows, what there is to drag, the formula with the numbers on screen. */
class Step {
  /** @param {Lesson} lesson @param {number} number from 0 */
  constructor(lesson, number) {
    this.lesson = lesson;
    this.number = number;
    this.show = el("div", { className: "show" });
    this.drag = el("div", { className: "drag" });
    this.live = el("div", { className: "live", "aria-live": "polite" });
    /** @type {Slider[]} */
    this.sliders = [];
    /** @type {Map<number, any>} */
    this.kept = new Map();
  }

  /** @param {{min: number, max: number, step: number, value: number, words: (value: number) => string, marks?: [number, string][], name?: string, label?: string}} set */
  slider(set) {
    const made = new Slider({ name: this.lesson.steps[this.number].dragged, ...set }, () => this.paint());
    this.sliders.push(made);
    this.drag.append(made.node);
    return made;
  }

  /** A picture for a row that is drawn anew with every move: decoded once, moved from row to row. @param {number} id */
  picture(id) {
    const made = this.kept.get(id) ?? this.lesson.picture(id);
    this.kept.set(id, made);
    if (this.lesson.pictures && !made.querySelector("img")) this.lesson.fill(made);
    return made;
  }

  /** Draw what follows from what was dragged. */
  paint() {}

  /** It is left for another step. */
  leave() {}

  /** What it shows, as a table: name and rows. @returns {[string, Record<string, any>[]]} */
  table() {
    return ["lesson", []];
  }
}

/** Text of which what stands between two `**` is bold. @param {string} text */
function bold(text) {
  return el("p", {}, ...text.split("**").map((part, i) => el(i % 2 ? "b" : "span", { text: part })));
}

/** The sentence that answers what was dragged. @param {string} text */
function said(text) {
  const made = bold(text);
  made.className = "result";
  return made;
}
