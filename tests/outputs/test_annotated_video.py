"""The annotated video: drawn and encoded behind the caller, in order, and bounded."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from stad.errors import InputError
from stad.outputs import annotated_video
from stad.outputs.annotated_video import AnnotatedVideo
from stad.outputs.drawing import draw_actors
from stad.structures import Actors, Frame, FrameResult, RunInfo, ShownLabel
from stad.video.sink import VideoSink
from stad.video.source import VideoSource
from tests.videos import moving_square, write_video


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def results(count: int = 40) -> list[FrameResult]:
    """A box around the square, with a label."""
    found = []
    for index in range(count):
        left = 10 + 2 * index
        actors = Actors.from_arrays([[left, 40, left + 20, 80]], ids=[1])
        frame = Frame(index, index / 30, moving_square(index))
        found.append(FrameResult(index, index / 30, actors, [[ShownLabel(0, 0.9)]], frame=frame))
    return found


@pytest.fixture
def opened(tmp_path):
    source = VideoSource(write_video(tmp_path / "in.mp4", num_frames=40))
    info = RunInfo(source.info, "m", "d", ("walk",), threshold=0.5, stride_sec=1.0)
    return AnnotatedVideo(tmp_path / "out.mp4", info, source), info, tmp_path


def test_frames_are_drawn_and_written_in_order(opened, monkeypatch):
    original, written = VideoSink.write, []

    def watched(sink, image, time_sec):
        written.append((time_sec, image.tobytes()))
        original(sink, image, time_sec)

    monkeypatch.setattr(VideoSink, "write", watched)
    video, _, folder = opened
    for result in results():
        video.write(result)
    video.close()
    assert written == [
        (one.time_sec, draw_actors(one.frame.image, one.actors, one.labels, ("walk",)).tobytes())
        for one in results()
    ]
    times = [frame.time_sec for frame in VideoSource(folder / "out.mp4").frames()]
    assert times == pytest.approx([index / 30 for index in range(40)], abs=1e-4)


@pytest.mark.parametrize(("max_bytes", "expected"), [(10**9, 8), (3 * 57_600, 3), (1, 1)])
def test_few_frames_wait_where_encoding_is_slow(opened, monkeypatch, max_bytes, expected):
    monkeypatch.setattr(annotated_video, "MAX_WAITING_BYTES", max_bytes)
    original, written, waiting = VideoSink.write, [], []

    def slow(sink, image, time_sec):
        time.sleep(0.003)
        original(sink, image, time_sec)
        written.append(time_sec)

    monkeypatch.setattr(VideoSink, "write", slow)
    _, info, folder = opened
    source = VideoSource(folder / "in.mp4")
    video = AnnotatedVideo(folder / "out.mp4", info, source)
    for count, result in enumerate(results(), start=1):
        video.write(result)
        waiting.append(count - len(written))
    video.close()
    assert written == [result.time_sec for result in results()]
    assert max(waiting) <= expected


@pytest.mark.parametrize("fails_at", [0, 7, 39])
def test_a_full_disk_is_the_error_of_a_later_call_and_leaves_nothing(opened, monkeypatch, fails_at):
    video, _, folder = opened
    original = VideoSink.write

    def full(sink, image, time_sec):
        if sink.num_frames == fails_at:
            raise InputError("Cannot write out.mp4: No space left on device.")
        original(sink, image, time_sec)

    monkeypatch.setattr(VideoSink, "write", full)

    def write() -> None:
        for result in results():
            video.write(result)
        video.close()

    with pytest.raises(InputError, match="No space left"):
        write()
    video.abort()
    assert sorted(path.name for path in folder.iterdir()) == ["in.mp4"]


def test_an_abort_drops_what_waits(opened):
    video, _, folder = opened
    for result in results(20):
        video.write(result)
    video.abort()
    assert sorted(path.name for path in folder.iterdir()) == ["in.mp4"]


def test_a_result_without_a_frame_is_refused_at_once(opened):
    video, _, _ = opened
    with pytest.raises(ValueError, match="frame 0 has no frame"):
        video.write(replace(results(1)[0], frame=None))
    video.abort()


def test_images_are_not_changed(opened):
    video, _, _ = opened
    given = results(3)
    for result in given:
        video.write(result)
    video.close()
    for index, result in enumerate(given):
        np.testing.assert_array_equal(result.frame.image, moving_square(index))
