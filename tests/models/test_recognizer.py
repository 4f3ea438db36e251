"""Recognizer in training: its losses by hand, mixup, clips without a label, predictions."""

import math

import numpy as np
import pytest
import torch

from stad.models.losses import SingleLabelLoss
from stad.models.mixing import Mixup
from stad.registry import MODELS
from stad.structures import VideoMeta, VideoSample
from tests.models.configs import read_config

NAMES = 4


def build(name="tsn_kinetics", **options):
    config = read_config(name).model
    config.backbone.update(depth=18, base_channels=4)
    config.head.update(in_channels=32, num_classes=NAMES, dropout=0.0)
    if "flow_head" in config:
        config.flow_backbone.update(depth=18, base_channels=4, in_channels=4)
        config.flow_head.update(in_channels=32, num_classes=NAMES, dropout=0.0)
    config.update(options)
    torch.manual_seed(0)
    return MODELS.build(config)


def clips(count=3, num_frames=3):
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, num_frames, 32, 32, 3), generator=generator).byte()


def samples(labels):
    """One for each label; -1 is a clip that could not be read."""
    rows = [torch.eye(NAMES)[label] * (label >= 0) for label in labels]
    return [
        VideoSample(row, VideoMeta(str(i), 0, k))
        for i, (row, k) in enumerate(zip(rows, labels, strict=True))
    ]


def run(model, inputs, given, mode):
    """Run a batch of the data loader as mmengine does."""
    data = {"inputs": inputs, "data_samples": given}
    return model(**model.data_preprocessor(data, mode == "loss"), mode=mode)


def test_the_loss_is_the_cross_entropy_of_the_logits():
    model = build()
    found = run(model, clips(), samples([0, 3, 1]), "loss")
    logits = model.score_clips(model.data_preprocessor.normalise(clips()))
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor([0, 3, 1]))
    assert list(found) == ["loss"]
    torch.testing.assert_close(found["loss"], expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_smoothed_labels_are_torchs(smoothing):
    logits = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 6, 3, 3, 1])
    loss = SingleLabelLoss(label_smoothing=smoothing)
    expected = torch.nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)
    torch.testing.assert_close(loss(logits, torch.eye(7)[labels]), expected)
    with pytest.raises(ValueError, match="label_smoothing"):
        SingleLabelLoss(label_smoothing=1.0)


def test_clips_that_could_not_be_read_are_not_learnt_from():
    model = build()
    model.eval()
    both = run(model, clips(), samples([2, -1, 1]), "loss")["loss"]
    alone = run(model, clips()[[0, 2]], samples([2, 1]), "loss")["loss"]
    torch.testing.assert_close(both, alone)
    # Nothing at all to learn: a gradient of 0 for every weight.
    nothing = run(model, clips(), samples([-1, -1, -1]), "loss")["loss"]
    assert nothing.item() == 0
    nothing.backward()
    assert all(one.grad is not None and not one.grad.any() for one in model.parameters())


def test_mixup_blends_clips_and_labels_alike():
    inputs, labels = torch.rand(4, 3, 2, 2, 2), torch.eye(4)
    changed = 0
    for seed in range(10):
        torch.manual_seed(seed)
        mixed, soft = Mixup(alpha=1.0)(inputs, labels)
        torch.testing.assert_close(soft.sum(dim=1), torch.ones(4))
        # The labels say what the clips were made of.
        torch.testing.assert_close(mixed, torch.einsum("nk,kcthw->ncthw", soft, inputs))
        changed += not torch.allclose(soft, labels, atol=0.05)
    assert changed > 5
    with pytest.raises(ValueError, match="alpha"):
        Mixup(alpha=0.0)


def test_mixup_trains_in_the_recognizer():
    model = build(mixup={"type": Mixup, "alpha": 0.4})
    torch.manual_seed(3)
    loss = run(model, clips(), samples([0, 1, 2]), "loss")["loss"]
    torch.manual_seed(3)
    inputs, labels = model.mixup(model.data_preprocessor.normalise(clips()), torch.eye(NAMES)[:3])
    expected = torch.nn.functional.cross_entropy(model.score_clips(inputs), labels)
    torch.testing.assert_close(loss, expected)
    # Not in a test.
    model.eval()
    a, b = (run(model, clips(), samples([0, 1, 2]), "predict") for _ in range(2))
    assert all(torch.equal(x["scores"], y["scores"]) for x, y in zip(a, b, strict=True))


def test_predictions_are_probabilities_with_their_meta():
    model = build().eval()
    given = samples([0, 3, -1])
    with torch.inference_mode():
        found = run(model, clips(), given, "predict")
        logits = model.score_clips(model.data_preprocessor.normalise(clips()))
    assert [one["meta"] for one in found] == [one.meta for one in given]
    torch.testing.assert_close(torch.stack([one["scores"] for one in found]), logits.softmax(-1))


def test_each_mode_takes_normalised_clips():
    model = build().eval()
    normalised = model.data_preprocessor.normalise(clips())
    assert torch.equal(run(model, clips(), samples([0, 1, 2]), "tensor"), model(normalised))
    with pytest.raises(ValueError, match=r"floating point, normalised, got .* uint8"):
        model(clips(), samples([0, 1, 2]), mode="tensor")
    with pytest.raises(ValueError, match="mode 'loss' needs data_samples"):
        model(normalised, mode="loss")
    with pytest.raises(ValueError, match="'loss' or 'predict', got 'train'"):
        model(normalised, samples([0, 1, 2]), mode="train")


def test_two_streams_learn_each_on_its_own():
    model = build("two_stream_kinetics")
    moving = np.zeros((2, 3, 32, 32, 3), dtype=np.uint8)
    for t in range(3):
        moving[:, t, 8:20, 4 + 3 * t : 14 + 3 * t] = 200
    inputs = torch.from_numpy(moving)
    found = run(model, inputs, samples([1, 2]), "loss")
    assert sorted(found) == ["loss_flow", "loss_rgb"]
    for name in found:
        assert 0 < found[name].item() < 5 * math.log(NAMES)
    sum(found.values()).backward()
    for part in ("backbone", "head", "flow_backbone", "flow_head"):
        grads = [one.grad for one in getattr(model, part).parameters()]
        assert all(one is not None for one in grads)
        assert any(one.any() for one in grads)
    # A stream's loss is that of its own logits.
    model.eval()
    normalised = model.data_preprocessor.normalise(inputs)
    found = run(model, inputs, samples([1, 2]), "loss")
    rgb = model.head(model.backbone(normalised[:, :, 1:2]))
    expected = torch.nn.functional.cross_entropy(rgb, torch.tensor([1, 2]))
    torch.testing.assert_close(found["loss_rgb"], expected)
