// Where the server's three messages arrive: the record, pictures, and where to begin.

const USUAL = 860; // pixels that the charts are high
const players = new WeakMap();

/** @param {any} component */
export default function (component) {
  const { data, parentElement: root, setStateValue } = component;
  if (data.kind === "table") tableOf(data.table).here(new FreezingRecord(data));
  if (data.kind === "pictures") tableOf(data.table).table.then((record) => record.pictures.receive(data, setStateValue));
  if (data.kind !== "player") return () => {};
  const mounted = players.get(root);
  if (mounted?.digest !== data.table) {
    const place = mounted ? null : waiting(root, "What froze in which epoch is being drawn", USUAL);
    const ready = Promise.all([tableOf(data.table).table, mounted?.player]);
    const made = ready.finally(() => place?.remove()).then(([record, before]) => new FreezingPlayer(root, record, setStateValue, data.first, before));
    players.set(root, { digest: data.table, player: made });
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
