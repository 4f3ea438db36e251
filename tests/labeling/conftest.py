"""A folder with two videos, and its label server."""

from __future__ import annotations

import pytest

from tests.labeling.label_page import browser, made_folder, page, page_folder, page_server
from tests.labeling.served import serve_folder
from tests.videos import write_video

__all__ = ["browser", "made_folder", "page", "page_folder", "page_server"]


@pytest.fixture
def videos(tmp_path):
    """A folder: a video that browsers play, one that they do not, and one that is broken."""
    folder = tmp_path / "mine"
    (folder / "day 1").mkdir(parents=True)
    write_video(folder / "a.mp4")
    write_video(folder / "day 1" / "b & ü.avi", codec="mpeg4", num_frames=20)
    (folder / "bad.mp4").write_bytes(b"no video\n" * 50)
    (folder / "classes.txt").write_text("walk\nrun\n")
    return folder


@pytest.fixture
def served(videos):
    """The label server of the folder."""
    with serve_folder(videos) as running:
        yield running
