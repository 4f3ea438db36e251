"""A loss that is not finite ends training at once, and nothing of it is kept."""

import math

import pytest
import torch
from torch import nn

from stad.engine.checkpoints import LAST, best_checkpoint
from stad.engine.loss_hook import first_broken
from stad.engine.run import RunOptions, train
from stad.errors import InputError
from stad.models.action_detector import ActionDetector
from stad.registry import MODELS
from tests.datasets.tiny_ava import CONFIG, changes_for, write_tiny_ava


@MODELS.register_module()
class FailingDetector(ActionDetector):
    """A detector whose loss, or whose weights, go wrong in a step, counted from 1.

    Args:
        fails_at: the step.
        value: what the loss is then; None breaks the weights instead.
    """

    def __init__(self, *args, fails_at: int, value: float | None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._fails_at, self._value, self._steps = fails_at, value, 0

    def train_step(self, data, optim_wrapper):
        self._steps += 1
        found = super().train_step(data, optim_wrapper)
        if self._steps == self._fails_at and self._value is None:
            with torch.no_grad():
                self.roi_head.fc_cls.bias.fill_(math.nan)
        return found

    def parse_losses(self, losses):
        if self._steps == self._fails_at and self._value is not None:
            losses = {name: value * 0 + self._value for name, value in losses.items()}
        return super().parse_losses(losses)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tiny_ava(tmp_path_factory.mktemp("data") / "tiny")


def options(data, work_dir, **changes):
    changes = {**changes_for(data), "train_dataloader.batch_size": 2, **changes}
    return RunOptions(CONFIG, work_dir=work_dir, changes=changes)


def failing(**how):
    return {"model.type": FailingDetector, **{f"model.{name}": one for name, one in how.items()}}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_the_first_loss_that_is_not_finite_stops_training(data, tmp_path, value):
    # Four steps an epoch.
    with pytest.raises(InputError) as caught:
        train(options(data, tmp_path, **failing(fails_at=7, value=value)))
    said = str(caught.value)
    assert "in epoch 2, step 3 of 4: the loss is not finite" in said
    assert f"loss {value:g}" in said
    assert "at a learning rate of 0.05" in said
    assert "a lower optim_wrapper.optimizer.lr" in said
    assert "Its clips are from scene" in said
    assert f"{tmp_path / 'epoch_1.pth'}, for --resume" in said
    # What the first epoch has left is all that there is.
    assert (tmp_path / LAST).read_text() == str(tmp_path / "epoch_1.pth")
    assert best_checkpoint(tmp_path)[0].name.startswith("best_epoch_1_")
    assert not (tmp_path / "epoch_2.pth").exists()


def test_broken_weights_are_not_saved(data, tmp_path):
    with pytest.raises(InputError, match=r"at the end of epoch 1: roi_head\.fc_cls\.bias is not"):
        train(options(data, tmp_path, **failing(fails_at=4, value=None)))
    assert not list(tmp_path.glob("*.pth"))


def test_a_rate_that_is_far_too_high_is_told(data, tmp_path):
    changes = {"optim_wrapper.optimizer.lr": 1e30, "optim_wrapper.clip_grad": None}
    with pytest.raises(InputError, match=r"learning rate of 1e\+30") as caught:
        train(options(data, tmp_path, **changes))
    assert "optim_wrapper.clip_grad.max_norm" in str(caught.value)
    assert not list(tmp_path.glob("best*.pth"))


def test_running_means_count_and_counters_do_not():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    assert first_broken(model) is None
    model[1].running_var[0] = math.inf
    assert first_broken(model) == "1.running_var"
