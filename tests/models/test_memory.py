"""The memory of a stream: what it holds at each time, and how much."""

import numpy as np
import pytest
import torch

from stad.models.memory import RecentActors, span_before

TIMES = np.array([0.0, 1, 1, 2, 3, 60])


@pytest.mark.parametrize(
    ("time_sec", "options", "seen"),
    [
        # The present and the future are not in it.
        (1.0, {}, [0.0]),
        (2.0, {}, [0.0, 1, 1]),
        (0.0, {}, []),
        (-5.0, {}, []),
        # From exactly 60 seconds before.
        (60.0, {}, [0.0, 1, 1, 2, 3]),
        (60.5, {}, [1, 1, 2, 3, 60]),
        (61.5, {}, [2, 3, 60]),
        (4.0, {"span_sec": 2.0}, [2, 3]),
        # Of too many, the newest.
        (4.0, {"max_entries": 3}, [1, 2, 3]),
        (4.0, {"max_entries": 1}, [3]),
    ],
)
def test_what_lies_before_a_time(time_sec, options, seen):
    options = {"span_sec": 60.0, "max_entries": 100} | options
    assert TIMES[span_before(TIMES, time_sec, **options)].tolist() == seen


def test_a_stream_remembers_what_lies_before_each_of_its_keyframes():
    rng = np.random.default_rng(0)
    recent = RecentActors(span_sec=5.0, max_entries=7)
    times_sec, rows, ids = np.zeros(0), torch.zeros(0, 2), torch.zeros(0, dtype=torch.int64)
    for step in range(60):
        time_sec, count = 0.5 * step, int(rng.integers(0, 4))
        memory = recent.before(time_sec, torch.zeros(1, 2))
        seen = span_before(times_sec, time_sec, span_sec=5.0, max_entries=7)
        assert torch.equal(memory.entries, rows[seen])
        assert torch.equal(memory.ids, ids[seen])
        np.testing.assert_allclose(memory.ages_sec, time_sec - times_sec[seen])
        new, people = torch.from_numpy(rng.normal(size=(count, 2))).float(), torch.arange(count)
        recent.add(time_sec, new, people)
        times_sec = np.append(times_sec, np.full(count, time_sec))
        rows, ids = torch.cat((rows, new)), torch.cat((ids, people))
        assert len(recent) < 7 + 4
    recent.clear()
    assert len(recent) == 0
    # Another stream begins at 0 again.
    recent.add(0.0, torch.ones(1, 2), torch.tensor([1]))
    assert recent.before(1.0, torch.ones(1, 2)).ages_sec.tolist() == [1.0]


def test_keyframes_out_of_order_are_refused():
    recent = RecentActors(span_sec=5.0, max_entries=7)
    recent.add(2.0, torch.ones(1, 2), torch.tensor([1]))
    with pytest.raises(ValueError, match=r"1 s after 2 s"):
        recent.add(1.0, torch.ones(1, 2), torch.tensor([1]))
