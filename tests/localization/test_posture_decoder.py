"""Decoded postures against hand-worked values and against the whole chain computed plainly."""

import time

import numpy as np
import pytest
from scipy.linalg import expm

from stad.localization.posture_decoder import (
    EVIDENCE,
    MAX_AWAY_SEC,
    MIN_SCORE,
    PostureDecoder,
)
from stad.localization.posture_rates import CHANGES_PER_SEC, change_rates
from stad.structures import Actors, Keyframe

POSTURES = tuple(CHANGES_PER_SEC)
STAND, SIT, WALK, LIE, BEND, FALL = (
    POSTURES.index(name)
    for name in ("stand", "sit", "walk", "lie/sleep", "bend/bow (at the waist)", "fall down")
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def keyframe(time_sec, people: dict[int, np.ndarray] | list):
    """People by id, or pairs of id and scores."""
    rows = list(people.items()) if isinstance(people, dict) else people
    actors = Actors.from_arrays([[0, 0, 9, 9]] * len(rows), ids=[i for i, _ in rows])
    scores = np.array([row for _, row in rows], np.float32)
    return Keyframe(time_sec, actors, scores if rows else np.zeros((0, len(POSTURES)), np.float32))


def decode(keyframes, names=POSTURES, **options):
    decoder = PostureDecoder(names, **options)
    final = [one for each in keyframes for one in decoder.update(each)]
    return final + decoder.finish()


def sure(posture, score=0.8):
    scores = np.full(len(POSTURES), (1 - score) / (len(POSTURES) - 1))
    scores[posture] = score
    return scores


def one_person(times_sec, rows, **options):
    keyframes = [keyframe(t, {1: row}) for t, row in zip(times_sec, rows, strict=True)]
    return np.concatenate([one.scores for one in decode(keyframes, **options)])


def test_two_states_by_hand():
    """Rates of 0.5 each: after t seconds, a state has changed with (1 - exp(-t)) / 2."""
    step_sec = 0.5
    changed = (1 - np.exp(-step_sec)) / 2
    stays = 1 - changed
    rows = [[0.9, 0.1], [0.4, 0.6]]
    first, second = decode(
        [keyframe(t, {1: row}) for t, row in zip((0.0, step_sec), rows, strict=True)],
        ("open", "shut"),
    )
    # Forwards: the first scores as they are, moved, times the second ones to the power of 0.6.
    open_second = (0.9 * stays + 0.1 * changed) * 0.4**0.6
    shut_second = (0.9 * changed + 0.1 * stays) * 0.6**0.6
    expected = open_second / (open_second + shut_second)
    assert second.scores[0, 0] == pytest.approx(expected, abs=1e-6)
    # Backwards: the first ones times what the second ones say of them.
    open_first = 0.9 * (stays * 0.4**0.6 + changed * 0.6**0.6)
    shut_first = 0.1 * (changed * 0.4**0.6 + stays * 0.6**0.6)
    assert first.scores[0, 0] == pytest.approx(open_first / (open_first + shut_first), abs=1e-6)
    # changed = 0.1967: 0.5475 to 0.0705, and 0.4285 to 0.1894.
    assert [round(float(one.scores[0, 0]), 3) for one in (first, second)] == [0.886, 0.693]


def plainly(times_sec, rows, rates):
    """Each keyframe from scratch: forwards over all up to it, backwards over the next one."""
    found = []
    for last in range(len(rows)):
        belief = rows[0] / rows[0].sum()
        for k in range(1, last + 1):
            belief = belief @ expm(rates * (times_sec[k] - times_sec[k - 1])) * rows[k] ** EVIDENCE
            belief /= belief.sum()
        if last + 1 < len(rows):
            step = times_sec[last + 1] - times_sec[last]
            belief = belief * (expm(rates * step) @ rows[last + 1] ** EVIDENCE)
        found.append(belief / belief.sum())
    return np.array(found)


def test_a_stream_equals_the_whole_computed_plainly(rng):
    for _ in range(5):
        # Whole milliseconds.
        times_sec = np.cumsum(rng.integers(20, 1900, 30)) / 1000
        rows = rng.dirichlet(np.full(len(POSTURES), 0.4), 30).clip(MIN_SCORE).astype(np.float32)
        expected = plainly(times_sec, rows.astype(float), change_rates(POSTURES))
        np.testing.assert_allclose(one_person(times_sec, rows), expected, atol=2e-6)


def test_people_do_not_touch_each_other(rng):
    """Some miss keyframes; each is decoded as if alone."""
    times_sec = np.arange(40) * 0.4
    rows = {i: rng.dirichlet(np.full(len(POSTURES), 0.5), 40) for i in range(1, 4)}
    seen = {i: rng.random(40) < 0.8 for i in rows}
    all_of_them = [
        keyframe(t, {i: rows[i][k] for i in rows if seen[i][k]}) for k, t in enumerate(times_sec)
    ]
    together = decode(all_of_them)
    assert [one.time_sec for one in together] == times_sec.tolist()
    for i in rows:
        alone = decode(
            [keyframe(t, {i: rows[i][k]} if seen[i][k] else {}) for k, t in enumerate(times_sec)]
        )
        for whole, own in zip(together, alone, strict=True):
            np.testing.assert_array_equal(whole.scores[whole.actors.ids == i], own.scores)


def test_a_flicker_goes_and_a_change_stays():
    times_sec = np.arange(12) * 0.4
    flicker = [sure(LIE)] * 5 + [sure(SIT, 0.6)] + [sure(LIE)] * 6
    assert one_person(times_sec, flicker).argmax(axis=1).tolist() == [LIE] * 12
    change = [sure(SIT)] * 6 + [sure(STAND)] * 6
    found = one_person(times_sec, change).argmax(axis=1)
    assert found.tolist() == [SIT] * 6 + [STAND] * 6


@pytest.mark.parametrize(("score", "kept"), [(0.8, [FALL, FALL]), (0.6, [WALK, FALL])])
def test_a_fall_of_two_keyframes_is_kept(score, kept):
    rows = [sure(WALK)] * 4 + [sure(FALL, score)] * 2 + [sure(LIE)] * 4
    found = one_person(np.arange(10) * 0.4, rows)
    assert found.argmax(axis=1).tolist() == [WALK] * 4 + kept + [LIE] * 4
    assert found[5, FALL] > 0.45


def test_somebody_on_the_floor_does_not_fall():
    rows = [sure(LIE)] * 4 + [sure(FALL, 0.7)] + [sure(LIE)] * 4
    assert one_person(np.arange(9) * 0.4, rows).argmax(axis=1).tolist() == [LIE] * 9


def test_a_keyframe_alone_keeps_its_scores():
    row = sure(SIT, 0.6).astype(np.float32)
    np.testing.assert_allclose(one_person([3.0], [row])[0], row, atol=1e-6)
    # Farther apart than a chain reaches.
    far = one_person([0, MAX_AWAY_SEC + 0.1], [row, sure(STAND)])
    np.testing.assert_allclose(far, [row, sure(STAND)], atol=1e-6)


def test_only_the_postures_change():
    rows = [np.append(sure(SIT), [0.7, 0.1]), np.append(sure(STAND), [0.2, 0.9])]
    found = decode([keyframe(t, {1: row}) for t, row in enumerate(rows)])
    for before, after in zip(rows, found, strict=True):
        assert after.scores.dtype == np.float32
        np.testing.assert_array_equal(after.scores[0, -2:], np.float32(before[-2:]))
        assert after.scores[0, :-2].sum() == pytest.approx(1, abs=1e-5)


def test_what_cannot_be_followed_is_left_as_it_is():
    bad = sure(SIT).copy()
    bad[0] = np.nan
    people = [(-1, sure(SIT)), (-1, sure(LIE)), (4, sure(STAND)), (4, sure(SIT)), (7, bad)]
    for one in decode([keyframe(t, people) for t in (0.0, 0.4, 0.8)]):
        np.testing.assert_array_equal(one.scores, np.float32([row for _, row in people]))


def test_scores_of_zero_are_not_final():
    """A network may be certain and wrong."""
    rows = [np.eye(len(POSTURES))[k] for k in [LIE] * 3 + [WALK] * 3 + [LIE] * 3]
    found = one_person(np.arange(9) * 0.4, rows)
    assert np.isfinite(found).all()
    assert found.argmax(axis=1).tolist() == [LIE] * 3 + [WALK] * 3 + [LIE] * 3


def test_a_restarted_stream_begins_anew():
    decoder = PostureDecoder(POSTURES)
    rows = [sure(LIE), sure(LIE), sure(STAND, 0.5)]
    times_sec = (5.0, 5.4, 0.2)
    final = [decoder.update(keyframe(t, {1: row})) for t, row in zip(times_sec, rows, strict=True)]
    assert [[one.time_sec for one in each] for each in final] == [[], [5.0], [5.4]]
    np.testing.assert_allclose(decoder.finish()[0].scores[0], rows[2], atol=1e-6)
    assert decoder.finish() == []


def test_any_times_and_people_come_back_once_and_in_order(rng):
    for _ in range(20):
        times_sec = np.cumsum(rng.choice([0.001, 0.05, 0.4, 1.0, 3.0, 60.0], 50))
        times_sec[rng.integers(1, 50)] = 0.0
        keyframes = []
        for time_sec in times_sec:
            ids = rng.integers(-1, 6, rng.integers(0, 5))
            rows = [(int(i), rng.dirichlet(np.full(8, 0.2))) for i in ids]
            keyframes.append(keyframe(float(time_sec), rows))
        found = decode(keyframes)
        assert [one.time_sec for one in found] == times_sec.tolist()
        for before, after in zip(keyframes, found, strict=True):
            np.testing.assert_array_equal(after.actors.ids, before.actors.ids)
            assert after.scores.shape == before.scores.shape
            np.testing.assert_allclose(after.scores.sum(axis=1), 1, atol=1e-4)


def test_memory_is_bounded_and_time_short(rng):
    decoder = PostureDecoder(POSTURES)
    rows = rng.dirichlet(np.full(8, 0.5), 10)
    begin = time.process_time()
    for k in range(300):
        # Ten people who stay for three keyframes.
        decoder.update(keyframe(k * 0.4, {10 * (k // 3) + i: rows[i] for i in range(10)}))
        assert len(decoder._chains) <= 10 * (MAX_AWAY_SEC / 0.4 + 1)
    # 1 ms a keyframe is the aim; a busy machine may be slower.
    assert (time.process_time() - begin) / 300 < 0.005


@pytest.mark.parametrize("names", [(), ("stand",)])
def test_without_two_postures_nothing_changes(names):
    decoder = PostureDecoder(names)
    one = keyframe(1.0, {1: sure(SIT)})
    assert decoder.lag == 0
    assert decoder.update(one) == [one]
    assert decoder.finish() == []


def test_rates_are_of_known_labels_and_own_classes_get_a_plain_one():
    from stad.annotations import label_maps

    known = label_maps.class_names("poses")[:8]
    assert set(CHANGES_PER_SEC) == set(known)
    assert all(set(row) < set(known) for row in CHANGES_PER_SEC.values())
    rates = change_rates(("stand", "walk", "on a ladder"))
    np.testing.assert_allclose(rates, [[-0.65, 0.4, 0.25], [0.35, -0.6, 0.25], [0.25, 0.25, -0.5]])
    # No posture is a trap.
    assert (change_rates(known) != 0).all()
    np.testing.assert_allclose(change_rates(known).sum(axis=1), 0, atol=1e-12)


def entering(time_sec, box, scores):
    actors = Actors.from_arrays([box], ids=[1])
    return Keyframe(time_sec, actors, np.array([scores], np.float32))


NOBODY = Keyframe(0.0, Actors.from_arrays([], ids=[]), np.zeros((0, len(POSTURES)), np.float32))
AT_EDGE, INSIDE = [40, 60, 70, 100], [40, 20, 70, 90]


@pytest.mark.parametrize(
    ("before", "box", "expected"),
    [([NOBODY], AT_EDGE, WALK), ([], AT_EDGE, LIE), ([NOBODY], INSIDE, LIE)],
    ids=["comes in", "is there from the beginning", "appears inside"],
)
def test_who_comes_in_at_an_edge_is_upright(before, box, expected):
    scores = sure(LIE, 0.9)
    scores[WALK] = 0.08
    frames = [entering(0.4 * k, box, scores) for k in range(1, 6)]
    decoder = PostureDecoder(POSTURES)
    final = [
        one for each in [*before, *frames] for one in decoder.update(each, frame_size=(99, 100))
    ]
    final += decoder.finish()
    assert {int(one.scores[0].argmax()) for one in final if len(one.scores)} == {expected}


def test_who_lies_down_at_the_edge_after_coming_in_lies():
    frames = [NOBODY, *(entering(0.4 * k, AT_EDGE, sure(WALK)) for k in range(1, 8))]
    frames += [entering(0.4 * k, AT_EDGE, sure(FALL)) for k in (8, 9)]
    frames += [entering(0.4 * k, AT_EDGE, sure(LIE)) for k in range(10, 16)]
    decoder = PostureDecoder(POSTURES)
    final = [one for each in frames for one in decoder.update(each, frame_size=(99, 100))]
    final += decoder.finish()
    assert int(final[-1].scores[0].argmax()) == LIE
