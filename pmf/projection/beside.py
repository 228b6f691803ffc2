"""Draws maps of a run into a folder: `python -m pmf.projection.beside RUN FOLDER NAME …`, see `maps.beside`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from pmf.files import replace_file
from pmf.projection.maps import draw
from pmf.runs.reader import RunReader

if __name__ == "__main__":
    run, into = RunReader(Path(sys.argv[1])), Path(sys.argv[2])
    for name in sys.argv[3:]:
        points, about = draw(run, name)
        np.save(into / f"{name}.npy", points)
        text = json.dumps(asdict(about))
        replace_file(into / f"{name}.json", lambda path: path.write_text(text, encoding="utf-8"))  # noqa: B023 - at once
