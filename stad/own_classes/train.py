"""Train a model of the classes of a folder of one's own videos, and write it there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stad.actors.detectors.base import PersonDetector
from stad.actors.detectors.group import GROUP
from stad.annotations.own.examples import POSITIVE
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.split import TRAIN, keep_split
from stad.inference.options import RuntimeName
from stad.own_classes.checks import check_examples
from stad.own_classes.example_set import ExampleSet
from stad.own_classes.examples import NUM_VARIANTS, load_examples
from stad.own_classes.model_card import Validation, card_text, class_rows, facts, validate
from stad.own_classes.model_folder import NewModel, write_model
from stad.own_classes.training import FittedModel, fit_model
from stad.utils.ranges import check_positive_int

Log = Callable[[str], None]


@dataclass(frozen=True)
class OwnTraining:
    """Options of the training of one's own classes.

    Attributes:
        classes: names of the classes; () for all of the folder.
        views: names of the views to choose from; () for all that fit the labels.
        backbone: model whose backbone describes people; None for the best that can be loaded.
        weights: of that model.
        num_variants: rows of each example: as it is, and changed.
        is_unchecked: train also where classes are of one source only.
        detector: finds people where they are not known yet: its name, or an object; None for the
            best one that can be loaded.
        is_finetuned: the backbone was trained on the training part of the folder: only the
            validation part checks anything.
        device: 'auto', 'cpu', 'cuda:0' ...
        runtime: library that runs the networks.
    """

    classes: Sequence[str] = ()
    views: Sequence[str] = ()
    backbone: str | None = None
    weights: str = "auto"
    num_variants: int = NUM_VARIANTS
    is_unchecked: bool = False
    detector: str | PersonDetector | None = None
    is_finetuned: bool = False
    device: str = "auto"
    runtime: RuntimeName = "auto"


@dataclass(frozen=True)
class TrainedModel:
    """A model that was trained and written.

    Attributes:
        path: its folder.
        fitted: on all examples.
        table: rows of figures of the classes, the head first.
    """

    path: Path
    fitted: FittedModel
    table: list[list[str]]


def train_own(
    path: str | Path, options: OwnTraining, *, progress: bool = True, log: Log = lambda text: None
) -> TrainedModel:
    """Train on the labels of a folder and write the model into it.

    Args:
        path: the folder of the videos.
        options: how.
        progress: show progress bars.
        log: takes lines about what was chosen and found.

    Raises:
        InputError: there is too little to learn from, or a file or a network cannot be used.
    """
    begun = time.monotonic()
    check_positive_int("--variants", options.num_variants)
    folder = OwnFolder(path)
    examples = load_examples(
        folder,
        classes=options.classes or None,
        views=options.views or None,
        backbone=options.backbone,
        weights=options.weights,
        num_variants=options.num_variants,
        detector=options.detector,
        device=options.device,
        runtime=options.runtime,
        progress=progress,
        log=log,
    )
    check_examples(examples, is_unchecked=options.is_unchecked)
    checked, validation = _check_on_validation(folder, examples, log)
    views = None if checked is None else checked.views
    held = None
    if options.is_finetuned:
        parts = keep_split(folder, examples.amounts(examples.videos))
        held = np.array([parts[one] != TRAIN for one in examples.videos.tolist()])
    fitted = fit_model(examples, np.arange(len(examples)), views=views, checked=held, log=log)
    if checked is not None:
        fitted = replace(fitted, tried=checked.tried)
    return _write(folder, examples, fitted, validation, begun, log)


def _check_on_validation(
    folder: OwnFolder, examples: ExampleSet, log: Log
) -> tuple[FittedModel | None, Validation | None]:
    """Train on the training part, which chooses the views; measure on the validation part."""
    parts = keep_split(folder, examples.amounts(examples.videos))
    is_train = np.array([parts[one] == TRAIN for one in examples.videos.tolist()])
    train = np.flatnonzero(is_train)
    val = np.flatnonzero(~is_train & (examples.variants == 0))
    if not len(train) or not len(val):
        log("split     all videos are in one part of split.csv: there is no validation")
        return None, None
    known = (examples.labels[train] == POSITIVE).any(axis=0)
    if not known.all():
        missing = examples.classes[int(np.flatnonzero(~known)[0])]
        log(f"split     {missing!r} is in the validation part only: there is no validation")
        return None, None
    fitted = fit_model(examples, train, log=log)
    return fitted, validate(examples, fitted, val)


def _write(
    folder: OwnFolder,
    examples: ExampleSet,
    fitted: FittedModel,
    validation: Validation | None,
    begun: float,
    log: Log,
) -> TrainedModel:
    """Write the model folder and say what it holds."""
    thresholds = dict(zip(examples.classes, fitted.thresholds.tolist(), strict=True))
    seconds = time.monotonic() - begun
    content = facts(examples, fitted, validation, seconds=seconds)
    name = folder.path.resolve().name
    model = NewModel(
        classes=examples.classes,
        recipe=examples.recipe,
        fitted=fitted,
        network=examples.recipe.build(progress=False),
        detector=GROUP if examples.whole_frame else None,
        facts=content,
        readme=card_text(name, content, thresholds),
    )
    path = write_model(folder, model)
    if fitted.seed_aps:
        log(
            f"checked   mean average precision {fitted.mean_ap:.2f} on {fitted.left_out} left out, "
            f"deviation {fitted.spread:.2f} over {len(fitted.seeds)} divisions"
        )
    else:
        log("checked   nothing: there is one video only. The thresholds are not fitted")
    log(f"model     {path}, in {seconds:.0f} s. Use it with --model {folder.path}")
    return TrainedModel(path, fitted, class_rows(content, thresholds))
