"""The head of every page: its name, the run it shows, and where that run stands."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.shared.services import catalog
from app.shared.services.glossary import meaning
from app.shared.services.headline import figure
from app.shared.services.run_view import RunView, title_of
from app.shared.widgets import loading, remembered, url
from app.shared.widgets.table import table
from app.shared.widgets.text import plain, short
from pmf.errors import RunFormatError
from pmf.runs.facts import Updated
from pmf.runs.reader import RunState

MEMORY = "run"
"""Under which the run last looked at is remembered."""
STATES = {
    "running": ("blue", ":material/autorenew:"),
    "finished": ("green", ":material/check_circle:"),
    "failed": ("red", ":material/error:"),
    "stopped": ("orange", ":material/stop_circle:"),
    "interrupted": ("orange", ":material/power_off:"),
}
NO_RUNS = "There are no runs yet. Train one on the Train page."


def head(title: str, question: str) -> RunView:
    """Draw the head and return the chosen run.

    Raises:
        RunFormatError: there is no run, or the chosen one cannot be read.
    """
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.title(title, anchor=False)
    left.caption(question)
    with right:
        folder = _pick()
        run = loading.open_run(folder)
        _figure(run)
    _show_state(run, folder)
    _origin(run)
    return run


def _origin(run: RunView) -> None:
    """Where a run comes from that was not trained here: what of an adopted one is missing, what an update found."""
    adopted, updated = run.reader.facts.adopted, run.reader.facts.updated
    if updated is not None:
        _update(run, updated)
    if adopted is None:
        return
    with st.expander(f"Adopted from {plain(adopted.layout, 100)}", icon=":material/move_to_inbox:"):
        st.markdown("\n".join(f"- {plain(line, 400)}" for line in adopted.lines) or "All that the pages need came.")


def _update(run: RunView, updated: Updated) -> None:
    """What was new, what became of the accepted pairs, and whether a new training is due."""
    word = "a new training is due" if updated.due else "no new training is due"
    with st.expander(f"Update of {plain(updated.parent, 100)}: {word}", icon=":material/update:"):
        for line in updated.due or (updated.judged,):
            st.markdown(plain(line, 400))
        st.markdown("\n".join(f"- {plain(line, 600)}" for line in updated.lines))
        st.caption(
            "Only new entities are ranked, among everybody; figures are of those whose link is known. Curves and "
            "freezing are those of the training."
        )
        accepted = run.reader.accepted()
        if accepted is not None and len(changed := accepted[accepted["state"] != "kept"]):
            st.caption(f"{len(accepted) - len(changed):,} accepted pairs are as they were; these have changed or gone.")
            table(
                changed[["state", "source", "target", "what", "given"]],
                name="accepted",
                alt="Accepted pairs whose evidence has changed, or that are gone",
            )


def _figure(run: RunView) -> None:
    """The headline figure, the same on every page."""
    if shown := figure(run):
        so_far = "" if shown.final else " so far"
        st.caption(f"**{shown.text}**{so_far}: {plain(shown.of, 200)}", help=meaning("Hits@1"))


def _pick() -> Path:
    folders = catalog.run_folders()
    if not folders:
        st.info(NO_RUNS)
        st.stop()
    wanted = url.get("run") or _last(folders)
    if url.get("run") is None or wanted in folders:
        url.put(run=wanted)
    titles = {name: _title(folder) for name, folder in folders.items()}
    empty = {"index": None} if url.get("run") not in folders else {}
    run_id = url.choose(st.selectbox, "Run", list(folders), "run", default=None, format_func=titles.get, **empty)
    if run_id is None:
        raise RunFormatError(f"There is no run called “{short(wanted, 80)}”; choose one above.")
    remembered.remember(MEMORY, run_id)
    return folders[run_id]


def _last(folders: dict[str, Path]) -> str:
    """The run that this visitor looked at last, or else the usual one."""
    last = remembered.recall(MEMORY)
    return last if last in folders else catalog.usual(folders)


def _title(folder: Path) -> str:
    """The name somebody gave a run, and its id."""
    title = title_of(folder)
    example = " · example" if folder.parent == catalog.BUNDLED else ""
    return (title if title == folder.name else f"{short(title, 60)} ({folder.name})") + example


def state_badge(state: RunState) -> None:
    """One word on where a run stands."""
    colour, icon = STATES[state.name]
    st.badge(state.name, color=colour, icon=icon)


def _show_state(run: RunView, folder: Path) -> None:
    state = run.state
    if state.name == "finished":
        return
    done = min(1.0, (state.epoch + 1) / max(1, state.epochs))
    sentence = plain(state.message, 400)
    if state.name == "running":
        early = "; matches are those after stage 1" if run.reader.results("stage 1") else ""
        sentence = f"Training goes on and this page follows{early}."
    st.progress(done, text=f"**{state.name}** · epoch {state.epoch + 1} of {state.epochs} · {sentence}")
    if state.name in ("stopped", "interrupted", "failed") and run.reader.facts.adopted is None:
        url.link(
            "train", "Resume it on the Train page", {"run": run.run_id, "tab": "watch"}, icon=":material/play_arrow:"
        )
    if state.name == "running":
        _follow(folder, catalog.stamp(folder))


@st.fragment(run_every="5s")
def _follow(folder: Path, seen: tuple[tuple[str, int], ...]) -> None:
    """Draw the page again once the run has written something."""
    if catalog.stamp(folder) != seen:
        st.rerun()
