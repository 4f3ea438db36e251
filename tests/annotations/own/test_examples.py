"""What the spans say of a person at a time: positive, negative or unknown."""

import numpy as np

from stad.annotations.own.examples import (
    WHOLE_FRAME,
    boxes_at,
    is_seen,
    labels_at,
    sample_examples,
)
from stad.annotations.own.labels import ActorTrack, LabelSpan, VideoLabels

CLASSES = ("fight", "phone", "smoke")


def at(*spans, times=(0.5,), is_complete=False):
    return labels_at(spans, np.array(times), classes=CLASSES, is_complete=is_complete).tolist()


def test_what_is_not_labelled_is_unknown():
    assert at() == [[-1, -1, -1]]
    assert at(LabelSpan(0, "fight", 1, 2)) == [[-1, -1, -1]]


def test_within_a_positive_span_the_other_classes_are_negative():
    assert at(LabelSpan(0, "phone", 0, 1)) == [[0, 1, 0]]


def test_several_classes_at_once():
    both = LabelSpan(0, "phone", 0, 1), LabelSpan(0, "smoke", 0.4, 0.9)
    assert at(*both, times=(0.2, 0.4, 0.9)) == [[0, 1, 0], [0, 1, 1], [0, 1, 0]]


def test_nothing_and_negatives():
    assert at(LabelSpan(0, "", 0, 1)) == [[0, 0, 0]]
    assert at(LabelSpan(0, "smoke", 0, 1, is_positive=False)) == [[-1, -1, 0]]
    assert at(LabelSpan(0, "", 0, 1), LabelSpan(0, "smoke", 0, 1)) == [[0, 0, 1]]
    assert at(LabelSpan(0, "smoke", 0, 1), LabelSpan(0, "smoke", 0, 1, is_positive=False)) == [
        [0, 0, 1]
    ]


def test_in_complete_labels_the_rest_is_negative():
    assert at(LabelSpan(0, "smoke", 1, 2), times=(0.5, 1.5), is_complete=True) == [
        [0, 0, 0],
        [0, 0, 1],
    ]


def test_a_label_that_is_no_class_says_nothing():
    assert at(LabelSpan(0, "other", 0, 1)) == [[-1, -1, -1]]


def test_the_end_of_a_span_is_not_in_it():
    assert at(LabelSpan(0, "fight", 0, 0.5), times=(0.0, 0.49, 0.5)) == [
        [1, 0, 0],
        [1, 0, 0],
        [-1, -1, -1],
    ]


def track(track_id, *times):
    boxes = np.array([[t, 0, t + 10, 20] for t in times], "f4")
    return ActorTrack(track_id, np.array(times, float), boxes)


def test_examples_lie_within_tracks_and_spans():
    labels = VideoLabels(
        "a.mp4",
        duration_sec=10.0,
        tracks=(track(0, 0.0, 1.0, 2.0), track(1, 4.0, 5.0)),
        spans=(LabelSpan(0, "fight", 0.0, 1.0), LabelSpan(None, "", 8.0, 10.0)),
    )
    found = sample_examples(labels, classes=CLASSES, step_sec=0.5)
    assert found.tracks.tolist() == [0, 0, *[WHOLE_FRAME] * 4]
    assert found.times_sec.tolist() == [0.25, 0.75, 8.25, 8.75, 9.25, 9.75]
    assert found.labels.tolist() == [[1, 0, 0]] * 2 + [[0, 0, 0]] * 4


def test_a_short_span_has_one_example():
    labels = VideoLabels(
        "a.mp4",
        duration_sec=10.0,
        tracks=(track(2, 0.0, 1.0, 2.0, 3.0),),
        spans=(LabelSpan(2, "smoke", 1.6, 1.7),),
    )
    found = sample_examples(labels, classes=CLASSES, step_sec=1.0)
    np.testing.assert_allclose(found.times_sec, [1.65])
    assert found.labels.tolist() == [[0, 0, 1]]


def test_a_person_is_not_there_in_a_long_gap():
    assert is_seen(
        np.array([0.0, 1.0, 4.0]), np.array([-0.1, 0.0, 0.5, 2.0, 4.0, 4.1])
    ).tolist() == [
        False,
        True,
        True,
        False,
        True,
        False,
    ]
    labels = VideoLabels(
        "a.mp4",
        duration_sec=10.0,
        tracks=(track(0, 0.0, 1.0, 4.0, 5.0),),
        spans=(LabelSpan(0, "fight", 0.0, 9.0),),
    )
    found = sample_examples(labels, classes=CLASSES, step_sec=1.0)
    assert found.times_sec.tolist() == [0.5, 4.5]


def test_complete_labels_of_a_short_track_have_an_example():
    labels = VideoLabels("a", duration_sec=2.0, tracks=(track(0, 1.0, 1.2),), is_complete=True)
    found = sample_examples(labels, classes=CLASSES, step_sec=1.0)
    np.testing.assert_allclose(found.times_sec, [1.1])
    assert found.labels.tolist() == [[0, 0, 0]]


def test_without_labels_there_are_no_examples():
    found = sample_examples(
        VideoLabels("a", duration_sec=9, tracks=(track(0, 0.0, 1.0),)), classes=CLASSES, step_sec=1
    )
    assert found.labels.shape == (0, 3)
    assert found.tracks.shape == found.times_sec.shape == (0,)


def test_boxes_are_linear_between_those_of_the_track_and_held_outside():
    one = track(0, 1.0, 2.0)
    boxes = boxes_at(one.times_sec, one.boxes, np.array([0.0, 1.5, 9.0]))
    assert boxes.tolist() == [[1, 0, 11, 20], [1.5, 0, 11.5, 20], [2, 0, 12, 20]]
    assert boxes.dtype == np.float32


def test_a_label_at_a_single_box_is_an_example():
    track = ActorTrack(0, np.array([0.0, 10.0]), np.tile(np.float32([0, 0, 5, 5]), (2, 1)))
    spans = (LabelSpan(0, "fight", 0, 0.5), LabelSpan(0, "phone", 9.5, 10.5))
    labels = VideoLabels("a.mp4", duration_sec=20.0, tracks=(track,), spans=spans)
    found = sample_examples(labels, classes=CLASSES, step_sec=0.25)
    # The person is away between the two boxes.
    assert found.times_sec.tolist() == [0.0, 10.0]
    assert found.labels.tolist() == [[1, 0, 0], [0, 1, 0]]


def test_a_second_between_boxes_is_no_absence():
    times = np.array([0.0, 1.1, 2.1, 3.1, 4.4, 5.4])
    assert is_seen(times, np.array([0.5, 1.5, 2.5, 4.0, 5.0])).tolist() == [
        *(False, True, True, False, True)
    ]


def test_whole_frames_are_seen_where_a_window_fits():
    def times(duration_sec, **options):
        labels = VideoLabels(
            "a.mp4", duration_sec=duration_sec, spans=(LabelSpan(None, "fight", 0.0, 1e9),)
        )
        found = sample_examples(labels, classes=CLASSES, step_sec=1.0, **options)
        return found.times_sec.round(3).tolist()

    assert times(2.0) == [0.5, 1.5]
    assert times(2.0, window_sec=2.1) == [1.0]
    assert times(1.2, window_sec=2.0) == [0.6]
    assert times(5.0, window_sec=2.0) == [1.5, 2.5, 3.5]
    # The grid is in the middle.
    assert times(2.9) == [0.95, 1.95]
