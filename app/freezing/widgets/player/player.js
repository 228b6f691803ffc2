// The page's charts around one cursor: an epoch, a modality, perhaps an entity. All of it is computed here; the server
// sends the record once, pictures when they are sent for, and hears where the cursor came to rest.

const REST = 600; // milliseconds after which the server hears of it
const NARROW = 900;
const TINY = 600;

class FreezingPlayer {
  /** @param {any} root @param {FreezingRecord} record @param {(name: string, value: any) => void} tell @param {{m: number, epoch: number}} first where to begin unless the address says @param {FreezingPlayer} [before] of an earlier record, which it takes the place of */
  constructor(root, record, tell, first, before) {
    this.record = record;
    this.tell = tell;
    this.n = Date.now();
    this.pace = "normal";
    this.playing = this.begun = false;
    /** @type {number[]} pairs in the box */
    this.picked = [];
    const names = record.modalities.map((one) => one.name);
    const epoch = Number(readAddress("epoch") ?? NaN);
    const entity = Number(readAddress("entity") ?? NaN);
    this.m = names.includes(readAddress("modality") ?? "") ? names.indexOf(readAddress("modality") ?? "") : first.m;
    this.at = Math.max(0, record.epochs.indexOf(record.epochs.includes(epoch) ? epoch : first.epoch));
    /** @type {number | null} */
    this.entity = Number.isInteger(entity) && entity >= 0 && entity < record.n ? entity : null;
    this.bar = new Bar(this);
    this.shares = new Shares(this);
    this.spread = new Spread(this);
    this.pairs = new Pairs(this);
    this.gallery = new Gallery(this);
    this.words = el("p", { className: "words", role: "status" });
    this.spoken = el("p", { className: "spoken", role: "status" });
    const left = el("div", { className: "left" }, ...this.spread.tips.map((tip) => tip.node));
    this.node = el(
      "div", { className: "pmf-freezing", tabIndex: 0, role: "application", "aria-label": "Freezing over the epochs: left and right move the epoch, space plays" },
      this.bar.node, this.shares.sheet.node, this.words, this.spoken, el("div", { className: "body" }, left, this.pairs.node, this.gallery.node),
    );
    root.append(this.node);
    this.watch = () => record.pictures.refill(this.node);
    record.pictures.watchers.add(this.watch);
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(this.node);
    this.pressed = (/** @type {KeyboardEvent} */ event) => this.key(event);
    document.addEventListener("keydown", this.pressed);
    if (before) this.follow(before);
    this.fit();
    this.gallery.send();
  }

  /** Go on where another stood: the run has written more since. @param {FreezingPlayer} before */
  follow(before) {
    const { epochs, run } = this.record;
    if (before.record.run === run) {
      this.m = before.m;
      this.entity = before.entity;
      this.pace = this.bar.pace.value = before.pace;
      this.begun = before.begun;
      this.at = Math.max(0, epochs.indexOf(before.epoch));
      this.playing = before.playing;
      if (this.playing) this.start();
    }
    before.end();
  }

  get epoch() {
    return this.record.epochs[this.at] ?? 0;
  }

  fit() {
    const width = this.node.clientWidth;
    this.node.classList.toggle("narrow", width < NARROW);
    this.node.classList.toggle("tiny", width < TINY);
    this.theme();
    this.shares.fit();
    this.paint();
  }

  /** Go somewhere. @param {{m?: number, epoch?: number, pause?: boolean}} where */
  go({ m = this.m, epoch = this.epoch, pause = false }) {
    if (pause) this.playing = false;
    const other = m !== this.m;
    this.m = m;
    const nearest = (/** @type {number} */ best, /** @type {number} */ one, /** @type {number} */ at) => (Math.abs(one - epoch) < Math.abs(this.record.epochs[best] - epoch) ? at : best);
    this.at = this.record.epochs.reduce(nearest, 0);
    if (other) this.picked = [];
    if (other) this.gallery.send();
    this.paintSoon();
    this.saveSoon();
  }

  /** @param {number} by epochs */
  step(by) {
    const { epochs } = this.record;
    this.go({ epoch: epochs[Math.max(0, Math.min(epochs.length - 1, this.at + by))], pause: true });
  }

  /** From the first epoch on; after a pause from where it stands. */
  toggle() {
    this.playing = !this.playing;
    if (this.playing && (!this.begun || this.at >= this.record.epochs.length - 1)) this.at = 0;
    this.begun ||= this.playing;
    if (this.playing) this.start();
    this.paintSoon();
    this.saveSoon();
  }

  start() {
    this.since = performance.now();
    requestAnimationFrame((now) => this.play(now));
  }

  /** @param {number} now */
  play(now) {
    if (!this.playing || !this.node.isConnected) return;
    const wait = 1000 / PACES[this.pace];
    if (now - this.since >= wait) {
      this.since = Math.max(this.since + wait, now - wait);
      this.at = Math.min(this.at + 1, this.record.epochs.length - 1);
      if (this.at >= this.record.epochs.length - 1) this.toggle();
      this.paint();
    }
    requestAnimationFrame((later) => this.play(later));
  }

