// Beside the map: who is under the pointer, who is chosen with what it leads to, what was drawn around, and the filters.

const STRIP = 24; // pictures of a selection
const LISTED = 9; // options of a facet before "more"
const MARKS = {
  circle: "●", diamond: "◆", square: "■", "triangle-up": "▲", cross: "✚", x: "✕", star: "★", pentagon: "⬟", hexagon: "⬢",
  "triangle-down": "▼", "circle-open": "○", "diamond-open": "◇", "square-open": "□", "circle-dot": "⊙",
};

class Pane {
  /** @param {any} map */
  constructor(map) {
    this.map = map;
    this.under = el("div", { className: "under" });
    this.chosen = el("div", { className: "chosen" });
    this.picked = el("div", { className: "picked", "aria-live": "polite" });
    this.facets = el("div", { className: "facets" });
    this.node = el("aside", { className: "pane", "aria-label": "Entities and filters" }, this.under, this.chosen, this.picked, this.facets);
    this.open = new Set();
  }

  /** An entity in a few lines. @param {number} i @param {string} role */
  card(i, role) {
    const { table } = this.map;
    const isSource = i < table.nSource;
    const label = table.labels[i];
    const facts = [...table.facetsOf(this.map.view).filter((one) => /^(type|match|link|frozen)$/.test(one.name))].map((one) => table.option(one, i));
    const rank = table.rank[i] > 1 ? [`counterpart came ${ordinal(table.rank[i])}`] : [];
    return el(
      "button",
      { type: "button", className: `card ${isSource ? "source" : "target"}`, title: clean(label), onclick: () => this.map.choose(i, true) },
      table.pictures.element(i, label),
      el(
        "span",
        { className: "who" },
        el("span", { className: "role", text: `${isSource ? "● source" : "◆ target"}${role ? ` · ${role}` : ""}` }),
        el("span", { className: "name", dir: "auto", text: label }),
        el("span", { className: "facts", text: [...facts, ...rank].filter(Boolean).join(" · ") }),
      ),
    );
  }

  who() {
    const { map } = this;
    const i = map.hovered ?? map.entity;
    if (i === null) {
      const words = "Point at an entity to see it here; click to keep it. Arrow keys go to the next one, Enter chooses, / searches.";
      this.under.replaceChildren(el("p", { className: "quiet", text: words }));
      this.chosen.replaceChildren();
      return;
    }
    const { truth, prediction } = map.table.ends(i);
    this.under.replaceChildren(this.card(i, map.hovered === null ? "chosen" : "under the pointer"));
    const right = truth >= 0 && map.table.prediction[i] === truth;
    this.chosen.replaceChildren(
      ...(truth >= 0 ? [this.card(truth, right ? "its counterpart, came first" : "its counterpart")] : [el("p", { className: "quiet", text: "No known counterpart." })]),
      ...(prediction >= 0 ? [this.card(prediction, truth < 0 ? "its prediction" : "✕ its prediction")] : []),
      ...(map.hovered !== null && map.entity !== null && map.entity !== map.hovered ? [this.card(map.entity, "chosen")] : []),
    );
    map.table.pictures.want([i, truth, prediction, map.entity ?? -1]);
  }

  selection() {
    const { map } = this;
    if (!map.picked) return this.picked.replaceChildren();
    const { table, picked } = map;
    const inside = new Set(picked);
    let [source, right, ranked, linked, together] = [0, 0, 0, 0, 0];
    for (const i of picked) {
      if (i < table.nSource) source += 1;
      if (table.rank[i] > 0) ranked += 1;
      if (table.rank[i] === 1) right += 1;
      if (table.counterpart[i] >= 0) linked += 1;
      if (inside.has(table.counterpart[i])) together += 1;
    }
    const many = (/** @type {number} */ n) => n.toLocaleString("en");
    const share = ranked ? `Hits@1 ${percent(right / ranked)} of ${many(ranked)} ranked` : "none of them ranked";
    const words = `${many(source)} source, ${many(picked.length - source)} target · ${many(together)} of ${many(linked)} counterparts are inside too`;
    const first = [...picked].sort((a, b) => Number(table.rank[b] > 1) - Number(table.rank[a] > 1)).filter((i) => table.pictures.exists(i) !== false).slice(0, STRIP);
    const strip = el("div", { className: "strip" }, ...first.map((i) => {
      const mark = table.rank[i] === 1 ? "●" : table.rank[i] ? "✕" : "";
      const button = el("button", { type: "button", title: clean(table.labels[i]), onclick: () => map.choose(i, false) }, table.pictures.element(i, table.labels[i]), el("span", { className: "mark", text: mark }));
      button.onmouseenter = () => map.point(i);
      button.onmouseleave = () => map.point(null);
      return button;
    }));
    const away = el("button", { type: "button", className: "small", text: "Clear (Esc)", onclick: () => map.pick(null) });
    this.picked.replaceChildren(
      el("p", { className: "count" }, el("strong", { text: `${many(picked.length)} selected · ${share}` }), away),
      el("p", { className: "quiet", text: words }),
      ...(table.pictures.exists(first[0] ?? -1) === false || !first.length ? [] : [strip]),
      el("p", { className: "quiet", text: picked.length ? "Wrong ones first. Below the map: keep it as a slice, open it in Matches or Review." : "" }),
    );
    table.pictures.want(first);
  }

