from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from stad.own_classes.example_set import ExampleSet
from stad.own_classes.linear import class_weights, fit_linear, masked_loss, project
from stad.own_classes.training import fit_model, log_loss


def make_examples(num_sources=6, per_source=10, classes=("a", "b"), seed=0):
    """Examples whose view 'good' tells the classes apart and whose view 'noise' does not."""
    rng = np.random.default_rng(seed)
    count = num_sources * per_source
    labels = rng.integers(0, 2, (count, len(classes))).astype(np.int8)
    good = np.concatenate((labels * 2.0, rng.normal(size=(count, 6))), axis=1)
    good += 0.3 * rng.normal(size=good.shape)
    features = {"good": good, "noise": rng.normal(size=(count, 20))}
    sources = np.repeat([f"s{i}" for i in range(num_sources)], per_source)
    # Every example in two variants.
    twice = np.repeat(np.arange(count), 2)
    return ExampleSet(
        classes=tuple(classes),
        videos=sources[twice],
        tracks=np.zeros(2 * count, np.int64),
        times_sec=np.zeros(2 * count),
        labels=labels[twice],
        sources=sources[twice],
        variants=np.tile([0, 1], count),
        examples=twice,
        boxes=np.zeros((2 * count, 4), np.float32),
        features={k: one[twice].astype(np.float32) for k, one in features.items()},
        recipe=SimpleNamespace(whole_frame=False),
        window_sec=2.0,
        step_sec=0.5,
    )


def test_unknown_labels_neither_gain_nor_lose():
    labels = torch.tensor([[1], [0], [-1]])
    weights = torch.tensor([[0.5], [0.5]])
    logits = torch.tensor([[0.0], [0.0], [3.0]], requires_grad=True)

    loss = masked_loss(logits, labels, weights)
    loss.backward()

    assert loss.item() == pytest.approx(np.log(2))
    torch.testing.assert_close(logits.grad, torch.tensor([[-0.25], [0.25], [0.0]]))


def test_both_kinds_of_a_class_weigh_the_same_up_to_a_limit():
    labels = np.array([[1]] + [[0]] * 99)

    even = class_weights(labels, max_balance=1000)
    limited = class_weights(labels, max_balance=9)

    assert even[1, 0] == pytest.approx(0.5)
    assert even[0, 0] * 99 == pytest.approx(0.5)
    # 9 against 99.
    assert limited[1, 0] == pytest.approx(9 / 108)
    assert class_weights(np.array([[1], [1], [-1]])).tolist() == [[0.0], [0.0]]


def test_a_projection_gives_the_classifier_of_all_features():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12, 40)).astype(np.float32)
    labels = rng.integers(0, 2, (12, 2))
    small = project(x)

    found = small.whole(fit_linear(small.x, labels, decay=0.1))
    expected = fit_linear(x.astype(np.float64), labels, decay=0.1)

    assert small.x.shape == (12, 12)
    np.testing.assert_allclose(found.weight, expected.weight, atol=2e-3)
    np.testing.assert_allclose(found.bias, expected.bias, atol=2e-3)


def test_the_log_loss_is_the_mean_over_classes_of_known_labels():
    scores = np.array([[0.5, 0.8], [0.25, 0.1]])
    labels = np.array([[1, 1], [0, -1]])

    expected = ((np.log(2) - np.log(0.75)) / 2 - np.log(0.8)) / 2
    assert log_loss(scores, labels) == pytest.approx(expected)


def test_the_view_that_tells_the_classes_apart_is_chosen_by_sources_left_out():
    examples, lines = make_examples(), []

    fitted = fit_model(examples, np.arange(len(examples)), log=lines.append)

    assert fitted.views == ("good",)
    assert fitted.tried["good",] > 0.9 > fitted.tried["noise",] + 0.2
    assert len(fitted.seed_aps) == 3
    assert fitted.mean_ap > 0.9
    assert lines[0].startswith("views     good: mean average precision")
    # Plain rows only, each scored by what had not seen its source.
    assert len(fitted.oof_rows) == len(fitted.oof_scores) == 60
    assert (examples.variants[fitted.oof_rows] == 0).all()
    assert (fitted.oof_scores >= 0).all()
    assert (fitted.oof_scores <= 1).all()
    scores = fitted.scores(examples.features)
    decided = scores >= fitted.thresholds
    assert (decided == examples.labels).mean() > 0.95


