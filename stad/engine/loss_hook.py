"""Stop training at the first loss that is not finite, and before broken weights are saved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

import torch
from mmengine.hooks import Hook
from mmengine.optim import AmpOptimWrapper
from torch import Tensor, nn

from stad.engine.checkpoints import newest_checkpoint
from stad.errors import InputError
from stad.utils.text import shown


class FiniteLossHook(Hook):
    """Stops training when the loss is infinite or not a number.

    With mixed precision the loss scaler normally skips steps whose gradients are infinite, so only
    the loss itself is checked, and the weights at the end of an epoch.
    """

    priority = "VERY_HIGH"

    def after_train_iter(
        self,
        runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Mapping[str, Tensor] | None = None,
    ) -> None:
        """Check the loss of this step.

        Raises:
            InputError: it is not finite.
        """
        losses = {
            name: float(value.detach()) for name, value in (outputs or {}).items() if "loss" in name
        }
        if all(math.isfinite(value) for value in losses.values()):
            return
        values = ", ".join(f"{name} {value:g}" for name, value in losses.items())
        rate = max(runner.optim_wrapper.get_lr()["lr"])
        raise InputError(
            f"Training was stopped in epoch {runner.epoch + 1}, step {batch_idx + 1} of "
            f"{len(runner.train_dataloader)}: the loss is not finite ({values}) at a learning "
            f"rate of {rate:.4g}.{_clips(data_batch)} {_saved(runner)} {_advice(runner)}"
        )

    def after_train_epoch(self, runner) -> None:
        """Check the weights before they are saved.

        Raises:
            InputError: one of them is not finite.
        """
        if name := first_broken(runner.model):
            rate = max(runner.optim_wrapper.get_lr()["lr"])
            raise InputError(
                f"Training was stopped at the end of epoch {runner.epoch + 1}: {name} is not "
                f"finite, at a learning rate of {rate:.4g}. {_saved(runner)} {_advice(runner)}"
            )


def first_broken(model: nn.Module) -> str | None:
    """Return the name of the first weight or running statistic that is not finite, if any."""
    for name, value in chain(model.named_parameters(), model.named_buffers()):
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            return name
    return None


def _clips(data_batch: dict | None) -> str:
    """Return the names of the step's videos as a sentence."""
    samples = (data_batch or {}).get("data_samples") or []
    metas = [getattr(one, "meta", None) for one in samples]
    names = [getattr(one, "video_id", getattr(one, "record_id", None)) for one in metas]
    names = list(dict.fromkeys(name for name in names if name))
    return f" Its clips are from {shown(names)}." if names else ""


def _saved(runner) -> str:
    newest = newest_checkpoint(Path(runner.work_dir))
    if newest is None:
        return "No checkpoint was saved."
    return f"The checkpoint of the last complete epoch is {newest}, for --resume."


def _advice(runner) -> str:
    advice = ["a lower optim_wrapper.optimizer.lr", "a longer warm-up in param_scheduler"]
    if isinstance(runner.optim_wrapper, AmpOptimWrapper):
        advice.append("training without --amp, in float32")
    wrapper = runner.optim_wrapper
    if not getattr(wrapper, "clip_grad_kwargs", None):
        advice.append("optim_wrapper.clip_grad.max_norm")
    return f"Try {', '.join(advice)}, and check these videos and boxes."
