// The deck: cards that lie in the browser, what a key does to the one on screen, and what came of it.

const READING = 250; // milliseconds in which nobody can have read a card
const KEPT = 60; // cards that can be undone without asking the server
const SWIPE = 90; // pixels
const BLOCKING =
  "[role=dialog], [role=menu], [role=listbox], [data-testid=stPopoverBody], [data-testid=stDialog], [data-testid=stMainMenuPopover]";
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
const KEYS = {
  a: "match", x: "not", u: "unsure", n: "none", f: "flag", s: "search", " ": "skip", Backspace: "undo", z: "zoom", "?": "help", w: "why",
};

class Deck {
  /** @param {any} root @param {{deck: string, others: string[] | null}} tab */
  constructor(root, tab) {
    this.tab = tab;
    this.scope = this.owner = "";
    this.drawings = new Map();
    this.saved = 0;
    this.notice = "";
    this.lay(root);
    this.overlay = new Overlay(this.node, () => {
      this.wanted = {};
      this.focus();
    });
    this.clear();
    this.talk = new Talk(this);
    this.gone = new AbortController();
    const when = { signal: this.gone.signal };
    document.addEventListener("keydown", (event) => this.key(event), { ...when, capture: true });
    document.addEventListener("focusin", () => this.status(), when);
    document.addEventListener("click", (event) => this.leave(event), { ...when, capture: true });
    window.addEventListener("beforeunload", (event) => this.outbox?.events.size && event.preventDefault(), when);
  }

  /** @param {any} root */
  lay(root) {
    this.stage = el("div", { className: "stage" });
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
    const foot = el("div", { className: "foot" }, bar, el("div", { className: "line" }, this.why, this.line));
    this.node = el("div", { className: "deck", tabIndex: -1 }, this.stage, foot, this.note);
    root.appendChild(this.node);
    this.swipes();
  }

  clear() {
    /** @type {Card[]} */
    this.hand = [];
    /** @type {{event: string | null, card: Card, skipped?: boolean}[]} */
    this.history = [];
    /** @type {Set<number>} */
    this.skipped = new Set();
    this.wanted = {};
    /** @type {{card: string, shown: number} | null} */
    this.painted = null;
    this.paintedAt = this.undoneAt = 0;
    this.greeted = this.pastEnded = false;
    this.finishedAt = this.done = this.total = this.more = 0;
    this.drawings.clear();
  }

  // ---- from the server

  /** @param {{data: any, setStateValue: (name: string, value: any) => void}} component */
  receive({ data, setStateValue }) {
    this.tell = setStateValue;
    if (data.owner !== this.owner) {
      this.owner = data.owner;
      this.outbox = new Outbox(data.owner, this.tab.deck, this.tab.others ?? []);
    }
    if (data.scope !== this.scope) {
      this.scope = data.scope;
      this.clear();
      this.talk.flight = null;
      this.focus();
      this.paint();
    }
    const reply = data.reply;
    const asked = reply && this.talk.heard(reply);
    if (asked) this.take(reply, asked);
    this.talk.send();
  }

  /** @param {any} reply @param {{past: boolean, cards: boolean}} asked */
  take(reply, asked) {
    this.greeted = true;
    this.saved += reply.saved.length;
    for (const { id, why } of reply.refused) {
      const step = this.history.find((one) => one.event === id);
      this.notice = `Not saved${step ? ` (${clean(step.card.query.label)})` : ""}: ${clean(why)}.`;
      this.history = this.history.filter((one) => one !== step);
      this.announce("refused", { id, why });
    }
    this.outbox.settle([...reply.saved, ...reply.refused.map((/** @type {{id: string}} */ one) => one.id)]);
    reply.saved.forEach((/** @type {string} */ id) => this.announce("saved", { id }));
    if (reply.problem) this.notice = reply.problem;
    if (reply.note !== undefined && this.note.textContent !== reply.note) this.note.textContent = clean(reply.note);
    [this.done, this.total] = [reply.done ?? this.done, reply.total ?? this.total];
    const first = this.hand[0];
    for (const card of reply.cards) this.add(card);
    if (asked.cards) this.finishedAt = reply.finished ? performance.now() : 0;
    this.more = reply.more ?? 0;
    if (asked.past) this.remember(reply.past);
    if (reply.found && this.wanted.search?.text === reply.found.text) this.overlay.results(reply.found);
    if (reply.found || !this.overlay.open) this.wanted.search = undefined;
    if (reply.large && Object.keys(reply.large).length) {
      this.overlay.enlarge(reply.large);
      this.wanted.zoom = undefined;
    }
    if (this.hand[0] !== first || !this.hand.length) this.paint();
    this.status();
  }

