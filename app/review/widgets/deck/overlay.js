// What lies over the card: help, large pictures, search. While one is open the card's keys rest.

const HELP = [
  ["A", "These two are the same: a match."],
  ["X", "These two are not the same."],
  ["U", "Unsure."],
  ["N", "It has no counterpart in the other graph."],
  ["F", "Something is wrong with the data here: flag it."],
  ["1 … 9, ← →", "Look at that candidate, without a verdict. A double click on one is a match."],
  ["S", "Search the whole other graph by name, type or value."],
  ["Space", "Skip: it comes again at the end, without a verdict."],
  ["Backspace", "Take the last verdict back, as often as you like, also those of yesterday."],
  ["Z", "Both pictures large."],
  ["W", "Say why, with the next verdict; Enter or Esc leads back to the card."],
  ["?", "This help."],
];

class Overlay {
  /** @param {Node} root where it is put @param {() => void} closed */
  constructor(root, closed) {
    this.closed = closed;
    this.body = el("div", { className: "sheet", role: "dialog", "aria-modal": "true", tabIndex: -1 });
    this.node = el("div", { className: "overlay", hidden: true }, this.body);
    this.node.onclick = (/** @type {MouseEvent} */ event) => event.target === this.node && this.close();
    root.appendChild(this.node);
  }

  get open() {
    return !this.node.hidden;
  }

  /** @param {string} title @param {...Node} content */
  show(title, ...content) {
    const close = el("button", { type: "button", className: "close", text: "Close (Esc)", onclick: () => this.close() });
    this.body.setAttribute("aria-label", title);
    this.body.replaceChildren(el("header", {}, el("h2", { text: title }), close), ...content);
    this.node.hidden = false;
    (this.body.querySelector("input") ?? this.body).focus();
  }

  close() {
    this.node.hidden = true;
    this.body.replaceChildren();
    this.closed();
  }

  help() {
    const lines = HELP.map(([key, what]) => el("tr", {}, el("th", {}, el("kbd", { text: key })), el("td", { text: what })));
    this.show("Keys", el("table", { className: "keys" }, el("tbody", {}, ...lines)));
  }

  /**
   * @param {Face[]} faces source first
   * @returns {number[]} entities whose picture is wanted larger
   */
  zoom(faces) {
    const shown = faces.map((one) =>
      el(
        "figure",
        {},
        one.picture
          ? el("img", { src: one.picture, alt: `Picture of ${clean(one.label)}`, "data-entity": one.entity })
          : el("p", { className: "empty", text: one.why }),
        el("figcaption", { dir: "auto", text: one.label }),
      ),
    );
    this.show("Pictures", el("div", { className: "pictures" }, ...shown));
    return faces.filter((one) => one.picture).map((one) => one.entity);
  }

  /** @param {Record<string, string | null>} large entity → address */
  enlarge(large) {
    for (const image of this.body.querySelectorAll("img[data-entity]")) {
      const address = large[image.dataset.entity];
      if (address) image.src = address;
    }
  }

  /** @param {(text: string) => void} typed @param {(hit: Candidate) => void} chosen */
  search(typed, chosen) {
    const input = el("input", { type: "search", placeholder: "Name, type or value", autocomplete: "off", maxLength: 200 });
    this.hits = el("div", { className: "hits" });
    this.chosen = chosen;
    let waiting = 0;
    input.oninput = () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => typed(input.value), 150);
      this.hits.replaceChildren(el("p", { className: "quiet", text: input.value.trim() ? "Searching …" : "" }));
    };
    input.onkeydown = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter") this.hits.querySelector("button")?.click();
    };
    this.show("Search the whole other graph", input, this.hits);
  }

  /** @param {{text: string, hits: Candidate[]}} found */
  results(found) {
    const input = this.body.querySelector("input");
    if (!this.open || !this.hits || input?.value !== found.text) return;
    const hit = (/** @type {Candidate} */ one) =>
      el(
        "button",
        { type: "button", className: "hit", onclick: () => this.chosen?.(one) },
        one.picture ? el("img", { src: one.picture, alt: "" }) : el("span", { className: "none" }),
        el("span", { className: "name", dir: "auto", text: one.label }),
        el("span", { className: "note", dir: "auto", text: [one.type, one.why_found === "name" ? "" : one.why_found].filter(Boolean).join(" · ") }),
      );
    const nothing = el("p", { className: "quiet", text: "Nothing in the other graph has that in its name, type or values." });
    this.hits.replaceChildren(...(found.hits.length ? found.hits.map(hit) : [nothing]));
  }
}
