"""Lower the learning rate after numbers of samples, whatever the batch and the processes."""

from __future__ import annotations

from collections.abc import Mapping, Sized

from mmengine.dist import get_world_size
from mmengine.optim import _ParamScheduler
from torch.utils.data import DataLoader

ENDLESS = 10**9


class SampleStepLR(_ParamScheduler):
    """Multiplies the learning rate by ``gamma`` each time ``every_samples`` samples were trained.

    It sets the rate, so it is used without other schedulers. ``CheckedRunner`` fills in the
    numbers that follow ``gamma`` from the data loader; on resume it also sets how many steps were
    made, so that a run with another batch continues with the rate that its samples ask for.

    Args:
        optimizer: as mmengine passes it.
        every_samples: samples between two changes.
        gamma: factor of the rate.
        batch_samples: samples of a step, of all processes together.
        epoch_samples: samples of an epoch, of all processes together.
        epoch_steps: steps of an epoch; the last one may have fewer samples.
        end: step after which nothing changes.
    """

    def __init__(
        self,
        optimizer,
        *,
        every_samples: int,
        gamma: float,
        batch_samples: int,
        epoch_samples: int,
        epoch_steps: int,
        end: int = ENDLESS,
    ) -> None:
        if every_samples < 1 or gamma <= 0:
            raise ValueError(
                "every_samples must be 1 or more and gamma above 0, got "
                f"{every_samples} and {gamma}"
            )
        self.every_samples, self.gamma = every_samples, gamma
        self.batch_samples, self.epoch_samples = batch_samples, epoch_samples
        self.epoch_steps = epoch_steps
        super().__init__(optimizer, "lr", end=end, by_epoch=False)

    @property
    def samples(self) -> int:
        """Samples that were trained so far."""
        epochs, steps = divmod(self.last_step, self.epoch_steps)
        return epochs * self.epoch_samples + steps * self.batch_samples

    def _get_value(self) -> list[float]:
        factor = self.gamma ** (self.samples // self.every_samples)
        return [rate * factor for rate in self.base_values]


def count_samples(scheduler: Mapping, loader: DataLoader) -> dict:
    """Return the config of a scheduler with the numbers that ``SampleStepLR`` counts with.

    Args:
        scheduler: config of any scheduler; others are returned as they are.
        loader: of the training data, one process's part of it.
    """
    if scheduler.get("type") not in (SampleStepLR, SampleStepLR.__name__):
        return dict(scheduler)
    world = get_world_size()
    sampler = loader.sampler
    if not isinstance(sampler, Sized):
        raise TypeError(f"a sampler needs a length to count samples, got {sampler!r}")
    return {
        **scheduler,
        "type": SampleStepLR,
        "batch_samples": (loader.batch_size or 1) * world,
        "epoch_samples": len(sampler) * world,
        "epoch_steps": len(loader),
        # Otherwise mmengine would set the number of epochs.
        "end": ENDLESS,
    }
