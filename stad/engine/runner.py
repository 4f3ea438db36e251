"""Extend mmengine's runner: check the data before the model is built, and resume schedules."""

from __future__ import annotations

from collections.abc import Callable

from mmengine.runner import Runner
from torch import nn
from torch.utils.data import Dataset

from stad.engine.checks import check_data
from stad.engine.resume import FreshSchedule
from stad.engine.sample_schedule import count_samples
from stad.registry import DATASETS
from stad.zoo.needs import supply_files


class CheckedRunner(Runner):
    """A runner that stops at wrong annotations before anything else is built.

    The data sets are built, and thereby checked, before the model. After ``--resume`` the schedule
    is that of the config, even if batch size or epochs have changed.
    """

    def build_model(self, model: nn.Module | dict) -> nn.Module:
        """Build the data sets, check them against each other, and build the model.

        Raises:
            InputError: the annotations are wrong; says why.
        """
        self._train_dataloader = _with_dataset(self._train_dataloader)
        self._val_dataloader = _with_dataset(self._val_dataloader)
        loaders = (self._train_dataloader, self._val_dataloader)
        train, val = (None if one is None else one["dataset"]["type"]() for one in loaders)
        for warning in check_data(train, val):
            self.logger.warning(warning)
        return supply_files(super().build_model(model))

    def _build_param_scheduler(self, scheduler, optim_wrapper) -> list:
        """Build the schedulers; those that count samples learn how many a step has."""
        several = scheduler if isinstance(scheduler, list | tuple) else [scheduler]
        counted = [
            count_samples(one, self.train_dataloader) if isinstance(one, dict) else one
            for one in several
        ]
        return super()._build_param_scheduler(counted, optim_wrapper)

    def resume(self, filename: str, *args, **kwargs) -> None:
        """Load weights, optimizer and schedule, and adapt the schedule to the config.

        Args:
            filename: the checkpoint.
            *args: as mmengine passes them.
            **kwargs: as mmengine passes them.
        """
        fresh = FreshSchedule.from_runner(self)
        super().resume(filename, *args, **kwargs)
        for line in fresh.bring_in_line(self):
            self.logger.warning(line)


def _with_dataset(loader: dict | None) -> dict | None:
    """Return the config of a loader with its data set built; mmengine would copy a config."""
    if loader is None:
        return None
    return {**loader, "dataset": {"type": _constant(DATASETS.build(loader["dataset"]))}}


def _constant(dataset: Dataset) -> Callable[[], Dataset]:
    def give() -> Dataset:
        return dataset

    return give
