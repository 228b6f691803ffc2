// Pictures of entities: asked for in small lots, kept for the tab, put wherever one waits for them.

const LOT = 48;
const SILENCE = 8000; // milliseconds after which a lot is asked for again: it may be lost on the way

class Pictures {
  constructor() {
    /** @type {Uint8Array | null} whether an entity has one, null before the server has said */
    this.has = null;
    this.why = "";
    /** @type {Map<number, string | null>} address, null where it cannot be read */
    this.kept = new Map();
    /** @type {number[]} the most wanted last */
    this.queue = [];
    this.n = Date.now();
    this.awaited = 0; // timer of the lot that is on its way, 0 for none
    /** @type {((n: number, ids: number[]) => void) | null} */
    this.send = null;
    /** @type {Set<() => void>} called when some have come */
    this.watchers = new Set();
  }

  /** @param {any} data @param {(name: string, value: any) => void} tell */
  receive(data, tell) {
    this.send = (n, ids) => tellAlone(tell, "wanted", { n, ids });
    if (data.has !== null) this.has = unpack(data.has, Uint8Array);
    this.why = data.why;
    for (const [id, address] of Object.entries(data.pictures)) this.kept.set(Number(id), address);
    if (data.n === this.n) this.stopWaiting();
    this.watchers.forEach((watch) => watch());
    this.next();
  }

  /** @param {number} i */
  exists(i) {
    return this.has ? ((this.has[i >> 3] >> (7 - (i & 7))) & 1) === 1 : undefined;
  }

  /** Have them come, these before all others. @param {number[]} ids the most wanted first */
  want(ids) {
    const missing = ids.filter((i) => i >= 0 && !this.kept.has(i) && this.exists(i) !== false);
    if (!missing.length) return;
    const lot = new Set(missing);
    this.queue = [...this.queue.filter((i) => !lot.has(i)).slice(-4 * LOT), ...missing.reverse()];
    this.next();
  }

  next() {
    if (!this.send || !this.has || this.awaited) return;
    const lot = [];
    while (this.queue.length && lot.length < LOT) {
      const i = /** @type {number} */ (this.queue.pop());
      if (!this.kept.has(i) && this.exists(i)) lot.push(i);
    }
    if (!lot.length) return;
    this.n += 1;
    this.awaited = setTimeout(() => {
      this.stopWaiting();
      if (this.watchers.size) this.want(lot); // else nobody looks any more
    }, SILENCE);
    this.send(this.n, lot);
  }

  stopWaiting() {
    clearTimeout(this.awaited);
    this.awaited = 0;
  }

  /** An element that shows one, or why there is none; it is filled when the picture comes. @param {number} i @param {string} label */
  element(i, label) {
    const node = el("span", { className: "picture", "data-entity": i });
    this.fill(node, i, label);
    return node;
  }

  /** @param {any} node @param {number} i @param {string} label */
  fill(node, i, label) {
    const address = this.kept.get(i);
    const words = this.why || (this.exists(i) === false ? "no picture" : address === null ? "unreadable" : "…");
    node.dataset.label = label;
    node.replaceChildren(address ? el("img", { src: address, alt: `Picture of ${clean(label)}`, draggable: false, decoding: "async" }) : el("span", { text: words }));
  }

  /** Fill what waits inside a node. @param {any} root */
  refill(root) {
    for (const node of root.querySelectorAll(".picture")) {
      if (!node.firstElementChild?.src) this.fill(node, Number(node.dataset.entity), node.dataset.label);
    }
  }
}
