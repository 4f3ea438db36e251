"""Tubes on disk: order, exactness, and suppression as in memory."""

from __future__ import annotations

import numpy as np
import pytest

from stad.inference.collector import SampleClock, SegmentCollector
from stad.inference.tube_store import TubeStore
from stad.localization.hysteresis_localizer import HysteresisLocalizer
from stad.localization.options import LocalizerOptions
from stad.localization.tubes import tube_overlap
from stad.structures import Actors, FrameResult, Keyframe, Segment, Tube


def tube_of(segment: Segment, box, step_sec: float = 0.2) -> Tube:
    """A tube that stands still."""
    times = np.arange(segment.start_sec, segment.end_sec, step_sec).round(6)
    boxes = np.tile(np.array(box, np.float32), (len(times), 1))
    return Tube(segment.actor_id, segment.class_index, segment.score, times, boxes)


def filled(folder, segments, boxes) -> TubeStore:
    store = TubeStore(folder)
    for segment, box in zip(segments, boxes, strict=True):
        store.add(segment, tube_of(segment, box))
    store.sort()
    return store


def test_tubes_come_back_in_the_documents_order(tmp_path):
    segments = [Segment(2, 0, 0, 1, 0.5), Segment(1, 1, 3, 4, 0.5), Segment(1, 0, 2, 9, 0.7)]
    boxes = [[0, 0, 1.25, 1], [1, 1, 2, 2.1], [2, 2, 3, 3]]
    store = filled(tmp_path, segments, boxes)
    found = list(store)
    assert [segment for segment, _ in found] == [segments[2], segments[1], segments[0]]
    for (segment, tube), box in zip(found, boxes[::-1], strict=True):
        expected = tube_of(segment, box)
        np.testing.assert_array_equal(tube.times_sec, expected.times_sec)
        np.testing.assert_array_equal(tube.boxes, expected.boxes)
    # Nothing has a name: nothing is left however the run ends.
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("second", "box", "left"),
    [
        (Segment(2, 0, 0, 10, 0.8), [0, 0, 10, 20], [1]),
        (Segment(2, 0, 0, 10, 0.95), [0, 0, 10, 20], [2]),
        (Segment(2, 1, 0, 10, 0.8), [0, 0, 10, 20], [1, 2]),
        (Segment(2, 0, 0, 10, 0.8), [5, 0, 15, 20], [1, 2]),
        (Segment(2, 0, 8, 18, 0.8), [0, 0, 10, 20], [1, 2]),
        (Segment(1, 0, 0, 10, 0.8), [0, 0, 10, 20], [1, 1]),
        (Segment(2, 0, 0, 10, float("nan")), [0, 0, 10, 20], [1]),
    ],
    ids=["worse", "better", "other class", "beside", "later", "same actor", "not known"],
)
def test_two_tracks_of_one_person_count_once(tmp_path, second, box, left):
    first = Segment(1, 0, 0, 10, 0.9)
    store = filled(tmp_path, [first, second], [[0, 0, 10, 20], box])
    assert store.suppress() == 2 - len(left)
    assert [segment.actor_id for segment in store.segments()] == left


def best_of_overlapping(tubes, *, max_overlap):
    """The tubes that overlap no better tube of their class by more, by descending score."""
    kept = []
    for tube in sorted(tubes, key=lambda one: -one.score):
        rivals = [other for other in kept if other.class_index == tube.class_index]
        if all(tube_overlap(tube, other) <= max_overlap for other in rivals):
            kept.append(tube)
    return kept


@pytest.mark.parametrize("seed", range(5))
def test_suppression_equals_that_in_memory(tmp_path, seed):
    rng = np.random.default_rng(seed)
    segments = [
        Segment(n, int(rng.integers(2)), s, s + float(rng.integers(2, 8)), float(rng.random()))
        for n, s in enumerate(rng.integers(0, 5, 40).astype(float).tolist())
    ]
    boxes = [[x, 0, x + 10, 10] for x in rng.integers(0, 4, 40).tolist()]
    store = filled(tmp_path, segments, boxes)
    store.suppress(max_overlap=0.4)
    tubes = [tube_of(s, box) for s, box in zip(segments, boxes, strict=True)]
    expected = {tube.actor_id for tube in best_of_overlapping(tubes, max_overlap=0.4)}
    assert 0 < len(expected) < 40
    assert {segment.actor_id for segment in store.segments()} == expected


def test_samples_are_five_a_second_at_any_rate():
    for fps in (10, 25, 29.97, 30, 60):
        clock = SampleClock()
        times = [frame / fps for frame in range(int(60 * fps))]
        taken = [time_sec for time_sec in times if clock.is_due(time_sec)]
        assert len(taken) == 300
    clock = SampleClock()
    assert [clock.is_due(time_sec) for time_sec in (5.0, 5.1, 9.0, 9.1, 9.2)] == [
        *(True, False, True, False, True)
    ]


def test_each_segment_has_the_boxes_of_its_time(tmp_path):
    """One actor who walks 10 px a second and does one thing from 2 s to 5 s."""
    options = LocalizerOptions(0.5, window_sec=0.0, join_gap_sec=0.0, min_length_sec=0.0)
    collector = SegmentCollector(HysteresisLocalizer(options, 1.0), tmp_path)
    for frame in range(100):
        time_sec = frame / 10
        actors = Actors.from_arrays([[10 * time_sec, 0, 10 * time_sec + 5, 9]], ids=[4])
        keyframe = None
        if frame % 10 == 0:
            score = 1.0 if 2 <= time_sec <= 5 else 0.0
            keyframe = Keyframe(time_sec, actors, np.array([[score]], np.float32))
        result = FrameResult(frame, time_sec, actors, [[]], keyframe)
        collector.write(result)
    [(segment, tube)] = collector.finish(10.0)
    # Up at the half between 1 s and 2 s, down below 0.375 between 5 s and 6 s.
    assert (segment.start_sec, segment.end_sec) == (1.5, pytest.approx(5.625))
    np.testing.assert_allclose(tube.times_sec, np.arange(1.6, 5.7, 0.2), atol=1e-9)
    np.testing.assert_allclose(tube.boxes[:, 0], 10 * tube.times_sec, atol=1e-4)
