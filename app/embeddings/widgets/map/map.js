// The map: what is looked at, who is pointed at and chosen, and what follows from that. Everything is computed here;
// the server sends the table once, pictures when they are asked for, and hears what was chosen.

const NEAR = 30; // nearest points that a look at one entity takes in
const PEEK = 64; // pixels left below the map: what the server adds begins there
const LEAST_HEIGHT = 460;
const NARROW = 760;
const PATIENCE = 500; // milliseconds after which the address follows a map that moves

class EmbeddingMap {
  /** @param {any} root @param {Table} table @param {any} Plotly @param {(name: string, value: any) => void} tell */
  constructor(root, table, Plotly, tell) {
    this.table = table;
    this.tell = tell;
    this.filters = new Filters();
    this.n = Date.now();
    this.read();
    this.stage = el("div", { className: "stage" });
    this.bar = new Bar(this);
    this.pane = new Pane(this);
    this.player = new Player(this);
    this.title = el("h2", { className: "title" });
    this.trust = el("p", { className: "trust" });
    this.tip = el("div", { className: "tip", hidden: true });
    this.spoken = el("p", { className: "spoken", "aria-live": "polite" });
    const [drawing, canvas] = [el("div", { className: "drawing" }), el("canvas", { className: "over" })];
    this.stage.append(drawing, canvas, this.tip);
    const left = el("div", { className: "left" }, this.title, this.stage, this.player.node, this.trust, this.spoken);
    this.node = el("div", { className: "pmf-map", tabIndex: 0, role: "application", "aria-label": "Map of the entities" }, this.bar.node, el("div", { className: "body" }, left, this.pane.node));
    root.append(this.node);
    this.overlay = new Overlay(canvas, this);
    this.plot = new Plot(drawing, Plotly, () => this.moved());
    this.hands = new Hands(this);
    this.watch = () => {
      this.pane.node && table.pictures.refill(this.node);
    };
    table.pictures.watchers.add(this.watch);
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(root);
    this.refit = () => this.fit();
    window.addEventListener("resize", this.refit);
    this.theme();
    this.fit();
    this.refilter();
    if (this.shape) this.pick(this.shape);
    else if (this.entity !== null) this.save();
    const { entity } = this;
    if (entity !== null && !this.plot.zooms.has(this.view.name)) afterPaint(() => this.plot.drawn.then(() => this.fly(entity)));
  }

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
    writeAddress(address);
    this.n += 1;
    this.tell("looked", { n: this.n, entity: this.entity, ids: this.picked ?? [], view: view.name, address });
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

  /** As high as the window leaves room for. */
  fit() {
    const scroller = this.node.closest("[data-testid=stMain]");
    const top = this.node.getBoundingClientRect().top + (scroller?.scrollTop ?? 0);
    const narrow = this.node.clientWidth < NARROW;
    this.node.classList.toggle("narrow", narrow);
    this.node.style.height = narrow ? "auto" : `${Math.max(LEAST_HEIGHT, window.innerHeight - top - PEEK)}px`;
    const size = this.plot.size.join();
    if (this.size !== undefined && size !== this.size) this.redraw();
    this.size = size;
  }

  redraw() {
    this.plot.draw(this, this.panels).then(() => this.overlay.dirty());
  }

  /** Filters, the part, or the map were changed: what passes, its counts, and the drawing. */
  refilter() {
    if (this.wantedZoom) this.plot.zooms.set(this.show === "epochs" ? "epochs" : this.view.name, this.wantedZoom);
    this.wantedZoom = null;
    this.filters.apply(this.table, this.facetsNow());
    if (this.hovered !== null && !this.filters.passing[this.hovered]) this.hovered = null;
    if (this.shape && this.picked) this.picked = this.inside(this.shape);
    this.paint();
    afterPaint(() => this.redraw());
  }

  paint() {
    this.bar.paint();
    this.pane.who();
    this.pane.selection();
    this.pane.filters();
    this.player.node.hidden = this.show !== "epochs";
    this.player.say();
    const film = this.show === "epochs" ? this.table.film : null;
    const many = film ? film.entities.length : this.filters.count;
    const what = { one: `by their ${this.view.name} embedding (${this.view.method})`, each: "by every embedding", epochs: `through the epochs (${film?.view.method})` }[this.show];
    this.title.textContent = `${many.toLocaleString("en")} of ${this.table.n.toLocaleString("en")} entities ${what}`;
    const trust = film ? film.view.trust : this.show === "each" ? "Each map has axes of its own; a selection in one stands out in all. Greyed where near and far mean next to nothing." : this.view.trust;
    this.trust.textContent = `How to read this: near = alike to the model; how far apart distant points lie means nothing. ${trust}`;
    this.trust.title = this.trust.textContent;
    this.stage.dataset.tool = this.tool;
  }

