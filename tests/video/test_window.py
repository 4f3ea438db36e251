"""The frame buffer: which frames make a clip, when they were, and what is kept of them."""

import numpy as np
import pytest

from stad.video.window import FrameBuffer, Window


def filled(times_sec):
    buffer = FrameBuffer()
    for number, time_sec in enumerate(times_sec):
        buffer.append(time_sec, np.full((2, 3, 3), number, dtype=np.uint8))
    return buffer


def test_times_of_a_clip_are_those_of_its_frames():
    times_sec = [0.0, 0.11, 0.19, 0.3, 0.42, 0.5]
    buffer = filled(times_sec)
    window = Window(num_frames=4, interval_frames=3)
    # Wanted are 0.1, 0.2, 0.3 and 0.4 s.
    assert buffer.clip_times(0.3, window) == [0.11, 0.19, 0.3, 0.42]
    assert buffer.clip(0.3, window)[:, 0, 0, 0].tolist() == [1, 2, 3, 4]


def test_at_the_ends_the_last_frames_and_their_times_repeat():
    buffer = filled([0.0, 0.1, 0.2, 0.3])
    window = Window(num_frames=5, interval_frames=3)
    assert buffer.clip_times(0.0, window) == [0.0, 0.0, 0.0, 0.1, 0.2]
    assert buffer.clip_times(0.3, window) == [0.1, 0.2, 0.3, 0.3, 0.3]


def test_what_is_dropped_is_no_more_in_a_clip():
    buffer = filled([0.0, 0.1, 0.2, 0.3])
    buffer.drop_before(0.15)
    assert len(buffer) == 3
    assert buffer.clip_times(0.1, Window(num_frames=3, interval_frames=3)) == [0.1, 0.1, 0.2]
    with pytest.raises(ValueError, match=r"must ascend: 0\.3 after 0\.3"):
        buffer.append(0.3, np.zeros((2, 3, 3), dtype=np.uint8))
