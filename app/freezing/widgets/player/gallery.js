// What is frozen at the cursor, with pictures of both sides: what that harmed, and what it helped.

const SHOWN = 5; // cards of a column
const COLUMNS = {
  [HARMFUL]: ["▲ Harmful", "not frozen, its counterpart would rank better"],
  [HELPFUL]: ["▼ Helpful", "not frozen, its counterpart would rank worse"],
};

class Gallery {
  /** @param {any} player */
  constructor(player) {
    this.player = player;
    this.title = el("h2");
    this.body = el("div", { className: "columns" });
    this.rest = el("p", { className: "quiet" });
    this.node = el("section", { className: "gallery", "aria-label": "Frozen features" }, this.title, this.body, this.rest);
  }

  draw() {
    const { record, m, epoch, entity } = this.player;
    const key = [m, epoch, entity].join();
    if (key === this.key) return;
    this.key = key;
    const { name, judged } = record.modalities[m];
    const { all, now } = record.tally(m, "", epoch);
    const number = (/** @type {number} */ count) => count.toLocaleString("en");
    this.title.replaceChildren(el("strong", { text: all ? `${number(all)} frozen by epoch ${epoch}, ${number(now)} in it` : `Nothing of ${name} is frozen by epoch ${epoch}` }), el("span", { className: "quiet", text: all ? " the last first" : "" }));
    const column = (/** @type {string} */ head, /** @type {string} */ meaning, /** @type {number[]} */ ids) =>
      el("div", { className: "column" }, el("h3", { text: head, title: meaning }), el("p", { className: "quiet meaning", text: meaning }), ...ids.map((i) => this.card(i, all > 0)));
    if (!all) this.body.replaceChildren(column("Next in line", "linked pairs in use, the least relevant first", record.nextInLine(m, epoch, SHOWN)));
    else if (!judged) this.body.replaceChildren(column("Frozen", "what it did to the matches is not known", record.last(m, "", epoch, 2 * SHOWN)));
    else {
      this.body.replaceChildren(
        ...Object.entries(COLUMNS).map(([effect, [head, meaning]]) => {
          const tally = record.tally(m, effect, epoch);
          return column(`${head} ${number(tally.all)}${tally.now ? `, ${number(tally.now)} of them now` : ""}`, meaning, record.last(m, effect, epoch, SHOWN));
        }),
      );
    }
    const same = judged ? record.tally(m, "same", epoch).all : 0;
    const others = all - same - record.tally(m, HARMFUL, epoch).all - record.tally(m, HELPFUL, epoch).all;
    this.rest.textContent = judged && all ? `${number(same)} change nothing, ${number(others)} are no test queries. Judged by the plain similarity that training ended with, as it is and had ${name} frozen nothing.` : "";
  }

  /** @param {number} i @param {boolean} frozen */
  card(i, frozen) {
    const { record, m, epoch, entity } = this.player;
    const { labels, partner, pictures } = record;
    const other = partner[i];
    const [source, target] = i < record.nSource ? [i, other] : [other, i];
    const alpha = frozen ? record.alphaThen(m, i) : record.alpha(record.measurement(epoch), m, i);
    const when = record.when(m, i);
    const limit = frozen ? record.threshold(m, when) : null;
    const moved = frozen && record.effect(m, i) && record.rank[i] !== record.thawed[m * record.n + i];
    const facts = [
      ...(moved ? [`rank ${rank(record.rank[i])}, not frozen ${rank(record.thawed[m * record.n + i])}`] : []),
      ...(Number.isNaN(alpha) ? [] : [`${record.side(i)} α ${alpha.toFixed(2)}${limit === null ? "" : ` ≤ δ ${limit.toFixed(2)}`}`]),
    ];
    const picture = (/** @type {number} */ who) => (who < 0 ? null : pictures.element(who, labels[who]));
    const card = el("button", { type: "button", className: "card", "data-entity": i, "aria-pressed": String(entity === i) });
    card.append(
      el("span", { className: "both" }, picture(source), picture(target)),
      el("span", { className: "about" }, el("span", { className: "name", dir: "auto", text: labels[i] }), ...facts.map((text) => el("span", { className: "quiet", text })), frozen ? el("span", { className: "quiet", text: `epoch ${when}` }) : null),
    );
    card.onclick = () => this.player.choose(entity === i ? null : i);
    return card;
  }

  /** Have the pictures of a modality come, those at the cursor first. */
  send() {
    const { record, m, epoch } = this.player;
    const ids = new Set();
    const take = (/** @type {number[]} */ list) => list.forEach((i) => [i, record.partner[i]].forEach((one) => one >= 0 && ids.add(one)));
    const at = (/** @type {number} */ when) => {
      if (record.modalities[m].judged) for (const effect of [HARMFUL, HELPFUL]) take(record.last(m, effect, when, SHOWN));
      else take(record.last(m, "", when, 2 * SHOWN));
    };
    at(epoch);
    if (record.measured.length) take(record.nextInLine(m, record.measured[0], SHOWN));
    for (const when of new Set([...record.order(m, "")].reverse().map((/** @type {number} */ i) => record.when(m, i)))) at(when);
    record.pictures.want([...ids]);
  }
}

/** @param {number} value */
function rank(value) {
  return Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(1);
}
