"""What a machine can keep up with."""

import pytest

from stad.inference.live.pace import Pace, choose_pace


@pytest.mark.parametrize(
    ("detection_sec", "window_sec", "stride_sec", "expected"),
    [
        # Quick: what was asked for.
        (0.01, 0.05, None, (0.2, 1.0)),
        # Detection may take 40 %, both together 80 % of the time.
        (0.1, 0.2, None, (0.25, 1.0)),
        (0.1, 1.2, None, (0.25, 3.0)),
        # Less often than every 0.8 s loses people; the windows make room.
        (1.0, 1.0, None, (0.8, 2.5)),
        # Without detection, windows have all of the 80 %.
        (0.0, 2.0, None, (0.2, 2.5)),
        # A stride that was asked for stays.
        (0.1, 1.2, 0.5, (0.25, 0.5)),
    ],
)
def test_choose_pace(detection_sec, window_sec, stride_sec, expected):
    pace = choose_pace(detection_sec, window_sec, detect_sec=0.2, stride_sec=stride_sec)
    detect_sec, chosen_sec = expected
    usual = choose_pace(0.0, 0.1, detect_sec=0.2, stride_sec=None, usual_stride_sec=0.25)
    assert usual.stride_sec == 0.25
    assert pace == Pace(pytest.approx(detect_sec), chosen_sec, detection_sec, window_sec)