  /** Show something else. @param {{show?: string, view?: string, colour?: string, density?: boolean, named?: boolean}} wanted */
  turn({ show, view, colour, density, named }) {
    if (this.player.playing) this.player.toggle();
    if (view || (show && show !== this.show)) this.letGo();
    this.show = show ?? this.show;
    this.view = this.table.views.find((one) => one.name === view) ?? this.view;
    if (view) for (const facet of this.view.facets) this.filters.chosen.delete(facet.name);
    this.colour = colour ?? this.colour;
    this.density = density ?? this.density;
    this.named = named ?? this.named;
    this.refilter();
    this.save();
  }

  /** @param {string} tool */
  take(tool) {
    this.tool = tool;
    this.bar.paint();
    this.stage.dataset.tool = tool;
    this.redraw();
    this.focus();
  }

  /** @param {string} facet @param {string} option */
  filter(facet, option) {
    this.filters.toggle(facet, option);
    this.refilter();
    this.save();
  }

  clearFilters() {
    this.filters.chosen.clear();
    this.refilter();
    this.save();
  }

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

  /** @param {number} entity @param {boolean} fly whether the map goes there */
  choose(entity, fly) {
    this.entity = entity;
    if (fly) this.point(null);
    this.pane.who();
    this.overlay.dirty();
    if (fly) this.fly(entity);
    this.save();
  }

  /** To an entity, with what it leads to. @param {number} entity */
  fly(entity) {
    const panel = this.plot.panels[0];
    if (!panel || this.show === "each") return;
    if (this.show === "epochs") return this.overlay.dirty();
    const { places } = panel.view;
    if (!places.has(entity)) return this.speak(entity, " is not on this map");
    const to = places.around(Object.values(this.table.ends(entity)).filter((i) => i >= 0), NEAR);
    const from = [...panel.range];
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.goTo(panel, to);
    const start = performance.now();
    const step = (/** @type {number} */ now) => {
      const share = Math.min(1, Math.max(0, now - start) / 350);
      const eased = share * share * (3 - 2 * share);
      this.plot.show(panel, to.map((end, i) => from[i] + eased * (end - from[i])));
      this.overlay.dirty();
      if (share < 1) requestAnimationFrame(step);
      else this.moved(true);
    };
    requestAnimationFrame(step);
  }

  /** @param {Panel} panel @param {number[]} corners */
  goTo(panel, corners) {
    this.plot.show(panel, corners);
    this.moved(true);
  }

  /** Larger or smaller around a pixel, or the middle. @param {number} factor @param {[number, number]} [at] */
  zoomBy(factor, at) {
    for (const panel of at ? [this.plot.at(...at)?.panel] : this.plot.panels) {
      if (!panel) continue;
      const frame = this.plot.frame(panel);
      const there = at ? this.plot.at(...at) : { x: (frame.x0 + frame.x1) / 2, y: (frame.y0 + frame.y1) / 2 };
      if (!there) continue;
      const { x, y } = there;
      this.goTo(panel, [x + (frame.x0 - x) * factor, y + (frame.y0 - y) * factor, x + (frame.x1 - x) * factor, y + (frame.y1 - y) * factor]);
    }
  }

  whole() {
    this.plot.zooms.clear();
    this.redraw();
    this.save();
  }

