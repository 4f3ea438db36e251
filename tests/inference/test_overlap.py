"""The overlapped flow: equal to one step after the other, bounded, and it always ends."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from stad.inference import overlap
from stad.inference.frame_store import FrameStore
from stad.inference.frames import read_frames_ahead
from stad.inference.overlap import annotate_frames
from stad.inference.pipeline import PipelineOptions
from stad.structures import Actors, Frame
from stad.video.source import VideoSource
from stad.video.window import Window
from tests.fakes import PositionScorer, RedSquareDetector
from tests.inference.one_by_one import annotate_one_by_one, plain
from tests.videos import moving_square, write_video

OPTIONS = PipelineOptions(stride_sec=0.4, batch_size=1)


class Broken(Exception):
    """What a stage may raise."""


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


class Slow:
    """Waits a random time, sometimes."""

    def __init__(self, seed: int, max_sec: float = 0.004) -> None:
        self._rng, self._max_sec = np.random.default_rng(seed), max_sec

    def __call__(self) -> None:
        if self._rng.random() < 0.5:
            time.sleep(self._rng.random() * self._max_sec)


class Crowd:
    """Finds people who come, walk, are hidden and leave, all at random but the same each time."""

    name, interval_sec, gives_ids, person_threshold = "crowd", None, False, 0.5

    def __init__(self, seed: int, pause=lambda: None) -> None:
        self._seed, self._pause = seed, pause
        self.asked_sec: list[float] = []

    def detect(self, frame: Frame) -> Actors | None:
        self._pause()
        self.asked_sec.append(frame.time_sec)
        rng = np.random.default_rng([self._seed, int(frame.time_sec * 1000)])
        boxes = [
            [x := 20 + 45 * n + 9 * np.sin(frame.time_sec + n), 20, x + 30, 100] for n in range(3)
        ]
        seen = rng.random(3) < 0.75
        if rng.random() < 0.05:
            return None
        return Actors.from_arrays(np.array(boxes)[seen], rng.uniform(0.3, 1, int(seen.sum())))


class Meter:
    """Scores clips by their brightness and the places of the actors."""

    num_classes = 3
    num_exclusive = 2

    def __init__(self, *, sees_tracks: bool, pause=lambda: None) -> None:
        self.window, self.sees_tracks, self._pause = Window(8, 2), sees_tracks, pause

    def clip_size(self, source_size):
        return (40, 30)

    def begin_stream(self):
        """Nothing is remembered."""

    def score(self, clips, boxes, *, source_size, tracks=None):
        self._pause()
        assert source_size == (160, 120)
        found = []
        for place, (clip, own) in enumerate(zip(clips, boxes, strict=True)):
            light = clip.mean() / 255
            where = own[:, 0] if tracks is None else tracks[place].mean(axis=(1, 2))
            found.append(np.stack([where / 400, 0 * where + light, own[:, 2] / 160], axis=1))
        return [one.astype(np.float32) for one in found]


def uneven_frames(seed: int, count: int, pause=lambda: None):
    """Frames at uneven times, with holes."""
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.choice([0.02, 0.04, 0.1, 1.5], count, p=[0.45, 0.45, 0.08, 0.02]))
    for index, time_sec in enumerate(times.tolist()):
        pause()
        yield Frame(index, time_sec, moving_square(index))


@pytest.mark.parametrize("seed", range(12))
def test_results_equal_those_of_one_step_after_the_other(seed, tmp_path):
    rng = np.random.default_rng(seed)
    options = PipelineOptions(
        stride_sec=float(rng.choice([0.1, 0.4, 1.0])),
        detect_sec=float(rng.choice([0.02, 0.2, 0.7])),
        threshold=0.2,
        batch_size=int(rng.choice([1, 2, 5])),
    )
    sees_tracks, count = bool(seed % 2), int(rng.integers(1, 160))

    def run(annotate, **pauses):
        none = {name: (lambda: None) for name in ("read", "detect", "score")}
        pauses = none | pauses
        return annotate(
            uneven_frames(seed, count, pauses["read"]),
            Crowd(seed, pauses["detect"]),
            Meter(sees_tracks=sees_tracks, pause=pauses["score"]),
            options=options,
            fps=25.0,
            store=FrameStore(tmp_path, max_bytes=10 * 120 * 160 * 3),
        )

    expected = plain(run(annotate_one_by_one))
    assert len(expected) == count
    busy = {name: Slow(seed + place) for place, name in enumerate(("read", "detect", "score"))}
    take, found = Slow(seed + 9), []
    for result in run(annotate_frames, **busy):
        found.append(result)
        take()
    assert plain(found) == expected


def test_results_of_a_video_equal_with_all_threads(tmp_path):
    video = write_video(tmp_path / "in.mp4", num_frames=90)

    def run(annotate, frames):
        scorer = PositionScorer(Window(8, 2))
        store = FrameStore(tmp_path)
        return plain(
            annotate(frames, RedSquareDetector(), scorer, options=OPTIONS, fps=30.0, store=store)
        )

    frames = read_frames_ahead(VideoSource(video).frames())
    assert run(annotate_frames, frames) == run(annotate_one_by_one, VideoSource(video).frames())


def test_a_detector_sees_its_frame_though_the_image_is_used_again():
    image = np.zeros((120, 160, 3), np.uint8)

    def frames():
        for index in range(60):
            image[...] = moving_square(index)
            yield Frame(index, index / 30, image)

    class Unhurried(RedSquareDetector):
        def detect(self, frame):
            time.sleep(0.01)
            return super().detect(frame)

    scorer = PositionScorer(Window(8, 2))
    found = annotate_frames(frames(), Unhurried(), scorer, options=OPTIONS, fps=30.0)
    for result in list(found)[:55]:
        left = 10 + 2 * result.index
        np.testing.assert_allclose(result.actors.boxes[0], [left, 40, left + 20, 80], atol=0.01)


@pytest.mark.parametrize("slow", ["detect", "score", "take"])
def test_few_frames_and_clips_wait_wherever_it_is_slow(slow, monkeypatch):
    flows, sizes = [], []
    original = overlap._Flow.take

    def watched(self, frame):
        flows.append(self)
        yield from original(self, frame)
        running = sum(not batch.done() for step in self._steps for batch in step.batches)
        sizes.append((len(self._ahead), self._num_detections, running))

    monkeypatch.setattr(overlap._Flow, "take", watched)

    def pause(name):
        return (lambda: time.sleep(0.02)) if name == slow else (lambda: None)

    frames = (Frame(index, index / 30, moving_square(index)) for index in range(150))
    results = annotate_frames(
        frames,
        Crowd(1, pause("detect")),
        Meter(sees_tracks=False, pause=pause("score")),
        options=PipelineOptions(stride_sec=0.1),
        fps=30.0,
    )
    for count, result in enumerate(results):
        assert result.index == count
        pause("take")() if count < 20 else None
    ahead, detections, batches = np.array(sizes).max(axis=0).tolist()
    # Of 30 frames a second, every sixth is for the detector.
    assert detections < overlap.MAX_DETECTIONS
    assert ahead <= 6 * overlap.MAX_DETECTIONS
    assert batches <= overlap.MAX_BATCHES


def broken_run(stage: str, at_sec: float):
    """A run of 4 s in which a stage fails at a time, and the detector and scorer of it."""

    def frames():
        for index in range(120):
            if stage == "read" and index / 30 >= at_sec:
                raise Broken(stage)
            yield Frame(index, index / 30, moving_square(index))

    class Detector(RedSquareDetector):
        def detect(self, frame):
            if stage == "detect" and frame.time_sec >= at_sec:
                raise Broken(stage)
            return super().detect(frame)

    class Scorer(PositionScorer):
        def score(self, clips, boxes, **given):
            if stage == "score" and len(self.batches) >= at_sec / OPTIONS.stride_sec:
                raise Broken(stage)
            return super().score(clips, boxes, **given)

    return frames(), Detector(), Scorer(Window(8, 2))


@pytest.mark.parametrize("stage", ["read", "detect", "score"])
@pytest.mark.parametrize("at_sec", [0.0, 2.1])
def test_an_error_comes_after_the_results_before_it(stage, at_sec):
    found, kept = [], []
    for annotate in (annotate_one_by_one, annotate_frames):
        frames, detector, scorer = broken_run(stage, at_sec)
        results = []
        with pytest.raises(Broken, match=stage) as raised:
            results.extend(annotate(frames, detector, scorer, options=OPTIONS, fps=30.0))
        assert raised.value.__cause__ is None
        assert raised.traceback[-1].name in ("frames", "detect", "score")
        found.append(plain(results))
        kept.append((detector.asked_sec, scorer.batches))
    assert found[0] == found[1]
    # Nothing was recorded after what failed.
    if stage == "detect":
        assert kept[0][0] == kept[1][0]
    if stage == "score":
        assert kept[0][1] == kept[1][1]


def test_the_first_of_two_errors_is_raised():
    """The scorer fails at a window of 0.8 s, the detector at 2.4 s, long before in real time."""

    class Scorer(PositionScorer):
        def score(self, clips, boxes, **given):
            time.sleep(0.05)
            if len(self.batches) == 2:
                raise Broken("score")
            return super().score(clips, boxes, **given)

    frames, detector, _ = broken_run("detect", 2.4)
    with pytest.raises(Broken, match="score"):
        list(annotate_frames(frames, detector, Scorer(Window(8, 2)), options=OPTIONS, fps=30.0))


@pytest.mark.parametrize("count", [0, 1, 50])
def test_a_run_that_is_closed_early_ends_its_threads(count, tmp_path):
    video = write_video(tmp_path / "in.mp4", num_frames=240)
    frames = read_frames_ahead(VideoSource(video).frames())
    detector, scorer = RedSquareDetector(), PositionScorer(Window(8, 2))
    results = annotate_frames(frames, detector, scorer, options=OPTIONS, fps=30.0)
    for _ in range(count):
        next(results)
    results.close()
    frames.close()
    asked = len(detector.asked_sec)
    time.sleep(0.02)
    assert len(detector.asked_sec) == asked < 30


def test_an_interrupt_in_the_thread_of_the_caller_ends_at_once():
    def frames():
        yield from (Frame(index, index / 30, moving_square(index)) for index in range(60))
        raise KeyboardInterrupt

    detector, scorer = RedSquareDetector(), PositionScorer(Window(8, 2))
    results = annotate_frames(frames(), detector, scorer, options=OPTIONS, fps=30.0)
    with pytest.raises(KeyboardInterrupt):
        list(results)
    assert list(results) == []
