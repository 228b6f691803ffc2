"""Where a server keeps everybody in its folders, nothing else is opened, whoever names it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pmf.config.config import Config
from pmf.data.readers import read_graph_pair
from pmf.errors import ConfigError
from pmf.features.image_encoders import image_encoder
from pmf.modalities.name import MODALITY
from pmf.places import stay_inside
from pmf.training.links.seeds import starting_links


@pytest.fixture
def server(tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server's data root with one data set in it."""
    root = tmp_path / "data"
    shutil.copytree(tiny_data, root / "tiny")
    monkeypatch.setenv("PMF_DATA", str(root))
    monkeypatch.setenv("PMF_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("PMF_DATA_ONLY_ROOT", "1")
    return root


def test_data_sets(server: Path, tiny_data: Path) -> None:
    assert len(read_graph_pair("tiny").links) == 56
    assert len(read_graph_pair("demo").links) > 500
    for name in (str(tiny_data), "/etc", "../..", str(server / "tiny" / ".." / ".." / "..")):
        with pytest.raises(ConfigError, match="outside the data root"):
            read_graph_pair(name)


def test_a_folder_or_a_table_that_is_a_link(server: Path, tiny_data: Path) -> None:
    (server / "link").symlink_to(tiny_data)
    with pytest.raises(ConfigError, match="outside the data root"):
        read_graph_pair("link")
    (server / "tiny" / "attr_triples_1").unlink()
    (server / "tiny" / "attr_triples_1").symlink_to(tiny_data / "attr_triples_1")
    with pytest.raises(ConfigError, match="outside the data root"):
        read_graph_pair("tiny")
    (server / "tiny" / "attr_triples_1").unlink()
    shutil.copy(tiny_data / "attr_triples_1", server / "kept")
    (server / "tiny" / "attr_triples_1").symlink_to(server / "kept")
    assert len(read_graph_pair("tiny").links) == 56


def test_files_that_settings_name(server: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("word 1 2 3\n")
    pair = read_graph_pair("tiny")
    config = Config(data="tiny")
    with pytest.raises(ConfigError, match="outside the data root"):
        MODALITY.build(
            pair, config.with_settings({"features.word_vectors": str(outside)}).features, lambda *_: None, pair
        )
    with pytest.raises(ConfigError, match="outside the data root"):
        image_encoder(f"timm:resnet18@{outside}.safetensors")
    with pytest.raises(ConfigError, match="outside the data root"):
        starting_links(config.with_settings({"verdicts.file": str(outside)}), pair, {}, None)
    with pytest.raises(ConfigError, match="outside the data root"):
        starting_links(config.with_settings({"verdicts.base": str(tmp_path / "elsewhere")}), pair, {}, None)


def test_elsewhere_everything_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PMF_DATA_ONLY_ROOT", raising=False)
    assert stay_inside(tmp_path) == tmp_path
    monkeypatch.setenv("PMF_DATA_ONLY_ROOT", "1")
    monkeypatch.setenv("PMF_DATA", str(tmp_path))
    assert stay_inside(tmp_path / "x") == tmp_path / "x"
    for name in ("x" * 5000, "a\0b"):
        with pytest.raises(ConfigError):
            stay_inside(Path(name))
