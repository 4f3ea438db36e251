"""Falls and alarms on a line of time, counted by hand."""

import numpy as np
import pytest

from stad.evaluation.posture_events import EventCounts, count_events, covered_sec

JUDGED = [[0, 20]]


@pytest.mark.parametrize(
    ("events", "alarms", "judged", "expected"),
    [
        # Found inside, and within a second on either side; the quiet time is without that second.
        ([[5, 6]], [[5, 6]], JUDGED, (1, 1, 0, 17)),
        ([[5, 6]], [[3, 4.5]], JUDGED, (1, 1, 0, 17)),
        ([[5, 6]], [[6.9, 8]], JUDGED, (1, 1, 0, 17)),
        ([[5, 6]], [[7.1, 8]], JUDGED, (1, 0, 1, 17)),
        # Two alarms for one fall are not false; one alarm may be of two falls.
        ([[5, 6]], [[4.5, 5], [6, 7]], JUDGED, (1, 1, 0, 17)),
        ([[5, 6], [9, 10]], [[5, 10]], JUDGED, (2, 2, 0, 14)),
        # Not judged, or only a third of it.
        ([], [[25, 26]], JUDGED, (0, 0, 0, 20)),
        ([], [[19, 22]], JUDGED, (0, 0, 0, 20)),
        ([], [[19, 20.5]], JUDGED, (0, 0, 1, 20)),
        ([], [], [], (0, 0, 0, 0)),
        # A fall at the border: what is outside is no quiet time.
        ([[19, 21]], [], [[0, 21]], (1, 0, 0, 18)),
    ],
)
def test_events_are_counted(events, alarms, judged, expected):
    arrays = (np.array(one, float).reshape(-1, 2) for one in (events, alarms, judged))
    assert count_events(*arrays, tolerance_sec=1) == expected


def test_counts_add_up_to_a_rate():
    total = EventCounts(2, 1, 1, 1000.0) + EventCounts(1, 1, 1, 800.0)
    assert total == (3, 2, 2, 1800.0)
    assert total.false_per_hour == 4
    assert np.isnan(EventCounts().false_per_hour)


def test_overlapping_spans_cover_once():
    spans, by = np.array([[0.0, 10], [20, 21]]), np.array([[1.0, 3], [2, 4], [9, 12]])
    assert covered_sec(spans, by).tolist() == [4, 0]
