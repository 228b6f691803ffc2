// Formulas: nested lists become MathML, as `app.learn.services.formulas` writes them.

const MATH = "http://www.w3.org/1998/Math/MathML";
const TAGS = { row: "mrow", frac: "mfrac", sub: "msub", sup: "msup", both: "msubsup", under: "munder", root: "msqrt" };

/** @typedef {string | any[]} Formula */

/** @param {Formula} part */
function mathNode(part) {
  if (typeof part === "string") {
    const made = document.createElementNS(MATH, part === "" ? "mrow" : /^−?[\d.,]+$/.test(part) ? "mn" : /^\p{L}+$/u.test(part) ? "mi" : "mo");
    made.textContent = part;
    return made;
  }
  const [kind, ...inner] = part;
  const made = document.createElementNS(MATH, kind === "words" ? "mtext" : TAGS[/** @type {keyof TAGS} */ (kind)]);
  if (kind === "words") made.textContent = `\u00a0${inner[0]}\u00a0`;
  else made.append(...inner.map(mathNode));
  return made;
}

/** @param {Formula} part @returns {Element} */
function math(part) {
  const made = document.createElementNS(MATH, "math");
  made.setAttribute("display", "block");
  made.append(mathNode(part));
  return made;
}

/** A number as a formula has it. @param {number} value @param {number} [digits] */
function digits(value, digits = 2) {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) ? `−${text}` : text;
}

/** @param {number} share in [0, 1] @param {number} [digits] */
function percent(share, digits = 0) {
  return `${(100 * share).toFixed(digits)} %`;
}
