// What is looked at, in the address of the page: written at once, read by the server with the next message.

/** @param {string} name */
function readAddress(name) {
  return new URLSearchParams(location.search).get(name);
}

/**
 * Put values into the address; null, and an empty list, takes one out.
 * @param {Record<string, string | string[] | null>} values
 */
function writeAddress(values) {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(values)) {
    address.searchParams.delete(name);
    for (const one of [value ?? []].flat()) address.searchParams.append(name, one);
  }
  const text = `${address.pathname}?${address.searchParams}`.replaceAll("%2C", ",").replaceAll("%3B", ";").replaceAll("%3A", ":");
  if (text !== location.pathname + location.search) history.replaceState(history.state, "", text);
}

/** A few digits of each number. @param {number[]} numbers @param {number} width of what they lie on */
function terse(numbers, width) {
  const digits = Math.max(0, 3 - Math.floor(Math.log10(width || 1)));
  return numbers.map((one) => String(Number(one.toFixed(digits)))).join(",");
}

/** The numbers of a text with commas; null where they are not as many, or not numbers. @param {string | null} text @param {number} count */
function readNumbers(text, count) {
  const numbers = (text ?? "").split(",").map(Number);
  return text && numbers.length === count && numbers.every(Number.isFinite) ? numbers : null;
}

/** @param {[number, number][]} corners @param {number} width */
function writeCorners(corners, width) {
  return corners.map((one) => terse(one, width)).join(";");
}

/** @param {string | null} text @returns {[number, number][] | null} */
function readCorners(text) {
  const corners = (text ?? "").split(";").map((one) => readNumbers(one, 2));
  return corners.length > 2 && corners.every(Boolean) ? /** @type {any} */ (corners) : null;
}
