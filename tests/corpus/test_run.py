"""A corpus from its files to its tables, in one process."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from stad.corpus import part_files
from stad.corpus.store import ResultStore
from stad.errors import InputError
from tests.corpus.corpora import CONFIG, content, make_videos, rows, tiny_options, tiny_weights
from tests.corpus.inline import run_inline
from tests.corpus.squares import squares
from tests.videos import write_audio_only, write_video

HUGE_BYTES = 40 * 2**30


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return tiny_weights(tmp_path_factory.mktemp("weights") / "tiny.pth")


@pytest.fixture
def mixed(tmp_path):
    """Good videos and everything else that a disk may hold."""
    folder = tmp_path / "videos"
    good = make_videos(folder, 3)
    shutil.copy(good[1], folder / "copy.mp4")
    (folder / "empty.mp4").touch()
    (folder / "text.mkv").write_bytes(b"not a video\n" * 50)
    (folder / "notes.doc").write_text("nothing")
    write_audio_only(folder / "sound.mp4")
    with (folder / "huge.mp4").open("wb") as file:
        file.truncate(HUGE_BYTES)
    cut = write_video(folder / "cut.ts", num_frames=60, fps=25)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    return folder


def test_a_true_summary_of_a_mixed_corpus(mixed, weights, tmp_path):
    out = tmp_path / "results"
    run, _ = run_inline([mixed], out, tiny_options(weights))
    found = run.summary
    assert (found.num_files, found.num_videos, found.num_copies) == (9, 8, 1)
    assert (found.num_done, found.done_before) == (4, 0)
    assert found.failed == {"empty": 1, "not a video": 3}
    assert not run.interrupted
    text = "\n".join(found.report(interrupted=False))
    assert "failed    4  (1 empty, 3 not a video; see the table of failures)" in text
    failures = {row["path"].rpartition("/")[2]: row for row in rows(out, "failures")}
    assert set(failures) == {"empty.mp4", "text.mkv", "sound.mp4", "huge.mp4"}
    assert failures["text.mkv"]["tries"] == 1
    assert "text.mkv cannot be read as one" in failures["text.mkv"]["message"]
    videos = {row["path"].rpartition("/")[2]: row for row in rows(out, "videos")}
    assert set(videos) == {"00.mp4", "01.mp4", "02.mp4", "cut.ts"}
    assert videos["01.mp4"]["copies"] == [str(mixed / "copy.mp4")]
    assert videos["02.mp4"]["num_frames"] == 30
    assert videos["02.mp4"]["duration_sec"] == pytest.approx(1.2)
    assert [row["num_boxes"] for row in rows(out, "tracks")].count(30) == 3

    again, tasks = run_inline([mixed], out, tiny_options(weights))
    assert (again.summary.num_done, again.summary.done_before) == (0, 4)
    assert len(tasks) == 3
    assert rows(out, "videos") == sorted(videos.values(), key=lambda row: row["video"])


def test_a_name_with_line_ends_is_one_line(weights, tmp_path, capfd):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a\nerror: \x1b[2Kb.mp4").write_bytes(b"not a video\n" * 50)
    run_inline([tmp_path / "videos"], tmp_path / "results", tiny_options(weights), quiet=False)
    said = capfd.readouterr().err
    (line,) = [one for one in said.splitlines() if one.startswith("failed    /")]
    assert "/a\\nerror: \\x1b[2Kb.mp4 (not a video): Expected a video" in line


def test_another_model_or_option_does_the_videos_again(weights, tmp_path):
    out = tmp_path / "results"
    videos = make_videos(tmp_path / "videos", 2)
    options = tiny_options(weights)
    first, _ = run_inline(videos, out, options)
    same, _ = run_inline(videos, out, replace(options, weights=str(shutil.copy(weights, out))))
    assert same.model_key == first.model_key
    assert same.summary.num_done == 0
    other, _ = run_inline(videos, out, replace(options, stride_sec=0.25))
    assert other.model_key != first.model_key
    assert other.summary.num_done == 2
    assert ResultStore.open(out, create=False).models() == sorted(
        [first.model_key, other.model_key]
    )


def test_a_long_video_is_split_and_found_the_same(weights, tmp_path):
    options = tiny_options(weights, threshold=0.3)
    path = write_video(tmp_path / "a.mp4", num_frames=250, fps=25, gop=20, picture=squares)
    run_inline([path], tmp_path / "whole", options)
    run, tasks = run_inline([path], tmp_path / "parts", options, split_sec=2.0)
    assert [step for step, _ in tasks] == [
        *("whole", *["detect"] * 4, "windows", *["score"] * 4, "join")
    ]
    assert run.summary.video_sec == pytest.approx(10.0)
    assert content(tmp_path / "parts") == content(tmp_path / "whole")
    assert len(rows(tmp_path / "whole", "segments")) > 10
    assert not list((tmp_path / "parts").glob("parts/*/*"))


def test_a_model_with_a_memory_remembers_across_the_parts(tmp_path):
    config = CONFIG.with_name("tiny_long_detector.py")
    weights = tiny_weights(tmp_path / "long.pth", config=config)
    options = tiny_options(weights, model=str(config), batch_size=2)
    path = write_video(tmp_path / "a.mp4", num_frames=250, fps=25, gop=20, picture=squares)
    run_inline([path], tmp_path / "whole", options)
    _, tasks = run_inline([path], tmp_path / "parts", options, split_sec=2.0)
    assert ("score", 3) in tasks
    assert content(tmp_path / "parts") == content(tmp_path / "whole")
    # Its scores do depend on what came before.
    late = write_video(
        tmp_path / "late.mp4",
        num_frames=125,
        fps=25,
        gop=20,
        picture=lambda index, *size: squares(index + 125, *size),
    )
    run_inline([late], tmp_path / "late", options)
    scores = [
        [row["score"] for row in rows(out, "keyframes") if row["time_sec"] == time_sec]
        for out, time_sec in ((tmp_path / "whole", 7.0), (tmp_path / "late", 2.0))
    ]
    assert scores[0]
    assert scores[0] != scores[1]


def test_a_damaged_video_is_done_as_a_whole(weights, tmp_path):
    options = tiny_options(weights)
    path = write_video(tmp_path / "a.mp4", num_frames=250, fps=25, gop=20, picture=squares)
    damaged = bytearray(path.read_bytes())
    place = len(damaged) // 2
    damaged[place : place + 3000] = bytes(3000)
    path.write_bytes(damaged)
    run_inline([path], tmp_path / "whole", options)
    _, tasks = run_inline([path], tmp_path / "parts", options, split_sec=2.0)
    assert content(tmp_path / "parts") == content(tmp_path / "whole")
    assert tasks[-1] == ("whole", 0)
    assert "damaged packets" in rows(tmp_path / "parts", "videos")[0]["warnings"][0]


def test_results_that_cannot_be_written_end_the_run(weights, tmp_path, monkeypatch):
    videos = make_videos(tmp_path / "videos", 2)

    def full(self, model_key, results):
        raise InputError("Cannot write results: No space left on device.")

    monkeypatch.setattr(ResultStore, "add", full)
    monkeypatch.setattr(part_files, "PAUSES_SEC", (0.0,))
    with pytest.raises(InputError, match="No space left"):
        run_inline(videos, tmp_path / "results", tiny_options(weights))
    assert not list((tmp_path / "results" / "runs").iterdir())