def test_scores_out_of_fold_come_from_other_sources_only():
    examples = make_examples()
    # In one source the labels are the other way around: what has not seen it must be wrong there.
    odd = examples.sources == "s0"
    labels = examples.labels.copy()
    labels[odd] = 1 - labels[odd]
    examples.labels[:] = labels

    fitted = fit_model(examples, np.arange(len(examples)), views=("good",))

    own = np.isin(fitted.oof_rows, np.flatnonzero(odd))
    wrong = (fitted.oof_scores[own] >= 0.5) != examples.labels[fitted.oof_rows[own]]
    assert wrong.mean() > 0.9


def test_the_same_rows_give_the_same_model_and_unknown_labels_are_used():
    examples = make_examples()
    examples.labels[::3, 1] = -1
    rows = np.flatnonzero(examples.sources != "s1")

    first, second = (fit_model(examples, rows, views=("good",)) for _ in range(2))

    np.testing.assert_array_equal(first.scores(examples.features), second.scores(examples.features))
    held = np.flatnonzero(examples.sources == "s1")
    scores = first.scores({"good": examples.features["good"][held]})
    assert scores.shape == (len(held), 2)
    known = examples.labels[held] >= 0
    assert ((scores >= 0.5) == examples.labels[held])[known].mean() > 0.9


def test_one_source_is_checked_on_its_videos():
    examples = make_examples()
    alone = replace(examples, sources=np.full(len(examples), "home"))

    fitted, by_source = (fit_model(one, np.arange(len(one))) for one in (alone, examples))

    assert (fitted.left_out, by_source.left_out) == ("videos", "sources")
    # The views are compared on other sources only.
    assert (fitted.views, by_source.views) == (("good", "noise"), ("good",))
    assert fitted.mean_ap == pytest.approx(by_source.tried["good", "noise"], abs=0.02)
    assert fitted.thresholds == pytest.approx(by_source.thresholds, abs=0.3)


def test_a_class_that_nothing_shows_is_never_shown():
    examples = make_examples(classes=("a", "b", "c"))
    examples.labels[:, 2] = 0

    fitted = fit_model(examples, np.arange(len(examples)))

    scores = fitted.scores(examples.features)
    assert scores[:, 2].max() < 0.001
    assert (scores[:, :2] >= 0.5).mean() == pytest.approx(examples.labels[:, :2].mean(), abs=0.1)


def test_one_video_is_trained_without_a_check():
    examples = make_examples(num_sources=1, per_source=20)

    fitted = fit_model(examples, np.arange(len(examples)))

    assert fitted.views == ("good", "noise")
    assert fitted.seed_aps == ()
    assert np.isnan(fitted.mean_ap)
    assert fitted.thresholds.tolist() == [0.5, 0.5]
    assert (fitted.scores(examples.features) >= 0.5).mean() == pytest.approx(
        examples.labels.mean(), abs=0.1
    )


def test_calibrated_scores_are_as_often_right_as_they_say():
    examples = make_examples(num_sources=20, per_source=20, classes=("a",), seed=3)
    noisy = examples.features["good"]
    noisy += np.random.default_rng(1).normal(size=noisy.shape).astype(np.float32)

    fitted = fit_model(examples, np.arange(len(examples)), views=("good",))

    truth = examples.labels[fitted.oof_rows, 0]
    scores = fitted.oof_scores[:, 0]
    for low in (0.0, 0.25, 0.5, 0.75):
        part = (scores >= low) & (scores < low + 0.25)
        if part.sum() > 30:
            assert truth[part].mean() == pytest.approx(scores[part].mean(), abs=0.15)
