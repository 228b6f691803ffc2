// Where the server's three messages arrive: the table, pictures, and the map itself.

const maps = new WeakMap();

/** @param {any} component */
export default function (component) {
  const { data, parentElement: root, setStateValue } = component;
  if (data.kind === "table") tableOf(data.table).here(new Table(data));
  if (data.kind === "pictures") tableOf(data.table).table.then((table) => table.pictures.receive(data, setStateValue));
  if (data.kind !== "map") return () => {};
  const mounted = maps.get(root);
  if (mounted?.digest !== data.table) {
    if (mounted) mounted.map.then((/** @type {EmbeddingMap} */ map) => map.end());
    const place = waiting(root, `The map of ${data.entities.toLocaleString("en")} entities is being drawn`, heightFor(root));
    const ready = Promise.all([tableOf(data.table).table, plotly(data.plotly)]);
    const made = ready.finally(() => place.remove()).then(([table, Plotly]) => new EmbeddingMap(root, table, Plotly, setStateValue));
    maps.set(root, { digest: data.table, map: made });
  }
  maps.get(root).map.then((/** @type {EmbeddingMap} */ map) => {
    map.tell = setStateValue;
    map.receive(data);
  });
  return () =>
    setTimeout(() => {
      if (root.isConnected) return;
      maps.get(root)?.map.then((/** @type {EmbeddingMap} */ map) => map.end());
      maps.delete(root);
    }, 0);
}
