"""Several hands at once, and disks without room: nothing half done has its final name, nothing is lost."""

from __future__ import annotations

import errno
import shutil
import threading
from pathlib import Path

import pytest

from pmf.cli import main
from pmf.data.unpack import store
from pmf.errors import RunFormatError
from pmf.runs import archive, layout
from pmf.runs.lock import RunLock, owner
from pmf.runs.trash import move_to_trash
from tests.conftest import ATLAS


def test_twenty_uploads_of_one_name_are_twenty_folders(tmp_path: Path) -> None:
    ready = threading.Barrier(20)
    found: list[Path] = []

    def fill(folder: Path) -> None:
        (folder / "file").write_text("x")
        ready.wait()

    threads = [threading.Thread(target=lambda: found.append(store(tmp_path, "same.zip", fill))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 20
    assert all((folder / "file").exists() for folder in found)


def no_room(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_an_alignment_that_cannot_be_written_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "alignment.tsv"
    assert main(["match", str(ATLAS), "--out", str(out)]) == 0
    before = out.read_bytes()
    whole = Path.write_text
    monkeypatch.setattr(Path, "write_text", lambda self, text, **kinds: (whole(self, text[:9], **kinds), no_room()))
    assert main(["match", str(ATLAS), "--out", str(out)]) != 0
    assert "No space left" in capsys.readouterr().err
    assert out.read_bytes() == before
    assert list(tmp_path.iterdir()) == [out]


def test_an_export_that_ends_early_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_add", no_room)
    with pytest.raises(OSError, match="No space"):
        archive.export_run(ATLAS, tmp_path / "run.pmfrun.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_deleted_on_a_full_disk(tmp_path: Path) -> None:
    """/dev/full takes no byte: the lock is held all the same."""
    folder = Path(shutil.copytree(ATLAS, tmp_path / "one"))
    (folder / layout.LOCK).unlink(missing_ok=True)
    (folder / layout.LOCK).symlink_to("/dev/full")
    with RunLock(folder):
        assert owner(folder) is not None
    assert move_to_trash(folder).is_dir()


def test_a_trash_that_cannot_be_made_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(shutil.copytree(ATLAS, tmp_path / "one"))
    monkeypatch.setattr(Path, "mkdir", no_room)
    with pytest.raises(RunFormatError, match=r"cannot be moved to .*No space left"):
        move_to_trash(folder)
    assert folder.is_dir()
