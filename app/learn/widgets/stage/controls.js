// What a hand can drag or choose.

/** A slider with its name, its value in words, and marks that lead to values worth knowing. */
class Slider {
  /**
   * @param {{name: string, min: number, max: number, step: number, value: number, words: (value: number) => string,
   *   marks?: [number, string][], label?: string}} set
   * @param {(value: number) => void} changed at every move
   */
  constructor(set, changed) {
    this.set = set;
    this.changed = changed;
    this.input = el("input", { type: "range", min: set.min, max: set.max, step: set.step, "aria-label": set.label ?? set.name });
    this.output = el("output", {});
    this.marks = el("span", { className: "marks" });
    this.node = el("div", { className: "slider" }, el("div", { className: "named" }, el("span", { className: "name", text: set.name }), this.output, this.marks), this.input);
    this.input.oninput = () => this.take(Number(this.input.value));
    this.mark(set.marks ?? []);
    this.put(set.value);
  }

  /** @param {[number, string][]} marks */
  mark(marks) {
    this.marks.replaceChildren(
      ...marks.map(([value, name]) => el("button", { type: "button", className: "mark", text: name, onclick: () => this.take(value) })),
    );
  }

  /** Let it begin at another value. @param {number} min */
  from(min) {
    this.set.min = min;
    this.input.min = String(min);
    this.put(this.at);
  }

  get value() {
    return this.at;
  }

  /** Show a value; nobody is told. @param {number} value */
  put(value) {
    const { min, max, words } = this.set;
    this.at = Math.max(min, Math.min(max, value));
    this.input.value = String(this.at);
    this.output.textContent = words(this.at);
    this.input.setAttribute("aria-valuetext", this.output.textContent);
    this.input.style.setProperty("--at", `${(100 * (this.at - min)) / (max - min || 1)}%`);
  }

  /** @param {number} value */
  take(value) {
    this.put(value);
    this.changed(this.at);
  }

  /** One step by a key. @param {number} sign */
  nudge(sign) {
    const { min, max, step } = this.set;
    this.take(this.at + sign * Math.max(step, (max - min) / 50));
  }
}

/** A few choices, of which one holds. */
class Choice {
  /** @param {string} label @param {[string, string][]} options value and words @param {string} value @param {(value: string) => void} changed */
  constructor(label, options, value, changed) {
    this.value = value;
    this.buttons = options.map(([name, text]) => el("button", { type: "button", text, value: name, onclick: () => this.take(name, changed) }));
    this.node = el("div", { className: "choice", role: "group", "aria-label": label }, ...this.buttons);
    this.put(value);
  }

  /** @param {string} value */
  put(value) {
    this.value = value;
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.value === value));
  }

  /** @param {string} value @param {(value: string) => void} changed */
  take(value, changed) {
    this.put(value);
    changed(value);
  }
}
