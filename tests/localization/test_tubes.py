"""Tubes of segments, by hand."""

import numpy as np

from stad.localization.tubes import TubeBuilder, build_tube, tube_overlap
from stad.structures import Actors, Segment, Tube

BOX = np.array([0.0, 0.0, 2.0, 2.0], np.float32)


def tube(first: int, last: int, score: float, *, shift: float = 0.0) -> Tube:
    """A box that stays, on the frames from first to last of a video of 25 fps."""
    times = np.arange(first, last + 1) / 25
    boxes = np.tile(BOX + np.float32([shift, 0, shift, 0]), (len(times), 1))
    return Tube(1, 0, score, times, boxes)


def test_a_tube_has_the_boxes_of_its_segment():
    times, boxes = np.arange(10) / 2, np.arange(40).reshape(10, 4)
    found = build_tube(Segment(4, 2, 1.0, 2.4, 0.7), times, boxes)
    assert (found.actor_id, found.class_index, found.score) == (4, 2, 0.7)
    assert found.times_sec.tolist() == [1.0, 1.5, 2.0]
    assert found.boxes.tolist() == boxes[2:5].tolist()
    nearest = build_tube(Segment(4, 2, 1.1, 1.3, 0.7), times, boxes)
    assert nearest.times_sec.tolist() == [1.0]
    empty = build_tube(Segment(4, 2, 1.1, 1.3, 0.7), np.zeros(0), np.zeros((0, 4)))
    assert empty.boxes.shape == (0, 4)


def test_a_stream_gives_the_same_tubes_and_forgets():
    builder = TubeBuilder()
    for step in range(20):
        actors = Actors.from_arrays([BOX, BOX + step, BOX], ids=[-1, 3, step])
        builder.add(step / 10, actors)
    found = builder.build(Segment(3, 0, 0.45, 0.8, 0.5))
    np.testing.assert_allclose(found.times_sec, [0.5, 0.6, 0.7, 0.8])
    assert found.boxes[:, 0].tolist() == [5, 6, 7, 8]
    assert len(builder) == 40
    builder.drop_before(1.5)
    assert len(builder) == 10
    assert len(builder.build(Segment(99, 0, 0.0, 1.0, 0.5)).times_sec) == 0


def test_overlap_meets_where_times_are_equal():
    # 15 of 25 frames are shared; the boxes overlap by a third.
    assert abs(tube_overlap(tube(0, 19, 1), tube(5, 24, 1, shift=1.0)) - 15 / 25 / 3) < 1e-6
    assert tube_overlap(tube(0, 9, 1), tube(10, 19, 1)) == 0.0
