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
    const ready = Promise.all([tableOf(data.table).table, plotly(data.plotly)]);
    maps.set(root, { digest: data.table, map: ready.then(([table, Plotly]) => new EmbeddingMap(root, table, Plotly, setStateValue)) });
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
