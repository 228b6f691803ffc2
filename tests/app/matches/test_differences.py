"""Attributes key by key: the entity asked for, its prediction and its truth."""

from __future__ import annotations

from pathlib import Path

from app.matches.services.differences import differences
from app.shared.services.dataset import Dataset
from pmf.data.readers import read_graph_pair
from tests.small_data import lay

ATTRIBUTES = {
    0: {"population": ["1,200"], "area": ["21"], "currency": ["dollar"], "motto": ["one"], "code": ["NR"]},
    1: {"population": ["9000"], "superficie": ["21"], "currency": ["dollar"], "motto": ["two"]},  # predicted
    2: {"population": ["1200"], "area": ["40"], "currency": ["Dollar"], "motto": ["three"]},  # the truth
}


class Known(Dataset):
    """A data set of three entities."""

    def attributes(self, entity: int) -> dict[str, list[str]]:
        return ATTRIBUTES[entity]


def test_the_decisive_key_comes_first() -> None:
    rows = differences(Known(None, ""), 0, {"prediction": 1, "truth": 2})
    assert rows["Speaks for"].tolist() == ["truth", "prediction", "neither", "both", ""]
    assert rows["Key"].tolist() == ["population", "area", "motto", "currency", "code"]
    assert rows["Truth"].tolist() == ["= 1200", "≠ 40", "≠ three", "= Dollar", "–"]
    assert rows["Prediction"].tolist() == ["≠ 9000", "= 21 (superficie)", "≠ two", "= dollar", "–"]


def test_of_a_right_match_there_is_one_other() -> None:
    rows = differences(Known(None, ""), 0, {"truth": 2})
    assert list(rows.columns) == ["Key", "Asked for", "Truth", "Speaks for"]
    assert rows.set_index("Key")["Speaks for"].to_dict() == {
        "population": "truth",
        "currency": "truth",
        "area": "neither",
        "motto": "neither",
        "code": "",
    }


def test_an_entity_without_attributes_has_no_rows() -> None:
    ATTRIBUTES[3] = {}
    assert differences(Known(None, ""), 3, {"truth": 2}).empty


def test_values_that_are_like_each_other_are_paired_whatever_their_keys_are_called(tmp_path: Path) -> None:
    tables = {
        "source.csv": "id,title,manufacturer,price,colour\na,Camera,SONY,399.99,red\n",
        "target.csv": "id,title,brand,list price,finish\nx,Cam,Sony Corp.,$399,matte\ny,Cam,Bose,$12,matte\n",
        "links.csv": "source,target\na,x\n",
    }
    pair = read_graph_pair(lay(tmp_path, tables))
    rows = differences(Dataset(pair, ""), 0, {"prediction": 2, "truth": 1}).set_index("Key")
    assert rows["Truth"].to_dict() == {
        "manufacturer": "≈ Sony Corp. (brand)", "price": "≈ $399 (list price)", "colour": "–"
    }  # fmt: skip
    assert rows["Prediction"]["manufacturer"] == "–"
    assert rows["Speaks for"]["manufacturer"] == "truth"
    back = differences(Dataset(pair, ""), 1, {"truth": 0}).set_index("Key")  # asked for from the other side
    assert back["Truth"]["brand"] == "≈ SONY (manufacturer)"
