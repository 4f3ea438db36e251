"""LongContextDetector: what is frozen, what it remembers, and what it says when it cannot."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from torch import nn

from stad.errors import InputError
from stad.models.memory import PastActors, span_before
from stad.registry import MODELS
from stad.structures import ClipMeta, ClipSample
from tests.models.configs import read_config

CONFIG = Path(__file__).parents[1] / "data" / "tiny_long_context.py"
BOXES = torch.tensor([[4.0, 4.0, 20.0, 40.0], [24.0, 4.0, 44.0, 44.0]])


class Bank:
    """A bank of one video, in arrays."""

    def __init__(self, features, times_sec, ids):
        self.features, self.times_sec, self.ids = features, times_sec, ids

    def before(self, video_id, time_sec, *, span_sec, max_entries):
        seen = span_before(self.times_sec, time_sec, span_sec=span_sec, max_entries=max_entries)
        ages_sec = (time_sec - self.times_sec[seen]).astype(np.float32)
        return PastActors(self.features[seen], ages_sec, self.ids[seen])


def build(**head):
    torch.manual_seed(0)
    config = Config.fromfile(CONFIG)
    config.model.roi_head.update(head)
    model = MODELS.build(config.model)
    # A new head does not look at its memory.
    nn.init.normal_(model.roi_head.fc_memory.weight)
    return model, config


def bank(count=6):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(count, 32)).astype(np.float32)
    return Bank(features, np.arange(count, dtype=float), np.arange(count) % 2)


def batch(*times_sec, ids=(0, 1)):
    generator = torch.Generator().manual_seed(0)
    clips = torch.randint(
        0, 256, (len(times_sec), 4, 48, 48, 3), dtype=torch.uint8, generator=generator
    )
    people = None if ids is None else np.array(ids)
    samples = [
        ClipSample(
            BOXES, torch.ones(2, 3), ClipMeta("v", time, (48, 48), BOXES.numpy(), None, people)
        )
        for time in times_sec
    ]
    return {"inputs": clips, "data_samples": samples}


def logits(model, *times_sec, **options):
    data = model.data_preprocessor(batch(*times_sec, **options))
    with torch.no_grad():
        return model.eval()(**data, mode="tensor")


def test_a_clip_sees_the_bank_before_it_and_nothing_after():
    model, _ = build()
    model.bank = bank()
    before = logits(model, 3.0, 5.0)
    model.bank.features[3:] += 1.0
    after = logits(model, 3.0, 5.0)
    # Entries of the present and the future are at 3 s and later.
    assert torch.equal(after[0], before[0])
    assert not torch.allclose(after[1], before[1])
    model.bank.features[2] += 1.0
    assert not torch.allclose(logits(model, 3.0)[0], before[0])


def test_scores_without_a_memory_are_those_before_the_first_keyframe():
    model, _ = build()
    model.bank = bank()
    (found,) = logits(model, 0.0)
    clips = model.data_preprocessor.normalise(batch(0.0)["inputs"])
    with torch.no_grad():
        assert torch.equal(model.score_actors(clips, [BOXES])[0], found)
        assert [len(one) for one in model.score_actors(clips, [BOXES[:0]])] == [0]


def test_training_changes_the_head_alone():
    model, config = build()
    model.bank = bank()
    model.train()
    assert not any(one.training for one in model.backbone.modules())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    wrapper = build_optim_wrapper(model, config.optim_wrapper)
    losses = [model.train_step(batch(3.0, 5.0), wrapper)["loss"].item() for _ in range(8)]
    assert losses[-1] < losses[0]
    changed = {n for n, value in model.state_dict().items() if not torch.equal(value, before[n])}
    assert all(name.startswith("roi_head.") for name in changed)
    learnt = {name for name, _ in model.roi_head.named_parameters(prefix="roi_head")}
    assert changed == learnt


def test_the_key_of_features_follows_weights_and_pooling():
    key = build()[0].feature_key()
    assert build()[0].feature_key() == key
    # The head that learns does not count, nor does the mode.
    model, _ = build(channels=16)
    assert model.eval().feature_key() == key
    assert build(roi_size=3)[0].feature_key() != key
    with torch.no_grad():
        next(model.backbone.parameters()).view(-1)[0] += 1e-3
    assert model.feature_key() != key


def test_missing_features_and_ids_are_told():
    model, _ = build()
    with pytest.raises(InputError, match=r"FeatureBankHook\) to custom_hooks"):
        logits(model, 1.0)
    model.bank = bank()
    with pytest.raises(InputError, match=r"no person ids"):
        logits(model, 1.0, ids=None)
    # Where everybody is seen alike, ids are not needed.
    model, _ = build(actors="all")
    model.bank = bank()
    assert logits(model, 1.0, ids=None)[0].shape == (2, 3)


def test_another_head_is_refused():
    config = Config.fromfile(CONFIG)
    config.model.roi_head = read_config("slowfast_ava").model.roi_head
    with pytest.raises(ValueError, match=r"LongContextHead as roi_head, got RoIHead"):
        MODELS.build(config.model)


def test_the_config_for_ava_takes_a_step():
    config = read_config("slowfast_long_context_ava")
    head = config.model.roi_head
    assert (head.span_sec, head.channels, head.num_layers) == (60, 512, 2)
    assert head.memory_dropout == 0.2
    assert config.start_from == "slowfast_r50_8x8_ava22"
    # Small, but whole: the same backbone with fewer channels.
    config.model.backbone.update(depth=18, base_channels=8)
    head.update(in_channels=72, channels=16)
    torch.manual_seed(0)
    model = MODELS.build(config.model).train()
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 72)).astype(np.float32)
    model.bank = Bank(features, np.arange(300) / 3, np.full(300, -1))
    wrapper = build_optim_wrapper(model, config.optim_wrapper)
    frames = config.train_dataloader.dataset.window.num_frames
    box = torch.tensor([[4.0, 4.0, 60.0, 60.0]])
    data = {
        "inputs": torch.randint(0, 256, (2, frames, 64, 64, 3), dtype=torch.uint8),
        "data_samples": [
            ClipSample(box, torch.ones(1, 80), ClipMeta("v", time, (64, 64), box.numpy()))
            for time in (0.0, 70.0)
        ],
    }
    before = {name: value.clone() for name, value in model.named_parameters()}
    losses = [model.train_step(data, wrapper)["loss"].item() for _ in range(4)]
    assert losses[-1] < losses[0]
    moved = {n for n, value in model.named_parameters() if not torch.equal(value, before[n])}
    assert {name for name in before if name.startswith("roi_head.")} == moved
