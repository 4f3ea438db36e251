"""Figures of a folder, against hand-worked tables."""

import numpy as np
import pytest

from stad.localization.options import LocalizerOptions
from stad.own_classes.clip_figures import judge_clips
from stad.own_classes.cross_validation import TestedRows
from stad.own_classes.evaluation import evaluate_examples, untestable
from stad.own_classes.evaluation_data import as_json
from stad.own_classes.event_figures import judge_events

from .examples_made import GivenScores, example_set


def scored(scores, thresholds, folds=None):
    scores = np.asarray(scores, float)
    return TestedRows(
        np.arange(len(scores)),
        np.zeros(len(scores), np.int64) if folds is None else np.asarray(folds),
        scores,
        np.tile(np.asarray(thresholds, float), (len(scores), 1)),
        (("v",),),
    )


def test_clips_by_hand():
    # Two windows each; the means are a: 0.7, 0.3; b: 0.2, 0.6; c: 0.4, 0.45.
    scores = [[0.9, 0.2], [0.5, 0.4], [0.1, 0.7], [0.3, 0.5], [0.4, 0.4], [0.4, 0.5]]
    videos = ["a", "a", "b", "b", "c", "c"]
    labels = [[1, 0], [1, 0], [1, 0], [1, 0], [0, 0], [0, 0]]
    examples = example_set(labels, np.zeros((6, 2)), videos=videos, whole_frame=True)
    clips = judge_clips(examples, scored(scores, [0.5, 0.5], folds=[0, 0, 0, 0, 1, 1]))
    assert clips.videos.tolist() == ["a", "b", "c"]
    assert clips.labelled.tolist() == [0, 0, 2]
    assert clips.said.tolist() == [0, 1, 2]
    np.testing.assert_allclose(clips.scores, [[0.7, 0.3], [0.2, 0.6], [0.4, 0.45]])
    assert clips.accuracies == [0.5, 1.0]
    assert clips.accuracy == 0.75
    assert clips.majority == pytest.approx(2 / 3)


def test_clips_that_show_several_things_have_no_accuracy():
    tested = scored([[0.9, 0.2], [0.5, 0.4]], [0.5, 0.5])
    for labels, whole_frame in (
        ([[1, 0], [0, 1]], True),
        ([[1, 1], [1, 1]], True),
        ([[1, 0], [1, 0]], False),
    ):
        examples = example_set(labels, np.zeros((2, 2)), videos=["a", "a"], whole_frame=whole_frame)
        assert judge_clips(examples, tested) is None


def test_events_by_hand():
    times = np.arange(10) + 0.5
    # The event is from 2 to 4 s and is found; at 7 s there is a false one.
    labels = [[int(2 <= t < 4)] for t in range(10)]
    scores = [[0.9] if t in (2, 3, 7) else [0.1] for t in range(10)]
    examples = example_set(
        labels,
        np.zeros((10, 1)),
        videos=["a"] * 10,
        tracks=[3] * 10,
        times_sec=times,
        classes=("x",),
    )
    options = LocalizerOptions(window_sec=0.0, join_gap_sec=0.0)
    (counts,) = judge_events(examples, scored(scores, [0.5]), options)
    assert (counts.annotated, counts.found, counts.false) == (1, 1, 1)
    assert counts.quiet_sec == 10 - 3
    assert counts.false_per_hour == pytest.approx(3600 / 7)
    (strict,) = judge_events(examples, scored(scores, [0.95]), options)
    assert (strict.annotated, strict.found, strict.false) == (1, 0, 0)


def test_people_are_judged_one_by_one():
    labels = [[1], [1], [0], [0]]
    examples = example_set(
        labels,
        np.zeros((4, 1)),
        videos=["a"] * 4,
        tracks=[0, 0, 1, 1],
        times_sec=[0.5, 1.5, 0.5, 1.5],
        classes=("x",),
    )
    # Each person does one thing all the time: nothing begins or ends.
    assert judge_events(examples, scored([[0.9]] * 4, [0.5]), LocalizerOptions()) is None


def test_all_figures_of_perfect_scores():
    labels = np.array([[n % 2, (n // 2) % 2] for n in range(16)])
    examples = example_set(labels, labels * 0.9 + 0.05)
    made = evaluate_examples(
        examples, lambda *_: GivenScores(np.array([0.5, 0.5])), num_folds=4, fractions=(0.5, 1.0)
    )
    assert made.mean_ap == made.mean_f1 == 1.0
    assert made.confusions.tolist() == [[8, 0, 0], [0, 8, 0], [0, 0, 4]]
    assert made.calibration_error == pytest.approx(0.05)
    assert [point.fraction for point in made.curve] == [0.5, 1.0]
    assert made.advice() == (
        "More labels of the same kind would help little: from 50% to all of the labels, "
        "mAP went from 1.000 to 1.000."
    )


def test_a_rising_curve_asks_for_more_labels():
    labels = np.array([[n % 2, 1 - n % 2] for n in range(16)])
    rng = np.random.default_rng(0)
    examples = example_set(labels, rng.uniform(size=(16, 2)))

    class Better(GivenScores):
        def scores(self, features):
            return features["v"][:, ::-1] if self.thresholds[0] < 0.5 else features["v"]

    def fit(_, rows):
        # More rows make it right.
        return Better(np.array([0.4 if len(rows) > 8 else 0.6, 0.5]))

    right = example_set(labels, (1 - labels) * 0.8 + 0.1)
    made = evaluate_examples(right, fit, num_folds=4, fractions=(0.5, 1.0))
    assert made.curve[0].mean_ap < made.curve[1].mean_ap == 1.0
    assert made.advice().startswith("More labels would help: from 50% to all of the labels")
    alone = evaluate_examples(examples, fit, num_folds=4, fractions=(1.0,))
    assert alone.curve == ()
    assert alone.advice() == ""


def test_a_class_of_one_source_has_no_figures():
    labels = [[1, 1], [0, 0], [1, 0], [0, 0]]
    examples = example_set(labels, np.full((4, 2), 0.7), videos=["a", "a", "b", "b"])

    made = evaluate_examples(
        examples, lambda *_: GivenScores(np.array([0.5, 0.5])), num_folds=2, fractions=(1.0,)
    )

    assert untestable(examples) == ["b"]
    assert made.figures[0].ap == pytest.approx(0.5)
    assert np.isnan(made.figures[1].ap)
    # It does not count in the means.
    assert (made.mean_ap, made.mean_f1) == pytest.approx((0.5, 2 / 3))
    second = as_json(made, folder="mine")["classes"][1]
    assert (second["AP"], second["F1"], second["positive"], second["negative"]) == (
        None,
        None,
        1,
        3,
    )
