"""A file that is written is replaced at once, and never half written."""

import os
from pathlib import Path

import pytest

from milestone_sdk._files import write_file


def test_a_reader_of_the_old_file_keeps_the_whole_of_it(tmp_path: Path) -> None:
    path = tmp_path / "arc.toml"
    write_file(path, b"old")
    with path.open("rb") as reader:
        write_file(path, b"new and longer")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new and longer"
    assert os.listdir(tmp_path) == ["arc.toml"]  # noqa: PTH208


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "arc.toml"
    write_file(path, b"old")
    path.chmod(0o640)
    write_file(path, b"new")
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_written_leaves_nothing_and_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as refused:
        write_file(tmp_path / "nowhere" / "arc.toml", b"x")
    assert refused.value.filename == str(tmp_path / "nowhere" / "arc.toml")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="not a regular file"):
        write_file(tmp_path / "folder", b"x")
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]
