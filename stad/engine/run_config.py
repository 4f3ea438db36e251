"""Read the config of a run, apply its options, and check its inputs."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.optim import AmpOptimWrapper

from stad.annotations import label_maps
from stad.datasets.inputs import missing_error, missing_inputs
from stad.datasets.records.shards import find_shards, missing_shards
from stad.datasets.videos import VideoDataset
from stad.engine.checkpoints import LAST
from stad.engine.clipping import AmpEachNormWrapper, EachNormWrapper
from stad.engine.options import RunOptions
from stad.errors import InputError
from stad.video.sampling import parse_views
from stad.zoo.configs import missing_keys, read_config

TRAINING_KEYS = ("model", "train_dataloader", "train_cfg", "optim_wrapper")
EVALUATION_KEYS = ("model", "val_dataloader", "val_cfg", "val_evaluator")


def read_run_config(options: RunOptions, keys: tuple[str, ...]) -> Config:
    """Read the config and apply the options.

    Args:
        options: the options of the run.
        keys: names that the config must define, such as ``TRAINING_KEYS``.

    Raises:
        InputError: the file is not a config, or lacks one of ``keys``.
    """
    path = Path(options.config)
    config = read_config(path)
    config.merge_from_dict(dict(options.changes))
    if missing := missing_keys(config, keys):
        task = "evaluation" if keys == EVALUATION_KEYS else "training"
        raise InputError(
            f"{path} does not define {', '.join(missing)}, which {task} needs. Add them as "
            "configs/slowfast_ava.py does, or give another config."
        )
    config.work_dir = str(options.work_dir or config.get("work_dir") or f"work_dirs/{path.stem}")
    config.launcher = options.launcher
    config.setdefault("randomness", {"seed": 0})
    for loader in ("train_dataloader", "val_dataloader"):
        if loader in config:
            dataset = config[loader].dataset
            dataset.label_map = _absolute_label_map(dataset.label_map, path.parent)
    if "train_dataloader" in config:
        config.train_dataloader.dataset.setdefault("seed", config.randomness.seed)
    return config


def _absolute_label_map(label_map: str, folder: Path) -> str:
    """Return the path of a label map file relative to the config's folder, else to this one.

    The name of a built-in list, or of something else, is returned unchanged; ``class_names``
    reports what is neither.
    """
    if label_map in label_maps.BUILTIN or Path(label_map).suffix not in label_maps.SUFFIXES:
        return label_map
    beside = folder / label_map
    path = Path(label_map)
    return str((path if path.is_file() and not beside.is_file() else beside).resolve())


def check_work_dir(work_dir: Path) -> None:
    """Raise InputError if the folder of a run exists as a file, or would be inside one."""
    # A link that leads nowhere is in the way, too.
    there = next((one for one in (work_dir, *work_dir.parents) if os.path.lexists(one)), None)
    if there is not None and not there.is_dir():
        raise InputError(
            f"--work-dir: {there} is not a folder. Give the name of a folder, or of a new one."
        )


def check_no_checkpoints(work_dir: Path, *, resume: bool) -> None:
    """Raise InputError if a new run would overwrite the checkpoints of another one."""
    if not resume and (work_dir / LAST).is_file():
        raise InputError(
            f"{work_dir} holds the checkpoints of another run. Give --resume to continue that run, "
            "or another folder with --work-dir."
        )


def check_inputs(config: Config, loaders: tuple[str, ...]) -> None:
    """Raise InputError that names all missing input files of these loaders at once."""
    folders: list[str] = []
    files: list[str] = []
    records: list[str] = []
    for dataset in [config[loader].dataset for loader in loaders if loader in config]:
        folders.append(dataset.get("videos", dataset.get("source", {}).get("videos")))
        files += [dataset.get("annotations"), dataset.get("excluded"), dataset.get("proposals")]
        if Path(dataset.label_map).suffix in label_maps.SUFFIXES:
            files.append(dataset.label_map)
        if dataset.get("records") and not find_shards(dataset.records):
            records.append(dataset.records)
    missing = missing_inputs(folders=dict.fromkeys(folders), files=dict.fromkeys(files))
    if missing:
        raise missing_error(missing)
    if records:
        raise missing_shards(" and ".join(dict.fromkeys(records)))


def use_views(loader: Config, text: str | None, *, has_report: bool) -> None:
    """Set the views of a recognizer's evaluation, and check what fits the kind of model.

    Args:
        loader: the validation loader, changed in place.
        text: clips and crops per video, such as '10x3'; None keeps those of the config.
        has_report: whether a report page is wanted.

    Raises:
        InputError: views for a detector or a tagger, a report for another model than a detector,
            or a wrong ``text``.
    """
    is_recognizer = loader.dataset.type in (VideoDataset, VideoDataset.__name__)
    is_tagger = "records" in loader.dataset
    if has_report and (is_recognizer or is_tagger):
        what = "recognizer" if is_recognizer else "tagger"
        raise InputError(f"--report shows actors. For a {what}, use --out instead.")
    if text is None:
        return
    if not is_recognizer:
        raise InputError(
            "--views is for recognizers. Leave it out: a detector takes one clip per keyframe, a "
            "tagger all frames."
        )
    views = parse_views(text)
    loader.dataset.update(views._asdict())
    # The crops of a video are clips of a batch.
    loader.batch_size = max(1, loader.batch_size // views.num_crops)


def use_amp(config: Config) -> None:
    """Set mixed precision.

    Raises:
        InputError: there is no GPU.
    """
    if not torch.cuda.is_available():
        raise InputError("--amp needs a GPU, but this machine has none. Leave it out.")
    clips_each = config.optim_wrapper.type in (EachNormWrapper, EachNormWrapper.__name__)
    config.optim_wrapper.type = AmpEachNormWrapper if clips_each else AmpOptimWrapper
    config.optim_wrapper.loss_scale = "dynamic"


def without_training(config: Config) -> Config:
    """Remove from a config what only training needs; it is changed in place."""
    for key in ("train_dataloader", "train_cfg", "optim_wrapper", "param_scheduler"):
        config.pop(key, None)
    config.auto_scale_lr = None
    config.default_hooks.checkpoint = None
    return config
