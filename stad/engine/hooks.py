"""Hooks of a run: seeds, checks, start weights and per-class figures."""

from __future__ import annotations

import math

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.visualization import Visualizer
from torch import nn

from stad.engine.checks import check_model_fits, check_same_classes
from stad.engine.gathering_metric import GatheringMetric
from stad.engine.start import load_start_weights
from stad.errors import InputError
from stad.models.base import ScoringModel


def bare_model(runner) -> nn.Module:
    """Return the model of a runner without the wrapper of distributed training."""
    return runner.model.module if is_model_wrapper(runner.model) else runner.model


def scoring_model(runner) -> ScoringModel:
    """Return the model of a runner as one that scores classes.

    Raises:
        InputError: the config describes another kind of model.
    """
    model = bare_model(runner)
    if not isinstance(model, ScoringModel):
        raise InputError(
            f"The model of the config is a {type(model).__name__}. Use an ActionDetector, a "
            "Recognizer or a VideoTagger."
        )
    return model


class StepSeedHook(Hook):
    """Seeds torch in each step, so that dropout after a resume equals that of an unbroken run.

    Once per epoch is not enough: loaders draw a varying number of times from the same generator.

    Args:
        seed: the seed of the run.
    """

    priority = "VERY_HIGH"

    def __init__(self, *, seed: int) -> None:
        self._seed = seed

    def before_train_iter(self, runner, batch_idx: int, data_batch: object = None) -> None:
        """Set the seed of this step and process."""
        state = np.random.SeedSequence((self._seed, runner.iter, get_rank()))
        torch.manual_seed(int(state.generate_state(1, np.uint64)[0] >> np.uint64(1)))


class StartCheckHook(Hook):
    """Stops a run whose model does not fit its data before it trains."""

    priority = "VERY_HIGH"

    def before_run(self, runner) -> None:
        """Compare the model with the data.

        Raises:
            InputError: they do not match.
        """
        loops = (runner.train_loop, runner.val_loop)
        datasets = [getattr(getattr(loop, "dataloader", None), "dataset", None) for loop in loops]
        datasets = [one for one in datasets if one is not None]
        for dataset in datasets:
            check_model_fits(scoring_model(runner), dataset)
        check_same_classes(datasets)


class StartWeightsHook(Hook):
    """Loads weights into a model whose training starts at epoch 0.

    Args:
        start_from: see ``load_start_weights``.
    """

    priority = "VERY_HIGH"

    def __init__(self, *, start_from: str | dict) -> None:
        self._start_from = start_from

    def before_train(self, runner) -> None:
        """Load the weights and log what was loaded and what was not.

        Raises:
            InputError: the file cannot be fetched or read, or nothing in it fits.
        """
        if runner.epoch == 0 and runner.iter == 0:
            report = load_start_weights(scoring_model(runner), self._start_from)
            runner.logger.info(report)


class PerClassHook(Hook):
    """Logs the figure of each class after each evaluation, also to TensorBoard."""

    priority = "LOW"

    def after_val_epoch(self, runner, metrics: dict[str, float] | None = None) -> None:
        """Log the last result of the evaluator's metrics."""
        for metric in runner.val_evaluator.metrics:
            if isinstance(metric, GatheringMetric) and metric.is_evaluated:
                runner.logger.info(metric.table())
                kind, per_class = metric.per_class_name, metric.per_class()
                known = {f"{kind}/{k}": v for k, v in per_class.items() if not math.isnan(v)}
                Visualizer.get_current_instance().add_scalars(known, step=runner.epoch)
