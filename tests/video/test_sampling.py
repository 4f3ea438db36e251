"""When a clip's frames are taken: by hand, and what holds for any video."""

import numpy as np
import pytest

from stad.errors import InputError
from stad.video.sampling import Views, parse_views, random_times, segment_times, view_times
from stad.video.window import Window, nearest_frames

WINDOW = Window(num_frames=4, interval_frames=3)  # 0.1 s apart


@pytest.mark.parametrize(
    ("sampling", "duration_sec", "num_clips", "index", "times"),
    [
        ("segments", 8.0, 1, 0, [1, 3, 5, 7]),
        # Two clips share each segment of 2 s.
        ("segments", 8.0, 2, 0, [0.5, 2.5, 4.5, 6.5]),
        ("segments", 8.0, 2, 1, [1.5, 3.5, 5.5, 7.5]),
        ("dense", 2.0, 1, 0, [0.8, 0.9, 1.0, 1.1]),
        ("dense", 2.0, 3, 0, [0.0, 0.1, 0.2, 0.3]),
        ("dense", 2.0, 3, 1, [0.8, 0.9, 1.0, 1.1]),
        ("dense", 2.0, 3, 2, [1.6, 1.7, 1.8, 1.9]),
        # Longer than the video: over its middle, whichever clip it is.
        ("dense", 0.2, 3, 0, [-0.1, 0.0, 0.1, 0.2]),
        ("dense", 0.2, 3, 2, [-0.1, 0.0, 0.1, 0.2]),
    ],
)
def test_views_by_hand(sampling, duration_sec, num_clips, index, times):
    found = view_times(duration_sec, WINDOW, sampling=sampling, num_clips=num_clips, index=index)
    np.testing.assert_allclose(found, times, atol=1e-9)


def test_the_middle_of_tsns_segments():
    # 300 frames of 30 per second: the frames 50, 150 and 250.
    times = segment_times(10.0, 3, 0.5)
    assert nearest_frames(times, np.arange(300) / 30).tolist() == [50, 150, 250]


@pytest.mark.parametrize("seed", range(20))
def test_random_clips_stay_inside(seed):
    rng = np.random.default_rng(seed)
    duration_sec = rng.uniform(0.5, 20)
    window = Window(int(rng.integers(1, 40)), float(rng.uniform(0.5, 8)))
    spread = random_times(duration_sec, window, sampling="segments", rng=rng)
    part = (spread / (duration_sec / window.num_frames)).astype(int)
    assert part.tolist() == list(range(window.num_frames))
    dense = random_times(duration_sec, window, sampling="dense", rng=rng)
    np.testing.assert_allclose(np.diff(dense), window.interval_sec, atol=1e-9)
    if window.num_frames * window.interval_sec <= duration_sec:
        assert dense[0] >= -1e-9
        assert dense[-1] + window.interval_sec <= duration_sec + 1e-9
    else:
        middle = (dense[0] + dense[-1] + window.interval_sec) / 2
        assert middle == pytest.approx(duration_sec / 2)


def test_random_windows_cover_the_video():
    rng = np.random.default_rng(0)
    starts = [random_times(10.0, WINDOW, sampling="dense", rng=rng)[0] for _ in range(500)]
    assert min(starts) < 0.1
    assert max(starts) > 9.5


def test_what_views_are():
    assert parse_views(" 10X3 ") == Views(10, 3)
    assert str(Views(5, 1)) == "5x1"
    for text in ("10", "0x1", "3x2", "x", "10x3x1", "-1x1", ""):
        with pytest.raises(InputError, match="CLIPSxCROPS"):
            parse_views(text)


def test_another_sampling_is_refused():
    with pytest.raises(ValueError, match="dense, segments"):
        view_times(1.0, WINDOW, sampling="sparse", num_clips=1, index=0)
    with pytest.raises(ValueError, match="must be 0 to "):
        view_times(1.0, WINDOW, sampling="dense", num_clips=2, index=2)
