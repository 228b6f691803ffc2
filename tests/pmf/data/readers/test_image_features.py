"""Picture features by their published names."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path

import pytest

from pmf.data.readers import read_graph_pair
from pmf.errors import DataFormatError
from tests.small_data import DBP15K, FBDB15K, OPENEA, lay, write_features


@pytest.mark.parametrize(
    ("folder", "files", "path"),
    [
        ("DBP15K/zh_en", DBP15K, "pkls/zh_en_GA_id_img_feature_dict"),
        ("DBP15K/zh_en", DBP15K, "DBP15K/zh_en/zh_en_GA_id_img_feature_dict"),
        ("FBDB15K/norm", FBDB15K, "pkls/FBDB15K_id_img_feature_dict"),
        ("FB15K_DB15K", FBDB15K, "FB15K_DB15K/FB15K_DB15K_id_img_feature_dict"),
        ("OpenEA/OEA_D_W_15K_V1", FBDB15K, "OpenEA/pkl/OEA_D_W_15K_V1_id_img_feature_dict"),
    ],
)
def test_converted_features_are_found_where_the_pickles_lie(
    tmp_path: Path, folder: str, files: dict[str, str], path: str
) -> None:
    data = lay(tmp_path / folder, files)
    write_features(tmp_path / f"{path}.safetensors", [0, 999])  # 999 is no entity here: left out, as elsewhere
    pair = read_graph_pair(data)
    assert {row: vector.tolist() for row, vector in pair.source.image_features.items()} == {0: [1, 1, 1]}
    assert not pair.target.image_features
    assert [(note.kind, note.count, note.examples) for note in pair.notes] == [("left out", 1, ("999",))]


def test_a_share_of_the_pictures_is_a_file_of_its_own(tmp_path: Path) -> None:
    data = lay(tmp_path / "DBP15K" / "zh_en", DBP15K)
    write_features(tmp_path / "pkls/zh_en_GA_id_img_feature_dict.safetensors", [0, 2, 4])
    write_features(tmp_path / "pkls/zh_en_GA_id_img_feature_dict_0.2.safetensors", [2])
    assert list(read_graph_pair(data).source.image_features) == [0, 1]
    assert list(read_graph_pair(data, image_ratio=0.2).source.image_features) == [1]
    with pytest.raises(DataFormatError, match=r"zh_en_GA_id_img_feature_dict_0\.05\.safetensors, got nothing"):
        read_graph_pair(data, image_ratio=0.05)
    with pytest.raises(DataFormatError, match="pictures kept by share, got another layout"):
        read_graph_pair(lay(tmp_path / "openea", OPENEA), image_ratio=0.2)


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_a_pickle_is_not_opened_but_named_with_the_command(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = lay(tmp_path / "DBP15K" / "zh_en", DBP15K)
    for ratio in ("", "_0.2"):
        pickled = tmp_path / "pkls" / f"zh_en_GA_id_img_feature_dict{ratio}.pkl"
        pickled.parent.mkdir(exist_ok=True)
        pickled.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    with caplog.at_level(logging.WARNING):
        pair = read_graph_pair(data)
    assert not pair.source.image_features
    pkl = tmp_path / "pkls" / "zh_en_GA_id_img_feature_dict.pkl"
    command = f"python -m pmf data convert {pkl} --out {pkl.with_suffix('.safetensors')}"
    (note,) = pair.notes
    assert (note.kind, note.count, note.file) == ("left out", 1, pkl.name)
    assert note.remedy == f"Convert them first: {command}"
    assert command in caplog.text
    with pytest.raises(DataFormatError, match=r"got a pickle. Convert them first: python -m pmf"):
        read_graph_pair(data, image_ratio=0.2)
    assert not (tmp_path / "sprung").exists()


def test_features_of_other_data_are_refused(tmp_path: Path) -> None:
    data = lay(tmp_path / "DBP15K" / "zh_en", DBP15K)
    write_features(tmp_path / "pkls/zh_en_GA_id_img_feature_dict.safetensors", [700, 800])
    with pytest.raises(DataFormatError, match="expected ids listed in ent_ids, got none that is"):
        read_graph_pair(data)
