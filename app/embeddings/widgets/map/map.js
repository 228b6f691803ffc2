// The map: what is chosen, drawn around and filtered, and what follows from that. Everything is computed here; the
// server sends the table once, pictures when they are sent for, and hears what was chosen.

const PEEK = 64; // pixels left below the map: what the server adds begins there
const LEAST_HEIGHT = 460;
const NARROW = 760;

/** What the window leaves for the map below its top. @param {Element} node there */
function heightFor(node) {
  const scroller = node.closest("[data-testid=stMain]");
  const top = node.getBoundingClientRect().top + (scroller?.scrollTop ?? 0);
  return Math.max(LEAST_HEIGHT, window.innerHeight - top - PEEK);
}

class EmbeddingMap extends Travel {
  /** @param {any} root @param {Table} table @param {any} Plotly @param {(name: string, value: any) => void} tell */
  constructor(root, table, Plotly, tell) {
    super();
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
    this.themed = this.theme();
    this.fit();
    this.refilter();
    if (this.shape) this.pick(this.shape);
    else if (this.entity !== null) this.save();
    const { entity } = this;
    if (entity !== null && !this.plot.zooms.has(this.view.name)) afterPaint(() => this.plot.drawn.then(() => this.fly(entity)));
  }

  /** As high as the window leaves room for. */
  fit() {
    const narrow = this.node.clientWidth < NARROW;
    this.node.classList.toggle("narrow", narrow);
    this.node.style.height = narrow ? "auto" : `${heightFor(this.node)}px`;
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

  /** @param {number} entity @param {boolean} fly whether the map goes there */
  choose(entity, fly) {
    this.entity = entity;
    if (fly) this.point(null);
    this.pane.who();
    this.overlay.dirty();
    if (fly) this.fly(entity);
    this.save();
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

  focus() {
    this.node.focus({ preventScroll: true });
  }

  /** What the server says. @param {any} data */
  receive(data) {
    if (this.address && data.n !== this.n) writeAddress(this.address); // the server is behind, and has put an older one
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
