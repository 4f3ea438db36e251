"""The frame buffer: which frames make a clip, when they were, and what is kept of them."""

import numpy as np
import pytest

from stad.video.window import REFERENCE_FPS, FrameBuffer, Window, clip_frames


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


@pytest.mark.parametrize(
    ("interval", "lowest", "highest"),
    [(1, -1, 0), (2, -1, 0), (3, -2, 1), (4, -2, 1), (8, -4, 3), (16, -8, 7), (1.2, -1, 0)],
)
def test_jitter_draws_the_shifts_of_the_reference(interval, lowest, highest):
    window = Window(num_frames=8, interval_frames=interval, jitter=True)
    rng = np.random.default_rng(0)
    drawn = np.array([window.jittered(rng).shifts_frames for _ in range(400)])
    assert drawn.shape == (400, 8)
    if float(interval).is_integer():
        # np.random.randint(-i // 2, (i + 1) // 2), the upper end not included.
        assert (lowest, highest) == (-interval // 2, (interval + 1) // 2 - 1)
    # Every position, that of the keyframe too, takes every value.
    for position in range(8):
        values = np.unique(drawn[:, position]).tolist()
        assert values == list(range(lowest, highest + 1))


def test_jittered_offsets_are_whole_frames_of_the_reference_rate_and_keep_their_order():
    window = Window(num_frames=6, interval_frames=4, jitter=True)
    for seed in range(50):
        found = window.jittered(np.random.default_rng(seed))
        moved = (found.offsets_sec() - window.offsets_sec()) * REFERENCE_FPS
        np.testing.assert_allclose(moved, found.shifts_frames, atol=1e-9)
        assert (np.diff(found.offsets_sec()) > 0).all()
        assert found == window.jittered(np.random.default_rng(seed))


def test_nothing_is_jittered_unless_it_is_asked_for():
    rng = np.random.default_rng(0)
    regular = Window(num_frames=4, interval_frames=8)
    assert regular.jittered(rng) is regular
    jittering = Window(num_frames=4, interval_frames=8, jitter=True)
    assert np.array_equal(jittering.offsets_sec(), regular.offsets_sec())
    assert (jittering.before_sec, jittering.after_sec) == (regular.before_sec, regular.after_sec)


def test_jittered_clips_stay_inside_the_video():
    window = Window(num_frames=4, interval_frames=16, jitter=True)
    times = np.arange(20) / 30
    for seed in range(20):
        for center_sec in (0.0, 0.3, 0.63):
            clip = clip_frames(center_sec, times, window.jittered(np.random.default_rng(seed)))
            assert clip.min() >= 0
            assert clip.max() <= 19


def test_a_window_has_a_shift_for_every_frame():
    with pytest.raises(ValueError, match="one shift per frame or none"):
        Window(num_frames=4, interval_frames=2, shifts_frames=(1, 2))
