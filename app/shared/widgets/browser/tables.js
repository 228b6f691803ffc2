// What the server sends once and the browser keeps, as long as the tab lives: by its digest, for all mounts of a component.

/** @type {Map<string, {table: Promise<any>, here: (table: any) => void}>} */
const tables = new Map();

/** What stands in a place until its table is here. @param {Element} root @param {string} text what is coming @param {number} height @returns {any} */
function waiting(root, text, height) {
  const node = el("p", { role: "status", text: `${text} …` });
  node.style.cssText = `display: grid; place-items: center; margin: 0; min-height: ${height}px; opacity: 0.8; border: 1px dashed var(--st-border-color); border-radius: 0.4rem`;
  root.append(node);
  return node;
}

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
