"""Keyframe scores -> segments: by hand, against plain loops, and streaming against whole curves."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from stad.errors import InputError
from stad.localization.hysteresis_localizer import HysteresisLocalizer
from stad.localization.options import LabelOptions, LocalizerOptions
from stad.structures import Actors, Keyframe, Segment
from tests.localization.plain_localizer import plain_average, plain_runs
from tests.localization.whole_curves import localize

WALK, WAVE = 0, 1
# Ends at 0.25 keep the tables below easy to work out.
PLAIN = LocalizerOptions(start_threshold=0.5, end_threshold=0.25, min_length_sec=0.0)


def keyframe(time_sec: float, rows: dict[int, tuple[float, float]]) -> Keyframe:
    """Scores (walk, wave) by actor id."""
    actors = Actors.from_arrays(np.zeros((len(rows), 4)), ids=list(rows))
    return Keyframe(time_sec, actors, np.array(list(rows.values()), float).reshape(-1, 2))


def curve(times, scores, *, actor: int = 1) -> list[Keyframe]:
    """Keyframes of one actor who may walk."""
    return [keyframe(float(t), {actor: (s, 0.0)}) for t, s in zip(times, scores, strict=True)]


def run(keyframes, end_sec=np.inf, *, options=PLAIN, stride=1.0, **rest) -> list[Segment]:
    localizer = HysteresisLocalizer(options, stride, **rest)
    found = [segment for one in keyframes for segment in localizer.update(one)]
    return found + localizer.finish(end_sec)


def as_rows(segments: list[Segment]) -> list[tuple]:
    return sorted((s.actor_id, s.class_index, s.start_sec, s.end_sec, s.score) for s in segments)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # From the first keyframe on; 0.8 falls to 0 and passes 0.25 at 11/16.
        ([0.8, 0.8, 0.0, 0.0, 0.0], [(0.0, 1 + 11 / 16, 0.8)]),
        # 0 rises to 0.8 and passes 0.5 at 5/8.
        ([0.0, 0.8, 0.6, 0.0, 0.0], [(5 / 8, 2 + 7 / 12, 0.7)]),
        # What stays above the end threshold goes on; what only reaches it does not start.
        ([0.0, 0.5, 0.3, 0.3, 0.0], [(1.0, 3 + 1 / 6, 1.1 / 3)]),
        ([0.0, 0.4, 0.4, 0.4, 0.0], []),
        ([0.8, 0.25, 0.25, 0.0, 0.0], [(0.0, 2.0, 1.3 / 3)]),
        # A pause of 15/16 s is bridged and counts in the mean; one of 31/16 s is not.
        ([0.8, 0.0, 0.8, 0.0, 0.0], [(0.0, 2 + 11 / 16, 1.6 / 3)]),
        ([0.8, 0.0, 0.0, 0.8, 0.0], [(0.0, 11 / 16, 0.8), (2 + 5 / 8, 3 + 11 / 16, 0.8)]),
        # The end of the video cuts what the last keyframe would speak for.
        ([0.0, 0.0, 0.0, 0.0, 0.8], [(3 + 5 / 8, 4.2, 0.8)]),
        ([0.0] * 5, []),
    ],
)
def test_one_actor(scores, expected):
    rows = as_rows(run(curve(range(5), scores), end_sec=4.2))
    np.testing.assert_allclose(
        np.reshape([row[2:] for row in rows], (-1, 3)), np.reshape(expected, (-1, 3))
    )
    assert {row[:2] for row in rows} <= {(1, WALK)}


def test_short_segments_are_dropped_after_joining():
    # Two bits of 3/4 s, 5/4 s apart: together they are long enough.
    scores = [0.0, 0.8, 0.0, 0.8, 0.0, 0.0, 0.0, 0.8, 0.0]
    options = LocalizerOptions(0.5, 0.5, min_length_sec=1.5, join_gap_sec=1.25)
    rows = as_rows(run(curve(range(9), scores), options=options))
    np.testing.assert_allclose([row[2:4] for row in rows], [(5 / 8, 3 + 3 / 8)])


def test_windows_are_averaged_with_weights_that_favour_the_centre():
    # Windows of 4 s: neighbours at 1 s weigh a half. At 2 s: (0.8 + 0.4) / (1 + 1/2 + 1/2).
    options = LocalizerOptions(start_threshold=0.55, end_threshold=0.5, window_sec=4.0)
    rows = as_rows(run(curve(range(6), [0, 0, 0.8, 0.8, 0, 0]), options=options))
    np.testing.assert_allclose([row[4] for row in rows], [0.6])
    # The averaged curve: 0, 0.2, 0.6, 0.6, 0.2, 0.
    np.testing.assert_allclose([row[2:4] for row in rows], [(1.875, 3.25)])


def test_actors_and_labels_do_not_mix_and_filters_hold():
    frames = [keyframe(0.0, {1: (0.9, 0.9), 2: (0.6, 0.1)}), keyframe(1.0, {2: (0.6, 0.85)})]
    rows = as_rows(run(frames, end_sec=2.0))
    assert [r[:2] for r in rows] == [(1, WALK), (1, WAVE), (2, WALK), (2, WAVE)]
    np.testing.assert_allclose(
        [r[2:4] for r in rows], [(0, 0.5), (0, 0.5), (0, 1.5), (0.4 / 0.75, 1.5)]
    )
    kept = run(frames, end_sec=2.0, allowed=frozenset({WAVE}))
    assert as_rows(kept) == [row for row in rows if row[1] == WAVE]


def test_a_label_may_have_thresholds_of_its_own():
    options = LocalizerOptions(start_threshold=0.5, labels={"wave": LabelOptions(0.9, 0.9)})
    frames = [keyframe(0.0, {1: (0.7, 0.7)}), keyframe(1.0, {1: (0.7, 0.95)})]
    rows = as_rows(run(frames, options=options, class_names=("walk", "wave")))
    np.testing.assert_allclose([r[1:4] for r in rows], [(WALK, 0, 1.5), (WAVE, 0.8, 1.5)])
    with pytest.raises(InputError, match="label 'wave', which the model does not have"):
        HysteresisLocalizer(options, 1.0, class_names=("walk", "run"))


def test_people_without_a_track_count_as_one():
    actors = Actors.from_arrays(np.zeros((2, 4)), ids=[-1, -1])
    frames = [Keyframe(float(t), actors, np.array([[0.2, 0.1], [0.7, 0.1]])) for t in range(2)]
    rows = as_rows(run(frames, end_sec=2.0))
    np.testing.assert_allclose(rows, [(-1, WALK, 0.0, 1.5, 0.7)])


def test_segments_come_out_as_soon_as_they_have_ended():
    localizer = HysteresisLocalizer(PLAIN, 1.0)
    frames = curve(range(6), [0.9, 0.9, 0.0, 0.0, 0.0, 0.0])
    # The end is near 1.7 s; at 3 s a start before 2.7 s is past.
    assert [len(localizer.update(one)) for one in frames] == [0, 0, 0, 1, 0, 0]
    assert localizer.finish(5.0) == []


def test_ongoing_segments_can_be_looked_at():
    localizer = HysteresisLocalizer(PLAIN, 1.0)
    for one in curve(range(3), [0.0, 0.8, 0.8]):
        assert localizer.update(one) == []
    assert as_rows(localizer.ongoing()) == [(1, WALK, 0.625, 2.0, 0.8)]
    assert as_rows(localizer.finish(2.5)) == [(1, WALK, 0.625, 2.5, 0.8)]
    assert localizer.ongoing() == []


# Time stamps and scores that are not as they should be.


def test_a_gap_longer_than_the_joining_closes_a_segment():
    times = [0, 1, 2, 4.4, 5.4, 9, 10]
    rows = as_rows(run(curve(times, [0.8] * 7)))
    np.testing.assert_allclose([row[2:4] for row in rows], [(0, 5.9), (8.5, 10.5)])
    narrow = LocalizerOptions(join_gap_sec=0.0)
    rows = as_rows(run(curve(times, [0.8] * 7), options=narrow))
    np.testing.assert_allclose([row[2:4] for row in rows], [(0, 2.5), (3.9, 5.9), (8.5, 10.5)])


def test_a_jump_back_restarts_and_late_keyframes_are_dropped():
    frames = curve([100, 101, 100.5, 101, 102, 3, 4], [0.8, 0.8, 0.0, 0.0, 0.8, 0.8, 0.8])
    localizer = HysteresisLocalizer(PLAIN, 1.0)
    found = [localizer.update(one) for one in frames]
    assert [len(one) for one in found] == [0, 0, 0, 0, 0, 1, 0]
    np.testing.assert_allclose(as_rows(found[5]), [(1, WALK, 100, 102.5, 0.8)])
    np.testing.assert_allclose(as_rows(localizer.finish(4.1)), [(1, WALK, 3, 4.1, 0.8)])


def test_times_that_are_no_numbers():
    frames = [*curve([0], [0.8]), *curve([np.nan], [0.0]), *curve([1], [0.8])]
    np.testing.assert_allclose(as_rows(run(frames)), [(1, WALK, 0, 1.5, 0.8)])


def test_variable_rate_gives_the_ends_of_the_even_one():
    even = np.arange(0, 20, 0.05)
    random = np.random.default_rng(0)
    uneven = np.sort(random.choice(even, 200, replace=False))
    options = LocalizerOptions(window_sec=0.0)

    def ramp(times):
        return np.interp(times, [0, 4, 6, 12, 14, 20], [0, 0, 1, 1, 0, 0])

    for times in (even, uneven):
        (found,) = localize(times, ramp(times), options=options)
        np.testing.assert_allclose((found.start_sec, found.end_sec), (5, 13.25), atol=1e-6)


def test_scores_that_are_not_known_have_no_weight():
    options = LocalizerOptions(window_sec=4.0)
    scores = np.array([0.8, 0.8, np.nan, 0.8, 0.0, 0.0, np.inf, 0.0])
    known = np.isfinite(scores)
    times = np.arange(8.0)
    with_holes = localize(times, scores, options=options, stride_sec=1.0)
    assert with_holes == localize(times[known], scores[known], options=options, stride_sec=1.0)
    assert len(with_holes) == 1
    assert localize(times, np.full(8, np.nan), options=options) == []
    localizer = HysteresisLocalizer(options, 1.0)
    for one in curve(range(50), [np.nan] * 50):
        assert localizer.update(one) == []
    assert localizer.finish() == []


def test_actors_come_and_go():
    frames = [keyframe(float(t), {}) for t in range(10)]
    for t in (2, 3):
        frames[t] = keyframe(float(t), {7: (0.8, 0.0)})
    for t in (8, 9):
        frames[t] = keyframe(float(t), {7: (0.8, 0.0), 8: (0.0, 0.8)})
    np.testing.assert_allclose(
        [row[:4] for row in as_rows(run(frames, end_sec=9.3))],
        [(7, WALK, 1.5, 3.5), (7, WALK, 7.5, 9.3), (8, WAVE, 7.5, 9.3)],
    )


def test_nothing_gives_nothing():
    assert localize([], np.zeros((0, 3)), options=PLAIN) == []
    assert HysteresisLocalizer(PLAIN, 1.0).finish(3.0) == []
    assert run([keyframe(0.0, {})], end_sec=1.0) == []


# Streaming and whole curves.


def random_options(random) -> LocalizerOptions:
    low, high = np.sort(random.uniform(0.1, 0.9, 2))
    return LocalizerOptions(
        start_threshold=high,
        end_threshold=low,
        min_length_sec=random.choice([0.0, 0.7]),
        join_gap_sec=random.choice([0.0, 0.5, 3.0]),
        window_sec=random.choice([0.0, 1.0, 2.1, 6.0]),
        labels={"b": LabelOptions(start_threshold=0.6), "c": LabelOptions(join_gap_sec=1.2)},
    )


def random_keyframes(random, *, num_actors=4) -> list[Keyframe]:
    """Jittered times with gaps, actors that come and go, unknown scores."""
    steps = random.uniform(0.1, 0.9, 120) + random.choice([0, 0, 0, 0, 3], 120)
    frames = []
    for time_sec in np.cumsum(steps):
        here = np.flatnonzero(random.random(num_actors) < 0.85)
        scores = random.random((len(here), 3)).round(2)
        scores[random.random(scores.shape) < 0.05] = np.nan
        actors = Actors.from_arrays(np.zeros((len(here), 4)), ids=here)
        frames.append(Keyframe(float(time_sec), actors, scores))
    return frames


@pytest.mark.parametrize("lookahead_sec", [None, 0.0, 0.7])
@pytest.mark.parametrize("seed", range(20))
def test_streaming_equals_whole_curves_exactly(seed, lookahead_sec):
    random = np.random.default_rng(seed)
    options, frames = random_options(random), random_keyframes(random)
    # Whole curves keep to a bounded look-ahead too.
    options = replace(options, lookahead_sec=lookahead_sec)
    end_sec = frames[-1].time_sec + 0.1
    streamed = as_rows(run(frames, end_sec, options=options, stride=0.5, class_names="abc"))
    whole = []
    for actor in range(4):
        times = [f.time_sec for f in frames if actor in f.actors.ids]
        scores = [f.scores[f.actors.ids == actor][0] for f in frames if actor in f.actors.ids]
        found = localize(
            times,
            np.array(scores),
            options=options,
            stride_sec=0.5,
            names="abc",
            start_sec=frames[0].time_sec,
            end_sec=end_sec,
        )
        whole += [(actor, *one) for one in found]
    assert streamed == sorted(whole)
    assert len(whole) > 20


@pytest.mark.parametrize("seed", range(25))
def test_whole_curves_equal_plain_loops(seed):
    random = np.random.default_rng(seed)
    options = random_options(random)
    times = np.cumsum(random.uniform(0.1, 0.9, 200) + random.choice([0, 0, 0, 0, 3], 200))
    scores = random.random(200).round(2)
    scores[random.random(200) < 0.1] = np.nan
    averaged = plain_average(
        list(zip(times, scores, strict=True)), options.window_sec, options.window_sec / 2
    )
    expected = plain_runs(
        averaged,
        stride=0.5,
        high=options.start_threshold,
        low=options.end_threshold,
        join=options.join_gap_sec,
        shortest=options.min_length_sec,
    )
    found = localize(times, scores, options=options, stride_sec=0.5)
    np.testing.assert_allclose(
        np.reshape([one[1:] for one in found], (-1, 3)), np.reshape(expected, (-1, 3)), atol=1e-9
    )


@pytest.mark.parametrize("lookahead_sec", [None, 0.0, 0.4, 1.5])
@pytest.mark.parametrize("seed", range(6))
def test_the_delay_is_bounded(seed, lookahead_sec):
    random = np.random.default_rng(seed)
    options = LocalizerOptions(window_sec=2.0, join_gap_sec=2.0, lookahead_sec=lookahead_sec)
    localizer = HysteresisLocalizer(options, 0.5)
    bound = {None: 3.0}.get(lookahead_sec, lookahead_sec) + 1.25
    assert localizer.delay_sec == pytest.approx(bound)
    delays = []
    for step in range(400):
        here = np.flatnonzero(random.random(3) < 0.8)
        actors = Actors.from_arrays(np.zeros((len(here), 4)), ids=here)
        one = Keyframe(step * 0.5, actors, random.random((len(here), 2)))
        delays += [one.time_sec - s.end_sec for s in localizer.update(one)]
    assert len(delays) > 20
    assert max(delays) <= bound + 1e-5


@pytest.mark.parametrize("seed", range(5))
def test_no_segment_starts_before_what_was_said(seed):
    random = np.random.default_rng(seed)
    localizer = HysteresisLocalizer(random_options(random), 0.5, class_names="abc")
    oldest, count = [-np.inf], 0
    for one in random_keyframes(random):
        found = localizer.update(one)
        assert all(segment.start_sec >= oldest[-1] for segment in found)
        oldest.append(localizer.oldest_sec())
        count += len(found)
    assert count > 10
    # Where nothing goes on, all but the last seconds can be forgotten.
    quiet = HysteresisLocalizer(LocalizerOptions(window_sec=2.0), 0.5)
    for one in curve(range(30), [0.1] * 30):
        quiet.update(one)
    assert quiet.oldest_sec() > 29 - 4


def test_two_hours_take_no_more_memory_than_two_minutes():
    random = np.random.default_rng(0)
    localizer = HysteresisLocalizer(LocalizerOptions(window_sec=2.0), 0.5)
    sizes = []
    for step in range(2 * 3600 * 2):
        # A new person every ten seconds.
        actors = Actors.from_arrays(np.zeros((1, 4)), ids=[step // 20])
        localizer.update(Keyframe(step * 0.5, actors, random.random((1, 4))))
        if step in (240, 14399):
            sizes.append(len(pickle.dumps(localizer)))
    assert sizes[1] <= sizes[0] * 1.1


def test_a_run_continues_from_a_pickle():
    random = np.random.default_rng(3)
    options, frames = random_options(random), random_keyframes(random)
    whole = run(frames, 90.0, options=options, stride=0.5, class_names="abc")
    localizer = HysteresisLocalizer(options, 0.5, class_names="abc")
    found = []
    for number, one in enumerate(frames):
        found += localizer.update(one)
        if number % 7 == 0:
            localizer = pickle.loads(pickle.dumps(localizer))
    assert as_rows(found + localizer.finish(90.0)) == as_rows(whole)
