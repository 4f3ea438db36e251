"""Frames become seconds, boxes pixels of the video, and labels fit into it."""

import itertools

import numpy as np
import pytest

from stad.annotations.importers.contract import FileSpan, FileTrack, FileVideo, Notes
from stad.annotations.importers.fit import KnownVideo, fit_labels, union, without
from stad.annotations.importers.merging import is_same, join_spans, merge_labels
from stad.annotations.importers.names import choose_classes
from stad.annotations.own.labels import ActorTrack, LabelSpan, VideoLabels

VIDEO = KnownVideo("a.mp4", (200, 100), 10.0, "f", np.arange(100) / 10, 10.0)


def fit(
    *,
    spans=(),
    tracks=(),
    unit="frames",
    known=VIDEO,
    keep=(),
    ignore=(),
    fps=None,
    file_fps=0.0,
    size=(0.0, 0.0),
):
    read = FileVideo("a", "f.xml", unit, tuple(tracks), tuple(spans), file_fps, size)
    labels = [one.label for one in spans]
    meanings = choose_classes(labels, keep=keep, ignore=ignore).meanings
    notes = Notes()
    found = fit_labels(read, known, meanings=meanings, is_complete=False, notes=notes, fps=fps)
    return found, notes.all()


def span(label, start, end, track=None, **more):
    return FileSpan(track, label, start, end, **more)


def track(*rows, number=0):
    return FileTrack.from_rows(number, [(place, box, False) for place, box in rows])


def times(labels):
    return [(one.label, one.start_sec, one.end_sec) for one in labels.spans]


def test_frames_beyond_the_last_one_continue():
    found, notes = fit(spans=[span("a", 98, 100), span("b", 120, 130)])
    assert times(found) == [("a", 9.8, 10.0)]
    assert notes == ("a.mp4: the label 'b' from 12 s to 13 s is beyond the end of the video, "
                     "10.0 s.",)  # fmt: skip


def test_another_frame_rate_than_that_of_the_video():
    found, notes = fit(spans=[span("a", 20, 40)], fps=20.0)
    assert times(found) == [("a", 1.0, 2.0)]
    assert "has 10 frames per second, its labels are for 20" in notes[0]
    found, notes = fit(spans=[span("a", 20, 40)], file_fps=25.0)
    assert times(found) == [("a", 0.8, 1.6)]
    assert "has 10 frames per second, its labels are for 25" in notes[0]
    found, notes = fit(spans=[span("a", 20, 40)], file_fps=10.0)
    assert (times(found), notes) == ([("a", 2.0, 4.0)], ())


def test_a_whole_video_ends_with_it():
    found, _ = fit(spans=[span("a", 0, np.inf)], unit="seconds")
    assert times(found) == [("a", 0.0, 10.0)]
    found, _ = fit(spans=[span("a", 0, np.inf)], unit="seconds", known=KnownVideo("a.mp4"))
    assert times(found) == [("a", 0.0, 1e9)]


def test_boxes_take_the_size_of_the_video_and_stay_inside():
    rows = [(0, (-10, 0, 50, 50)), (1, (50, 50, 150, 110)), (2, (101, 0, 120, 9))]
    found, _ = fit(tracks=[track(*rows)], size=(100.0, 100.0))
    assert found.tracks[0].boxes.tolist() == [[0, 0, 100, 50], [100, 50, 200, 100]]
    assert found.tracks[0].times_sec.tolist() == [0, 0.1]


def test_a_person_outside_of_the_frame_is_left_out_with_the_labels():
    rows = [(0, (300, 0, 350, 50))]
    found, notes = fit(tracks=[track(*rows)], spans=[span("a", 0, 5, 0), span("b", 0, 5)])
    assert (found.tracks, times(found)) == ((), [("b", 0.0, 0.5)])
    assert notes == ("1 times: a person of a.mp4 has no box inside of the frame and is left out.",)


