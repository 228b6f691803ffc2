// The keys of every chart: Tab reaches it, arrows lead a cursor through what is drawn, which is shown and spoken; Enter
// clicks there, Escape leaves.

/** @typedef {{along: number, name: string, show: () => void, press?: () => void}} Mark along: its place on the axis that a series follows; name: of its series */
/**
 * What a chart tells of itself. `id`: the same for a chart that takes this one's place; `start`: series and mark where it
 * stands by itself; `text`: what is shown at the cursor.
 * @typedef {{id: string, name: string, upright?: boolean, selects?: boolean, start?: [number, number], series: () => Mark[][], text: () => string, hide: () => void}} Walked
 */

const LABELLED_AFTER = 80; // milliseconds after which a hover label is there; Plotly holds one back for 50
const SETTLED_AFTER = 250; // after which a new chart is visible, and the old one gone
const REDRAWN_WITHIN = 10_000; // milliseconds within which a server draws anew what was clicked
const FORTH = { ArrowRight: 1, ArrowLeft: -1 };
const DOWN = { ArrowDown: 1, ArrowUp: -1 };

class ChartCursor {
  /** @type {{id: string, when: number, place: [number, number]}} the last click; the chart may have to be drawn anew for it */
  static clicked = { id: "", when: 0, place: [-1, -1] };

  /** @param {any} node what Tab reaches @param {() => Walked} chart as it is now @param {(text: string) => void} speak */
  constructor(node, chart, speak) {
    this.node = node;
    this.chart = chart;
    this.speak = speak;
    this.series = this.at = -1;
    node.tabIndex = 0;
    this.label();
    node.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.key(event));
    node.addEventListener("blur", () => this.leave());
    const { id, when } = ChartCursor.clicked;
    if (id === chart().id && Date.now() - when < REDRAWN_WITHIN) setTimeout(() => this.resume(), SETTLED_AFTER);
  }

  /** Stand where the chart was clicked that this one takes the place of, unless the focus has moved on. */
  resume() {
    if (document.activeElement !== document.body) return;
    this.node.focus({ preventScroll: true });
    [this.series, this.at] = ChartCursor.clicked.place;
  }

  label() {
    const { name, selects, upright } = this.chart();
    const [along, across] = upright ? ["Up and down", "left and right"] : ["Left and right", "up and down"];
    this.node.setAttribute("role", "application");
    this.node.setAttribute("aria-roledescription", "chart");
    this.node.setAttribute("aria-label", `${clean(name)}. ${along} lead through its points, ${across} to another series, ${selects ? "Enter selects, " : ""}Escape leaves.`);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.target !== this.node || event.ctrlKey || event.metaKey || event.altKey) return;
    const chart = this.chart();
    if (this.series < 0 && chart.start) [this.series, this.at] = chart.start;
    const [along, across] = chart.upright ? [DOWN, FORTH] : [FORTH, DOWN];
    const all = chart.series().filter((marks) => marks.length);
    const marks = all[this.series];
    const key = /** @type {keyof typeof FORTH & keyof typeof DOWN} */ (event.key);
    if (event.key === "Escape") this.node.blur();
    else if (event.key === "Enter") this.press(chart, marks?.[this.at]);
    else if (key in along || key in across || /^(Home|End)$/.test(key)) {
      if (!all.length) this.speak("Nothing is drawn here.");
      else if (!marks) [this.series, this.at] = [0, 0];
      else if (key in along) this.at += along[key];
      else if (key in across) this.turn(all, across[key]);
      else this.at = event.key === "Home" ? 0 : marks.length - 1;
      if (all.length) this.go(all, chart);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Walked} chart @param {Mark} [mark] */
  press(chart, mark) {
    if (!chart.selects || !mark) return;
    ChartCursor.clicked = { id: chart.id, when: Date.now(), place: [this.series, this.at] };
    mark.press?.();
  }

  /** To the mark of another series that is nearest. @param {Mark[][]} all @param {number} by */
  turn(all, by) {
    const { along } = all[this.series][Math.min(this.at, all[this.series].length - 1)];
    this.series = Math.max(0, Math.min(all.length - 1, this.series + by));
    const far = all[this.series].map((mark) => Math.abs(mark.along - along));
    this.at = far.indexOf(Math.min(...far));
  }

  /** @param {Mark[][]} all @param {Walked} chart */
  go(all, chart) {
    const marks = all[this.series];
    this.at = Math.max(0, Math.min(marks.length - 1, this.at));
    const { name, show } = marks[this.at];
    show();
    clearTimeout(this.due);
    this.due = setTimeout(() => {
      const text = chart.text();
      this.speak(`${text.includes(name) ? "" : `${name}: `}${text}. ${this.at + 1} of ${marks.length}`);
    }, LABELLED_AFTER);
  }

  leave() {
    clearTimeout(this.due);
    this.chart().hide();
    this.series = this.at = -1;
    this.speak("");
  }
}
