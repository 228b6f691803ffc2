// Who is under the pointer: its label beside it, its ring, and the pictures around it before they are needed.

class Pointing extends Look {
  /** Say who is under the pointer. @param {number | null} entity @param {number[] | null} [at] pixels */
  point(entity, at = null) {
    if (entity !== this.hovered) {
      this.hovered = entity;
      this.pane.who();
      this.overlay.dirty();
      this.hover(entity);
    }
    if (entity !== null && at) this.tipAt(at);
    clearTimeout(this.resting);
    if (at) this.resting = setTimeout(() => this.wantAround(at), REST);
  }

  /** @param {number | null} entity */
  hover(entity) {
    this.tip.hidden = entity === null;
    this.stage.classList.toggle("pointing", entity !== null);
    if (entity === null) return;
    const { table } = this;
    const facts = this.facetsNow().filter((facet) => /^(type|match)$/.test(facet.name)).map((facet) => table.option(facet, entity));
    this.tip.replaceChildren(
      table.pictures.element(entity, table.labels[entity]),
      el("span", { className: "name", dir: "auto", text: table.labels[entity] }),
      el("span", { className: "quiet", text: [entity < table.nSource ? "source" : "target", ...facts].filter(Boolean).join(" · ") }),
    );
    this.tip.dataset.entity = String(entity);
  }

  /** @param {number[]} at */
  tipAt([x, y]) {
    const [width, height] = [this.stage.clientWidth, this.stage.clientHeight];
    this.tip.style.left = `${x > width - 230 ? x - 14 : x + 14}px`;
    this.tip.style.top = `${y > height - 130 ? y - 12 : y + 12}px`;
    this.tip.style.transform = `translate(${x > width - 230 ? "-100%" : "0"}, ${y > height - 130 ? "-100%" : "0"})`;
  }

  /** Have the pictures around a pixel before the pointer gets there. @param {number[]} at */
  wantAround([px, py]) {
    const there = this.plot.at(px, py);
    if (!there || this.show === "epochs") return;
    const { places } = there.panel.view;
    const { passing } = this.filters;
    const near = [];
    for (let i = 0; i < this.table.n; i++) {
      if (!passing[i] || !places.has(i)) continue;
      const far = Math.hypot((places.x[i] - there.x) / there.dx, (places.y[i] - there.y) / there.dy);
      if (far < 120) near.push([far, i]);
    }
    const ids = near.sort((a, b) => a[0] - b[0]).slice(0, AROUND).map((one) => one[1]);
    this.table.pictures.want(ids);
  }

  /** @param {number} entity @param {string} [more] */
  speak(entity, more = "") {
    const facts = this.facetsNow().filter((facet) => /^(graph|type|match)$/.test(facet.name)).map((facet) => this.table.option(facet, entity));
    this.spoken.textContent = clean(`${this.table.labels[entity]}${more}, ${facts.join(", ")}`);
  }
}
