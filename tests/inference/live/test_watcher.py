"""The live loop over real files in real time, with models that are quick, slow or wrong."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from stad.cli.watch.console import ConsoleReporter
from stad.cli.watch.run import WatchReport, summary
from stad.cli.watch.sinks import Sinks
from stad.inference.build import ModelBundle
from stad.inference.live.events import EventTracker
from stad.inference.live.watcher import Watcher
from stad.inference.pipeline import PipelineOptions
from stad.localization.hysteresis_localizer import HysteresisLocalizer
from stad.localization.options import LocalizerOptions
from stad.structures import Actors
from stad.video.geometry import clip_size
from stad.video.live import LiveSource
from stad.video.window import Window
from tests.fakes import RedSquareDetector
from tests.videos import moving_square, write_video


def slow_square(index, *size):
    """The square at half its speed, so that it does not reach the rim."""
    return moving_square(index // 2, *size)


class BrightScorer:
    """Class 0: how bright the clip is; counts how many windows are scored at the same time."""

    num_classes = 1
    num_exclusive = 0
    sees_tracks = False

    def __init__(self, *, cost_sec=0.0, scores=None):
        self.window, self._cost_sec, self._scores = Window(8, 2), cost_sec, scores
        self.threads: set[str] = set()
        self.clips: list[np.ndarray] = []
        self.num_streams = 0

    def clip_size(self, source_size):
        return clip_size(*source_size, 60)

    def begin_stream(self):
        self.num_streams += 1

    def score(self, clips, boxes, *, source_size, tracks=None):
        self.threads.add(threading.current_thread().name)
        time.sleep(self._cost_sec)
        self.clips += clips
        if self._scores is not None:
            return [np.full((len(own), 1), self._scores.pop(0), np.float32) for own in boxes]
        return [
            np.full((len(own), 1), clip.mean() / 255, np.float32)
            for clip, own in zip(clips, boxes, strict=True)
        ]


class SlowDetector(RedSquareDetector):
    """Takes its time."""

    def __init__(self, cost_sec):
        super().__init__()
        self._cost_sec = cost_sec

    def detect(self, frame):
        time.sleep(self._cost_sec)
        return super().detect(frame)


class Heard(Sinks):
    """Keeps what it is told."""

    def __init__(self):
        super().__init__(ConsoleReporter(is_quiet=True))
        self.events, self.results = [], []

    def take_events(self, events):
        self.events += events

    def take_result(self, result):
        self.results.append(result)


def run(path, detector, scorer, *, max_latency_sec=2.0, stride_sec=0.5, **options):
    """Watch a file; the watcher and what was heard."""
    source = LiveSource(str(path), max_latency_sec=max_latency_sec)
    names = ("bright",)
    localizer_options = LocalizerOptions(0.3, window_sec=0.5)
    heard = Heard()
    watcher = Watcher(
        source,
        ModelBundle(detector, scorer, "model", names, 0.3, None, "cpu", 1.0),
        localizer=HysteresisLocalizer(localizer_options, stride_sec, class_names=names),
        tracker=EventTracker(names, localizer_options, source="file", moment_of=lambda time: time),
        options=PipelineOptions(stride_sec=stride_sec, detect_sec=0.2, batch_size=1),
        sinks=heard,
        max_latency_sec=max_latency_sec,
        **options,
    )
    watcher.run(SimpleNamespace(requested=False))
    return watcher, heard, source


def keyframes(heard):
    return [one.keyframe.time_sec for one in heard.results if one.keyframe is not None]


def test_every_frame_and_window_of_a_file_is_seen(tmp_path):
    path = write_video(tmp_path / "in.mp4", num_frames=75, fps=25, picture=slow_square)
    scorer = BrightScorer()
    watcher, heard, source = run(path, RedSquareDetector(), scorer)
    assert (watcher.stats.num_frames, source.num_dropped) == (75, 0)
    assert watcher.stats.num_skipped_windows == 0
    assert [one.index for one in heard.results] == list(range(75))
    np.testing.assert_allclose(keyframes(heard), [0, 0.52, 1.0, 1.52, 2.0, 2.52, 2.96], atol=0.021)
    assert {tuple(one.actors.ids) for one in heard.results[10:60]} == {(1,)}
    assert [(e.kind, e.segment.actor_id) for e in heard.events] == [("start", 1), ("end", 1)]
    assert heard.events[1].segment.end_sec == pytest.approx(3.0, abs=0.02)
    # Not in the thread that takes frames.
    assert scorer.threads == {"scorer_0"}
    assert 0 < watcher.stats.delay_sec(95) < watcher.stats.wait_sec + 0.5
    # Clips are cut as offline: around the keyframe at 1 s, every 2/30 s.
    columns = [np.nonzero(image[30, :, 0] > 150)[0].mean() for image in scorer.clips[2]]
    wanted = [10 + 9.5 + 25 * (1 + offset) for offset in Window(8, 2).offsets_sec()]
    np.testing.assert_allclose(np.array(columns) * 2, wanted, atol=3)


@pytest.mark.slow
def test_slow_scoring_skips_windows_and_stays_in_time(tmp_path):
    path = write_video(tmp_path / "in.mp4", num_frames=85, fps=25, picture=slow_square)
    watcher, heard, source = run(
        path, RedSquareDetector(), BrightScorer(cost_sec=0.8), max_latency_sec=1.2
    )
    stats = watcher.stats
    assert source.num_dropped == 0, "frames are taken while a window is scored"
    assert stats.num_skipped_windows >= 1
    assert stats.num_windows >= 3
    # The last windows are scored when the file has ended; they wait like all others.
    assert max(stats.delays_sec) < stats.wait_sec + 1.2 + 0.5
    assert (np.diff(keyframes(heard)) > 0.4).all()


def test_slow_detection_looks_less_often(tmp_path):
    path = write_video(tmp_path / "in.mp4", num_frames=75, fps=25, picture=slow_square)
    detector = SlowDetector(0.3)
    _, heard, source = run(path, detector, BrightScorer())
    assert source.num_dropped == 0
    assert 5 <= len(detector.asked_sec) <= 11
    # A machine with other work may catch up after a pause.
    assert np.median(np.diff(detector.asked_sec)) > 0.27
    assert {tuple(one.actors.ids) for one in heard.results[15:60]} == {(1,)}


def test_frames_are_dropped_where_taking_them_is_too_slow(tmp_path):
    path = write_video(tmp_path / "in.mp4", num_frames=75, fps=25, picture=slow_square)

    class SlowHeard(Heard):
        def take_frame(self, frame):
            time.sleep(0.12)

    source = LiveSource(str(path), max_latency_sec=0.5)
    names, scorer, heard = ("bright",), BrightScorer(), SlowHeard()
    watcher = Watcher(
        source,
        ModelBundle(RedSquareDetector(), scorer, "model", names, 0.3, None, "cpu", 1.0),
        localizer=HysteresisLocalizer(LocalizerOptions(0.3), 0.5, class_names=names),
        tracker=EventTracker(names, LocalizerOptions(), source="", moment_of=lambda time: time),
        options=PipelineOptions(stride_sec=0.5, detect_sec=0.2, batch_size=1),
        sinks=heard,
        max_latency_sec=0.5,
    )
    watcher.run(SimpleNamespace(requested=False))
    assert source.num_dropped > 30
    assert watcher.stats.num_frames + source.num_dropped == 75


def test_after_a_break_people_are_new_and_events_have_ended(tmp_path):
    """Two recordings end to end: the clock of the second one jumps back."""
    part = write_video(tmp_path / "a.ts", num_frames=60, fps=25).read_bytes()
    (tmp_path / "both.ts").write_bytes(part + part)
    scorer = BrightScorer()
    _, heard, _ = run(tmp_path / "both.ts", RedSquareDetector(), scorer)
    assert scorer.num_streams == 2
    ids = [one.actors.ids.tolist() for one in heard.results]
    assert ids[30] == [1]
    assert ids[90] == [2]
    told = [(e.kind, e.segment.actor_id) for e in heard.events]
    assert told == [("start", 1), ("end", 1), ("start", 2), ("end", 2)]
    assert heard.events[1].segment.end_sec <= heard.events[2].segment.start_sec + 0.05


def test_detections_that_could_not_be_followed_are_counted_over_all_stretches(tmp_path):
    """Two recordings end to end; in each, somebody is found by every look and a flash by one."""

    class Flashing(RedSquareDetector):
        def detect(self, frame):
            found = super().detect(frame)
            if len(self.asked_sec) % 10 != 4:
                return found
            return Actors.from_arrays([*found.boxes, [0, 0, 5, 9]], [*found.scores, 0.8])

    part = write_video(tmp_path / "a.ts", num_frames=50, fps=25, picture=slow_square).read_bytes()
    (tmp_path / "both.ts").write_bytes(part + part)
    detector = Flashing()
    watcher, _, _ = run(tmp_path / "both.ts", detector, BrightScorer())
    flashes = len(detector.asked_sec) // 10 + (len(detector.asked_sec) % 10 >= 4)
    followed = watcher.stats.followed
    assert followed.num_detections == len(detector.asked_sec) + flashes
    assert followed.num_alone == flashes > 0
    text = summary(WatchReport(watcher.stats, 0, 0))
    assert f"{flashes} of {followed.num_detections} detections above the threshold could" in text


def test_scores_that_are_no_numbers_are_not_known(tmp_path):
    path = write_video(tmp_path / "in.mp4", num_frames=75, fps=25, picture=slow_square)
    scorer = BrightScorer(scores=[0.9, np.nan, 0.9, np.inf, np.nan, 0.9, 0.9])
    watcher, heard, _ = run(path, RedSquareDetector(), scorer)
    assert watcher.stats.num_windows == 7
    assert [e.kind for e in heard.events] == ["start", "end"]
    assert heard.events[1].segment.score == pytest.approx(0.9)


def test_duration_ends_it(tmp_path):
    path = write_video(tmp_path / "in.mp4", num_frames=250, fps=25, picture=slow_square)
    watcher, heard, _ = run(path, RedSquareDetector(), BrightScorer(), duration_sec=1.5)
    assert watcher.stats.watched_sec == pytest.approx(1.5, abs=0.2)
    assert [e.kind for e in heard.events] == ["start", "end"]
    assert heard.results[-1].index == watcher.stats.num_frames - 1


def test_a_model_that_fails_ends_the_run(tmp_path):
    class Broken(RedSquareDetector):
        def detect(self, frame):
            raise RuntimeError("no memory left")

    path = write_video(tmp_path / "in.mp4", num_frames=250, fps=25, picture=slow_square)
    with pytest.raises(RuntimeError, match="no memory left"):
        run(path, Broken(), BrightScorer())
    assert not [t for t in threading.enumerate() if t.name.startswith(("reader", "detector"))]


def test_nobody_costs_nothing(tmp_path):
    class Nobody(RedSquareDetector):
        def detect(self, frame):
            return Actors.from_arrays()

    path = write_video(tmp_path / "in.mp4", num_frames=50, fps=25)
    scorer = BrightScorer()
    watcher, heard, _ = run(path, Nobody(), scorer)
    assert scorer.clips == []
    assert (len(heard.results), heard.events) == (50, [])
    assert watcher.stats.num_windows == 5
