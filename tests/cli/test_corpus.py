"""The command line of ``stad corpus``, before a video is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from stad.cli.corpus import corpus_main
from stad.cli.corpus_options import CorpusOptions, inference_options
from stad.errors import InputError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "a.mp4").write_bytes(b"x")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Give folders of videos, video files or URLs."),
        (["a.mp4"], "Give the folder or the URL of the results with --out RESULTS."),
        (["b.mp4", "--out", "r"], "No such file: b.mp4"),
        (["other", "--out", "r"], "There is no video in other"),
        (["a.mp4", "--out", "other"], "other has other files, such as file"),
        (["a.mp4", "--out", "a.mp4"], "a.mp4"),
        (["a.mp4", "--out", "nonsense://r"], "Cannot open nonsense://r"),
        (["a.mp4", "--out", "r", "--workers", "0"], "--workers must be 1 or more, got 0."),
        (["a.mp4", "--out", "r", "--tries", "0"], "--tries must be 1 or more, got 0."),
        (["a.mp4", "--out", "r", "--split", "-1"], "--split must be a number of seconds, or 0"),
        (["a.mp4", "--out", "r", "--time-limit", "0"], "--time-limit must be above 0, got 0."),
        (["a.mp4", "--out", "r", "--keep-scores", "2"], "--keep-scores must be between 0 and 1"),
        (["a.mp4", "--out", "r", "--threshold", "2"], "--threshold must be between 0 and 1"),
        (["a.mp4", "--out", "r", "--tracker", "magic"], "--tracker"),
        (["a.mp4", "--out", "r", "--ray", "127.0.0.1:9"], "cannot connect to a cluster at 127"),
    ],
)
def test_wrong_words_are_found_before_a_worker_starts(folder, words, message):
    with pytest.raises(InputError, match=message):
        corpus_main(words)
    assert sorted(one.name for one in folder.iterdir() if one.name != "r") == ["a.mp4", "other"]


def test_paths_hold_in_any_folder(folder):
    (folder / "w.pth").touch()
    (folder / "localizer.json").touch()
    options = CorpusOptions(
        weights="w.pth", model="skeleton_poses", localizer=Path("localizer.json"), out="r"
    )
    found = inference_options(options)
    assert (found.weights, found.model) == (str(folder / "w.pth"), "skeleton_poses")
    assert found.localizer == folder / "localizer.json"
    assert found.detector is None
