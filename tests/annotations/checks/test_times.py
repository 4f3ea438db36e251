"""Times that cannot be meant, and what they look like."""

import numpy as np
import pytest

from stad.annotations.checks.times import check_times


def times(values, *, duration_sec=10.0, fps=25.0, start_sec=0.0):
    values = np.array(values, float)
    rest = np.full(len(values), duration_sec), np.full(len(values), fps)
    return check_times(values, *rest, start_sec=start_sec)


def test_times_within_the_video_are_well():
    assert times([0, 5, 9.96, 10.4]) == []
    # AVA's keyframes in whole films, and in cut ones.
    assert times(range(902, 1799), duration_sec=5400) == []
    assert times(range(902, 1799), duration_sec=902, start_sec=900) == []
    # A film that is cut off before its last keyframes.
    assert [one.stops for one in times(range(902, 1799), duration_sec=1700)] == [False]


@pytest.mark.parametrize(
    ("values", "options", "guess"),
    [
        ([902, 905, 909], {}, "set start_sec to 900"),
        ([901.5, 905, 909.25], {}, "set start_sec to 900"),
        ([2, 5, 9], {"start_sec": 900.0}, "set start_sec to 0"),
        ([50, 125, 225], {}, "numbers of frames, at 25 a second"),
        ([2, 5, 30, 60, 150, 200], {}, "numbers of frames, at 25 a second"),
        ([2000, 5000, 9000], {}, "milliseconds"),
        ([50, 125, 225], {"start_sec": 5.0}, "numbers of frames"),
    ],
)
def test_what_times_count_is_guessed(values, options, guess):
    findings = times(values, **options)
    assert any(guess in one.guess and one.stops for one in findings)


def test_stray_times_are_found():
    (after,) = times([*range(1, 9)] * 10 + [11, 3000], duration_sec=9)
    assert (after.rows.tolist(), after.stops) == ([80, 81], False)
    (impossible,) = times([1, -3, np.nan, np.inf, 5])
    assert impossible.rows.tolist() == [1, 2, 3]
    (before,) = times([899, *range(900, 910)] * 3, start_sec=900)
    assert before.rows.tolist() == [0, 11, 22]
    # Where nothing is known of the video, only what no video has is found.
    assert times([1, 3000], duration_sec=np.nan) == []
