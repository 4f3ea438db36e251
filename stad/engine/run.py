"""Training and evaluating a config: from a file and a few options to mmengine's runner."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import AmpOptimWrapper
from mmengine.runner import Runner

from stad import zoo
from stad.annotations import label_maps
from stad.datasets.inputs import missing_error, missing_inputs
from stad.datasets.videos import VideoDataset
from stad.engine import published
from stad.engine.ava_metric import AVAMetric
from stad.engine.checkpoints import LAST, newest_checkpoint
from stad.engine.checks import AnyDataset, check_data, check_model_fits, check_same_classes
from stad.engine.hooks import (
    PerClassHook,
    StartCheckHook,
    StartWeightsHook,
    StepSeedHook,
    bare_model,
)
from stad.engine.loss_hook import FiniteLossHook
from stad.engine.runner import CheckedRunner
from stad.engine.workers import worker_deaths
from stad.errors import InputError
from stad.inference.precision import note_network
from stad.registry import DATASETS, MODELS
from stad.utils.files import check_output
from stad.video.sampling import parse_views

LAUNCHERS = ("none", "pytorch", "slurm")
TRAINING_KEYS = ("model", "train_dataloader", "train_cfg", "optim_wrapper")
CHECK_KEYS = ("model", "train_dataloader")
EVALUATION_KEYS = ("model", "val_dataloader", "val_cfg", "val_evaluator")
CPU_BACKEND = "gloo"


@dataclass(frozen=True)
class RunOptions:
    """What the scripts let one choose.

    Attributes:
        config: path of a config file; to evaluate, also the name of a model in the zoo.
        work_dir: where checkpoints and logs go; None is work_dirs/NAME-OF-THE-CONFIG.
        resume: go on from the last checkpoint in ``work_dir``.
        amp: mixed precision, on a GPU.
        launcher: 'none', 'pytorch' (torchrun) or 'slurm'.
        changes: dotted keys of the config and their new values.
    """

    config: str | Path
    work_dir: str | Path | None = None
    resume: bool = False
    amp: bool = False
    launcher: str = "none"
    changes: Mapping[str, object] = field(default_factory=dict)


def train(options: RunOptions) -> Runner:
    """Train a model; checkpoints and logs are in the work folder afterwards.

    Raises:
        InputError: the run cannot work; says why, before anything is trained.
    """
    config = _read(options, TRAINING_KEYS)
    _check_work_dir(Path(config.work_dir), resume=options.resume)
    _check_inputs(config, ("train_dataloader", "val_dataloader"))
    config.resume = options.resume
    if options.resume and (newest := newest_checkpoint(Path(config.work_dir))) is not None:
        config.load_from = str(newest)
    if options.amp:
        _use_amp(config)
    runner = _build(config)
    runner.register_hook(StepSeedHook(seed=config.randomness.seed))
    runner.register_hook(StartCheckHook())
    runner.register_hook(FiniteLossHook())
    runner.register_hook(PerClassHook())
    if config.get("start_from"):
        runner.register_hook(StartWeightsHook(start_from=config.start_from))
    with _config_errors(options.config):
        runner._train_loop = runner.build_train_loop(runner._train_loop)
        if runner._val_loop is not None:
            runner._val_loop = runner.build_val_loop(runner._val_loop)
    with worker_deaths(runner):
        runner.train()
    _leave_processes(runner)
    return runner


def evaluate(
    options: RunOptions,
    checkpoint: str | Path | None = None,
    *,
    report: str | Path | None = None,
    views: str | None = None,
) -> dict[str, float]:
    """Evaluate a checkpoint on the validation data; per-class figures go to the log.

    Args:
        options: of the run; the name of a model in the zoo in place of the config evaluates on
            the data and in the way that its published figure is of.
        checkpoint: of stad or a project that ``stad.zoo.load_weights`` knows; None takes the
            published weights of the named model.
        report: folder for a page that shows the evaluation of a detector, with pictures of
            mistakes.
        views: of a recognizer, clips and crops per video, such as '10x3'; None is as the config
            says.

    Returns:
        Names to values, such as 'mAP' or 'top1' in [0, 1].

    Raises:
        InputError: the checkpoint does not fit, or the data is not there.
    """
    entry = published.named_entry(options.config)
    if entry is not None:
        changed = published.evaluation_changes(entry, options.work_dir, options.changes)
        options = replace(options, **changed)
    config = _read(options, EVALUATION_KEYS)
    _check_inputs(config, ("val_dataloader",))
    # After the data: what is missing there is said before a download.
    checkpoint = published.checkpoint_of(entry, checkpoint)
    if config.val_evaluator.get("out"):
        check_output("--out", config.val_evaluator.out)
    _use_views(config.val_dataloader, views, has_report=report is not None)
    runner = _build(_without_training(config))
    with _config_errors(options.config):
        runner._val_loop = runner.build_val_loop(runner._val_loop)
    zoo.load_weights(bare_model(runner), checkpoint)
    if entry is not None:
        runner.logger.info(published.describe_evaluation(entry, config))
    runner.register_hook(StartCheckHook())
    runner.register_hook(PerClassHook())
    with worker_deaths(runner):
        metrics = runner.val()
    if report is not None and is_main_process():
        _write_report(runner, report, name=Path(checkpoint).name)
    _leave_processes(runner)
    return metrics


@dataclass(frozen=True)
class DataCheck:
    """The data of a config that training could use.

    Attributes:
        datasets: 'training' and 'validation' to what the config describes.
        warnings: tables of findings, for people; none where all is well.
    """

    datasets: dict[str, AnyDataset]
    warnings: list[str]


def check(options: RunOptions) -> DataCheck:
    """Check the data of a config as ``train`` does, without training.

    Rows that cannot be right are reported by the data sets, as a warning in the log.

    Raises:
        InputError: the run cannot work; says why.
    """
    config = _read(options, CHECK_KEYS)
    loaders = {"training": "train_dataloader", "validation": "val_dataloader"}
    loaders = {split: name for split, name in loaders.items() if config.get(name)}
    _check_inputs(config, tuple(loaders.values()))
    with _config_errors(options.config):
        datasets = {name: DATASETS.build(config[key].dataset) for name, key in loaders.items()}
        model = MODELS.build(config.model)
    warnings = check_data(datasets["training"], datasets.get("validation"))
    for dataset in datasets.values():
        check_model_fits(model, dataset)
    check_same_classes(list(datasets.values()))
    return DataCheck(datasets, warnings)


def _without_training(config: Config) -> Config:
    for key in ("train_dataloader", "train_cfg", "optim_wrapper", "param_scheduler"):
        config.pop(key, None)
    config.auto_scale_lr = None
    config.default_hooks.checkpoint = None
    return config


def _write_report(runner: Runner, folder: str | Path, *, name: str) -> None:
    from stad.report.page import NamedResult, write_report

    dataset = runner.val_dataloader.dataset
    (comparison,) = (
        metric.comparison
        for metric in runner.val_evaluator.metrics
        if isinstance(metric, AVAMetric)
    )
    path = write_report(
        folder,
        [NamedResult(name, comparison)],
        videos=dataset.source,
        video_start_sec=dataset.start_sec,
    )
    runner.logger.info(f"report: {path}")


def _read(options: RunOptions, keys: tuple[str, ...]) -> Config:
    path = Path(options.config)
    if not path.is_file():
        raise InputError(f"{path}: no such config file; stad's own are in {zoo.config_dir()}")
    config = Config.fromfile(path)
    config.merge_from_dict(dict(options.changes))
    if absent := [key for key in keys if key not in config]:
        raise InputError(
            f"{path} defines no {', '.join(absent)}: it is a config to use a model with, not one "
            "to train; configs/slowfast_ava.py shows what training needs"
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
    """A label map file's path starts from the config, as ``stad.zoo`` has it, or from here.

    What is neither a built-in list nor a file is left for ``class_names`` to tell.
    """
    if label_map in label_maps.BUILTIN or Path(label_map).suffix not in label_maps.SUFFIXES:
        return label_map
    beside = folder / label_map
    path = Path(label_map)
    return str((path if path.is_file() and not beside.is_file() else beside).resolve())


def _check_work_dir(work_dir: Path, *, resume: bool) -> None:
    if not resume and (work_dir / LAST).is_file():
        raise InputError(
            f"{work_dir} holds the checkpoints of another run: give --resume to go on with it, "
            "or another folder with --work-dir"
        )


def _check_inputs(config: Config, loaders: tuple[str, ...]) -> None:
    """Raise InputError that names all missing inputs of these loaders at once."""
    folders: list[str] = []
    files: list[str] = []
    for dataset in [config[loader].dataset for loader in loaders if loader in config]:
        folders.append(dataset.get("videos", dataset.get("source", {}).get("videos")))
        files += [dataset.get("annotations"), dataset.get("excluded"), dataset.get("proposals")]
        if Path(dataset.label_map).suffix in label_maps.SUFFIXES:
            files.append(dataset.label_map)
    missing = missing_inputs(folders=dict.fromkeys(folders), files=dict.fromkeys(files))
    if missing:
        raise missing_error(missing)


def _use_views(loader: Config, text: str | None, *, has_report: bool) -> None:
    """What evaluates recognizers alone, and what detectors alone."""
    is_recognizer = loader.dataset.type in (VideoDataset, VideoDataset.__name__)
    if is_recognizer and has_report:
        raise InputError("--report shows actors: for a recognizer, leave it out and give --out")
    if text is None:
        return
    if not is_recognizer:
        raise InputError("--views is for recognizers: a detector sees one clip per keyframe")
    views = parse_views(text)
    loader.dataset.update(views._asdict())
    # The crops of a video are clips of a batch.
    loader.batch_size = max(1, loader.batch_size // views.num_crops)


def _use_amp(config: Config) -> None:
    if not torch.cuda.is_available():
        raise InputError("--amp needs a GPU, and there is none here: leave it out")
    config.optim_wrapper.type = AmpOptimWrapper
    config.optim_wrapper.loss_scale = "dynamic"


def _build(config: Config) -> Runner:
    # mmengine would unpickle whatever a checkpoint holds, if it cannot be read without.
    os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    if config.launcher not in LAUNCHERS:
        raise InputError(f"--launcher is one of {', '.join(LAUNCHERS)}, got {config.launcher}")
    if config.launcher != "none" and not torch.cuda.is_available():
        _join_cpu_processes(config)
    with _config_errors(config.filename):
        runner = CheckedRunner.from_cfg(config)
    _note_network(config, runner)
    return runner


def _note_network(config: Config, runner: Runner) -> None:
    """Let the supervisor know what computes."""
    is_amp = config.get("optim_wrapper", {}).get("type") in (AmpOptimWrapper, "AmpOptimWrapper")
    device = next(runner.model.parameters()).device
    precision = "float16" if is_amp else "float32"
    note_network(Path(config.filename).stem, str(device), precision)


@contextlib.contextmanager
def _config_errors(path: str | Path) -> Iterator[None]:
    """Say of a wrong name or value in a config that it is one."""
    try:
        yield
    except (TypeError, ValueError, KeyError) as error:
        raise InputError(
            f"{path}, as --cfg-options change it, describes nothing that can be built: {error}: "
            "check the names and the values in it"
        ) from error


def _leave_processes(runner: Runner) -> None:
    """End gloo's threads: one that waits for Python when the interpreter ends aborts the process.

    They end with the last reference to their group, and the wrapped model has one.
    """
    if torch.distributed.is_initialized():
        runner.model = bare_model(runner)
        torch.distributed.destroy_process_group()
        gc.collect()


def _join_cpu_processes(config: Config) -> None:
    """What mmengine does for GPUs only: gloo between the processes of torchrun."""
    if config.launcher != "pytorch":
        raise InputError(f"--launcher {config.launcher} needs GPUs; use --launcher pytorch")
    if "RANK" not in os.environ:
        raise InputError(
            "--launcher pytorch is for torchrun: "
            "torchrun --nproc_per_node 2 tools/train.py CONFIG --launcher pytorch"
        )
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group(CPU_BACKEND)
    config.model_wrapper_cfg = {
        "type": MMDistributedDataParallel,
        "device_ids": None,
        "broadcast_buffers": False,
    }
