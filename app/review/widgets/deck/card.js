// Draws one card: the entity asked about beside the candidate that is looked at, and all candidates below.

const MARKS = { equal: "=", differs: "≠", named: "both" };
const COLOURS = {
  structure: "#009E73", relation: "#CC79A7", attribute: "#E69F00", image: "#56B4E9", name: "#8C6BB1", char: "#7F7F7F",
};

/** A card as it is drawn; looking at another candidate changes half of it. */
class Drawing {
  /**
   * @param {Card} card
   * @param {{look: (place: number, byMouse: boolean) => void, match: (at: number) => void}} act
   */
  constructor(card, act) {
    this.card = card;
    this.act = act;
    this.asked = el("div", { className: "side" }, face(card.query, card.isSource, askedRole(card)));
    this.other = el("div", { className: "side" });
    this.strip = el("div", { className: "strip", role: "group", "aria-label": "Candidates" });
    this.facts = el("div", { className: "facts" });
    const sides = card.isSource ? [this.asked, this.other] : [this.other, this.asked];
    this.node = el("section", { className: "card", "data-card": card.id }, el("div", { className: bare(card) ? "pair bare" : "pair" }, ...sides), this.strip);
    if (card.said.length) this.node.append(el("ul", { className: "said" }, ...card.said.map(said)));
    this.node.append(this.facts);
    this.restrip();
    this.look(card.shown ?? 0);
  }

  /** Draw the candidates anew: one was added. */
  restrip() {
    this.strip.replaceChildren(...this.card.candidates.map((candidate, place) => this.choice(candidate, place)));
  }

  /** @param {Candidate} candidate @param {number} place */
  choice(candidate, place) {
    const notes = [candidate.linked ? "● linked to it" : "", candidate.score == null ? "" : candidate.score.toFixed(2)];
    const button = el(
      "button",
      { type: "button", className: "choice", title: clean(candidate.label), "data-place": place },
      el("span", { className: "number", text: candidate.outside ? "S" : String(place + 1) }),
      candidate.picture ? el("img", { src: candidate.picture, alt: "", draggable: false }) : el("span", { className: "none" }),
      el("span", { className: "name", text: candidate.label }),
      el("span", { className: "note", text: notes.filter(Boolean).join(" · ") }),
    );
    button.onclick = (/** @type {MouseEvent} */ event) => this.act.look(place, event.detail > 0);
    button.ondblclick = (/** @type {MouseEvent} */ event) => this.act.match(event.timeStamp);
    return button;
  }

  /**
   * Put a candidate beside the entity asked about.
   * @param {number} place
   */
  look(place) {
    const { card } = this;
    const candidate = card.candidates[place];
    card.shown = place;
    for (const button of this.strip.children) {
      button.setAttribute("aria-pressed", String(button.dataset.place === String(place)));
    }
    if (!candidate) {
      this.other.replaceChildren(el("p", { className: "empty", text: "This run has no candidate for it." }));
      return;
    }
    this.other.replaceChildren(face(candidate, !card.isSource, otherRole(card, candidate, place)));
    this.facts.replaceChildren(...facts(candidate));
    this.strip.children[place]?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  }

  /** Have the pictures ready before the card is turned up. */
  decode() {
    for (const image of this.node.querySelectorAll("img")) image.decode().catch(() => {});
  }
}

/** Whether there is no picture to make room for. @param {Card} card */
function bare(card) {
  return !card.query.picture && !card.candidates.some((candidate) => candidate.picture);
}

/** @param {Card} card */
function manyForOne(card) {
  return card.kind === "group" || card.kind === "settle";
}

/** @param {Card} card */
function askedRole(card) {
  return manyForOne(card) ? `claimed by ${card.candidates.length}` : "asked for";
}

/** @param {Card} card @param {Candidate} candidate @param {number} place */
function otherRole(card, candidate, place) {
  const what = manyForOne(card) ? "claimant" : "candidate";
  const role = candidate.outside ? "found outside the candidates" : `${what} ${place + 1} of ${card.candidates.filter((c) => !c.outside).length}`;
  const likely = place === 0 && card.likely != null ? ` · ${Math.round(100 * card.likely)} % likely` : "";
  return role + likely + (candidate.linked ? " · ● linked to it" : "");
}

/** @param {Face} face @param {boolean} isSource @param {string} role */
function face(face, isSource, role) {
  const picture = face.picture
    ? el("img", { className: "picture", src: face.picture, alt: `Picture of ${clean(face.label)}`, draggable: false })
    : el("div", { className: "picture none", text: face.why });
  return el(
    "article",
    { className: isSource ? "face source" : "face target" },
    picture,
    el(
      "div",
      { className: "who" },
      el("p", { className: "role", text: `${isSource ? "● Source" : "◆ Target"} · ${role}` }),
      el("h2", { dir: "auto", tabIndex: 0, text: face.label }),
      face.type ? el("p", { className: "type", dir: "auto", text: face.type }) : null,
      el("p", { className: "uri", text: face.uri, title: clean(face.uri) }),
    ),
  );
}

