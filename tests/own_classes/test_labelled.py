"""Labels of whole frames that belong to people, or to all of them together."""

import numpy as np
import pytest

from stad.actors.detectors.whole_frame import WholeFrame
from stad.annotations.own.labels import LabelSpan, VideoLabels
from stad.own_classes.labelled import examples_of_people, read_labelled
from tests.own_classes.folders import folder_with, track_of

CLASSES = ("sit", "read")
# Every 0.5 s from 0.25 s.
TIMES = [0.25, 0.75, 1.25, 1.75]
# The first person is there all the time, the second from 1 s on.
FIRST = track_of(0, [0.0, 0.5, 1.0, 1.5, 2.0])
SECOND = track_of(1, [1.0, 1.5, 2.0], (60, 10, 90, 100))


def labels_of(*spans, tracks=(FIRST,), is_complete=False):
    return VideoLabels(
        "v.mp4", 160, 120, 2.0, "", tracks=tracks, spans=spans, is_complete=is_complete
    )


SIT = LabelSpan(None, "sit", 0.0, 1.0)
OWN = LabelSpan(0, "read", 0.0, 0.5)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (labels_of(SIT), {0: [[1, 0], [1, 0]]}),
        # What has no label is negative, but what the frame shows is there.
        (labels_of(SIT, is_complete=True), {0: [[1, 0], [1, 0], [0, 0], [0, 0]]}),
        # A label of the person says more than that of the frame.
        (labels_of(SIT, OWN, is_complete=True), {0: [[0, 1], [1, 0], [0, 0], [0, 0]]}),
        # Of two people it is not known who sits; neither reads.
        (
            labels_of(LabelSpan(None, "sit", 1.0, 2.0), tracks=(FIRST, SECOND), is_complete=True),
            {0: [[0, 0], [0, 0], [-1, 0], [-1, 0]], 1: [[-1, 0], [-1, 0]]},
        ),
    ],
)
def test_what_the_frame_shows_is_done_by_who_is_alone(labels, expected):
    found = examples_of_people(labels, classes=CLASSES, step_sec=0.5)
    by_track = {
        track: found.labels[found.tracks == track].tolist()
        for track in np.unique(found.tracks).tolist()
    }
    assert by_track == expected
    assert found.times_sec[found.tracks == 0].tolist() == TIMES[: len(expected[0])]


def read(folder):
    lines = []
    labelled = read_labelled(
        folder, classes=None, detector=WholeFrame(), progress=False, log=lines.append
    )
    return labelled, "\n".join(lines)


@pytest.mark.parametrize(
    ("tracks", "end_sec", "whole_frame"),
    [
        ((track_of(0, np.arange(0, 4.1, 0.5).tolist()),), 3.0, False),
        # Two people; no one for most of the time; a label of the whole clip.
        ((track_of(0, [0.0, 1.0, 2.0, 3.0]), track_of(1, [0.0, 1.0, 2.0, 3.0])), 3.0, True),
        ((track_of(0, [0.0, 0.5]),), 3.0, True),
        ((track_of(0, np.arange(0, 4.1, 0.5).tolist()),), 4.0, True),
    ],
)
def test_timed_labels_are_those_of_the_person_who_is_alone(tmp_path, tracks, end_sec, whole_frame):
    folder = folder_with(tmp_path / "mine", "v.mp4", classes=("sit",))
    spans = (LabelSpan(None, "sit", 0.0, end_sec),)
    folder.write_labels(VideoLabels("v.mp4", 160, 120, 4.0, "", tracks=tracks, spans=spans))
    labelled, log = read(folder)
    assert labelled.whole_frame == whole_frame
    assert ("one person is alone" in log) == (not whole_frame)
    assert set(labelled.groups) == ({"v.mp4"} if whole_frame else set())
