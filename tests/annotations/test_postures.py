"""Keyframes of postures -> segments, worked out by hand."""

import numpy as np
import pytest

from stad.annotations.postures import (
    PostureClip,
    PostureKeyframes,
    only_people,
    segments_of,
)


def keyframes(*rows, num_postures=3) -> PostureKeyframes:
    """Rows of person, time and postures."""
    return PostureKeyframes(
        time_sec=np.array([row[1] for row in rows], float),
        person=np.array([row[0] for row in rows], int),
        postures=np.array([[k in row[2:] for k in range(num_postures)] for row in rows]),
        boxes=np.tile([0.1, 0.1, 0.5, 0.9], (len(rows), 1)),
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # Half way to the neighbours; the first does not begin before the video.
        ([(0, 0, 1), (0, 0.5, 1), (0, 1, 2)], [(0, 1, 0, 0.75), (0, 2, 0.75, 1.25)]),
        # One alone reaches half a second either way.
        ([(0, 3, 1)], [(0, 1, 2.5, 3.5)]),
        # A pause of a second is bridged, a longer one is not, and each side reaches half a second.
        ([(0, 1, 1), (0, 2, 1)], [(0, 1, 0.5, 2.5)]),
        ([(0, 1, 1), (0, 2.5, 1)], [(0, 1, 0.5, 1.5), (0, 1, 2, 3)]),
        # Another posture between two runs cuts them.
        (
            [(0, 1, 1), (0, 1.5, 0), (0, 2, 1)],
            [(0, 1, 0.75, 1.25), (0, 0, 1.25, 1.75), (0, 1, 1.75, 2.25)],
        ),
        # Two postures at once are two segments.
        (
            [(0, 1, 1), (0, 1.5, 1, 2), (0, 2, 1)],
            [(0, 1, 0.75, 2.25), (0, 2, 1.25, 1.75)],
        ),
        # People do not mix.
        ([(0, 1, 1), (1, 1.5, 1)], [(0, 1, 0.5, 1.5), (1, 1, 1, 2)]),
        ([], []),
    ],
)
def test_keyframes_become_segments(rows, expected):
    found = segments_of(keyframes(*rows))
    result = [
        (person, posture, *span)
        for person, posture, span in zip(*(part.tolist() for part in found), strict=True)
    ]
    assert result == expected


def test_other_people_are_left_out():
    frames = keyframes((0, 1, 1), (1, 1, 2))
    clip = PostureClip("a", ("1", "2"), ("x", "y"), frames, segments_of(frames), is_complete=True)
    assert only_people(clip, [0, 1]) is clip
    one = only_people(clip, [1])
    assert one.keyframes.person.tolist() == one.segments.person.tolist() == [1]
    assert one.people == ("1", "2")
    # The other one is visible and no longer annotated.
    assert not one.is_complete
