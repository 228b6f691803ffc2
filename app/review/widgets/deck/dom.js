// What a card is made of, and ids.

/**
 * @typedef {{key: string, source: string, target: string, mark: string, words: string, decisive: boolean,
 *   usual: string}} Row
 * @typedef {{source: string, target: string, known: string, relations: string}} Linked
 * @typedef {{sign: "+" | "−", share: string, words: string}} Reason
 * @typedef {{rows: Row[], more: number, linked: Linked[], linkedMore: number, reasons: Reason[] | null}} Pair
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

/** 32 hex digits of a random UUID. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
