// Small helpers. Whatever comes from data becomes text or an attribute, never markup.

/**
 * @typedef {{key: string, source: string, target: string, mark: string, words: string, decisive: boolean,
 *   usual: string}} Row
 * @typedef {{source: string, target: string, known: string, relations: string}} Linked
 * @typedef {{rows: Row[], more: number, linked: Linked[], linkedMore: number}} Pair
 * @typedef {{modality: string, share: number, words: string}} Evidence
 * @typedef {{entity: number, label: string, uri: string, type: string, picture: string | null, why: string}} Face
 * @typedef {Face & {pair: Pair, evidence?: Evidence[], score?: number | null, linked?: boolean, outside: boolean,
 *   why_found?: string}} Candidate
 * @typedef {{who: string, query: string, verdict: string, other: string, reason: string}} Said
 * @typedef {{id: string, kind: "pair" | "group" | "adjudication" | "settle", query: Face, isSource: boolean, top?: boolean,
 *   candidates: Candidate[], likely: number | null, said: Said[], shown?: number, reason?: string}} Card
 * @typedef {{id: string, kind: "verdict" | "undo", card: string, verdict?: string, other?: string, row?: number,
 *   seconds?: number, reason?: string, undoes?: string}} Saying
 */

/**
 * An element.
 * @param {string} tag
 * @param {Record<string, any>} [set] properties; `text`, `data-…` and `aria-…` as they read
 * @param {...(Node | string | null)} children
 * @returns {any}
 */
function el(tag, set = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(set)) {
    if (value === null || value === undefined) continue;
    if (name === "text") made.textContent = clean(value);
    else if (/^(data|aria)-|^(role|for)$/.test(name)) made.setAttribute(name, String(value));
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * Text without characters that control or reorder what stands around it.
 * @param {unknown} text
 */
function clean(text) {
  return String(text).replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, " ");
}

/** 32 hex digits of a random UUID. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Calls back once what was changed has been painted.
 * @param {(at: number) => void} then with the time, by the clock of key events
 */
function afterPaint(then) {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(performance.now());
    channel.port2.postMessage(0);
  });
}
