// Above the map: search, which map, coloured by what, and the tools.

const HITS = 8;
const SHOWS = { one: "One map", each: "Every map", epochs: "Through the epochs" };
const TOOLS = [["pan", "Move", "drag to move the map"], ["lasso", "Lasso", "draw around entities"], ["box", "Box", "draw a box around entities"]];

class Bar {
  /** @param {any} map */
  constructor(map) {
    this.map = map;
    this.search = el("input", { type: "search", placeholder: "Find an entity  (/)", autocomplete: "off", maxLength: 200, role: "combobox", "aria-label": "Find an entity", "aria-expanded": "false" });
    this.hits = el("div", { className: "hits", role: "listbox", hidden: true });
    this.search.oninput = () => this.find();
    this.search.onkeydown = (/** @type {KeyboardEvent} */ event) => this.key(event);
    this.search.onblur = () => setTimeout(() => this.close(), 150);
    this.shows = this.choice("Show", (value) => map.turn({ show: value }));
    this.views = this.choice("Embedding", (value) => map.turn({ view: value }));
    this.colours = this.choice("Colour by", (value) => map.turn({ colour: value }));
    this.tools = new Map(TOOLS.map(([name, label, title]) => [name, this.button(label, title, () => map.take(name))]));
    this.dense = this.button("Density", "lines of equal density, one set a graph", () => map.turn({ density: !map.densityNow }));
    this.named = this.button("Names", "what sets each part of the map apart", () => map.turn({ named: !map.named }));
    const zooms = [
      this.button("−", "zoom out (-)", () => map.zoomBy(1.6)), this.button("+", "zoom in (+)", () => map.zoomBy(1 / 1.6)),
      this.button("Whole map", "everything in view (0)", () => map.whole()),
    ];
    const keep = this.button("PNG", "keep what is on screen as a picture", () => map.keep());
    const group = (/** @type {string} */ name, /** @type {any[]} */ ...inside) => el("span", { className: "group", role: "group", "aria-label": name }, ...inside);
    this.node = el(
      "div", { className: "bar" }, el("span", { className: "search" }, this.search, this.hits), this.shows.node, this.views.node, this.colours.node,
      group("Tool", ...this.tools.values()), group("Zoom", ...zooms), group("Also draw", this.dense, this.named), keep,
    );
  }

  /** @param {string} label @param {string} title @param {() => void} act */
  button(label, title, act) {
    return el("button", { type: "button", title, text: label, onclick: act });
  }

  /** @param {string} label @param {(value: string) => void} chosen */
  choice(label, chosen) {
    const select = el("select", { "aria-label": label });
    select.onchange = () => chosen(select.value);
    return { select, node: el("label", { title: label }, el("span", { className: "word", text: label }), select) };
  }

  /** @param {{select: any}} choice @param {[string, string][]} options @param {string} value */
  offer({ select }, options, value) {
    select.replaceChildren(...options.map(([name, title]) => el("option", { value: name, text: title })));
    select.value = value;
  }

  paint() {
    const { map } = this;
    const { table } = map;
    this.offer(this.shows, Object.entries(SHOWS).filter(([name]) => name !== "epochs" || table.film), map.show);
    this.offer(this.views, table.views.map((/** @type {View} */ view) => [view.name, view.grey ? `${view.name} (keeps next to nothing)` : view.name]), map.view.name);
    this.views.node.hidden = map.show !== "one";
    this.offer(this.colours, map.facetsNow().map((/** @type {Facet} */ facet) => [facet.name, facet.title]), map.colour);
    for (const [name, button] of this.tools) button.setAttribute("aria-pressed", String(map.tool === name));
    this.dense.setAttribute("aria-pressed", String(map.densityNow));
    this.named.setAttribute("aria-pressed", String(map.named));
    this.dense.hidden = map.show === "epochs";
    this.named.hidden = map.show !== "one";
  }

  find() {
    const { map } = this;
    const entities = map.table.find(this.search.value, HITS);
    this.at = 0;
    const line = (/** @type {number} */ i, /** @type {number} */ at) => {
      const button = el("button", { type: "button", role: "option", "aria-selected": String(at === 0), "data-entity": i }, el("span", { dir: "auto", text: map.table.labels[i] }), el("span", { className: "quiet", text: i < map.table.nSource ? "source" : "target" }));
      button.onmousedown = (/** @type {Event} */ event) => event.preventDefault();
      button.onclick = () => this.go(i);
      return button;
    };
    const none = el("p", { className: "quiet", text: "No entity's name holds this text." });
    this.hits.replaceChildren(...(entities.length ? entities.map(line) : [none]));
    this.hits.hidden = !this.search.value.trim();
    this.search.setAttribute("aria-expanded", String(!this.hits.hidden));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const lines = [...this.hits.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      this.search.value = "";
      this.close();
      this.map.focus();
    } else if (event.key === "Enter" && lines.length) this.go(Number(lines[this.at].dataset.entity));
    else if (step && lines.length) {
      lines[this.at].setAttribute("aria-selected", "false");
      this.at = (this.at + step + lines.length) % lines.length;
      lines[this.at].setAttribute("aria-selected", "true");
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} i */
  go(i) {
    this.close();
    this.search.value = "";
    this.map.choose(i, true);
    this.map.focus();
  }

  close() {
    this.hits.hidden = true;
    this.search.setAttribute("aria-expanded", "false");
  }
}
