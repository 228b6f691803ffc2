// Where the server's three messages arrive: the record, pictures, and where to begin.

const players = new WeakMap();

/** @param {any} component */
export default function (component) {
  const { data, parentElement: root, setStateValue } = component;
  if (data.kind === "table") tableOf(data.table).here(new FreezingRecord(data));
  if (data.kind === "pictures") tableOf(data.table).table.then((record) => record.pictures.receive(data, setStateValue));
  if (data.kind !== "player") return () => {};
  const mounted = players.get(root);
  if (mounted?.digest !== data.table) {
    const ready = Promise.all([tableOf(data.table).table, mounted?.player]);
    players.set(root, { digest: data.table, player: ready.then(([record, before]) => new FreezingPlayer(root, record, setStateValue, data.first, before)) });
  }
  players.get(root).player.then((/** @type {FreezingPlayer} */ player) => {
    player.tell = setStateValue;
    player.receive(data);
  });
  return () =>
    setTimeout(() => {
      if (root.isConnected) return;
      players.get(root)?.player.then((/** @type {FreezingPlayer} */ player) => player.end());
      players.delete(root);
    }, 0);
}
