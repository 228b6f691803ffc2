// One message at a time between this tab and the server. What is not answered is sent again; nothing depends on it.

const HAND = 28; // cards in the browser
const FIRST = 4; // the first ones come at once, more behind them
const MORE = 6; // so few in one message are unpacked within a frame or two
const MOST = 12; // after a long wait
const PAST = 5; // earlier verdicts kept ready to be taken back
const PATIENCE = 6000; // milliseconds, doubled with every try
const AGAIN = 20000; // milliseconds after which an empty queue is asked again

/** @param {any} deck @returns {any} what the deck wants of the server; null for nothing */
function wishes(deck) {
  const { hand, outbox, history } = deck;
  const room = deck.finishedAt && performance.now() - deck.finishedAt < AGAIN ? 0 : HAND - hand.length;
  const alone = outbox.events.size > 0 && hand.length >= HAND / 2; // a verdict does not wait until cards are made
  const past = deck.pastEnded || history.filter((step) => !step.skipped).length >= PAST ? 0 : PAST;
  const wanted = {
    events: [...outbox.events.values()],
    room: room >= MORE && !alone ? Math.min(room, hand.length > FIRST ? (hand.length < HAND / 2 ? MOST : MORE) : FIRST) : 0,
    past: hand.length >= FIRST && !alone ? past : 0,
    search: deck.wanted.search?.text ?? "",
    searchCard: deck.wanted.search?.card ?? "",
    zoom: deck.wanted.zoom ?? [],
  };
  const any = wanted.events.length || wanted.room || wanted.past || wanted.search || wanted.zoom.length;
  return any || !deck.greeted ? wanted : null;
}

class Talk {
  /** @param {any} deck */
  constructor(deck) {
    this.deck = deck;
    this.n = Date.now();
    /** @type {{n: number, at: number} | null} the message that waits for its reply */
    this.flight = null;
    /** @type {Map<number, {past: boolean, cards: boolean}>} what was asked for, by message, as long as none later is answered */
    this.asked = new Map();
    this.tries = 0;
    this.timer = setInterval(() => this.send(), 1000);
  }

  /** Whether the server has been silent for long. */
  get silent() {
    return this.tries > 1;
  }

  send() {
    const { deck, flight } = this;
    const now = performance.now();
    if (flight && now - flight.at < PATIENCE * 2 ** Math.max(0, Math.min(this.tries - 1, 4))) return;
    const wanted = wishes(deck);
    if (!wanted) return;
    this.n += 1;
    this.tries += 1;
    this.flight = { n: this.n, at: now };
    this.asked.set(this.n, { past: wanted.past > 0, cards: wanted.room > 0 });
    const oldest = deck.history.find((/** @type {any} */ step) => !step.skipped);
    deck.tell("sent", {
      ...wanted,
      n: this.n,
      deck: deck.tab.deck,
      others: deck.tab.others,
      have: deck.hand.map((/** @type {Card} */ card) => [card.id, card.query.entity]),
      skipped: [...deck.skipped],
      before: oldest ? oldest.event : null,
    });
    if (this.silent) deck.status();
    if (deck.tab.others) otherTabs(deck.tab.deck).then((others) => (deck.tab.others = others));
  }

  /**
   * Late replies count too: on a slow server the message was sent again meanwhile.
   * @param {any} reply
   * @returns {{past: boolean, cards: boolean} | null} what was asked, where this is a reply that was not heard yet
   */
  heard(reply) {
    const asked = this.asked.get(reply.n);
    if (!asked) return null;
    for (const n of this.asked.keys()) if (n <= reply.n) this.asked.delete(n);
    if (reply.n === this.flight?.n) this.flight = null;
    this.tries = 0;
    return asked;
  }

  /** Other cards are wanted from now on: what comes of earlier messages is of no use. */
  forget() {
    this.asked.clear();
    this.flight = null;
  }
}
