"""Things that a network takes for people."""

import json

import numpy as np
import pytest

from stad.actors.detectors.phantoms import PhantomCheck

BOTTLE = np.array([[100, 100, 110, 140, 0.65]])
NOTHING = np.zeros((0, 5))


def shown(check, rows, *, seconds, seen=NOTHING, is_background=False, begin_sec=0.0):
    """Return the times at which a box is shown, and those of the second looks."""
    times, looks = [], []
    for step in range(round(seconds * 5)):
        time_sec = begin_sec + step / 5

        def look(box, time_sec=time_sec):
            looks.append(time_sec)
            return seen

        moved = rows(step) if callable(rows) else rows
        kept = check.filter(moved, time_sec, look=look, is_background=lambda box: is_background)
        if len(kept):
            times.append(time_sec)
    return times, looks


def test_what_no_second_look_finds_is_shown_for_a_second():
    times, looks = shown(PhantomCheck(threshold=0.6), BOTTLE, seconds=20)
    assert max(times) <= 1.2
    # Then it is looked at again every five seconds.
    assert len(looks) == 6


def test_a_person_who_stands_still_is_confirmed():
    times, looks = shown(PhantomCheck(threshold=0.6), BOTTLE, seconds=20, seen=BOTTLE)
    assert len(times) == 100
    assert len(looks) == 4


def test_a_person_who_moves_is_not_looked_at_again():
    def walk(step):
        return BOTTLE + np.array([3.0 * step, 0, 3.0 * step, 0, 0])

    times, looks = shown(PhantomCheck(threshold=0.6), walk, seconds=10)
    assert (len(times), len(looks)) == (50, 0)


@pytest.mark.parametrize(("seen", "number"), [(NOTHING, 0), (BOTTLE, 20)])
def test_where_no_person_came_a_look_must_confirm_first(seen, number):
    check = PhantomCheck(threshold=0.6)
    times, _ = shown(check, BOTTLE, seconds=4, seen=seen, is_background=True)
    assert len(times) == number


def test_state_continues():
    check, again = PhantomCheck(threshold=0.6), PhantomCheck(threshold=0.6)
    shown(check, BOTTLE, seconds=3)
    again.restore(json.loads(json.dumps(check.state())))
    assert shown(again, BOTTLE, seconds=9, begin_sec=3.0) == shown(
        check, BOTTLE, seconds=9, begin_sec=3.0
    )
