"""Train the network that describes people on one's own labels, through mmengine's runner.

Examples of which every class is known become an AVA CSV of the classes and 'nothing', which those
without any class have. What is learnt is kept: the network then describes people for the head.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save_file

from stad import zoo
from stad.annotations.csv_rows import csv_text
from stad.annotations.own.examples import (
    POSITIVE,
    UNKNOWN,
    WHOLE_FRAME,
    Examples,
    boxes_at,
    count_classes,
)
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.split import TRAIN, VAL, keep_split
from stad.datasets.ava import AVADataset, collate_clips
from stad.datasets.epoch_sampler import EpochSampler
from stad.datasets.transforms.detection import TrainTransform
from stad.engine.ava_metric import AVAMetric
from stad.engine.checkpoints import best_checkpoint, newest_checkpoint
from stad.engine.run import RunOptions, train
from stad.errors import InputError
from stad.inference.build import resolve_device
from stad.own_classes.config_text import config_text
from stad.own_classes.labelled import LabelledVideos, read_labelled
from stad.own_classes.recipe import SCENE_PX, choose_recipe, plain_config
from stad.own_classes.train import OwnTraining, TrainedModel, train_own
from stad.utils.files import write_whole, writing
from stad.video.window import Window
from stad.zoo.checkpoint import read_checkpoint
from stad.zoo.configs import read_config
from stad.zoo.lookup import config_dir, config_path

FOLDER, WORK = "finetune", "work"
NOTHING_CLASS = "nothing of these"
NUM_EPOCHS, BATCH_SIZE, LEARNING_RATE = 5, 8, 1e-4
NUM_WORKERS = 2
Log = Callable[[str], None]


@dataclass(frozen=True)
class RunnerOptions:
    """Options of mmengine's runner, see ``stad.engine.options.RunOptions``."""

    work_dir: Path | None = None
    resume: bool = False
    amp: bool = False
    launcher: str = "none"
    changes: Mapping[str, object] | None = None


def finetune_own(
    path: str | Path,
    options: OwnTraining,
    runner: RunnerOptions,
    *,
    progress: bool = True,
    log: Log = lambda text: None,
) -> TrainedModel:
    """Train the network on the training part of a folder, then the head as ``train_own`` does.

    Args:
        path: the folder of the videos.
        options: of ``train_own``; its backbone is where training begins.
        runner: of the run.
        progress: show progress bars.
        log: takes lines about what was chosen and found.

    Raises:
        InputError: there is too little to learn from, or a file or a network cannot be used.
    """
    folder = OwnFolder(path)
    labelled = read_labelled(
        folder,
        classes=options.classes or None,
        detector=options.detector,
        device=options.device,
        progress=progress,
        log=log,
    )
    recipe = choose_recipe(
        whole_frame=labelled.whole_frame,
        views=options.views or None,
        backbone=options.backbone,
        weights=options.weights,
        device=resolve_device(options.device),
        progress=progress,
        log=log,
    )
    if not recipe.backbone:
        raise InputError("--finetune needs a network of clips. Name one with --backbone.")
    started = replace(options, backbone=recipe.backbone, weights=recipe.weights)
    config = write_run(folder, labelled, started, recipe.window)
    work = runner.work_dir or config.parent / WORK
    train(
        RunOptions(
            config=config,
            work_dir=work,
            resume=runner.resume,
            amp=runner.amp,
            launcher=runner.launcher,
            changes=runner.changes or {},
        )
    )
    weights = _network_weights(started, Path(work), config.parent)
    log(f"network   {weights}")
    return train_own(
        folder.path,
        replace(started, weights=str(weights), is_finetuned=True),
        progress=progress,
        log=log,
    )


def write_run(
    folder: OwnFolder, labelled: LabelledVideos, options: OwnTraining, window: Window
) -> Path:
    """Write the annotations, the label map and the config of a run; return the config.

    Raises:
        InputError: a part has no example of which every class is known, or nothing can be written.
    """
    path = folder.path / FOLDER
    with writing(path):
        path.mkdir(exist_ok=True)
    step_sec = labelled.choose_step(window)
    examples = {video: _known(one) for video, one in labelled.examples(step_sec, window).items()}
    examples = {video: one for video, one in examples.items() if len(one.labels)}
    parts = keep_split(folder, {v: count_classes(one.labels) for v, one in examples.items()})
    for part in (TRAIN, VAL):
        chosen = {video: one for video, one in examples.items() if parts[video] == part}
        if not chosen:
            raise InputError(
                f"--finetune: the {part} part of {folder.path / 'split.csv'} has no example of "
                "which every class is known. Label more videos."
            )
        write_whole(path / f"{part}.csv", _ava_text(labelled, chosen))
    names = (*labelled.classes, NOTHING_CLASS)
    write_whole(path / "label_map.txt", "".join(f"{one}\n" for one in names))
    config = path / "config.py"
    title = f"The network of the classes {', '.join(labelled.classes)}, for 'stad train'."
    values = _run_config(folder, path, options, num_classes=len(names))
    write_whole(config, config_text(title, values))
    return config


