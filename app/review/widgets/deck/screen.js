// What is on screen: the card, the buttons below it, and a line that says where its verdicts are.

const READING = 250; // milliseconds in which nobody can have read a card
const BUTTONS = [
  ["match", "A", "Match"], ["not", "X", "Not"], ["unsure", "U", "Unsure"], ["none", "N", "No counterpart"], ["flag", "F", "Flag"],
  ["search", "S", "Search"], ["skip", "Space", "Skip"], ["undo", "Bksp", "Undo"], ["zoom", "Z", "Large"], ["help", "?", "Keys"],
];
const LABELS = {
  pair: { match: "Match", not: "Not" },
  group: { match: "This one, not the others", not: "None of them" },
  settle: { match: "This one, not the others", not: "None of them" },
  adjudication: { match: "Match", not: "Not" },
};
const OFFERED = {
  pair: ["match", "not", "unsure", "none", "flag", "search"],
  group: ["match", "not"],
  settle: ["match", "not"],
  adjudication: ["match", "not", "none", "search"],
};

class Screen {
  /** @param {any} root */
  lay(root) {
    this.stage = el("div", { className: "stage" });
    this.hint = el("div", { className: "hint", "aria-hidden": "true" });
    this.buttons = new Map();
    const bar = el("div", { className: "bar", role: "group", "aria-label": "Verdict" });
    for (const [name, key, label] of BUTTONS) {
      const button = el("button", { type: "button", className: `do ${name}`, title: `${label} (${key})` }, el("span", { className: "label", text: label }), el("kbd", { text: key }));
      button.onclick = (/** @type {MouseEvent} */ event) => {
        this.act(name, event.timeStamp);
        if (event.detail && !this.overlay.open) this.focus(); // a mouse leaves the keys to the card
      };
      this.buttons.set(name, button);
      bar.append(button);
    }
    this.why = el("input", { type: "text", className: "why", placeholder: "Why? (W)", maxLength: 500, "aria-label": "Reason" });
    this.why.onkeydown = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter" || event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        this.focus();
      }
    };
    this.line = el("p", { className: "status", role: "status" });
    this.note = el("p", { className: "outlook" });
    this.note.onclick = () => this.note.classList.toggle("whole"); // a phone shows two lines of it
    const foot = el("div", { className: "foot" }, bar, el("div", { className: "line" }, this.why, this.line, this.note));
    this.node = el("div", { className: "deck", tabIndex: -1 }, this.stage, this.hint, foot);
    root.appendChild(this.node);
    this.swipes();
  }

  paint() {
    const card = this.hand[0];
    this.painted = null;
    this.why.value = card?.reason ?? "";
    for (const [name, button] of this.buttons) {
      const offered = !card || !(name in LABELS.pair || OFFERED.pair.includes(name)) || OFFERED[card.kind].includes(name);
      button.hidden = !offered;
      button.disabled = !card && name !== "help" && name !== "undo";
      const label = card && LABELS[card.kind][name];
      if (label) button.firstChild.textContent = label;
    }
    this.stage.replaceChildren(card ? this.drawing(card).node : this.nothing());
    if (card) this.seen(card, true);
    if (card && !this.brought) this.bring();
    this.status();
  }

  /** Once, on a screen on which the buttons would lie below: the heading of the page makes room for the card. */
  bring() {
    this.brought = true;
    if (this.node.getBoundingClientRect().bottom > innerHeight) this.node.scrollIntoView();
  }

  nothing() {
    const none = this.more
      ? "Training can use no verdict here: all of these are test links. A run whose settings take validation links from the seeds (train.selection=validation) has pairs to judge that also train."
      : "There is nothing to judge here.";
    const words = this.finishedAt && !this.total ? none : this.finishedAt
      ? `Nothing is left to judge here; ${this.done.toLocaleString("en")} of ${this.total.toLocaleString("en")} are judged.`
      : "The next cards are on their way …";
    const panel = el("div", { className: "empty" }, el("p", { text: words }));
    if (this.finishedAt && this.more) {
      const address = new URL(location.href);
      address.searchParams.set("split", "all");
      const text = `Go on with ${this.more.toLocaleString("en")} test links: verdicts on them measure, training does not use them`;
      panel.append(el("a", { href: address.href, text }));
    }
    return panel;
  }

  /**
   * Note what is on screen once it is; a verdict counts for that and for nothing else.
   * @param {Card} card
   * @param {boolean} fresh whether it was not there before
   */
  seen(card, fresh) {
    const shown = card.shown ?? 0;
    this.painted = null;
    afterPaint((at) => {
      if (this.hand[0] !== card || (card.shown ?? 0) !== shown) return;
      if (fresh) this.paintedAt = at;
      this.painted = { card: card.id, shown };
      this.announce("painted", { card: card.id, other: card.candidates[shown]?.uri ?? "", query: card.query.uri, at });
      setTimeout(() => this.prepare(), 0);
    });
  }

  /** Draw the next cards out of sight. */
  prepare() {
    this.hand.slice(1, 4).forEach((card) => this.drawing(card));
    const kept = new Set([...this.hand.slice(0, 6), ...this.history.slice(-3).map((step) => step.card)].map((card) => card.id));
    for (const id of this.drawings.keys()) if (!kept.has(id)) this.drawings.delete(id);
  }

  /** @param {Card} card @returns {Drawing} */
  drawing(card) {
    let made = this.drawings.get(card.id);
    if (!made) {
      made = new Drawing(card, { look: (place, byMouse) => this.look(place, byMouse), match: (at) => this.matchShown(card, at) });
      made.decode();
      this.drawings.set(card.id, made);
    }
    return made;
  }

  status() {
    const active = deepActive();
    const elsewhere = isText(active) && active !== this.why && !this.node.contains(active);
    const unsent = this.outbox?.events.size ?? 0;
    const parts = [`${this.done.toLocaleString("en")} of ${this.total.toLocaleString("en")} judged`];
    if (unsent) parts.push(`${unsent} not saved yet`);
    else if (this.saved) parts.push("✓ all saved");
    if (unsent && this.talk?.silent) parts.push("the server does not answer: they are kept in this browser and sent when it does");
    if (elsewhere) parts.push("keys go to another field: click the card to have them here");
    if (this.notice) parts.push(this.notice);
    this.buttons.get("undo").disabled = this.pastEnded && !this.history.length;
    const text = parts.join(" · ");
    if (this.line.textContent !== text) this.line.textContent = text;
    this.line.classList.toggle("warn", Boolean(this.notice) || elsewhere || (unsent > 0 && Boolean(this.talk?.silent)));
    this.line.dataset.unsent = String(unsent);
    this.line.dataset.saved = String(this.saved);
    this.line.dataset.hand = String(this.hand.length);
    this.line.dataset.past = String(this.history.length);
  }

  /** Tell whoever listens: tests compare this with what was stored. @param {string} what @param {any} detail */
  announce(what, detail) {
    document.dispatchEvent(new CustomEvent(`pmf-review-${what}`, { detail }));
  }

  focus() {
    this.node.focus({ preventScroll: true });
  }
}

/** The element that has the keys, also inside a component. */
function deepActive() {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active;
}

/** @param {any} node */
function isText(node) {
  if (node?.tagName === "INPUT") return !/^(button|checkbox|radio|range|submit|reset)$/.test(node.type);
  return Boolean(node && (/^(TEXTAREA|SELECT)$/.test(node.tagName) || node.isContentEditable));
}
