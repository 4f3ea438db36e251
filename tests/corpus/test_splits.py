"""A video in parts gives what it gives as a whole, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from stad.actors.tracker_options import TrackerChoice
from stad.corpus.identity import identify
from stad.corpus.part_files import INDEX, PartFiles, index_arrays
from stad.corpus.place import Place
from stad.corpus.splits import NotAsIndexedError, SplitVideo, find_parts, frames_of_part
from stad.corpus.steps import MissingPartError, SplitJob, annotate_whole
from stad.corpus.videos import list_files
from stad.inference.annotation import AnnotationSetup
from stad.inference.build import ModelBundle
from stad.inference.pipeline import PipelineOptions
from stad.inference.scoring import Remembered
from stad.localization.registry import open_localizer
from stad.structures import RunInfo
from stad.video.geometry import clip_size
from stad.video.index import FrameIndex, KeyFrame
from stad.video.source import VideoSource
from stad.video.window import Window
from tests.corpus.squares import DriftingDetector, SquaresDetector, squares
from tests.videos import write_video

CLASSES = ("left", "bright", "moves")
MODEL = "fake@00"


class PixelScorer:
    """Scores depend on every pixel of a clip, on the box, and on the path of the actor."""

    num_classes = len(CLASSES)
    num_exclusive = 0
    window = Window(num_frames=6, interval_frames=7)

    def __init__(self, *, sees_tracks):
        self.sees_tracks = sees_tracks
        self.batches = []

    def clip_size(self, source_size):
        return clip_size(*source_size, 60)

    def begin_stream(self):
        pass

    def score(self, clips, boxes, *, source_size, tracks=None):
        assert (tracks is not None) == self.sees_tracks
        self.batches.append(len(clips))
        found = []
        for place, (clip, people) in enumerate(zip(clips, boxes, strict=True)):
            bright = (clip.astype(np.float64).sum() % 1000) / 1000
            left = 1 - people[:, 0] / source_size[0]
            moved = np.abs(people).sum(axis=1)
            if tracks is not None:
                moved = np.abs(np.diff(tracks[place], axis=1)).sum(axis=(1, 2))
            # As of networks, the last bits depend on the batch.
            columns = [left, np.full(len(people), bright), moved % 1]
            found.append((np.stack(columns, axis=1) + 1e-7 * len(clips)).astype(np.float32))
        return found


class RememberingScorer(PixelScorer):
    """Adds to a score what it kept of the person in all clips before."""

    remembers = True

    def begin_stream(self):
        self.kept = {}

    def score_moments(self, clips, boxes, moments, *, source_size):
        scores = self.score(clips, boxes, source_size=source_size)
        entries = []
        for one, (time_sec, ids) in zip(scores, moments, strict=True):
            past = [self.kept.get(int(actor_id), 0.0) for actor_id in ids]
            entries.append(np.stack([one[:, 0] * time_sec, past], axis=1).astype(np.float32))
            one[:, 2] = (one[:, 2] + np.array(past, np.float32)) % 1
        self.recall(moments, entries)
        return Remembered(scores, entries)

    def recall(self, moments, entries):
        for (_, ids), kept in zip(moments, entries, strict=True):
            for actor_id, row in zip(ids.tolist(), kept.tolist(), strict=True):
                self.kept[actor_id] = 0.7 * self.kept.get(actor_id, 0.0) + row[0]


def make_setup(video, detector, *, sees_tracks=False, batch_size=1, scorer=PixelScorer):
    scorer = scorer(sees_tracks=sees_tracks)
    models = ModelBundle(
        detector=detector,
        scorer=scorer,
        name="fake",
        class_names=CLASSES,
        threshold=0.5,
        allowed=None,
        device="cpu",
        stride_sec=0.4,
    )
    return AnnotationSetup(
        models,
        PipelineOptions(
            stride_sec=0.4, batch_size=batch_size, tracker=TrackerChoice(), class_names=CLASSES
        ),
        open_localizer(
            None,
            threshold=0.5,
            replaced_threshold=None,
            window_sec=1.4,
            stride_sec=0.4,
            class_names=CLASSES,
            allowed=None,
            num_exclusive=0,
        ),
        RunInfo(video, "fake", "squares", CLASSES, 0.5, 0.4),
    )


def plain(results):
    """Everything that was found, to the last bit."""
    video = replace(results.video, processing_sec=0.0, finished_at=None)
    keyframes = [
        (
            one.time_sec,
            one.scores.tobytes(),
            *(part.tobytes() for part in vars(one.actors).values()),
        )
        for one in results.keyframes
    ]
    return video, list(results.tracks), keyframes, list(results.segments)


def run_whole(path, detector, **options):
    source = VideoSource(path)
    video = identify(list_files([str(path)]))[0]
    setup = make_setup(source.info, detector, **options)
    found = annotate_whole(video, source, setup, floor=0.05, report=lambda sec: None)
    return plain(found), setup.models.scorer.batches


def run_parts(path, begins, folder, make_detector, **options):
    """Each part with models of its own; those that follow no others come in another order."""
    source = VideoSource(path)
    video = identify(list_files([str(path)]))[0]
    files = PartFiles(Place(folder), MODEL, video.key)
    files.write(INDEX, index_arrays(source.packet_index(), begins))
    batches = {}

    def job(part=0):
        setup = make_setup(source.info, make_detector(), **options)
        batches[part] = setup.models.scorer.batches
        return SplitJob.open(video, str(path), setup, files, lambda sec: None)

    numbers = range(len(begins))
    remembers = hasattr(make_detector(), "memory")
    for part in numbers if remembers else reversed(numbers):
        job().detect(part)
    job().find_windows()
    for part in numbers if options.get("scorer") else reversed(numbers):
        job(part).score(part)
    found = plain(job(-1).join(floor=0.05))
    assert set(files.names()) == {
        *("index", "windows"),
        *(f"{step}-{part:05d}" for step in ("detect", "score") for part in numbers),
    }
    files.remove()
    assert not files.names()
    return found, [one for part in numbers for one in batches[part]]


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """24 s with key frames at distances that fit nothing."""
    folder = tmp_path_factory.mktemp("split")
    return write_video(folder / "a.mp4", num_frames=600, fps=25, gop=37, picture=squares)


@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize("sees_tracks", [False, True])
@pytest.mark.parametrize("detector", [SquaresDetector, DriftingDetector])
def test_parts_equal_the_whole(video, tmp_path, detector, sees_tracks, batch_size):
    options = {"sees_tracks": sees_tracks, "batch_size": batch_size}
    whole, whole_batches = run_whole(video, detector(), **options)
    begins = find_parts(VideoSource(video).packet_index(), 5.0)
    assert len(begins) == 4
    parts, batches = run_parts(video, begins, tmp_path, detector, **options)
    assert parts == whole
    assert batches == whole_batches
    _, tracks, keyframes, segments = whole
    assert len(tracks) > 3
    assert len(keyframes) > 50
    assert len(segments) > 10


def test_a_scorer_remembers_across_parts(video, tmp_path):
    options = {"scorer": RememberingScorer, "batch_size": 4}
    whole, _ = run_whole(video, SquaresDetector(), **options)
    begins = find_parts(VideoSource(video).packet_index(), 5.0)
    assert run_parts(video, begins, tmp_path, SquaresDetector, **options)[0] == whole
    assert run_whole(video, SquaresDetector(), batch_size=4)[0] != whole


def test_variable_rate_and_frames_out_of_order(tmp_path):
    times = np.cumsum([0.03 if i % 9 else 0.21 for i in range(300)]).tolist()
    path = write_video(
        tmp_path / "a.mkv", num_frames=300, fps=25, times_sec=times, gop=25, picture=squares
    )
    index = VideoSource(path).packet_index()
    begins = find_parts(index, 3.0)
    assert len(begins) == 4
    whole, _ = run_whole(path, SquaresDetector(), batch_size=1)
    assert run_parts(path, begins, tmp_path / "out", SquaresDetector, batch_size=1)[0] == whole


@pytest.mark.slow  # 20 s: ten minutes of video, twice
def test_ten_minutes_in_five_parts(tmp_path):
    path = write_video(tmp_path / "a.mp4", num_frames=3000, fps=5, gop=25, picture=squares)
    begins = find_parts(VideoSource(path).packet_index(), 120.0)
    assert len(begins) == 5
    whole, _ = run_whole(path, SquaresDetector())
    parts, _ = run_parts(path, begins, tmp_path / "out", SquaresDetector)
    assert parts == whole
    assert len(whole[2]) > 1000


def index_of(times_sec, keys_sec):
    stamps = [round(one * 1000) for one in keys_sec]
    keys = [KeyFrame(one, stamp, stamp) for one, stamp in zip(keys_sec, stamps, strict=True)]
    return FrameIndex(np.array(times_sec, float), tuple(keys))


@pytest.mark.parametrize(
    ("part_sec", "expected"),
    [(10, [0, 12, 24, 36, 48]), (11, [0, 12, 24, 36, 48]), (30, [0, 36]), (60, []), (45, [])],
)
def test_parts_begin_at_key_frames_and_the_last_is_no_stub(part_sec, expected):
    index = index_of(range(60), range(0, 60, 12))
    assert find_parts(index, part_sec) == expected


def test_what_cannot_be_split():
    assert find_parts(None, 10) == []
    assert find_parts(replace(index_of(range(60), [0, 20, 40]), may_resize=True), 10) == []
    assert find_parts(index_of(range(60), []), 10) == []


def test_other_frames_than_the_index_says(video):
    index = VideoSource(video).packet_index()
    wanted = np.ones(len(index.times_sec), bool)
    late = replace(index, times_sec=index.times_sec + 0.001)
    short = replace(index, times_sec=np.append(index.times_sec, 99.0))
    for wrong in (late, short):
        split = SplitVideo(str(video), wrong, [0])
        with pytest.raises(NotAsIndexedError):
            list(frames_of_part(split, 0, np.append(wanted, True)[: split.num_frames], []))


def test_parts_that_are_gone(video, tmp_path):
    source = VideoSource(video)
    (item,) = identify(list_files([str(video)]))
    files = PartFiles(Place(tmp_path), MODEL, item.key)
    with pytest.raises(MissingPartError):
        SplitJob.open(item, str(video), make_setup(source.info, None), files, print)
    assert source.info.fps == Fraction(25)
