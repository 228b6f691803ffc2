// What is looked at, in the address of the page: written at once, read by the server with the next message.

/** @param {string} name */
function readAddress(name) {
  return new URLSearchParams(location.search).get(name);
}

/**
 * Put values into the address, in the way in which the server will: an empty list takes one out.
 * @param {Record<string, string[]>} values
 */
function writeAddress(values) {
  /** @type {Map<string, string[]>} */
  const all = new Map();
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (!(name in values)) all.set(name, [...(all.get(name) ?? []), value]);
  }
  for (const [name, list] of Object.entries(values)) all.set(name, list);
  const search = `?${new URLSearchParams([...all].flatMap(([name, list]) => list.map((value) => [name, value])))}`;
  if (search !== location.search) history.replaceState(history.state, "", location.pathname + search);
}