def test_boxes_are_filled_in_where_they_are_far_apart():
    rows = [(0, (0, 0, 10, 10)), (30, (60, 0, 70, 10))]
    found, _ = fit(tracks=[track(*rows)])
    assert found.tracks[0].times_sec.tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert found.tracks[0].boxes[:, 0].tolist() == [0, 10, 20, 30, 40, 50, 60]
    away = FileTrack.from_rows(0, [(0, rows[0][1], True), (30, rows[1][1], False)])
    found, _ = fit(tracks=[away])
    assert found.tracks[0].times_sec.tolist() == [0, 3]


def test_classes_that_are_not_kept_are_nothing_of_these():
    spans = [span("sit", 0, 50), span("read", 20, 70), span("walk", 80, 90)]
    found, _ = fit(spans=spans, keep=["read"])
    assert times(found) == [("", 0.0, 2.0), ("read", 2.0, 7.0), ("", 8.0, 9.0)]


def test_another_attribute_says_nothing_about_the_classes():
    spans = [span("walk", 0, 50, group="action"), span("male", 0, 90, group="gender")]
    found, _ = fit(spans=spans, keep=["walk"])
    assert times(found) == [("walk", 0.0, 5.0)]


def test_ignored_labels_take_their_boxes_along():
    box = (0, 0, 10, 10)
    tracks = [track((0, box)), track((0, box), number=1)]
    spans = [span("car", 0, 5, 0), span("run", 0, 5, 1)]
    found, _ = fit(tracks=tracks, spans=spans, ignore=["car"])
    assert ([one.id for one in found.tracks], times(found)) == ([1], [("run", 0.0, 0.5)])


@pytest.mark.parametrize("seed", range(20))
def test_unions_and_what_is_left(seed):
    rng = np.random.default_rng(seed)
    pairs = [sorted(rng.choice(60, 2, replace=False).tolist()) for _ in range(8)]
    others = [sorted(rng.choice(60, 2, replace=False).tolist()) for _ in range(3)]
    inside = {x for a, b in pairs for x in range(a, b)}
    taken = {x for a, b in others for x in range(a, b)}
    joined = union([tuple(one) for one in pairs], touching=True)
    assert {x for a, b in joined for x in range(a, b)} == inside
    assert all(a[1] < b[0] for a, b in itertools.pairwise(joined))
    left = without(joined, union([tuple(one) for one in others], touching=True))
    assert {x for a, b in left for x in range(a, b)} == inside - taken
    assert all(a < b for a, b in left)


def person(number, box=(0, 0, 10, 10)):
    return ActorTrack(number, np.array([0.0, 1.0]), np.array([box, box], np.float32), "imported")


def test_merging_keeps_both_and_knows_the_same_person():
    first = VideoLabels("a.mp4", tracks=(person(0),), spans=(LabelSpan(0, "a", 0, 1),), revision=4)
    other = (0, 0, 20, 20)
    second = VideoLabels(
        "a.mp4",
        duration_sec=3.0,
        tracks=(person(0, other), person(1)),
        spans=(LabelSpan(0, "b", 0, 1), LabelSpan(1, "a", 0.5, 2), LabelSpan(None, "c", 0, 1)),
    )
    merged = merge_labels(first, second)
    assert [one.id for one in merged.tracks] == [0, 1]
    assert merged.tracks[1].boxes[0].tolist() == list(other)
    assert set(merged.spans) == {
        LabelSpan(0, "a", 0, 2),
        LabelSpan(1, "b", 0, 1),
        LabelSpan(None, "c", 0, 1),
    }
    assert (merged.revision, merged.duration_sec) == (4, 3.0)
    assert is_same(merge_labels(merged, second), merged)
    assert not is_same(merged, first)


def test_nothing_gives_way_to_a_class():
    spans = [LabelSpan(0, "", 0, 4), LabelSpan(0, "a", 1, 2), LabelSpan(0, "b", 1, 3, False)]
    assert join_spans(spans) == (
        LabelSpan(0, "", 0, 1),
        LabelSpan(0, "a", 1, 2),
        LabelSpan(0, "b", 1, 3, False),
        LabelSpan(0, "", 2, 4),
    )
