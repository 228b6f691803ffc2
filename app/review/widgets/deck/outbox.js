// What was said and is not known to be saved. It lies in the browser until the server has it on disk.

class Outbox {
  /**
   * @param {string} owner whose verdicts, on which data
   * @param {string} deck this tab
   * @param {string[]} alive other tabs, which see to their own
   */
  constructor(owner, deck, alive) {
    this.prefix = `pmf.review.${owner}.`;
    this.key = this.prefix + deck;
    /** @type {Map<string, Saying>} */
    this.events = new Map();
    for (const key of this.keys()) {
      if (!alive.includes(key.slice(this.prefix.length))) this.read(key).forEach((event) => this.events.set(event.id, event));
    }
  }

  keys() {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    } catch {
      return [];
    }
  }

  /** @param {string} key @returns {Saying[]} */
  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key) ?? "[]");
    } catch {
      return [];
    }
  }

  /** @param {Saying} event */
  add(event) {
    this.events.set(event.id, event);
    this.keep(this.key, [...this.read(this.key), event]);
  }

  /**
   * Forget what is on disk, or will never be.
   * @param {string[]} ids
   */
  settle(ids) {
    if (!ids.length) return;
    ids.forEach((id) => this.events.delete(id));
    for (const key of this.keys()) {
      const kept = this.read(key);
      const left = kept.filter((event) => !ids.includes(event.id));
      if (left.length < kept.length) this.keep(key, left);
    }
  }

  /** @param {string} key @param {Saying[]} events */
  keep(key, events) {
    try {
      if (events.length) localStorage.setItem(key, JSON.stringify(events));
      else localStorage.removeItem(key);
    } catch {
      // without storage they live as long as the tab; leaving it warns
    }
  }
}

/**
 * The id of this tab, the same after a reload but another one in a copy of the tab; and those of the others.
 * @returns {Promise<{deck: string, others: string[] | null}>} others: null where the browser cannot tell
 */
async function tab() {
  const name = "pmf.review.deck";
  let deck = sessionStorage.getItem(name) ?? newId();
  let others = null;
  if (navigator.locks) {
    if (!(await hold(`${name}.${deck}`))) {
      deck = newId();
      await hold(`${name}.${deck}`);
    }
    others = await otherTabs(deck);
  }
  sessionStorage.setItem(name, deck);
  return { deck, others };
}

const RELOAD = 120000; // milliseconds in which a tab that is gone may come back: it was reloaded
const seen = new Map();

/**
 * The other tabs that are open, or were a moment ago.
 * @param {string} deck
 * @returns {Promise<string[]>}
 */
async function otherTabs(deck) {
  const now = performance.now();
  for (const { name } of (await navigator.locks.query()).held ?? []) {
    if (name?.startsWith("pmf.review.deck.")) seen.set(name.slice("pmf.review.deck.".length), now);
  }
  return [...seen].filter(([other, at]) => other !== deck && now - at < RELOAD).map(([other]) => other);
}

/**
 * Hold a lock as long as the tab lives.
 * @param {string} name
 * @returns {Promise<boolean>} whether nobody else holds it
 */
function hold(name) {
  return new Promise((resolve) => {
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock));
      return lock ? new Promise(() => {}) : undefined;
    });
  });
}
