// Small helpers of every component. Whatever comes from data becomes text or an attribute, never markup.

/**
 * An element.
 * @param {string} tag
 * @param {Record<string, any>} [set] properties; `text`, `data-…` and `aria-…` as they read
 * @param {...(Node | string | null)} children
 * @returns {any}
 */
function el(tag, set = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(set)) {
    if (value === null || value === undefined) continue;
    if (name === "text") made.textContent = clean(value);
    else if (/^(data|aria)-|^(role|for)$/.test(name)) made.setAttribute(name, String(value));
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * Text without characters that control or reorder what stands around it.
 * @param {unknown} text
 */
function clean(text) {
  return String(text).replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, " ");
}

/**
 * Calls back once what was changed has been painted.
 * @param {(at: number) => void} then with the time, by the clock of key events
 */
function afterPaint(then) {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(performance.now());
    channel.port2.postMessage(0);
  });
}

/** Numbers that the server packed. @template T @param {string} text base64 @param {new (buffer: ArrayBuffer) => T} Kind @returns {T} */
function unpack(text, Kind) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return new Kind(bytes.buffer);
}

/** A circle for the source graph, a diamond for the target. @param {Path2D} path @param {number} x @param {number} y @param {number} radius @param {boolean} isSource */
function marker(path, x, y, radius, isSource) {
  if (isSource) {
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 7);
    return;
  }
  const wide = radius * 1.3;
  path.moveTo(x, y - wide);
  path.lineTo(x + wide, y);
  path.lineTo(x, y + wide);
  path.lineTo(x - wide, y);
  path.closePath();
}
