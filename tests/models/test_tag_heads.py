"""Heads of taggers and their losses, by hand."""

import math

import pytest
import torch

from stad.models.heads.tag_heads import LogisticTagHead, MoETagHead
from stad.models.losses import TagLoss
from stad.models.tagger_mixture import distillation_loss
from tests.models.small_taggers import (
    build,
    make_batch,
)


def test_a_mixture_of_experts():
    head = MoETagHead(4, 3, mixtures=2)
    vectors = torch.randn(5, 4)
    gates = (vectors @ head.fc_gates.weight.T).reshape(5, 3, 3).softmax(dim=2)
    experts = vectors @ head.fc_experts.weight.T + head.fc_experts.bias
    expected = (gates[..., :2] * experts.reshape(5, 3, 2).sigmoid()).sum(dim=2)
    torch.testing.assert_close(head(vectors).sigmoid(), expected)
    # The logits stay exact where probabilities round to 0 and 1.
    logits = head(1000 * vectors)
    assert logits.isfinite().all()
    assert logits.abs().max() > 40
    squares = head.fc_gates.weight.square().sum() + head.fc_experts.weight.square().sum()
    torch.testing.assert_close(head.penalty(), 0.5e-5 * squares)


def test_the_penalty_is_of_weights_and_biases():
    head = LogisticTagHead(2, 2, l2_penalty=0.1)
    with torch.no_grad():
        head.fc_cls.weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
        head.fc_cls.bias.copy_(torch.tensor([0.0, 5.0]))
    assert head.penalty().item() == pytest.approx(0.1 / 2 * (1 + 4 + 9 + 16 + 25))
    model = build(head={"type": LogisticTagHead, "num_classes": 9, "l2_penalty": 0.0})
    assert set(model.training_losses(*make_batch(), torch.zeros(4, 9))) == {"loss"}


def test_the_loss_of_tags_by_hand():
    logits = torch.tensor([[0.0, math.log(3)], [-200.0, 200.0]])
    labels = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    # -log 1/2 - log 1/4, and twice -log of what is added to 0.
    expected = (math.log(2) + math.log(4) + 2 * -math.log(1e-8)) / 2
    assert TagLoss()(logits, labels).item() == pytest.approx(expected, rel=1e-6)
    exact = (math.log(2) + math.log(4) + 2 * 200) / 2
    assert TagLoss(epsilon=0)(logits, labels).item() == pytest.approx(exact, rel=1e-6)
    weighted = TagLoss(class_weights=[2.0, 0.0])(logits[:1], labels[:1])
    assert weighted.item() == pytest.approx(2 * math.log(2), rel=1e-6)
    with pytest.raises(ValueError, match="epsilon must be 0 or more"):
        TagLoss(epsilon=-1)


def test_distillation_is_the_divergence_from_the_mixture():
    mixed, branch = torch.tensor([[0.0, 3 * math.log(3)]]), torch.tensor([[0.0, 0.0]])
    # Softmax at temperature 3: (1/4, 3/4) and (1/2, 1/2).
    expected = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    found = distillation_loss(mixed, torch.stack([branch, mixed]), 3.0)
    assert found.item() == pytest.approx(expected, rel=1e-5)