  /** @param {number | null} entity */
  choose(entity) {
    this.entity = entity;
    this.paintSoon();
    this.saveSoon();
  }

  /** @param {number[]} pairs */
  pick(pairs) {
    this.picked = pairs;
    this.saveSoon();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.node.isConnected || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = /** @type {any} */ (event.composedPath()[0]);
    const ours = this.node.contains(target);
    if (!ours && target !== document.body && !target.matches?.("[data-testid=stMain]")) return;
    if (target.matches?.("select, textarea, input:not([type=range])")) return;
    if (event.key === " " && target.matches?.("button, a, summary")) return;
    const { epochs } = this.record;
    if (event.key === " ") this.toggle();
    else if (event.key === "ArrowLeft") this.step(-1);
    else if (event.key === "ArrowRight") this.step(1);
    else if (event.key === "Home") this.step(-epochs.length);
    else if (event.key === "End") this.step(epochs.length);
    else if (event.key === "Escape" && this.entity !== null) this.choose(null);
    else return;
    event.preventDefault();
  }

  /** Paint with the next frame. */
  paintSoon() {
    this.due ||= requestAnimationFrame(() => {
      this.due = 0;
      this.paint();
    });
  }

  paint() {
    this.theme();
    for (const part of [this.bar, this.shares, this.spread, this.pairs, this.gallery]) part.draw();
    this.say();
    this.words.setAttribute("aria-live", this.playing ? "off" : "polite");
    this.node.dataset.epoch = String(this.epoch);
  }

  theme() {
    const style = getComputedStyle(this.node);
    const read = (/** @type {string} */ name, /** @type {string} */ otherwise) => style.getPropertyValue(name).trim() || otherwise;
    this.colours = {
      text: style.color, quiet: `color-mix(in srgb, ${style.color} 75%, transparent)`, line: `color-mix(in srgb, ${style.color} 15%, transparent)`,
      ground: read("--st-background-color", "#FFFFFF"), font: style.fontFamily,
    };
  }

  /** The epoch in words. */
  say() {
    const { record, epoch, m, at } = this;
    const { name, threshold } = record.modalities[m];
    const measured = record.measured.includes(epoch);
    const before = record.measurement(epoch);
    const share = (/** @type {number | null} */ value) => percent(value);
    const good = record.quality?.[at];
    this.words.textContent = [
      `Epoch ${epoch} of ${record.total - 1}`,
      measured ? "relevance measured" : before < 0 ? "no relevance measured yet" : `relevance last measured in epoch ${record.measured[before]}`,
      measured && (threshold[at] ? `what lies at or below δ ${threshold[at]?.toFixed(2)} of ${name} freezes` : `no threshold of ${name}: nothing can freeze`),
      good && good.frozen > 0 && `${share(good.both / good.frozen)} of the frozen pictures cannot help (precision), and ${share(good.both / good.helpless)} of those that cannot are frozen (recall)`,
    ].filter(Boolean).join(" · ");
  }

  saveSoon() {
    clearTimeout(this.saving);
    this.saving = setTimeout(() => (this.playing ? this.saveSoon() : this.save()), REST);
  }

  /** Put it into the address, and tell the server, which keeps it; nothing waits for that. */
  save() {
    const { record, m, epoch, entity, picked } = this;
    const address = { modality: [record.modalities[m].name], epoch: [String(epoch)], entity: entity === null ? [] : [String(entity)] };
    this.address = address;
    writeAddress(address);
    this.n += 1;
    tellAlone(this.tell, "looked", { n: this.n, pairs: picked, address });
  }

  /** What is on screen as a PNG file. */
  keep() {
    const { colours, record } = this;
    const box = this.node.getBoundingClientRect();
    const sharp = 2;
    const sheets = [this.shares.sheet, this.spread.sheet, this.spread.evidence, this.pairs.sheet].filter(({ node }) => node.offsetParent);
    const places = sheets.map(({ node }) => node.getBoundingClientRect());
    const top = Math.min(...places.map((place) => place.top)) - 30;
    const [width, height] = [box.width, Math.max(...places.map((place) => place.bottom)) - top];
    const canvas = el("canvas", { width: sharp * width, height: sharp * height });
    const pen = canvas.getContext("2d");
    pen.scale(sharp, sharp);
    pen.fillStyle = colours.ground;
    pen.fillRect(0, 0, width, height);
    words(pen, colours, record.run, this.words.textContent ?? "", 4, 18, 15);
    sheets.forEach(({ node }, i) => pen.drawImage(node, places[i].left - box.left, places[i].top - top, places[i].width, places[i].height));
    el("a", { href: canvas.toDataURL("image/png"), download: `freezing_${record.run}_${this.epoch}.png` }).click();
  }

  /** What the server says. @param {any} data */
  receive(data) {
    if (this.address && data.n !== this.n) writeAddress(this.address); // the server is behind, and has put an older one
    this.fit();
  }

  end() {
    this.playing = false;
    document.removeEventListener("keydown", this.pressed);
    this.record.pictures.watchers.delete(this.watch);
    this.resized.disconnect();
    this.node.remove();
  }
}
