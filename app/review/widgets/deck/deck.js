// The deck: the cards that lie in the browser, and what the server says of them.

class Deck extends Hands {
  /** @param {any} root @param {{deck: string, others: string[] | null}} tab */
  constructor(root, tab) {
    super();
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
    document.addEventListener("click", () => this.reclaim(), { ...when, capture: true }); // before the menu closes
    document.addEventListener("keydown", (event) => /^(Enter|Escape)$/.test(event.key) && this.reclaim(), { ...when, capture: true });
    window.addEventListener("beforeunload", (event) => this.outbox?.events.size && event.preventDefault(), when);
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
      this.talk.forget();
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
    this.pastEnded = !past.length;
    this.history = [...older, ...this.history];
  }

  end() {
    clearInterval(this.talk.timer);
    this.gone.abort();
    this.node.remove();
  }
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
