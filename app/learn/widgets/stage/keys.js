// The keys of a presenter: they always lead through the lesson, whatever was clicked, and while the film plays.
//
// → PageDown Space: on; ← PageUp: back; Home End: first, last; ↑ ↓: drag; P: play; N: notes.

const TURNS = { ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1, Home: -Infinity, End: Infinity };
const BLOCKING = "[role=dialog], [role=menu], [role=listbox], [data-testid=stPopoverBody], [data-testid=stMainMenuPopover]";

class Keys {
  /** @param {any} stage */
  constructor(stage) {
    this.stage = stage;
    this.tabbed = false; // whether it was a key that led to what has the focus
    this.gone = new AbortController();
    const when = { signal: this.gone.signal, capture: true };
    window.addEventListener("keydown", (event) => this.press(event), when);
    // a browser may take the key for a click on what was clicked last
    window.addEventListener("keyup", (event) => event.key === " " && this.took && event.preventDefault(), when);
    window.addEventListener("pointerdown", () => (this.tabbed = false), when);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const { stage } = this;
    this.took = false;
    if (!stage.node.isConnected || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Tab") this.tabbed = true;
    const target = /** @type {any} */ (event.composedPath()[0]);
    if (this.elsewhere(target)) return;
    const pressed = this.tabbed && target?.closest?.("button, a, summary, select");
    if (pressed && (event.key === " " || event.key === "Enter")) return;
    const letter = target?.tagName === "SELECT" ? "" : event.key.toLowerCase();
    const turn = event.shiftKey && event.key === " " ? -1 : TURNS[/** @type {keyof TURNS} */ (event.key)];
    const drag = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (turn) stage.turn(turn);
    else if (drag && letter) stage.nudge(drag, target);
    else if (letter === "p") stage.play();
    else if (letter === "n") stage.toggleNotes();
    else return;
    this.took = true;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Whether a key is meant for a field of text, a menu or a dialog. @param {any} target */
  elsewhere(target) {
    if (target?.isContentEditable || /^(TEXTAREA)$/.test(target?.tagName) || (target?.tagName === "INPUT" && target.type !== "range")) return true;
    return [...document.querySelectorAll(BLOCKING)].some((node) => /** @type {any} */ (node).checkVisibility?.() ?? true);
  }

  end() {
    this.gone.abort();
  }
}
