"""A run as a document: every figure with its scope, nothing of this machine, nothing that the data could run."""

from __future__ import annotations

import io
import json
import re
import socket
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from app.report import __main__ as command
from app.report.services.files import as_zip, files
from app.report.services.html import as_html
from app.report.services.markdown import as_markdown
from app.report.services.report import Report, report
from app.report.services.subject import subject_of
from app.shared.figures import paper
from app.shared.services.dataset import open_dataset
from app.shared.services.freezing_quality import quality
from app.shared.services.headline import DIRECTIONS
from app.shared.services.run_view import RunView
from app.shared.services.verdict import verdict
from app.slices.services import errors
from app.slices.services.measure import figures
from pmf.runs import layout
from pmf.runs.about import About, write_about
from pmf.runs.reader import RunReader
from tests.conftest import ROOT

MakeRun = Callable[..., Path]

HOSTILE = "<script>alert(1)</script> | =cmd() **bold** [x](javascript:alert(1))"


class Shown(HTMLParser):
    """The elements of a document, and the text of those that are read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts.append(data)
        elif self._inside != "style":
            self.text += data


@pytest.fixture(scope="module")
def bundled() -> RunView:
    return RunView(RunReader(ROOT / "assets" / "runs" / "atlas"))


@pytest.fixture(scope="module")
def written(bundled: RunView) -> Report:
    return report(bundled, open_dataset(bundled))


@pytest.fixture(scope="module")
def page(written: Report) -> Shown:
    return Shown(as_html(written))


def test_the_report_holds_the_runs_own_figures_with_their_scope(bundled: RunView, written: Report) -> None:
    tables = dict(written.tables())
    results = bundled.reader.results()
    assert results is not None
    for row, direction in zip(tables["results"].itertuples(), DIRECTIONS, strict=True):
        assert results[direction]["mrr"] == row.MRR
        assert row.Queries == (bundled.reader.links["split"] == "test").sum()
    for section in written.sections:
        for table in section.tables:
            if table.name not in ("configuration", "environment"):
                assert "seed 0" in table.caption, table.name
        for picture in section.pictures:
            assert "seed 0" in picture.reading, picture.name
            assert picture.alt
    assert "ranked by CSLS (k = 3, applied twice), state of the last epoch" in as_markdown(written)
    settings = tables["configuration"].set_index("Setting")["Value"]
    assert settings["evaluation.csls_rounds"] == "2"
    assert settings["modalities"] == "structure,relation,attribute,image"


def test_slices_causes_health_and_pictures_are_judged(bundled: RunView, written: Report, page: Shown) -> None:
    tables = dict(written.tables())
    slices = tables[f"slices_{layout.SOURCE_TO_TARGET}"].set_index("Slice")
    for title, row in slices.iterrows():
        low, high = (float(bound.rstrip("%")) / 100 for bound in row["Hits@1, 95 %"].split(" – "))
        assert low - 0.001 <= row["Hits@1"] <= high + 0.001, title
        assert row["Hits@1"] == pytest.approx(1 - row["Wrong"] / row["Queries"])
    assert bundled.failures is not None
    wrong = ~bundled.failures["right"].to_numpy(bool)
    for direction in DIRECTIONS:
        of = (bundled.failures["direction"] == direction).to_numpy()
        assert tables[f"causes_{direction}"]["Wrong"].sum() == (wrong & of).sum()
    scores = quality(bundled, open_dataset(bundled))
    assert scores
    assert f"precision {scores[-1].precision:.1%}, recall {scores[-1].recall:.1%}" in page.text
    assert "Health" in [section.title for section in written.sections]


def test_the_first_page_has_five_findings_the_figures_and_three_charts(bundled: RunView, written: Report) -> None:
    first = written.sections[0]
    assert first.cover
    assert len(first.findings) == 5
    assert first.findings[0] == verdict(bundled).sentence
    assert [table.name for table in first.tables] == ["results"]
    assert [picture.name for picture in first.pictures] == ["alone", "causes_source_to_target", "freezing"]
    assert "Map" in [section.title for section in written.sections]


def test_twelve_errors_are_shown_with_pictures_by_cause(bundled: RunView, written: Report) -> None:
    section = next(section for section in written.sections if section.causes)
    shown = [error for cause in section.causes for error in cause.errors]
    assert len(shown) == 12
    failures = bundled.failures
    assert failures is not None
    for cause in section.causes:
        for error in cause.errors:
            query = error.faces[0].entity
            assert error.faces[1].entity == failures.loc[query, "truth"]
            assert not failures.loc[query, "right"]
            assert cause.title.startswith(errors.title(failures.loc[query, "cause"]))
            assert f"pair={query}" in error.link.path
    markdown = as_markdown(written, app="http://here:1")
    pictured = [face for face in written.faces() if face.picture]
    assert len(pictured) > 12
    assert all(f"](pictures/{face.entity}.png)" in markdown for face in pictured)
    assert "(<http://here:1/failures?run=atlas" in markdown
    assert '<a href="http://here:1/failures?run=atlas' in as_html(written, "http://here:1")


def test_a_report_of_a_slice_speaks_of_that_slice(bundled: RunView) -> None:
    subject = subject_of(bundled, "frozen:image", layout.TARGET_TO_SOURCE)
    made = report(bundled, open_dataset(bundled), subject)
    own = figures(bundled, "frozen:image", layout.TARGET_TO_SOURCE)
    assert made.title == "atlas, image frozen on either side"
    assert f"{own.wrong} of {own.size} test queries in this slice are wrong" in made.sections[0].findings[0]
    rows = dict(made.tables())["results"]
    assert rows["Queries"].tolist() == [own.size, 464 - own.size]
    asked = {face.entity for face in made.faces() if face.role == "Asked for"}
    assert len(asked) == min(12, own.wrong)
    assert subject.members[list(asked)].all()
    assert all("slice=frozen%3Aimage" in link.path for link in made.sections[-1].links)


def test_both_documents_say_the_same(written: Report, page: Shown) -> None:
    markdown = as_markdown(written)
    plain = re.sub(r"\\(.)", r"\1", markdown)
    for section in written.sections:
        for sentence in [*section.findings, *section.sentences, *(table.caption for table in section.tables)]:
            assert sentence in page.text
            assert " ".join(sentence.split()) in plain
        for table in section.tables:
            assert markdown.count("| --- ") >= 1
            assert all(cell in page.text for row in table.written() for cell in row)
    assert page.tags.count("table") == len(list(written.tables()))
    assert page.tags.count("figure") == len(list(written.pictures())) >= 3


def test_the_page_needs_nothing_else_and_holds_plotly_once(written: Report, page: Shown) -> None:
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert sum("plotly.js v" in script for script in page.scripts) == 1
    assert sum("Plotly.newPlot" in script for script in page.scripts[1:]) == len(list(written.pictures()))


def test_the_archive_is_complete(written: Report) -> None:
    with zipfile.ZipFile(io.BytesIO(as_zip(written))) as archive:
        names = set(archive.namelist())
        expected = {f"tables/{name}.csv" for name, _ in written.tables()}
        expected |= {f"tables/figure_{picture.name}.csv" for picture in written.pictures()}
        expected |= {f"pictures/{face.entity}.png" for face in written.faces() if face.picture}
        assert names == expected | {"report.html", "report.md"}
        curve = pd.read_csv(archive.open("tables/figure_curve.csv"))
        assert {"epoch", "direction", "hits"} <= set(curve.columns)
        assert "data in tables/figure\\_curve.csv" in archive.read("report.md").decode()
    assert "(figures/curve.svg)" in as_markdown(written, {"curve"})


def test_nothing_of_this_machine_is_told(make_run: MakeRun, data_folder: Path) -> None:
    folder = make_run()
    file = folder / layout.CONFIG
    config = json.loads(file.read_text())
    config["config"]["data"] = config["dataset"]["path"] = str(data_folder)
    config["config"]["features"] = {"word_vectors": "/home/ann/vectors.vec", "image_encoder": r"C:\models\net.pt"}
    config["config"]["verdicts"] = {"file": "../ann/said.csv", "base": None}
    file.write_text(json.dumps(config))
    run = RunView(RunReader(folder))
    made = report(run, open_dataset(run))
    settings = dict(made.tables())["configuration"].set_index("Setting")["Value"]
    assert settings["data"] == "twelve"
    assert settings["features.word_vectors"] == "vectors.vec"
    assert settings["features.image_encoder"] == "net.pt"
    assert settings["verdicts.file"] == "said.csv"
    told = [content.decode() for path, content in files(made, drawn=False).items() if not path.endswith(".png")]
    told[0] = Shown(told[0]).text  # Plotly itself has a word or two of its own
    for secret in (str(data_folder.parent), str(ROOT), socket.gethostname(), "/home", "models"):
        assert not any(secret in text for text in told), secret


def test_hostile_text_stays_text(make_run: MakeRun) -> None:
    folder = make_run()
    write_about(folder, About(name="<img src=x> | *a*", notes=f"=1+1 {HOSTILE}", tags=("<b>",)))
    config = json.loads((folder / layout.CONFIG).read_text())
    config["dataset"]["name"] = config["config"]["preset"] = HOSTILE
    (folder / layout.CONFIG).write_text(json.dumps(config))
    entities = pd.read_parquet(folder / layout.ENTITIES)
    entities["label"] = entities["type"] = HOSTILE
    entities.to_parquet(folder / layout.ENTITIES)
    run = RunView(RunReader(folder))
    made = report(run, open_dataset(run))
    page, markdown = Shown(as_html(made)), as_markdown(made)
    assert not [script for script in page.scripts if script.startswith("alert")]
    assert "src=x" not in "".join(page.links)
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert HOSTILE in page.text
    assert "<script" not in markdown
    assert "**bold**" not in markdown
    assert "[x](javascript" not in markdown
    for block in re.findall(r"(?:^\|.*\n)+", markdown, re.MULTILINE):  # a bar in the data opens no new column
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1
    tables = [content for path, content in files(made, drawn=False).items() if path.endswith(".csv")]
    cells = [cell for table in tables for cell in pd.read_csv(io.BytesIO(table), dtype=str).to_numpy().ravel()]
    assert not [cell for cell in cells if str(cell).startswith("=")]


@pytest.mark.parametrize("state", ["running", "failed", "interrupted"])
def test_an_unfinished_run_says_so(make_run: MakeRun, state: str) -> None:
    run = RunView(RunReader(make_run(state=state)))
    markdown = as_markdown(report(run, open_dataset(run)))
    assert f"This run is {state}, so its figures are those so far." in markdown
    assert "Predictions are" in markdown


def test_the_command(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(paper, "find_spec", lambda name: None)  # as where no renderer is installed
    assert command.main([str(make_run()), "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "report.html").stat().st_size > 10**6
    assert "drawn in report.html" in (tmp_path / "out" / "report.md").read_text()
    assert not (tmp_path / "out" / "figures").exists()
    assert command.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "is no run folder" in capsys.readouterr().err