/** @param {Candidate} candidate @returns {Node[]} */
function facts(candidate) {
  const { rows, more, linked, linkedMore } = candidate.pair;
  const of = (/** @type {string} */ mark) => rows.filter((row) => row.mark === mark);
  const differ = of("differs");
  const decisive = differ.filter((row) => row.decisive);
  const made = [];
  if (decisive.length) {
    const words = decisive.map((row) => `${row.key} ${row.words}${row.usual ? ` (${row.usual})` : ""}`).join("; ");
    made.push(el("p", { className: "decisive", text: `▲ Speaks against a match: ${words}` }));
  }
  if (differ.length) made.push(table(differ));
  made.push(folded(of("equal"), (n) => `${n} equal`, differ.length === 0));
  made.push(folded(of("named"), (n) => `${n} attribute names in both`, false));
  made.push(folded([...of("source only"), ...of("target only")], (n) => `${n} on one side only`, rows.length <= 6));
  if (!rows.length) made.push(el("p", { className: "quiet", text: "Neither has attributes." }));
  if (more) made.push(el("p", { className: "quiet", text: `${more} more attributes are not shown.` }));
  const beside = el("div", { className: "beside" }, reasons(candidate.pair.reasons), evidence(candidate.evidence ?? []), neighbours(linked, linkedMore));
  return [el("div", { className: "rows" }, ...made.filter((part) => part !== null)), beside];
}

/** @param {Row[]} rows @param {(n: number) => string} title @param {boolean} open */
function folded(rows, title, open) {
  if (!rows.length) return null;
  const keys = rows.slice(0, 6).map((row) => row.key).join(", ");
  return el("details", { open }, el("summary", { text: `${title(rows.length)}: ${keys}${rows.length > 6 ? " …" : ""}` }), table(rows));
}

/** @param {Row[]} rows */
function table(rows) {
  const line = (/** @type {Row} */ row) =>
    el(
      "tr",
      { className: row.decisive ? "against" : row.mark },
      el("th", { scope: "row", dir: "auto", text: row.key }),
      el("td", { dir: "auto", text: row.source }),
      el("td", { className: "mark", text: `${MARKS[row.mark] ?? ""} ${row.words}` }),
      el("td", { dir: "auto", text: row.target }),
    );
  return el("table", {}, el("tbody", {}, ...rows.map(line)));
}

/** @param {Evidence[]} found */
function evidence(found) {
  if (!found.length) return null;
  const most = Math.max(...found.map((one) => Math.abs(one.share)), 1e-9);
  const bar = (/** @type {Evidence} */ one) => {
    const filled = el("span", { className: "fill" });
    filled.style.width = `${(100 * Math.abs(one.share)) / most}%`;
    filled.style.background = COLOURS[one.modality] ?? "currentColor";
    return el(
      "li",
      {},
      el("span", { className: "modality", text: one.modality }),
      el("span", { className: "bar" }, filled),
      el("span", { className: "words", text: one.words, title: `adds ${one.share} to the similarity` }),
    );
  };
  return el("div", {}, el("h3", { text: "What the model goes by" }), el("ul", { className: "evidence" }, ...found.map(bar)));
}

/** @param {Reason[] | null} rules */
function reasons(rules) {
  if (!rules) return null;
  if (!rules.length) return el("p", { className: "quiet", text: "Rules find nothing for this pair and nothing against it." });
  const line = (/** @type {Reason} */ one) =>
    el(
      "li",
      { className: one.sign === "+" ? "for" : "against" },
      el("span", { className: "sign", text: `${one.sign} ${one.share}`, title: `of what speaks ${one.sign === "+" ? "for" : "against"} the pair` }),
      el("span", { dir: "auto", text: one.words }),
    );
  return el("div", {}, el("h3", { text: "What rules say" }), el("ul", { className: "reasons" }, ...rules.map(line)));
}

/** @param {Linked[]} linked @param {number} more */
function neighbours(linked, more) {
  if (!linked.length) return el("p", { className: "quiet", text: "No neighbours of theirs are matched with each other yet." });
  const line = (/** @type {Linked} */ near) =>
    el(
      "li",
      { title: clean(`${near.relations} (${near.known})`) },
      el("span", { className: "from", dir: "auto", text: near.source }),
      el("span", { className: "link", text: near.known === "predicted" ? "┄" : "—" }),
      el("span", { className: "to", dir: "auto", text: near.target }),
    );
  const count = linked.length + more;
  const title = `${count} neighbour${count === 1 ? "" : "s"} of theirs match${count === 1 ? "es" : ""}`;
  return el("div", {}, el("h3", { text: title }), el("ul", { className: "neighbours" }, ...linked.slice(0, 6).map(line)));
}

/** @param {Said} one */
function said(one) {
  const about = one.other ? ` with ${one.other}` : "";
  return el("li", {}, el("strong", { text: one.who }), el("span", { text: ` on ${one.query}: ${one.verdict}${about}. ${one.reason || "No reason given."}` }));
}