  filters() {
    const { map } = this;
    const own = map.facetsNow();
    const facets = [...own.filter((one) => one.name === map.colour), ...own.filter((one) => one.name !== map.colour)];
    const total = el("p", { className: "count" }, el("strong", { text: `${map.filters.count.toLocaleString("en")} of ${map.table.n.toLocaleString("en")} entities` }));
    const active = map.filters.chosen.size + (map.filters.part ? 1 : 0);
    if (active) total.append(el("button", { type: "button", className: "small", text: "All of them", onclick: () => map.clearFilters() }));
    const scroll = this.node.scrollTop;
    this.facets.replaceChildren(total, ...facets.map((one) => this.facet(one)));
    this.node.scrollTop = scroll;
  }

  /** @param {Facet} facet */
  facet(facet) {
    const { map } = this;
    const chosen = map.filters.chosen.get(facet.name);
    const counts = map.filters.counts.get(facet.name);
    const coloured = facet.name === map.colour;
    const all = this.open.has(`${facet.name}+`);
    const lines = facet.options.map((option, code) => ({ option, code })).filter(({ option, code }) => all || code < LISTED || chosen?.has(option.name));
    const hidden = facet.options.length - lines.length;
    const more = el("button", { type: "button", className: "small", text: `${hidden} more`, onclick: () => {
      this.open.add(`${facet.name}+`);
      this.filters();
    } });
    const details = el(
      "details",
      { className: "facet", "data-facet": facet.name, open: coloured || Boolean(chosen) || this.open.has(facet.name) },
      el("summary", {}, el("span", { text: facet.title }), el("span", { className: "quiet", text: coloured ? "colour" : "" })),
      ...lines.map(({ option, code }) => this.option(facet, option, counts, code, Boolean(chosen?.has(option.name)), coloured)),
      hidden ? more : null,
    );
    details.ontoggle = () => (details.open ? this.open.add(facet.name) : this.open.delete(facet.name));
    return details;
  }

  /** @param {Facet} facet @param {Option} option @param {any} counts @param {number} code @param {boolean} isChosen @param {boolean} coloured */
  option(facet, option, counts, code, isChosen, coloured) {
    const mark = el("span", { className: "swatch", text: coloured ? MARKS[option.symbol] ?? "●" : isChosen ? "☑" : "☐" });
    if (coloured) mark.style.color = this.map.view.grey ? QUIET : option.colour;
    const ranked = counts.ranked[code];
    const button = el(
      "button",
      { type: "button", className: "option", "aria-pressed": String(isChosen), "data-option": option.name, title: `${clean(option.name)}: ${counts.all[code].toLocaleString("en")} entities${ranked ? `, Hits@1 ${percent(counts.right[code] / ranked)} of ${ranked.toLocaleString("en")} ranked` : ""}` },
      mark,
      el("span", { className: "name", dir: "auto", text: option.name }),
      el("span", { className: "share", text: ranked && facet.name !== "match" ? percent(counts.right[code] / ranked) : "" }),
      el("span", { className: "n", text: counts.all[code].toLocaleString("en") }),
    );
    button.onclick = () => this.map.filter(facet.name, option.name);
    return button;
  }
}

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(share === 1 ? 0 : 1)} %`;
}

/** @param {number} n */
function ordinal(n) {
  const teen = n % 100 > 10 && n % 100 < 14;
  return `${n.toLocaleString("en")}${teen ? "th" : ["th", "st", "nd", "rd"][n % 10] ?? "th"}`;
}
