// What is looked at: taken from the address, put back into it, and how the page's theme has it.

const PATIENCE = 500; // milliseconds after which the address follows a map that moves

class Look {
  /** Take from the address what it says. */
  read() {
    const { table } = this;
    const show = readAddress("show") ?? "";
    this.show = show in SHOWS && (show !== "epochs" || table.film) ? show : "one";
    this.view = table.views.find((view) => view.name === readAddress("view")) ?? table.views[0];
    const colours = table.facetsOf(this.view).map((facet) => facet.name);
    this.colour = colours.find((name) => name === readAddress("colour")) ?? (colours.includes("match") ? "match" : "graph");
    const params = new URLSearchParams(location.search);
    for (const facet of table.facetsOf(this.view)) {
      const names = params.getAll(facet.name).filter((name) => facet.options.some((option) => option.name === name));
      if (names.length) this.filters.chosen.set(facet.name, new Set(names));
    }
    const entity = Number(readAddress("entity") ?? NaN);
    this.entity = Number.isInteger(entity) && entity >= 0 && entity < table.n ? entity : null;
    /** @type {number | null} */
    this.hovered = null;
    const corners = readCorners(readAddress("lasso"));
    const box = readNumbers(readAddress("box"), 4);
    /** @type {{kind: string, view: string, corners: [number, number][]} | null} */
    this.shape = corners ? { kind: "lasso", view: this.view.name, corners } : box ? { kind: "box", view: this.view.name, corners: [[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]]] } : null;
    /** @type {number[] | null} */
    this.picked = null;
    this.wantedZoom = readNumbers(readAddress("zoom"), 4);
    const epoch = Number(readAddress("epoch") ?? NaN);
    this.epoch = table.film ? (Number.isFinite(epoch) ? Math.max(table.film.first, Math.min(table.film.last, epoch)) : table.film.first) : 0;
    const density = readAddress("density");
    this.density = density === null ? null : density === "on";
    this.named = true;
    this.tool = "pan";
  }

  /** Put it into the address, and tell the server, which keeps it; nothing waits for that. */
  save() {
    clearTimeout(this.saving);
    const { table, plot, shape, view, show, epoch, density } = this;
    const width = view.places.box[2] - view.places.box[0];
    const zoom = plot.zooms.get(show === "epochs" ? "epochs" : view.name);
    const kind = this.picked && shape ? shape.kind : "";
    const box = kind === "box" && shape ? [shape.corners[0], shape.corners[2]].flat() : null;
    const one = (/** @type {string | number | null | false | undefined} */ value) => (value === null || value === undefined || value === false ? [] : [String(value)]);
    const address = {
      show: one(show !== "one" && show), view: one(view !== table.views[0] && view.name), colour: one(this.colour), entity: one(this.entity),
      ...Object.fromEntries(this.facetsNow().map(({ name }) => [name, [...(this.filters.chosen.get(name) ?? [])]])),
      zoom: one(zoom && show !== "each" && terse(zoom, width)), lasso: one(kind === "lasso" && shape && writeCorners(shape.corners, width)),
      box: one(box && terse(box, width)), epoch: one(show === "epochs" && Math.floor(epoch)), density: one(density === null ? null : density ? "on" : "off"),
    };
    this.address = address;
    writeAddress(address);
    this.n += 1;
    tellAlone(this.tell, "looked", { n: this.n, entity: this.entity, ids: this.picked ?? [], view: view.name, address });
  }

  saveSoon() {
    clearTimeout(this.saving);
    this.saving = setTimeout(() => this.save(), PATIENCE);
  }

  /** What is shown now as panels. @returns {View[]} */
  get panels() {
    return this.show === "each" ? this.table.views : this.show === "epochs" ? [this.table.film.view] : [this.view];
  }

  facetsNow() {
    return this.table.facetsOf(this.view);
  }

  /** The facet that colours, as a view has it. @param {View} view @returns {Facet} */
  facetIn(view) {
    const all = this.table.facetsOf(view.facets.length ? view : this.view);
    return all.find((facet) => facet.name === this.colour) ?? this.table.facets[0];
  }

  get densityNow() {
    return this.density ?? this.filters.count >= DENSE;
  }

  /** Whether density is drawn where so many are in view. @param {number} inView */
  densityIn(inView) {
    return this.densityNow && (this.density === true || inView > 5000);
  }

  theme() {
    const style = getComputedStyle(this.node);
    const read = (/** @type {string} */ name, /** @type {string} */ otherwise) => style.getPropertyValue(name).trim() || otherwise;
    this.colours = {
      text: read("--st-text-color", "#1B2733"), ground: read("--st-background-color", "#FFFFFF"), line: read("--st-border-color", "#D5DDE5"),
      font: read("--st-font", "sans-serif"),
    };
    return JSON.stringify(this.colours);
  }
}
