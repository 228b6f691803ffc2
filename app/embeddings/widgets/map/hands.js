// What a hand does on the map: point, click, draw around, wheel, keys.

const REACH = 16; // pixels around the pointer
const STILL = 4; // pixels that a click may move
const REST = 90; // milliseconds after which pictures around the pointer are sent for
const AROUND = 24; // of them
const STEP = 4; // pixels between two corners of a lasso

class Hands {
  /** @param {any} map */
  constructor(map) {
    this.map = map;
    /** @type {{panel: Panel, from: [number, number], corners: [number, number][]} | null} */
    this.drawing = null;
    /** @type {[number, number] | null} where a button was pressed */
    this.pressed = null;
    const { stage } = map;
    stage.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.move(event));
    stage.addEventListener("pointerleave", () => !this.drawing && map.point(null));
    stage.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => this.press(event), { capture: true });
    this.lifted = (/** @type {PointerEvent} */ event) => this.lift(event);
    stage.addEventListener("dblclick", () => map.tool === "pan" && map.zoomBy(1 / 2, this.last));
    stage.addEventListener("wheel", (/** @type {WheelEvent} */ event) => this.wheel(event), { passive: false });
    map.node.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.key(event));
  }

  /** @param {PointerEvent | WheelEvent} event @returns {[number, number]} */
  place(event) {
    const box = this.map.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** @param {PointerEvent} event */
  move(event) {
    const at = (this.last = this.place(event));
    if (this.drawing) return this.draw(at);
    if (event.buttons) return undefined; // it is being moved
    return this.map.point(this.entityAt(at), at);
  }

  /** @param {[number, number]} place @returns {number | null} */
  entityAt([px, py]) {
    const { map } = this;
    const there = map.plot?.at(px, py);
    if (!there) return null;
    const { panel, x, y, dx, dy } = there;
    const entity = map.show === "epochs" ? map.table.film.nearest(x, y, REACH * dx, map) : panel.view.places.nearest(x, y, REACH * dx, REACH * dy, map.filters.passing);
    return entity < 0 ? null : entity;
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button) return;
    const at = this.place(event);
    this.pressed = at;
    window.addEventListener("pointerup", this.lifted, { capture: true, once: true }); // Plotly lays a sheet over the page
    const there = this.map.plot?.at(...at);
    if (this.map.tool === "pan" || !there) return;
    this.map.stage.setPointerCapture(event.pointerId);
    this.drawing = { panel: there.panel, from: at, corners: [[there.x, there.y]] };
  }

  /** @param {[number, number]} at */
  draw(at) {
    const { map, drawing } = this;
    if (!drawing) return;
    const frame = map.plot.frame(drawing.panel);
    const inside = [Math.max(frame.left, Math.min(frame.left + frame.width, at[0])), Math.max(frame.top, Math.min(frame.top + frame.height, at[1]))];
    const { x, y } = map.plot.at(inside[0] - 1e-6, inside[1] - 1e-6) ?? { x: drawing.corners[0][0], y: drawing.corners[0][1] };
    if (map.tool === "box") {
      const [[fx, fy]] = drawing.corners;
      drawing.corners = [[fx, fy], [x, fy], [x, y], [fx, y]];
    } else if (Math.hypot(at[0] - drawing.from[0], at[1] - drawing.from[1]) >= STEP) {
      drawing.from = at;
      drawing.corners.push([x, y]);
    }
    map.shape = { kind: map.tool, view: drawing.panel.view.name, corners: drawing.corners };
    map.overlay.dirty();
  }

  /** @param {PointerEvent} event */
  lift(event) {
    const { map, drawing, pressed } = this;
    this.drawing = this.pressed = null;
    if (!pressed || event.button) return;
    const at = this.place(event);
    const moved = Math.hypot(at[0] - pressed[0], at[1] - pressed[1]) > STILL;
    map.focus();
    if (drawing && moved && drawing.corners.length > 2) return void map.pick({ kind: map.tool, view: drawing.panel.view.name, corners: this.shape(drawing) });
    if (moved) return;
    const entity = this.entityAt(at);
    if (entity !== null) map.choose(entity, false);
  }

  /** What was drawn, with as few corners as tell it: the address holds them. @param {{panel: Panel, corners: [number, number][]}} drawn */
  shape({ panel, corners }) {
    if (this.map.tool === "box") return corners;
    const frame = this.map.plot.frame(panel);
    return fewer([...corners, corners[0]], (1.5 * (frame.x1 - frame.x0)) / frame.width).slice(0, -1);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    const at = this.place(event);
    if (event.ctrlKey === false && !this.map.plot?.at(...at)) return;
    event.preventDefault();
    this.map.zoomBy(Math.exp(Math.max(-60, Math.min(60, event.deltaY * (event.deltaMode ? 30 : 1))) / 160), at);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { map } = this;
    const target = /** @type {any} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") map.clear();
    else if (/^(INPUT|SELECT|BUTTON|SUMMARY)$/.test(target.tagName)) return;
    else if (event.key === "/") map.bar.search.focus();
    else if (event.key === "Enter" && map.hovered !== null) map.choose(map.hovered, false);
    else if (event.key === " " && map.show === "epochs") map.player.toggle();
    else if (event.key === "+" || event.key === "=") map.zoomBy(1 / 1.6);
    else if (event.key === "-") map.zoomBy(1.6);
    else if (event.key === "0") map.whole();
    else if (event.key.startsWith("Arrow")) this.step(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** To the next entity in a direction. @param {string} key */
  step(key) {
    const { map } = this;
    const panel = map.plot?.panels[0];
    if (!panel) return;
    const frame = map.plot.frame(panel);
    const spot = (/** @type {number} */ i) => map.overlay.spot(panel, frame, i);
    const now = map.hovered ?? map.entity;
    const [px, py] = (now === null ? null : spot(now)) ?? [frame.left + frame.width / 2, frame.top + frame.height / 2];
    const [ux, uy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [0, 0];
    let [best, least] = [-1, Infinity];
    for (let i = 0; i < map.table.n; i++) {
      if (!map.filters.passing[i] || i === now) continue;
      const at = spot(i);
      if (!at) continue;
      const along = (at[0] - px) * ux + (at[1] - py) * uy;
      const across = Math.abs((at[0] - px) * uy) + Math.abs((at[1] - py) * ux);
      if (now !== null && (along < 0.5 || across > along)) continue;
      const far = now === null ? Math.hypot(at[0] - px, at[1] - py) : along + 2 * across;
      if (far < least) [best, least] = [i, far];
    }
    if (best < 0) return;
    map.point(best, spot(best));
    map.speak(best);
  }
}

/** The corners of a line without those that lie nearly on the way. @param {[number, number][]} line @param {number} near @returns {[number, number][]} */
function fewer(line, near) {
  const [[ax, ay], [bx, by]] = [line[0], line[line.length - 1]];
  const long = Math.hypot(bx - ax, by - ay);
  let [far, at] = [0, 0];
  line.forEach(([x, y], i) => {
    const off = long ? Math.abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / long : Math.hypot(x - ax, y - ay);
    if (off > far) [far, at] = [off, i];
  });
  if (far <= near) return [line[0], line[line.length - 1]];
  return [...fewer(line.slice(0, at + 1), near).slice(0, -1), ...fewer(line.slice(at), near)];
}
