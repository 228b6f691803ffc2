// How the map moves: to an entity, larger and smaller, back to the whole.

const NEAR = 30; // nearest points that a look at one entity takes in

class Travel extends Pointing {
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
}
