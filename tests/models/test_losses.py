"""Losses: tables worked out by hand, weights of classes, and the mean over processes."""

import math

import pytest
import torch
import torch.nn.functional as F

from stad.models.losses import MultiLabelLoss, PostureLoss, SingleLabelLoss, multilabel_loss

LOGITS = torch.tensor([[0.0, math.log(3.0)], [math.log(3.0), 0.0]])
LABELS = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
# sigmoid(log 3) is 3/4: the probability of what is right, actor by actor, class by class.
RIGHT = [[1 / 2, 1 / 4], [3 / 4, 1 / 2]]


def test_binary_cross_entropy_is_minus_log_of_what_is_right():
    expected = torch.tensor([[-math.log(p) for p in row] for row in RIGHT])
    torch.testing.assert_close(multilabel_loss(LOGITS, LABELS), expected)
    torch.testing.assert_close(MultiLabelLoss()(LOGITS, LABELS), expected.mean())


def test_focal_loss_weighs_what_is_right_already_less():
    expected = torch.tensor([[3 * (1 - p) ** 2 * -math.log(p) for p in row] for row in RIGHT])
    found = multilabel_loss(LOGITS, LABELS, focal_alpha=3, focal_gamma=2)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_focal_loss_has_finite_gradients_when_all_is_right(gamma):
    logits = torch.tensor([[60.0, -60.0]], requires_grad=True)
    labels = torch.tensor([[1.0, 0.0]])
    MultiLabelLoss(focal_gamma=gamma)(logits, labels).backward()
    assert logits.grad.isfinite().all()


def test_class_weights_are_factors():
    loss = MultiLabelLoss(class_weights=[2.0, 0.0])
    expected = (2 * math.log(2) + 2 * -math.log(3 / 4)) / 4
    assert loss(LOGITS, LABELS).item() == pytest.approx(expected)


def test_single_label_is_the_cross_entropy_of_the_softmax():
    logits = torch.tensor([[0.0, math.log(3.0)], [0.0, math.log(3.0)]])
    labels = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    found = SingleLabelLoss()(logits, labels)
    assert found.item() == pytest.approx((-math.log(1 / 4) - math.log(3 / 4)) / 2)
    weighted = SingleLabelLoss(class_weights=[1.0, 3.0])(logits, labels)
    assert weighted.item() == pytest.approx((-math.log(1 / 4) - 3 * math.log(3 / 4)) / 2)


def test_no_people_cost_nothing():
    for loss in (MultiLabelLoss(), SingleLabelLoss(), PostureLoss(2), PostureLoss(1)):
        assert loss(torch.zeros(0, 2), torch.zeros(0, 2)).item() == 0


POSTURE_LOGITS = torch.tensor([[0.5, -1.0, 2.0, 0.3, -0.7], [1.0, 0.0, -1.0, 2.0, 0.1]])
POSTURE_LABELS = torch.tensor([[0.0, 0, 1, 1, 0], [1.0, 0, 0, 0, 1]])


def test_postures_are_told_by_cross_entropy_and_the_rest_class_by_class():
    either = F.cross_entropy(POSTURE_LOGITS[:, :3], torch.tensor([2, 0]))
    free = F.binary_cross_entropy_with_logits(POSTURE_LOGITS[:, 3:], POSTURE_LABELS[:, 3:])
    found = PostureLoss(3)(POSTURE_LOGITS, POSTURE_LABELS)
    torch.testing.assert_close(found, either + free)
    only = PostureLoss(5)(POSTURE_LOGITS[:, :5], torch.eye(5)[[2, 0]])
    torch.testing.assert_close(only, F.cross_entropy(POSTURE_LOGITS, torch.tensor([2, 0])))


def test_weights_of_postures_and_of_the_rest():
    weights = torch.tensor([2.0, 1.0, 0.5, 3.0, 0.0])
    each = F.cross_entropy(
        POSTURE_LOGITS[:, :3], torch.tensor([2, 0]), weight=weights[:3], reduction="none"
    )
    free = F.binary_cross_entropy_with_logits(
        POSTURE_LOGITS[:, 3:], POSTURE_LABELS[:, 3:], weight=weights[3:]
    )
    found = PostureLoss(3, class_weights=weights.tolist())(POSTURE_LOGITS, POSTURE_LABELS)
    torch.testing.assert_close(found, each.mean() + free)


def test_unknown_labels_neither_gain_nor_lose():
    labels = POSTURE_LABELS.clone()
    labels[:, 1] = labels[:, 4] = -1
    logits = POSTURE_LOGITS.clone().requires_grad_()
    found = PostureLoss(3)(logits, labels)
    either = F.cross_entropy(POSTURE_LOGITS[:, [0, 2]], torch.tensor([1, 0]))
    # One of two other classes is known, and the mean is still over both.
    free = F.binary_cross_entropy_with_logits(POSTURE_LOGITS[:, 3], POSTURE_LABELS[:, 3]) / 2
    torch.testing.assert_close(found, either + free)
    found.backward()
    assert not logits.grad[:, [1, 4]].any()
    assert logits.grad[:, [0, 2, 3]].all()


def test_smoothing_is_over_the_postures_that_are_known():
    labels = torch.tensor([[0.0, -1, 1, 0], [0, 0, 0, 0]])
    logits = torch.tensor([[0.3, 9.0, -0.2, 0.8], [0.5, 0.1, -0.4, 0.2]])
    found = PostureLoss(4, label_smoothing=0.3)(logits, labels)
    # 0.1 for each of three known postures and 0.7 more for the own one; the second actor has none.
    logs = logits[0, [0, 2, 3]].log_softmax(0)
    expected = -(0.1 * logs[0] + 0.8 * logs[1] + 0.1 * logs[2]) / 2
    torch.testing.assert_close(found, expected)
    with pytest.raises(ValueError, match="label_smoothing"):
        PostureLoss(4, label_smoothing=1.0)


def test_several_postures_share_and_none_does_not_count():
    logits = torch.tensor([[math.log(2.0), 0.0, 0.0]])
    # Probabilities 1/2, 1/4 and 1/4: half of the first's cost and half of the second's.
    both = PostureLoss(3)(logits, torch.tensor([[1.0, 1.0, 0.0]]))
    assert both.item() == pytest.approx((math.log(2) + math.log(4)) / 2)
    assert PostureLoss(3)(logits, torch.zeros(1, 3)).item() == 0
    # Who has no posture is still one of the two actors over whom the mean is.
    pair = PostureLoss(3)(logits.repeat(2, 1), torch.tensor([[0.0, 0, 0], [1, 0, 0]]))
    assert pair.item() == pytest.approx(math.log(2) / 2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MultiLabelLoss(focal_alpha=0), "focal_alpha"),
        (lambda: MultiLabelLoss(class_weights=[0.0, 0.0]), "not all 0"),
        (lambda: SingleLabelLoss(class_weights=[1.0, -1.0]), "0 or more"),
        (
            lambda: MultiLabelLoss(class_weights=[1.0])(LOGITS, LABELS),
            "needs one weight",
        ),
        (
            lambda: PostureLoss(2, class_weights=[1.0])(LOGITS, LABELS),
            "needs one weight",
        ),
        (lambda: MultiLabelLoss()(LOGITS, LABELS[:1]), "each output needs one label"),
    ],
)
def test_what_cannot_work_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
