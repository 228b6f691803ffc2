// Numbers and corners in the address of the page.

const BETWEEN = "_"; // two numbers; it stays as it is in an address

/** A few digits of each number. @param {number[]} numbers @param {number} width of what they lie on */
function terse(numbers, width) {
  const digits = Math.max(0, 3 - Math.floor(Math.log10(width || 1)));
  return numbers.map((one) => String(Number(one.toFixed(digits)))).join(BETWEEN);
}

/** The numbers of a text; null where they are not as many, or not numbers. @param {string | null} text @param {number} count */
function readNumbers(text, count) {
  const numbers = (text ?? "").split(BETWEEN).map(Number);
  return text && numbers.length === count && numbers.every(Number.isFinite) ? numbers : null;
}

/** @param {[number, number][]} corners @param {number} width */
function writeCorners(corners, width) {
  return corners.map((one) => terse(one, width)).join(BETWEEN + BETWEEN);
}

/** @param {string | null} text @returns {[number, number][] | null} */
function readCorners(text) {
  const corners = (text ?? "").split(BETWEEN + BETWEEN).map((one) => readNumbers(one, 2));
  return corners.length > 2 && corners.every(Boolean) ? /** @type {any} */ (corners) : null;
}
