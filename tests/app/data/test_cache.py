"""Data sets in memory: read once, few at a time, with word of how far reading has come."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.shared.services import data_cache
from pmf.errors import DataFormatError
from pmf.progress import silent


def test_reading_is_told_from_the_first_file_to_the_last(tiny_data: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    view = data_cache.open_view(tiny_data, lambda *step: steps.append(step))
    shares = [done / total for _, done, total in steps]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] <= 1
    assert {name for name, _, _ in steps} >= {"rel_triples_1", "attr_triples_2", "ent_links", "images_1.tsv"}
    assert view.n == 128


def test_a_long_file_is_told_on_the_way(tmp_path: Path) -> None:
    uri = "http://long.example"
    rows = 50_000
    for side in (1, 2):
        triples = (f"{uri}/{side}/{i % 500}\t{uri}/r\t{uri}/{side}/{i * 7 % 500}\n" for i in range(rows))
        (tmp_path / f"rel_triples_{side}").write_text("".join(triples))
    (tmp_path / "ent_links").write_text("".join(f"{uri}/1/{i}\t{uri}/2/{i}\n" for i in range(500)))
    steps: list[int] = []
    data_cache.open_view(tmp_path, lambda name, done, total: steps.append(done) if name == "rel_triples_1" else None)
    assert len(set(steps)) == 2 + rows // 20_000  # where it begins and ends, too


def test_one_reading_serves_all_who_ask_at_once(tiny_data: Path, tmp_path: Path) -> None:
    data_cache.open_view(tiny_data, silent)
    for name in ("rel_triples_1", "rel_triples_2", "ent_links"):
        (tmp_path / name).write_bytes((tiny_data / name).read_bytes())
    readings: list[tuple[str, int]] = []
    views = []

    def ask() -> None:
        views.append(data_cache.open_view(tmp_path, lambda name, done, total: readings.append((name, done))))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(views) == 4
    assert all(view is views[0] for view in views)
    links = [done for name, done in readings if name == "ent_links"]
    assert links == sorted(set(links))  # told once of each of its bytes


def test_a_changed_file_is_read_again_and_a_broken_one_is_not_kept(tiny_data: Path, tmp_path: Path) -> None:
    for name in ("rel_triples_1", "rel_triples_2", "ent_links"):
        (tmp_path / name).write_bytes((tiny_data / name).read_bytes())
    before = data_cache.open_view(tmp_path, silent)
    links = (tmp_path / "ent_links").read_text()
    (tmp_path / "ent_links").write_text(links + "no link\n")
    for _ in range(2):
        with pytest.raises(DataFormatError, match="ent_links:57"):
            data_cache.open_view(tmp_path, silent)
    (tmp_path / "ent_links").write_text("".join(links.splitlines(keepends=True)[:40]))
    after = data_cache.open_view(tmp_path, silent)
    assert (len(before.pair.links), len(after.pair.links)) == (56, 40)


def test_only_the_last_few_stay_in_memory(tiny_data: Path, tmp_path: Path) -> None:
    first, *others = (tmp_path / str(number) for number in range(5))
    for folder in (first, *others):
        folder.mkdir()
        for name in ("rel_triples_1", "rel_triples_2", "ent_links"):
            (folder / name).write_bytes((tiny_data / name).read_bytes())
    views = [data_cache.open_view(folder, silent) for folder in (first, *others)]
    assert data_cache.open_view(others[-1], silent) is views[-1]
    assert data_cache.open_view(first, silent) is not views[0]