  /** @param {Card} card */
  add(card) {
    const known = [...this.hand, ...this.history.map((step) => step.card)];
    if (known.some((one) => one.id === card.id) || this.hand.some((one) => one.query.entity === card.query.entity && !card.top)) return;
    this.skipped.delete(card.query.entity);
    if (card.top) this.hand = [card, ...this.hand.filter((one) => one.query.entity !== card.query.entity)];
    else this.hand.push(card);
  }

  /** @param {{event: string, card: Card}[]} past newest first */
  remember(past) {
    const known = new Set(this.history.map((step) => step.event));
    const older = past.filter((step) => !known.has(step.event)).reverse();
    this.pastEnded = !older.length;
    this.history = [...older, ...this.history];
  }

  // ---- on screen

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
    this.status();
  }

  nothing() {
    const words = this.finishedAt && !this.total ? "There is nothing to judge here." : this.finishedAt
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
      made = new Drawing(card, { look: (place, byMouse) => this.look(place, byMouse), match: () => this.matchShown(card) });
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
  }

  /** Tell whoever listens: tests compare this with what was stored. @param {string} what @param {any} detail */
  announce(what, detail) {
    document.dispatchEvent(new CustomEvent(`pmf-review-${what}`, { detail }));
  }

  focus() {
    this.node.focus({ preventScroll: true });
  }

  // ---- what a hand does

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.node.isConnected || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = /** @type {any} */ (event.composedPath()[0]);
    if (this.overlay.open) {
      if (event.key === "Escape") {
        event.preventDefault();
        this.overlay.close();
      }
      return;
    }
    if (isText(target) || blocked()) return;
    const pressable = target?.closest?.("button, a, summary, [role=button], [role=tab], [role=radio], label");
    if (pressable && (event.key === "Enter" || event.key === " ")) return;
    const card = this.hand[0];
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const name = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const digit = /^[1-9]$/.test(event.key) ? Number(event.key) : 0;
    if (!name && !digit && !(step && !pressable)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat) return;
    if (name) this.act(name, event.timeStamp);
    else if (card) this.look(digit ? digit - 1 : (card.shown ?? 0) + step);
  }

  /** A double click: its first half put the candidate on screen. @param {Card} card */
  matchShown(card) {
    afterPaint((at) => this.hand[0] === card && this.act("match", at));
  }

  /** @param {string} name @param {number} at when it was pressed, by the browser's clock */
  act(name, at) {
    const card = this.hand[0];
    if (name === "help") return this.overlay.help();
    if (name === "undo") return this.undo(at);
    if (!card) return undefined;
    if (name === "zoom") return this.zoom(card);
    if (name === "why") return this.why.focus();
    if (name === "skip") return this.readable(card, at) && this.skip(card);
    if (!OFFERED[card.kind].includes(name)) return undefined;
    if (name === "search") return this.search(card);
    return this.readable(card, at) && this.decide(card, name, at);
  }

  /** Whether what a key meant can have been read by whoever pressed it. @param {Card} card @param {number} at */
  readable(card, at) {
    const onScreen = this.painted?.card === card.id && this.painted.shown === (card.shown ?? 0);
    if (onScreen && at >= this.paintedAt + READING) return true;
    this.notice = "That key came before this card could be read, so it was not counted.";
    this.announce("ignored", { card: card.id, at });
    this.status();
    return false;
  }

  /** @param {Card} card @param {string} verdict @param {number} at */
  decide(card, verdict, at) {
    const shown = card.shown ?? 0;
    const candidate = card.candidates[shown];
    if (!candidate && (verdict === "match" || verdict === "not")) return;
    const saying = /** @type {Saying} */ ({
      id: newId(),
      kind: "verdict",
      card: card.id,
      verdict,
      other: verdict === "none" ? "" : candidate?.uri ?? "",
      row: card.kind === "group" || card.kind === "settle" ? shown : 0,
      seconds: (at - this.paintedAt) / 1000,
      reason: this.why.value.trim(),
    });
    this.outbox.add(saying);
    this.announce("verdict", { ...saying, query: card.query.uri, at });
    this.history.push({ event: saying.id, card });
    card.reason = "";
    this.turn();
  }

  /** @param {Card} card */
  skip(card) {
    this.skipped.add(card.query.entity);
    this.history.push({ event: null, card, skipped: true });
    this.turn();
  }

  /** The next card. */
  turn() {
    this.notice = "";
    this.hand.shift();
    if (this.history.length > KEPT) {
      this.history.shift();
      this.pastEnded = false;
    }
    this.finishedAt = 0;
    this.paint();
    afterPaint(() => this.talk.send());
  }

  /** @param {number} at */
  undo(at) {
    if (at < this.undoneAt + READING) return undefined;
    this.undoneAt = at;
    const step = this.history.pop();
    this.notice = step ? "" : this.pastEnded ? "There is no verdict of yours left to take back." : "Earlier verdicts are on their way …";
    if (!step) return this.status();
    if (step.skipped) this.skipped.delete(step.card.query.entity);
    else {
      const saying = /** @type {Saying} */ ({ id: newId(), kind: "undo", card: step.card.id, undoes: step.event });
      this.outbox.add(saying);
      this.announce("undo", saying);
    }
    this.hand = [step.card, ...this.hand.filter((card) => card.query.entity !== step.card.query.entity)];
    this.finishedAt = 0;
    this.paint();
    return afterPaint(() => this.talk.send());
  }

  /** @param {number} place @param {boolean} [byMouse] it leaves the keys to the card */
  look(place, byMouse = false) {
    if (byMouse) this.focus();
    const card = this.hand[0];
    if (!card || place < 0 || place >= card.candidates.length || place === (card.shown ?? 0)) return;
    this.drawing(card).look(place);
    this.seen(card, false);
  }

  /** @param {Card} card */
  zoom(card) {
    const other = card.candidates[card.shown ?? 0];
    const faces = other ? (card.isSource ? [card.query, other] : [other, card.query]) : [card.query];
    this.wanted.zoom = this.overlay.zoom(faces);
    this.talk.send();
  }

  /** @param {Card} card */
  search(card) {
    const typed = (/** @type {string} */ text) => {
      this.wanted.search = text.trim() ? { text, card: card.id } : undefined;
      this.talk.send();
    };
    this.overlay.search(typed, (hit) => {
      const known = card.candidates.findIndex((one) => one.entity === hit.entity);
      if (known < 0) card.candidates.push(hit);
      this.drawing(card).restrip();
      this.overlay.close();
      const place = known < 0 ? card.candidates.length - 1 : known;
      this.drawing(card).look(place);
      this.seen(card, false);
    });
  }

  swipes() {
    let from = /** @type {{x: number, y: number} | null} */ (null);
    this.stage.addEventListener("touchstart", (/** @type {TouchEvent} */ event) => {
      from = event.touches.length === 1 ? { x: event.touches[0].clientX, y: event.touches[0].clientY } : null;
    }, { passive: true });
    this.stage.addEventListener("touchend", (/** @type {TouchEvent} */ event) => {
      const end = event.changedTouches[0];
      const inStrip = /** @type {any} */ (event.target)?.closest?.(".strip, details, .facts");
      if (!from || !end || inStrip || this.overlay.open) return;
      const [dx, dy] = [end.clientX - from.x, end.clientY - from.y];
      if (Math.abs(dx) > SWIPE && Math.abs(dy) < SWIPE / 2) this.act(dx > 0 ? "match" : "not", event.timeStamp);
    });
  }

  /** Ask before a click leads away from verdicts that are not saved. @param {MouseEvent} event */
  leave(event) {
    const link = /** @type {any} */ (event.composedPath().find((node) => /** @type {any} */ (node).tagName === "A"));
    const unsent = this.outbox?.events.size ?? 0;
    if (!link?.href || !unsent || !this.node.isConnected || link.target === "_blank") return;
    const words = `${unsent} verdict${unsent === 1 ? " is" : "s are"} not saved yet. They stay in this browser and are sent when you come back to Review. Leave all the same?`;
    if (!window.confirm(words)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  end() {
    clearInterval(this.talk.timer);
    this.gone.abort();
    this.node.remove();
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

/** Whether something lies over the page. */
function blocked() {
  return [...document.querySelectorAll(BLOCKING)].some((node) => node.getClientRects().length > 0);
}

const decks = new WeakMap();

/** @param {any} component */
export default function (component) {
  const root = component.parentElement;
  if (!decks.has(root)) decks.set(root, tab().then((found) => new Deck(root, found)));
  decks.get(root).then((/** @type {Deck} */ deck) => deck.receive(component));
  return () =>
    setTimeout(() => {
      if ((root.host ?? root).isConnected) return;
      decks.get(root)?.then((/** @type {Deck} */ deck) => deck.end());
      decks.delete(root);
    }, 0);
}
