"""Check the clips of found segments, and the videos that they are cut from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import fsspec
import numpy as np
import pytest

import stad
from stad.corpus.clips import clip_name, cut_clip, cut_clips
from stad.corpus.originals import Originals, problem_lines
from stad.corpus.query import FoundSegment
from stad.errors import InputError
from tests.corpus.example import FPS, box_at, make_corpus
from tests.videos import write_video

SEGMENT = FoundSegment(
    path="/videos/a.mp4",
    label="walk",
    score=0.9,
    actor_id=3,
    start_sec=2.0,
    end_sec=4.5,
    video="57eb896413ce1a4b5e0e",
    model="m@1",
    class_index=0,
    size_bytes=0,
    copies=[],
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    make_corpus(folder, ("a.mp4", "gone.mp4", "other/a.mp4"))
    (folder / "gone.mp4").unlink()
    return folder


def red_left(image: np.ndarray) -> int:
    """The left edge of the red square."""
    red = (image[60, :, 0] > 150) & (image[60, :, 1] < 100)
    return int(np.flatnonzero(red)[0])


def test_clips_hold_the_frames_of_their_segments(folder, tmp_path):
    found = stad.find(folder / "results", "fall down")
    with Originals() as originals:
        cut = cut_clips(found, tmp_path / "new", originals, progress=False)
    assert [one.partition("_")[0] for one in sorted(clip.name for clip in cut.written)] == ["a"] * 2
    assert originals.problems == {
        str(folder / "gone.mp4"): f"There is no file {folder / 'gone.mp4'}."
    }
    for clip in cut.written:
        frames = list(stad.VideoSource(clip).frames())
        assert [round(frame.time_sec * FPS) for frame in frames] == list(range(25))
        for index in (0, 24):
            assert abs(red_left(frames[index].image) - box_at(2.0 + index / FPS)[0]) <= 1
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(
        clip.name for clip in cut.written
    )


def test_clips_that_are_there_stay(folder, tmp_path):
    found = stad.find(folder / "results", "fall down", videos=f"{folder}/a.mp4")
    clip = tmp_path / clip_name(found[0])
    clip.write_text("mine")
    with Originals() as originals:
        cut = cut_clips(found, tmp_path, originals, progress=False)
        assert (cut.written, cut.kept) == ([], [clip])
        assert clip.read_text() == "mine"
        cut = cut_clips(found, tmp_path, originals, overwrite=True, progress=False)
    assert (cut.written, cut.kept) == ([clip], [])
    assert stad.VideoSource(clip).info.num_frames == 25


def test_an_interrupted_clip_leaves_nothing(folder, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("stad.video.sink.VideoSink.close", interrupt)
    segment = replace(SEGMENT, path=str(folder / "a.mp4"))
    with Originals() as originals, pytest.raises(KeyboardInterrupt):
        cut_clips([segment], tmp_path, originals, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_audio_is_cut_too(tmp_path):
    video = write_video(tmp_path / "a.mp4", num_frames=60, fps=10, audio="aac")
    cut_clip(video, segment=SEGMENT, clip=tmp_path / "clip.mp4")
    info = stad.VideoSource(tmp_path / "clip.mp4").info
    assert info.has_audio
    assert info.duration_sec == pytest.approx(2.5, abs=0.1)


def test_a_segment_after_the_end(folder, tmp_path):
    late = replace(SEGMENT, start_sec=60.0, end_sec=61.0)
    with pytest.raises(InputError, match=r"beyond the end|no frame at 60\.00 s"):
        cut_clip(folder / "a.mp4", segment=late, clip=tmp_path / "clip.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "label", "expected"),
    [
        ("/videos/a.mp4", "walk", "a_57eb89_0h00m02.00s-0h00m04.50s_walk_person3.mp4"),
        ("s3://b/x/..mp4", "../../etc", "x_57eb89_0h00m02.00s-0h00m04.50s_etc_person3.mp4"),
        ("a" * 300, "b" * 300, f"{'a' * 60}_57eb89_0h00m02.00s-0h00m04.50s_{'b' * 40}_person3.mp4"),
        ("-rf *.mp4", '<i>"', "rf_57eb89_0h00m02.00s-0h00m04.50s_i_person3.mp4"),
    ],
)
def test_names(path, label, expected):
    assert clip_name(replace(SEGMENT, path=path, label=label)) == expected


def test_a_video_that_has_changed_is_not_used(folder):
    size = (folder / "a.mp4").stat().st_size
    segment = replace(SEGMENT, path=str(folder / "a.mp4"), size_bytes=size + 1)
    with Originals() as originals:
        assert originals.file(segment) is None
        assert originals.file(replace(segment, start_sec=0.0)) is None
    (reason,) = originals.problems.values()
    assert reason == (
        f"{folder / 'a.mp4'} is another file than the one that was annotated: it has {size:,} "
        f"bytes, and that one had {size + 1:,}."
    )


def test_a_copy_is_used_where_the_video_is_gone(folder):
    copy = str(folder / "a.mp4")
    segment = replace(SEGMENT, path=str(folder / "gone.mp4"), copies=[copy])
    with Originals() as originals:
        assert originals.file(segment) == Path(copy)
    assert originals.problems == {}


def test_a_video_on_a_server_is_copied_while_it_is_used(folder):
    content = (folder / "a.mp4").read_bytes()
    fsspec.filesystem("memory").pipe_file("/remote/a.mp4", content)
    segment = replace(SEGMENT, path="memory://remote/a.mp4", size_bytes=len(content))
    with Originals() as originals:
        file = originals.file(segment)
        assert file is not None
        assert file.read_bytes() == content
        assert originals.file(replace(segment, start_sec=0.0)) == file
        assert originals.file(replace(segment, path="memory://remote/b.mp4", video="b")) is None
    assert not file.exists()
    (reason,) = originals.problems.values()
    assert reason.startswith("memory://remote/b.mp4 cannot be read from this machine: ")


def test_a_line_for_each_of_the_first_problems():
    problems = {str(number): f"Problem {number}." for number in range(7)}
    lines = problem_lines(problems)
    assert lines[:2] == ["left out  Problem 0.", "left out  Problem 1."]
    assert lines[5:] == ["left out  and 2 more videos"]
