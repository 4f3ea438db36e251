"""Stamps of streams that misbehave, and the times that come of them."""

import math

import numpy as np
import pytest

from stad.video.clock import StreamClock


def times(stamps, nows, **options):
    """The times of frames with these stamps that arrive at these moments, and who jumped."""
    clock = StreamClock(**({"is_paced": False} | options))
    pairs = zip(stamps, nows, strict=True)
    taken = [(clock.take(stamp, now), clock.jumped) for stamp, now in pairs]
    return np.array([time for time, _ in taken]), [i for i, one in enumerate(taken) if one[1]]


def test_a_steady_stream_has_its_stamps():
    arrivals = 100 + np.arange(50) * 0.1
    found, jumps = times(7.0 + np.arange(50) * 0.1, arrivals)
    np.testing.assert_allclose(found, np.arange(50) * 0.1, atol=1e-9)
    assert jumps == [0]


def test_frames_that_arrive_in_bursts_keep_their_distances():
    stamps = np.arange(100) * 0.1
    found, jumps = times(stamps, 5 + np.ceil(stamps / 0.5) * 0.5)
    assert jumps == [0]
    # The delay of the way is followed slowly.
    np.testing.assert_allclose(np.diff(found), 0.1, atol=0.01)


def test_a_gap_that_took_as_long_is_a_gap():
    stamps = [0.0, 0.1, 0.2, 6.2, 6.3]
    found, jumps = times(stamps, [10 + stamp for stamp in stamps])
    np.testing.assert_allclose(found, stamps, atol=1e-9)
    assert jumps == [0]


@pytest.mark.parametrize("jump_sec", [-3600.0, -0.7, 2.5, 86400.0])
def test_a_jump_goes_on_by_the_wall_clock(jump_sec):
    stamps = np.concatenate([np.arange(10) * 0.1, 1.0 + jump_sec + np.arange(10) * 0.1])
    found, jumps = times(stamps, 50 + np.arange(20) * 0.1)
    np.testing.assert_allclose(found, np.arange(20) * 0.1, atol=1e-6)
    assert jumps == [0, 10]


def test_small_steps_back_and_repeated_stamps_keep_the_order():
    found, jumps = times([0.0, 0.1, 0.1, 0.05, 0.4], 9 + np.arange(5) * 0.1)
    np.testing.assert_allclose(found, [0, 0.1, 0.101, 0.102, 0.4], atol=2e-3)
    assert jumps == [0]
    assert (np.diff(found) > 0).all()


def test_no_stamps_take_the_time_of_arrival():
    arrivals = [3.0, 3.2, 3.2, 4.0]
    for missing in (None, math.nan, math.inf):
        found, jumps = times([missing] * 4, arrivals)
        np.testing.assert_allclose(found, [0, 0.2, 0.201, 1.0], atol=1e-9)
        assert jumps == []


def test_variable_rate_is_kept():
    stamps = np.cumsum(np.tile([0.03, 0.2, 0.07], 20))
    found, _ = times(stamps, 1 + stamps)
    np.testing.assert_allclose(np.diff(found), np.diff(stamps), atol=1e-9)


@pytest.mark.parametrize("drift", [1e-3, -1e-3])
def test_a_clock_that_goes_wrong_is_followed(drift):
    """A camera a second wrong in 17 minutes is never more than a tenth off after two hours."""
    arrivals = np.arange(0, 7200, 0.5)
    found, jumps = times(arrivals * (1 + drift), arrivals)
    assert jumps == [0]
    assert abs(found - arrivals).max() < 0.1
    assert (np.diff(found) > 0).all()


def test_a_delay_that_stays_is_the_way():
    arrivals = np.concatenate([np.arange(10) * 0.1, 4.0 + np.arange(10, 400) * 0.1])
    stamps = np.arange(400) * 0.1
    clock = StreamClock(is_paced=False)
    late = []
    for stamp, now in zip(stamps, arrivals, strict=True):
        late.append(now - clock.due_sec(clock.take(stamp, now)))
        assert not clock.jumped or stamp == 0
    assert late[11] == pytest.approx(4.0, abs=0.4)
    assert late[-1] == pytest.approx(0.0, abs=0.01)