def _known(examples: Examples) -> Examples:
    """Return the examples of which every class is known."""
    rows = (examples.labels != UNKNOWN).all(axis=1)
    return Examples(*(one[rows] for one in examples))


def _ava_text(labelled: LabelledVideos, examples: Mapping[str, Examples]) -> str:
    """Return AVA CSV of the classes, from 1, and of 'nothing' after them."""
    rows = []
    for video, one in examples.items():
        labels = labelled.labels[video]
        size = np.array([labels.width_px, labels.height_px] * 2)
        for track, time_sec, row in zip(*(part.tolist() for part in one), strict=True):
            person = labelled.groups[video] if track == WHOLE_FRAME else labels.track(track)
            box = boxes_at(person.times_sec, person.boxes, np.array([time_sec]))[0] / size
            corners = [format(side, ".5f") for side in box.clip(0, 1).tolist()]
            shown = [i for i, value in enumerate(row, 1) if value == POSITIVE] or [len(row) + 1]
            for number in shown:
                rows.append([video, format(time_sec, ".3f"), *corners, number, max(track, 0)])
    return csv_text(rows)


def _run_config(
    folder: OwnFolder, path: Path, options: OwnTraining, *, num_classes: int
) -> dict[str, Any]:
    """Return the values of the config."""
    base = read_config(config_path(str(options.backbone)))
    model = plain_config(base.model)
    model["roi_head"] |= {"num_classes": num_classes, "multilabel": True}
    window = plain_config(base.val_dataloader.dataset.window)
    dataset = {
        "type": AVADataset,
        "videos": str(folder.path),
        "window": window,
        "short_side_px": SCENE_PX,
        "label_map": str(path / "label_map.txt"),
    }
    loader = {
        "num_workers": NUM_WORKERS,
        "persistent_workers": True,
        "collate_fn": {"type": collate_clips},
    }
    transform = {"type": TrainTransform, "scale_px": [SCENE_PX, SCENE_PX + 32]}
    transform |= {"crop_px": SCENE_PX, "flip": 0.5}
    schedule = _base("schedules/adamw_cosine.py")
    schedule["train_cfg"] |= {"max_epochs": NUM_EPOCHS}
    schedule["optim_wrapper"]["optimizer"] |= {"lr": LEARNING_RATE}
    return {
        "model": model,
        "train_dataloader": {
            "batch_size": BATCH_SIZE,
            "sampler": {"type": EpochSampler, "shuffle": True},
            **loader,
            "dataset": {
                **dataset,
                "annotations": str(path / f"{TRAIN}.csv"),
                "transform": transform,
            },
        },
        "val_dataloader": {
            # One by one: the videos differ in shape.
            "batch_size": 1,
            "sampler": {"type": EpochSampler, "shuffle": False, "pad": False},
            **loader,
            "dataset": {**dataset, "annotations": str(path / f"{VAL}.csv")},
        },
        "val_evaluator": {"type": AVAMetric},
        **_base("runtime.py"),
        **schedule,
        "start_from": str(options.backbone) if options.weights == "auto" else options.weights,
    }


def _base(name: str) -> dict[str, Any]:
    """Return the values of one of stad's base configs, without what it imports."""
    found = plain_config(read_config(config_dir() / "_base_" / name))
    return {key: one for key, one in found.items() if not isinstance(one, type)}


def _network_weights(options: OwnTraining, work: Path, folder: Path) -> Path:
    """Write the trained network as weights of the model that it began as; return the file."""
    best = best_checkpoint(work)
    path = newest_checkpoint(work) if best is None else best[0]
    if path is None:
        raise InputError(f"{work} has no checkpoint. Train again, without --resume.")
    model = zoo.open_model(str(options.backbone), weights=options.weights).model
    trained = read_checkpoint(path)
    prefix = "backbone."
    state = model.state_dict() | {k: one for k, one in trained.items() if k.startswith(prefix)}
    file = folder / "network.safetensors"
    write_whole(file, lambda part: save_file({k: v.contiguous() for k, v in state.items()}, part))
    return file
