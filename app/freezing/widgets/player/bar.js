// Above the charts: play, the epoch, the modality, where most was harmed and helped, and the search.

/** Epochs a second; slow is for a projector and somebody who explains. */
const PACES = { slow: 1, normal: 4, fast: 12 };

class Bar {
  /** @param {any} player */
  constructor(player) {
    this.player = player;
    const { record } = player;
    this.play = el("button", { type: "button", className: "play", title: "Let the epochs pass, from the first on (space)", onclick: () => player.toggle() });
    this.slider = el("input", { type: "range", min: 0, max: Math.max(0, record.epochs.length - 1), step: 1, "aria-label": "Epoch", title: "Left and right: one epoch; Home and End: the first and the last" });
    this.slider.oninput = () => player.go({ epoch: record.epochs[Number(this.slider.value)], pause: true });
    /** @type {number | null} whom the search names */
    this.named = null;
    this.pace = el("select", { "aria-label": "Pace", onchange: () => (player.pace = this.pace.value) }, ...Object.keys(PACES).map((name) => el("option", { value: name, text: name })));
    this.pace.value = player.pace;
    this.choices = record.modalities.map(({ name, colour }, /** @type {number} */ m) => {
      const button = el("button", { type: "button", onclick: () => player.go({ m }) }, el("span", { className: "dot" }), el("span", { text: name }));
      button.firstChild.style.background = colour;
      return button;
    });
    const jumps = [[HARMFUL, "▲ Most harmful"], [HELPFUL, "▼ Most helpful"]].map(([effect, text]) => {
      const most = record.most(effect);
      if (!most) return null;
      const where = `${text}: ${record.modalities[most.m].name}, epoch ${most.epoch}`;
      const title = `${most.count.toLocaleString("en")} test queries more than ${effect === HARMFUL ? HELPFUL : HARMFUL}`;
      return el("button", { type: "button", text: where, title, "data-jump": effect, onclick: () => player.go({ m: most.m, epoch: most.epoch, pause: true }) });
    });
    this.search = el("input", { type: "search", placeholder: "Follow an entity", maxLength: 200, autocomplete: "off", "aria-label": "Follow an entity" });
    this.hits = el("datalist", { id: `pmf-freezing-names` });
    this.search.setAttribute("list", this.hits.id);
    this.search.oninput = () => this.hits.replaceChildren(...record.search(this.search.value, 8).map((/** @type {number} */ i) => el("option", { value: record.labels[i], text: record.side(i) })));
    this.search.onchange = () => this.find();
    const keep = el("button", { type: "button", text: "PNG", title: "keep what is on screen as a picture", onclick: () => player.keep() });
    const group = (/** @type {string} */ name, /** @type {any[]} */ ...inside) => el("span", { className: "group", role: "group", "aria-label": name }, ...inside);
    this.node = el("div", { className: "bar" }, this.play, this.slider, this.pace, group("Modality", ...this.choices), group("Where most froze", ...jumps), this.search, this.hits, keep);
  }

  find() {
    const entity = this.player.record.find(this.search.value);
    this.search.setCustomValidity(entity < 0 && this.search.value ? "No entity's name holds this text." : "");
    if (this.search.value) this.search.reportValidity();
    if (entity >= 0) this.player.choose(entity);
    else if (!this.search.value) this.player.choose(null);
  }

  draw() {
    const { player } = this;
    this.play.textContent = player.playing ? "❚❚ Pause" : "▶ Play";
    this.slider.value = String(player.at);
    if (player.entity !== this.named) this.search.value = player.entity === null ? "" : player.record.labels[player.entity];
    this.named = player.entity;
    this.slider.setAttribute("aria-valuetext", `epoch ${player.epoch}`);
    this.choices.forEach((/** @type {any} */ button, /** @type {number} */ m) => button.setAttribute("aria-pressed", String(m === player.m)));
  }
}