  /** The map was moved. @param {boolean} [byUs] */
  moved(byUs = false) {
    this.tip.hidden = true;
    this.overlay.dirty();
    this.saveSoon();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.redraw(), byUs ? 200 : 350); // the points take the size that suits
  }

  /** @param {{view: string, corners: [number, number][]}} shape */
  inside({ view, corners }) {
    if (this.show === "epochs") {
      const { film } = this.table;
      return [...film.entities].filter((i) => this.filters.passing[i] && within(corners, .../** @type {[number, number]} */ (film.at(i, this.epoch))));
    }
    const { places } = this.table.views.find((one) => one.name === view) ?? this.view;
    return places.inside(corners, this.filters.passing);
  }

  /** What was drawn around, or nothing any more. @param {{kind: string, view: string, corners: [number, number][]} | null} shape */
  pick(shape) {
    this.shape = shape;
    this.picked = shape && this.inside(shape);
    if (shape && this.show === "each") this.view = this.table.views.find((one) => one.name === shape.view) ?? this.view;
    this.pane.selection();
    this.overlay.dirty();
    afterPaint(() => setTimeout(() => {
      this.redraw();
      this.save();
    }));
  }

  letGo() {
    this.shape = this.picked = null;
  }

  /** Esc: first what was drawn around, then who is chosen. */
  clear() {
    if (this.shape) return this.pick(null);
    this.entity = null;
    this.point(null);
    this.pane.who();
    this.overlay.dirty();
    return this.save();
  }

  /** What is on screen as a PNG file, twice as sharp. */
  async keep() {
    const [width, height] = this.plot.size;
    const [top, sharp] = [34, 2];
    const points = el("img", { src: await this.plot.Plotly.toImage(this.plot.node, { format: "png", width, height, scale: sharp }) });
    await points.decode();
    const canvas = el("canvas", { width: sharp * width, height: sharp * (height + top) });
    const pen = canvas.getContext("2d");
    pen.scale(sharp, sharp);
    pen.fillStyle = this.colours.ground;
    pen.fillRect(0, 0, width, height + top);
    pen.fillStyle = this.colours.text;
    pen.font = `600 15px ${this.colours.font}`;
    pen.fillText(`${this.table.run}: ${this.title.textContent}`, 8, 22);
    for (const layer of [points, this.overlay.canvas]) pen.drawImage(layer, 0, top, width, height);
    el("a", { href: canvas.toDataURL("image/png"), download: `map_${this.table.run}.png` }).click();
  }

  /** @param {number} entity @param {string} [more] */
  speak(entity, more = "") {
    const facts = this.facetsNow().filter((facet) => /^(graph|type|match)$/.test(facet.name)).map((facet) => this.table.option(facet, entity));
    this.spoken.textContent = clean(`${this.table.labels[entity]}${more}, ${facts.join(", ")}`);
  }

  focus() {
    this.node.focus({ preventScroll: true });
  }

  /** What the server says. @param {any} data */
  receive(data) {
    const themed = this.theme();
    const part = data.part && unpack(data.part, Uint8Array);
    if (data.partName !== this.partName) {
      this.partName = data.partName;
      this.filters.part = part && Uint8Array.from({ length: this.table.n }, (_, i) => (part[i >> 3] >> (7 - (i & 7))) & 1);
      this.refilter();
    }
    if (data.n === this.n && data.entity !== this.entity && data.entity !== null) this.choose(data.entity, true);
    if (themed !== this.themed) this.redraw();
    this.themed = themed;
    this.fit();
  }

  end() {
    this.player.playing = false;
    this.table.pictures.watchers.delete(this.watch);
    this.resized.disconnect();
    window.removeEventListener("resize", this.refit);
    this.plot.Plotly.purge(this.plot.node);
    this.node.remove();
  }
}

/** @type {Map<string, {table: Promise<Table>, here: (table: Table) => void}>} tables by their digest, as long as the tab lives */
const tables = new Map();
const maps = new WeakMap();

/** The table of a digest, once it is here. @param {string} digest */
function tableOf(digest) {
  let entry = tables.get(digest);
  if (!entry) {
    let here = /** @type {(table: Table) => void} */ (() => {});
    const table = /** @type {Promise<Table>} */ (new Promise((resolve) => (here = resolve)));
    tables.set(digest, (entry = { table, here }));
    if (tables.size > 4) tables.delete(tables.keys().next().value ?? "");
  }
  return entry;
}

/** @param {any} component */
export default function (component) {
  const { data, parentElement: root, setStateValue } = component;
  if (data.kind === "table") tableOf(data.table).here(new Table(data));
  if (data.kind === "pictures") tableOf(data.table).table.then((table) => table.pictures.receive(data, setStateValue));
  if (data.kind !== "map") return () => {};
  const mounted = maps.get(root);
  if (mounted?.digest !== data.table) {
    if (mounted) mounted.map.then((/** @type {EmbeddingMap} */ map) => map.end());
    const ready = Promise.all([tableOf(data.table).table, plotly(data.plotly)]);
    maps.set(root, { digest: data.table, map: ready.then(([table, Plotly]) => new EmbeddingMap(root, table, Plotly, setStateValue)) });
  }
  maps.get(root).map.then((/** @type {EmbeddingMap} */ map) => {
    map.tell = setStateValue;
    map.receive(data);
  });
  return () =>
    setTimeout(() => {
      if (root.isConnected) return;
      maps.get(root)?.map.then((/** @type {EmbeddingMap} */ map) => map.end());
      maps.delete(root);
    }, 0);
}
