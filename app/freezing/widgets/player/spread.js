// How the relevance of one modality is spread at the cursor, and below it, where a rule asked validation links, what they
// said of each proposed threshold.

class Spread {
  /** @param {any} player */
  constructor(player) {
    this.player = player;
    this.sheet = new Sheet("spread", "How many features have which relevance, in use and frozen, at the chosen epoch");
    this.evidence = new Sheet("evidence", "What validation links gain from each proposed threshold, with its error, over the epochs");
    /** @type {Spot[][]} in use, frozen */
    this.bars = [];
    /** @type {Spot[]} */
    this.asked = [];
    this.tips = [
      new Tip(player, this.sheet, { name: "Features by their relevance", spots: () => this.bars }),
      new Tip(player, this.evidence, { name: "What each proposed threshold would gain", spots: () => [this.asked] }),
    ];
  }

  draw() {
    const { record, m, epoch, colours } = this.player;
    const [width, height] = this.sheet.begin();
    const { pen } = this.sheet;
    const { name, colour } = record.modalities[m];
    const at = record.measurement(epoch);
    words(pen, colours, `Relevance α of ${name}`, at < 0 ? "not measured yet" : `epoch ${record.measured[at]}`, 0, 14, 14);
    const counts = this.counts(m, at);
    const frame = new Frame(pen, colours, { left: 48, top: 44, width: width - 56, height: height - 44 - 40 }, [0, 1], [0, this.most(m)]);
    frame.axes({ x: "relevance α", y: "features", write: (value) => value.toLocaleString("en") });
    const bar = frame.width / BINS;
    this.bars = [[], []];
    counts.forEach(([used, frozen], bin) => {
      const spot = (/** @type {number} */ count, /** @type {number} */ top, /** @type {string} */ series) => ({
        x: frame.left + (bin + 0.5) * bar, y: frame.py(top), series,
        lines: () => [`${count.toLocaleString("en")} ${series}`, `α ${(bin / BINS).toFixed(2)} to ${((bin + 1) / BINS).toFixed(2)}`],
      });
      if (used) this.bars[0].push(spot(used, used, "in use"));
      if (frozen) this.bars[1].push(spot(frozen, used + frozen, "frozen"));
      const left = frame.left + bin * bar;
      if (used) {
        pen.fillStyle = colour;
        pen.fillRect(left, frame.py(used), bar - 0.5, frame.bottom - frame.py(used));
      }
      if (frozen) {
        pen.beginPath();
        pen.rect(left, frame.py(used + frozen), bar - 0.5, frame.py(used) - frame.py(used + frozen));
        fillHatched(pen, colour, "/");
      }
    });
    const limit = at < 0 ? null : record.threshold(m, record.measured[at]);
    if (limit !== null) frame.path([[limit, 0], [limit, frame.y[1]]], colours.text, [6, 4], 1.5);
    const sums = counts.reduce(([a, b], [used, frozen]) => [a + used, b + frozen], [0, 0]);
    const [used, frozen] = sums.map((sum) => sum.toLocaleString("en"));
    if (at >= 0) legend(pen, colours, [[`in use ${used}`, boxSign(colour)], [`frozen ${frozen}`, boxSign(colour, "/")]], 0, 32, width);
    this.proposals();
  }

  /** In use and frozen, by bin. @param {number} m @param {number} at @returns {[number, number][]} */
  counts(m, at) {
    const { counts, modalities } = this.player.record;
    const from = (at * modalities.length + m) * 2 * BINS;
    return Array.from({ length: BINS }, (_, bin) => (at < 0 ? [0, 0] : [counts[from + bin], counts[from + BINS + bin]]));
  }

  /** The highest bar of all measurements, so that bars of two epochs can be compared. @param {number} m */
  most(m) {
    if (this.highest?.m !== m) {
      const all = this.player.record.measured.flatMap((/** @type {number} */ _, /** @type {number} */ at) => this.counts(m, at).map(([used, frozen]) => used + frozen));
      this.highest = { m, value: Math.max(1, ...all) };
    }
    return this.highest.value;
  }

  proposals() {
    const { record, m, epoch, colours } = this.player;
    const { name, proposals } = record.modalities[m];
    const { node, pen } = this.evidence;
    this.asked = [];
    node.hidden = !record.modalities.some((/** @type {Modality} */ one) => one.proposals.length);
    this.tips[1].node.hidden = node.hidden;
    if (node.hidden) return;
    const [width, height] = this.evidence.begin();
    words(pen, colours, "What each proposed δ would gain", name, 0, 14, 14);
    const past = proposals.filter((one) => one.epoch <= epoch);
    const ends = proposals.flatMap((one) => [one.gain - 2 * one.error, one.gain + 2 * one.error]);
    const [low, high] = [Math.min(-1e-3, ...ends), Math.max(1e-3, ...ends)];
    const frame = new Frame(pen, colours, { left: 48, top: 44, width: width - 56, height: height - 44 - 40 }, [0, Math.max(1, record.total - 1)], [low, high]);
    frame.axes({ x: "epoch", y: "nats, ± 2 errors", write: (value) => String(Number(value.toFixed(3))) });
    frame.path([[0, 0], [frame.x[1], 0]], colours.text, [], 1);
    frame.path([[epoch, low], [epoch, high]], colours.text, [], 2);
    let free = 0; // where the next mark has room
    for (const { epoch: when, threshold, features, gain, error, taken } of past) {
      const outcome = `${taken ? "taken" : "not taken"}, ${features.toLocaleString("en")} features`;
      const nats = (/** @type {number} */ value) => Number(value.toPrecision(2));
      this.asked.push({ x: frame.px(when), y: frame.py(gain), series: "", lines: () => [`epoch ${when}: δ ${threshold.toFixed(2)}, ${outcome}`, `gain ${nats(gain)} ± ${nats(2 * error)} nats`] });
      frame.path([[when, gain - 2 * error], [when, gain + 2 * error]], colours.text, [], taken ? 3 : 1);
      if (frame.px(when) < free && !taken) continue;
      free = frame.px(when) + 10;
      pen.beginPath();
      mark(pen, taken ? "circle" : "triangle", frame.px(when), frame.py(gain), 4);
      pen.lineWidth = 1;
      pen.fillStyle = taken ? colours.text : colours.ground;
      pen.fill();
      pen.stroke();
    }
    const last = past[past.length - 1];
    const judged = last ? `epoch ${last.epoch}: δ ${last.threshold.toFixed(2)}, ${last.features.toLocaleString("en")} features, ${last.taken ? "taken ●" : "not taken ▽"}` : proposals.length ? `the first comes in epoch ${proposals[0].epoch}` : "none was worth proposing";
    words(pen, colours, "", judged, -6, 32);
  }
}
