// Charts of Plotly and ECharts that Streamlit puts on the page, wherever and whenever: each gets a cursor.

const CHARTS = "[data-testid=stPlotlyChart] .js-plotly-plot:not([tabindex]), [data-testid=stEChartsChart][role=img]";
const ARROW = "#9AA0A6"; // tips of arrows between the nodes of a graph

/** @type {WeakMap<Element, ChartCursor>} */
const cursors = new WeakMap();

const spoken = el("p", { role: "status" });
const look = () => document.querySelectorAll(CHARTS).forEach(equip);
const watch = new MutationObserver(look);

export default function (/** @type {any} */ { parentElement }) {
  if (!spoken.isConnected) parentElement.append(spoken);
  // for as long as the tab lives; observing twice is observing once
  watch.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["role"] });
  look();
}

/** @param {any} chart */
function equip(chart) {
  if (cursors.has(chart)) return cursors.get(chart)?.label(); // ECharts has called it a picture again
  if (chart.matches(".js-plotly-plot") && !chart.calcdata) return undefined; // not drawn yet
  const now = () => (chart.calcdata ? plotted(chart) : graph(chart));
  return cursors.set(chart, new ChartCursor(chart, now, (text) => (spoken.textContent = text)));
}

/** @param {any} chart @returns {Walked} */
function plotted(chart) {
  const { Plotly } = /** @type {any} */ (window);
  const traces = chart.calcdata.filter((/** @type {any} */ [{ trace }]) => trace.visible === true && trace.hoverinfo !== "skip");
  const flow = traces.some((/** @type {any} */ [{ trace }]) => trace.type === "sankey");
  const name = chart.layout.title?.text?.replace(/<[^>]*>/g, "") || chart.parentElement.getAttribute("aria-label") || "";
  return {
    id: name,
    name,
    upright: traces.some((/** @type {any} */ [{ trace }]) => trace.orientation === "h" && trace.type === "bar"),
    selects: !flow && Boolean(chart._fullLayout.clickmode?.includes("select")),
    series: () => (flow ? [drawn(chart, ".sankey-node", "query"), drawn(chart, ".sankey-link", "band")] : traces.map((/** @type {any} */ points) => places(chart, points, Plotly))),
    text: () => [...chart.querySelectorAll(".hoverlayer text")].map(words).filter(Boolean).join(", "),
    hide: () => (flow ? point(chart, "mouseout") : Plotly.Fx.unhover(chart)),
  };
}

/** The points of a trace, in the order in which they stand. @param {any} chart @param {any[]} points @param {any} Plotly @returns {Mark[]} */
function places(chart, points, Plotly) {
  const { trace } = points[0];
  const [x, y] = [chart._fullLayout[axis(trace.xaxis)], chart._fullLayout[axis(trace.yaxis)]];
  const upright = trace.type === "bar" && trace.orientation === "h";
  const subplot = trace.xaxis + trace.yaxis;
  const found = points.map((one, pointNumber) => ({
    along: upright ? y.c2p(one.p) : x.c2p(one.p ?? one.x),
    name: chart.data[trace.index].name ?? "",
    show: () => Plotly.Fx.hover(chart, [{ curveNumber: trace.index, pointNumber }], subplot),
    press: () => press(chart.querySelector(`.draglayer .${subplot} .nsewdrag`)),
  }));
  return found.filter(({ along }) => Number.isFinite(along)).sort((a, b) => a.along - b.along);
}

/** @param {string} name as a trace has it, e.g. x2 */
function axis(name) {
  return `${name[0]}axis${name.slice(1)}`;
}

/** @param {any} chart @returns {Walked} */
function graph(chart) {
  chart.dataset.alt ??= chart.getAttribute("aria-label");
  return {
    id: "graph",
    name: chart.dataset.alt,
    selects: true,
    series: () => [drawn(chart, `path[fill]:not([fill=none], [fill="${ARROW}"])`, "entity")],
    text: () => chart.lastElementChild.innerText.replace(/\s+/g, " "),
    hide: () => point(chart.querySelector("svg"), "mouseout"),
  };
}

/** Marks that are elements, and answer to the pointer, from left to right. @param {any} chart @param {string} selector @param {string} name @returns {Mark[]} */
function drawn(chart, selector, name) {
  const found = [...chart.querySelectorAll(selector)].map((mark) => {
    const [along, down] = middle(mark);
    return { along, down, name, show: () => ["mouseover", "mousemove"].forEach((kind) => point(mark, kind)), press: () => press(mark) };
  });
  return found.sort((a, b) => a.along - b.along || a.down - b.down);
}

/** @param {Element} node @returns {[number, number]} */
function middle(node) {
  const { left, top, width, height } = node.getBoundingClientRect();
  return [Math.round(left + width / 2), Math.round(top + height / 2)];
}

/** @param {Element} node */
function press(node) {
  for (const kind of ["mousedown", "mouseup", "click"]) point(node, kind);
}

/** The pointer at the middle of what is drawn. @param {Element} node @param {string} kind */
function point(node, kind) {
  const [clientX, clientY] = middle(node);
  node.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true, view: window, clientX, clientY, buttons: kind === "mousedown" ? 1 : 0 }));
}

/** @param {Element} text of a label */
function words(text) {
  const lines = text.querySelectorAll("tspan.line");
  return (lines.length ? [...lines] : [text]).map((line) => clean(line.textContent ?? "").trim()).join(" ");
}
