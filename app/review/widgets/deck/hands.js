// What a hand does: keys, buttons, swipes. They act on the card that was painted, and on nothing else.

const KEPT = 60; // cards that can be undone without asking the server
const SWIPE = 90; // pixels
const BLOCKING =
  "[role=dialog], [role=menu], [role=listbox], [data-testid=stPopoverBody], [data-testid=stDialog], [data-testid=stMainMenuPopover]";
const KEYS = {
  a: "match", x: "not", u: "unsure", n: "none", f: "flag", s: "search", " ": "skip", Backspace: "undo", z: "zoom", "?": "help", w: "why",
};

class Hands extends Screen {
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

  /** A double click: its first half put the candidate on screen. @param {Card} card @param {number} at when it was made */
  matchShown(card, at) {
    afterPaint(() => this.hand[0] === card && this.act("match", at));
  }

  /** Take the keys back from a menu that was open, once it is closed; on a busy machine either takes a while. @param {boolean} [wasOpen] @param {number} [tries] */
  reclaim(wasOpen = menuOpen(), tries = 30) {
    setTimeout(() => {
      if (deepActive()?.getAttribute("role") !== "combobox" || !this.node.isConnected) return;
      const open = menuOpen();
      if (wasOpen && !open) this.focus();
      else if (tries > 1) this.reclaim(wasOpen || open, tries - 1);
    }, 150);
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
      this.announce("undo", { ...saying, at });
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

  /** To the right a match, to the left none; where the finger is so far that it counts, a word says so. */
  swipes() {
    /** @type {{x: number, y: number, at: number} | null} */
    let from = null;
    /** @param {TouchEvent} event */
    const verdict = (event) => {
      const finger = event.changedTouches[0];
      if (!from || !finger || event.touches.length > 1 || this.overlay.open) return "";
      const [dx, dy] = [finger.clientX - from.x, finger.clientY - from.y];
      return Math.abs(dx) > SWIPE && Math.abs(dy) < SWIPE / 2 ? (dx > 0 ? "match" : "not") : "";
    };
    const say = (/** @type {string} */ name) => {
      this.hint.textContent = name && this.hand[0] ? LABELS[this.hand[0].kind][name] : "";
      this.hint.dataset.verdict = name;
    };
    const passive = { passive: true };
    this.stage.addEventListener("touchstart", (/** @type {TouchEvent} */ event) => {
      const [finger] = event.touches;
      const onPair = /** @type {any} */ (event.target)?.closest?.(".pair");
      from = onPair && event.touches.length === 1 ? { x: finger.clientX, y: finger.clientY, at: event.timeStamp } : null;
    }, passive);
    this.stage.addEventListener("touchmove", (/** @type {TouchEvent} */ event) => say(verdict(event)), passive);
    this.stage.addEventListener("touchcancel", () => say(""), passive);
    this.stage.addEventListener("touchend", (/** @type {TouchEvent} */ event) => {
      const name = verdict(event);
      say("");
      if (from && name) this.act(name, from.at);
      from = null;
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
}

/** Whether the field that has the keys shows its menu. */
function menuOpen() {
  return deepActive()?.getAttribute("aria-expanded") === "true" || blocked();
}

/** Whether something lies over the page. */
function blocked() {
  return [...document.querySelectorAll(BLOCKING)].some((node) => node.getClientRects().length > 0);
}