def test_stamps_that_stand_still_take_the_time_of_arrival():
    arrivals = 70 + np.arange(100) * 0.2
    stamps = np.concatenate([np.arange(30) * 0.2, np.full(40, 6.0), 14.0 + np.arange(30) * 0.2])
    found, jumps = times(stamps, arrivals)
    # Until it is clear that they do not move.
    np.testing.assert_allclose(found, arrivals - 70, atol=0.5)
    np.testing.assert_allclose(found[34:], arrivals[34:] - 70, atol=0.01)
    assert jumps == [0]


@pytest.mark.parametrize("seed", range(5))
def test_stamps_that_jump_all_the_time_take_the_time_of_arrival(seed):
    arrivals = 3 + np.arange(200) * 0.3
    stamps = np.random.default_rng(seed).uniform(0, 90_000, 200)
    found, jumps = times(stamps, arrivals)
    np.testing.assert_allclose(found, arrivals - 3, atol=1e-6)
    assert jumps == [0, 1]


@pytest.mark.parametrize("speed", [0.5, 0.8, 0.95, 1.05, 1.2, 2.0, 5.0])
def test_stamps_of_a_wrong_speed_are_followed_or_take_the_time_of_arrival(speed):
    """Such as those of a camera that states 25 frames a second and sends 20."""
    arrivals = np.arange(0, 3600, 0.2)
    found, jumps = times(arrivals * speed, arrivals)
    assert len(jumps) <= 2
    late = arrivals - found
    assert late.min() > -2.0
    assert np.count_nonzero(late > 2.0) * 0.2 < 25.0
    assert abs(late[len(late) // 30 :]).max() < 2.0
    assert np.diff(found)[len(late) // 30 :].max() < 1.2


def test_doubted_stamps_are_followed_once_they_have_been_right_for_a_minute():
    arrivals = np.arange(0, 300, 0.5)
    stamps = np.where(arrivals < 20, np.arange(len(arrivals)) % 7 * 1000.0, arrivals)
    clock = StreamClock(is_paced=False)
    # The frames of the last minute arrive up to a second late.
    late = np.where(arrivals < 240, 0.0, np.arange(len(arrivals)) % 3 * 0.4)
    found = np.array([clock.take(*one) for one in zip(stamps, arrivals + late, strict=True)])
    np.testing.assert_allclose(np.diff(found[-100:]), 0.5, atol=0.02)


def test_a_loop_of_a_minute_and_more_jumps_each_time():
    arrivals = np.arange(0, 400, 0.5)
    _, jumps = times(arrivals % 80, arrivals)
    assert jumps == [0, 160, 320, 480, 640]


def test_a_file_waits_for_gaps_of_seconds_but_not_of_minutes():
    found, jumps = times([0.0, 8.0, 300.0], [1.0, 1.0, 9.0], is_paced=True, is_file=True)
    np.testing.assert_allclose(found, [0.0, 8.0, 8.001], atol=1e-9)
    assert jumps == [0, 2]


def test_restart_goes_on_by_the_wall_clock():
    clock = StreamClock(is_paced=False)
    clock.take(5.0, 100.0)
    clock.take(5.1, 100.1)
    clock.restart()
    assert clock.take(0.0, 110.0) == pytest.approx(10.0)
    assert clock.jumped
    assert clock.take(0.1, 110.1) == pytest.approx(10.1)
    assert clock.due_sec(10.1) == pytest.approx(110.1)


def test_any_stamps_give_times_that_ascend():
    generator = np.random.default_rng(0)
    for _ in range(50):
        stamps = generator.choice([-1e9, 0.0, 1e-9, 0.5, 3.0, 1e9, math.nan], 60)
        stamps = stamps + generator.normal(0, 1, 60)
        arrivals = np.cumsum(generator.exponential(0.2, 60))
        found, _ = times(stamps, arrivals, is_paced=bool(generator.integers(2)))
        assert np.isfinite(found).all()
        assert (np.diff(found) > 0).all()
