// What the server sends once and the browser keeps, as long as the tab lives: by its digest, for all mounts of a component.

/** @type {Map<string, {table: Promise<any>, here: (table: any) => void}>} */
const tables = new Map();

/** The table of a digest, once it is here. @param {string} digest */
function tableOf(digest) {
  let entry = tables.get(digest);
  if (!entry) {
    let here = /** @type {(table: any) => void} */ (() => {});
    const table = new Promise((resolve) => (here = resolve));
    tables.set(digest, (entry = { table, here }));
    if (tables.size > 4) tables.delete(tables.keys().next().value ?? "");
  }
  return entry;
}
