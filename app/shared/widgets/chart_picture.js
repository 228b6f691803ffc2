// Saves the chart that stands on the page, as it is zoomed, in the colours of paper.
const SCALE = 3; // 96 dots an inch on screen, about 300 in the picture

export default function ({ parentElement, data }) {
  const said = parentElement.querySelector("[role=status]");
  for (const button of parentElement.querySelectorAll("button")) {
    button.onclick = () => save(button.value, data).then((text) => (said.textContent = text));
  }
}

async function save(format, { chart, name, template }) {
  const place = document.querySelector(".st-key-" + chart.trim().replace(/[^a-zA-Z0-9_-]/g, "-"));
  const plotly = place?.querySelector(".js-plotly-plot");
  const drawing = [...(place?.querySelectorAll("svg") ?? [])].sort((a, b) => area(b) - area(a))[0]; // the others are icons
  if (!drawing || (plotly && !window.Plotly)) return "This chart cannot be saved here.";
  const link = document.createElement("a");
  link.href = plotly ? await figure(plotly, format, template) : await graph(drawing, format, template.layout);
  link.download = `${name}.${format}`;
  link.click();
  return "";
}

function area(element) {
  const { width, height } = element.getBoundingClientRect();
  return width * height;
}

function figure(plotly, format, template) {
  const { width, height } = plotly.getBoundingClientRect();
  const printed = {
    data: structuredClone(plotly.data),
    layout: { ...structuredClone(plotly.layout), template },
    config: { plotGlPixelRatio: SCALE },
  };
  return window.Plotly.toImage(printed, { format, width, height, scale: format === "png" ? SCALE : 1 });
}

async function graph(drawing, format, paper) {
  const { width, height } = drawing.getBoundingClientRect();
  const copy = drawing.cloneNode(true);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.style.background = paper.paper_bgcolor;
  for (const text of copy.querySelectorAll("text")) {
    text.setAttribute("fill", paper.font.color);
    text.setAttribute("stroke", "none");
    text.style.fontFamily = paper.font.family;
  }
  const svg = "data:image/svg+xml," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
  if (format === "svg") return svg;
  const picture = new Image();
  picture.src = svg;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = SCALE * width;
  canvas.height = SCALE * height;
  const pen = canvas.getContext("2d");
  pen.fillStyle = paper.paper_bgcolor;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}
