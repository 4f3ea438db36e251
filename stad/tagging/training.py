"""Train a small tagger: epochs, calibration and thresholds come from sources left out.

A loop of its own instead of mmengine's runner: a training takes seconds, and is repeated for each
fold. More data than fits into memory is for tools/train.py and a config.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F

from stad.annotations.own.split import folds_of
from stad.models.heads.tag_heads import LogisticTagHead
from stad.models.video_tagger import TaggingModel, VideoTagger
from stad.own_classes.calibration import (
    DEFAULT_THRESHOLD,
    Calibration,
    best_thresholds,
    fit_calibration,
)
from stad.tagging.examples import TagExamples, batch_of
from stad.tagging.network import NEXTVLAD, NetworkSize, build_network, network_config

# Videos of a step: fewer where an epoch would have fewer than ``MIN_STEPS`` of them.
MIN_BATCH, MAX_BATCH, MIN_STEPS = 8, 32, 8
# Of a call when scoring.
SCORED = 64
# Of a video in a step of training, drawn at random; all take part in scores.
MAX_TRAIN_FRAMES = 64
# YouTube-8M's: longer videos are scored in parts.
MAX_FRAMES = 300
LEARNING_RATE, WEIGHT_DECAY = 5e-4, 0.01
MAX_NORM = 1.0
MAX_EPOCHS, PATIENCE = 80, 15
# Without sources to check on.
DEFAULT_EPOCHS = 20
NUM_CHECKS = 4
# With more seconds of video than this, one check must do.
MANY_SECONDS = 100_000


@dataclass(frozen=True)
class TagTraining:
    """Options of a training.

    Attributes:
        aggregator: one of ``stad.tagging.network.AGGREGATORS``.
        size: of the network.
        max_epochs: to choose from.
        seed: of weights, order and divisions.
        device: where it runs, such as 'cpu'.
    """

    aggregator: str = NEXTVLAD
    size: NetworkSize = field(default_factory=NetworkSize)
    max_epochs: int = MAX_EPOCHS
    seed: int = 0
    device: str = "cpu"


@dataclass(frozen=True)
class FittedTagger:
    """A trained tagger.

    Attributes:
        model: in eval mode.
        config: of the model.
        thresholds: (C,) score from which a class counts as there.
        num_epochs: of its training.
        losses: mean loss on the sources left out, by epoch; () without any.
        checked: (M,) rows that were scored by what had not seen their source.
        checked_scores: (M, C) their scores.
    """

    model: VideoTagger
    config: dict[str, Any]
    thresholds: np.ndarray
    num_epochs: int
    losses: tuple[float, ...] = ()
    checked: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)
    checked_scores: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)), repr=False)


def fit_tagger(
    examples: TagExamples,
    options: TagTraining,
    *,
    on_epoch: Callable[[int], object] = lambda epoch: None,
) -> FittedTagger:
    """Train a tagger on videos.

    The sources are divided into folds. One tagger for each fold is trained on the others, side by
    side, until their mean loss on what they have not seen rises; the tagger itself is then trained
    on all videos for as many epochs. With one source nothing can be checked.

    Args:
        examples: of all sources that it may see.
        options: how.
        on_epoch: called with the number of each epoch of the checks.
    """
    config = network_config(
        options.aggregator,
        options.size,
        modalities=examples.modalities,
        eigenvalues=examples.eigenvalues,
        num_classes=len(examples.classes),
    )
    folds = _folds(examples, options.seed)
    found = _Check(DEFAULT_EPOCHS)
    if folds is not None:
        found = _check(examples, folds, config, options, on_epoch)
    trainer = _Trainer(examples, np.arange(len(examples)), config, options, seed=options.seed)
    for _ in range(found.num_epochs):
        trainer.run_epoch()
    thresholds = np.full(len(examples.classes), DEFAULT_THRESHOLD)
    scores = found.logits
    if len(found.rows):
        truth = examples.labels[found.rows].astype(np.int64)
        calibration = fit_calibration(found.logits, truth)
        calibrate_head(trainer.model, calibration)
        scores = calibration.apply(found.logits)
        # Where a video has one class, the best F1 is not the best accuracy.
        thresholds = thresholds if examples.is_single else best_thresholds(scores, truth)
    return FittedTagger(
        model=trainer.model.eval(),
        config=config,
        thresholds=thresholds,
        num_epochs=found.num_epochs,
        losses=found.losses,
        checked=found.rows,
        checked_scores=scores,
    )


def calibrate_head(model: VideoTagger, calibration: Calibration) -> None:
    """Change the head of a tagger so that its logits are the calibrated ones, in place."""
    layer = cast(LogisticTagHead, model.tag_head).fc_cls
    scale, bias = (torch.from_numpy(one).to(layer.weight) for one in calibration)
    with torch.no_grad():
        layer.weight.mul_(scale[:, None])
        layer.bias.mul_(scale).add_(bias)


@dataclass(frozen=True)
class _Check:
    """Results of the checks: as in ``FittedTagger``, with logits in place of scores."""

    num_epochs: int
    losses: tuple[float, ...] = ()
    rows: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    logits: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))


def _folds(examples: TagExamples, seed: int) -> np.ndarray | None:
    """Return the fold of each video, (N,) int64; None with a single source."""
    amounts = examples.amounts
    if len(amounts) < 2:
        return None
    return folds_of(examples.sources, amounts, min(NUM_CHECKS, len(amounts)), seed=seed)


def _check(
    examples: TagExamples,
    folds: np.ndarray,
    config: dict[str, Any],
    options: TagTraining,
    on_epoch: Callable[[int], object],
) -> _Check:
    """Train a tagger for each fold on the others, until their loss on it rises."""
    chosen = sorted(set(folds.tolist()))
    if sum(map(len, examples.frames)) > MANY_SECONDS:
        chosen = chosen[:1]
    parts = [np.flatnonzero(folds == one) for one in chosen]
    trainers = [
        _Trainer(examples, np.flatnonzero(folds != one), config, options, seed=options.seed + one)
        for one in chosen
    ]
    rows = np.concatenate(parts)
    truth = torch.from_numpy(examples.labels[rows])
    losses: list[float] = []
    best = torch.zeros(len(rows), len(examples.classes))
    for epoch in range(options.max_epochs):
        for one in trainers:
            one.run_epoch()
        logits = torch.cat(
            [
                score_videos(one.model, [examples.frames[row] for row in part])
                for one, part in zip(trainers, parts, strict=True)
            ]
        )
        losses.append(F.binary_cross_entropy_with_logits(logits, truth).item())
        on_epoch(epoch)
        if losses[-1] <= min(losses):
            best = logits
        if epoch - int(np.argmin(losses)) >= PATIENCE:
            break
    return _Check(int(np.argmin(losses)) + 1, tuple(losses), rows, best.double().numpy())


class _Trainer:
    """Trains a tagger on some videos, an epoch at a time.

    Args:
        examples: all videos.
        rows: (M,) those that it sees.
        config: of the model.
        options: how.
        seed: of weights and order.
    """

    def __init__(
        self,
        examples: TagExamples,
        rows: np.ndarray,
        config: dict[str, Any],
        options: TagTraining,
        *,
        seed: int,
    ) -> None:
        self._examples, self._rows = examples, rows
        self._rng = np.random.default_rng(seed)
        # Weights and drop-out of the trainers side by side do not depend on each other.
        self._generator_state = torch.Generator().manual_seed(seed).get_state()
        with self._random():
            self.model = build_network(config)
        self.model.to(options.device)
        self._optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY
        )

    def _random(self) -> _OwnRandom:
        return _OwnRandom(self)

    def run_epoch(self) -> None:
        """Train on each video once."""
        self.model.train()
        with self._random():
            for rows in self._batches():
                frames = [self._drawn(self._examples.frames[row]) for row in rows]
                batch = batch_of(frames, self.model.data_preprocessor)
                labels = torch.from_numpy(self._examples.labels[rows]).to(batch[0].device)
                losses = self.model.training_losses(*batch, labels)
                loss = torch.stack(list(losses.values())).sum()
                self._optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), MAX_NORM)
                self._optimizer.step()

    def _batches(self) -> Iterator[np.ndarray]:
        order = self._rng.permutation(self._rows)
        size = min(max(len(order) // MIN_STEPS, MIN_BATCH), MAX_BATCH)
        # Equal parts: batch norm cannot learn from a last video alone.
        yield from np.array_split(order, max(1, round(len(order) / size)))

    def _drawn(self, frames: np.ndarray) -> np.ndarray:
        if len(frames) <= MAX_TRAIN_FRAMES:
            return frames
        chosen = self._rng.choice(len(frames), MAX_TRAIN_FRAMES, replace=False)
        return frames[np.sort(chosen)]


class _OwnRandom:
    """Gives a trainer random numbers of its own, and the caller those from before afterwards."""

    def __init__(self, trainer: _Trainer) -> None:
        self._trainer = trainer

    def __enter__(self) -> None:
        self._before = torch.get_rng_state()
        torch.set_rng_state(self._trainer._generator_state)

    def __exit__(self, *error: object) -> None:
        self._trainer._generator_state = torch.get_rng_state()
        torch.set_rng_state(self._before)


@torch.inference_mode()
def score_videos(
    model: TaggingModel, frames: Sequence[np.ndarray], *, present: Sequence[bool] = (True,)
) -> torch.Tensor:
    """Return the logits of videos, (N, C) float32 on the CPU; those of the best part of long ones.

    Args:
        model: in any mode; in eval mode afterwards.
        frames: N times (T, D) uint8.
        present: which of the modalities the videos have.
    """
    model.eval()
    pieces, owners = [], []
    for place, one in enumerate(frames):
        for begin in range(0, len(one), MAX_FRAMES):
            pieces.append(one[begin : begin + MAX_FRAMES])
            owners.append(place)
    parts = []
    for begin in range(0, len(pieces), SCORED):
        some = pieces[begin : begin + SCORED]
        batch = batch_of(some, model.data_preprocessor, present=present)
        parts.append(model.score_frames(*batch).cpu())
    logits = torch.cat(parts)
    found = np.full((len(frames), logits.shape[1]), -np.inf, np.float32)
    np.maximum.at(found, owners, logits.numpy())
    return torch.from_numpy(found)
