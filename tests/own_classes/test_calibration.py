import numpy as np
import pytest

from stad.own_classes.calibration import best_thresholds, fit_calibration, fit_platt, sigmoid


def test_the_bias_of_constant_logits_is_the_log_odds_of_platts_targets():
    # 3 of 10 rows are positive: targets 4/5 and 1/9, so the mean is (3 * 4/5 + 7 / 9) / 10.
    is_positive = np.arange(10) < 3
    mean = (3 * 4 / 5 + 7 / 9) / 10

    scale, bias = fit_platt(np.zeros(10), is_positive)

    assert scale == pytest.approx(1.0)
    assert bias == pytest.approx(np.log(mean / (1 - mean)), abs=0.01)


def test_logits_that_are_too_sure_are_scaled_down():
    rng = np.random.default_rng(0)
    z = rng.normal(size=4000) * 2
    is_positive = rng.random(4000) < sigmoid(z)

    scale, bias = fit_platt(5 * z + 3, is_positive)

    assert scale == pytest.approx(0.2, abs=0.02)
    assert bias == pytest.approx(-0.6, abs=0.15)


def test_separated_logits_keep_a_finite_scale():
    scale, _ = fit_platt(np.array([-1.0, -2.0, -1.5, 1.0, 2.0, 1.5]), np.arange(6) > 2)

    assert 0.5 < scale < 3


def test_a_class_with_few_rows_and_unknown_labels_are_left_alone():
    logits = np.array([[2.0, 1.0], [1.0, 1.0], [-1.0, 0.0], [0.5, 3.0]])
    labels = np.array([[1, 1], [1, -1], [0, 0], [-1, -1]])

    found = fit_calibration(logits, labels)

    np.testing.assert_array_equal(found.scale, [1, 1])
    np.testing.assert_array_equal(found.bias, [0, 0])


@pytest.mark.parametrize(
    ("scores", "labels", "expected"),
    [
        # One negative row above a positive one: F1 is best with both positive rows.
        ([0.9, 0.6, 0.5, 0.1], [1, 0, 1, 0], 0.3),
        # Of equal F1 the wider gap: 0.2 to 0.8.
        ([0.9, 0.8, 0.2, 0.1], [1, 1, 0, 0], 0.5),
        ([0.9, 0.8, 0.2], [1, 1, -1], 0.5),
        # At most MAX_THRESHOLD.
        ([0.99, 0.98], [1, 0], 0.95),
    ],
)
def test_the_threshold_has_the_best_f1(scores, labels, expected):
    found = best_thresholds(np.array(scores)[:, None], np.array(labels)[:, None])

    assert found.tolist() == pytest.approx([expected])
