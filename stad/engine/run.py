"""Train or evaluate a config: from a file and a few options to mmengine's runner."""

from __future__ import annotations

from pathlib import Path

from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.runner import Runner

from stad.engine import published
from stad.engine.building import build_runner, config_errors, leave_processes
from stad.engine.checkpoints import LAST, check_whole, newest_checkpoint
from stad.engine.hooks import (
    PerClassHook,
    StartCheckHook,
    StartWeightsHook,
    StepSeedHook,
    scoring_model,
)
from stad.engine.loss_hook import FiniteLossHook
from stad.engine.options import RunOptions
from stad.engine.run_config import (
    EVALUATION_KEYS,
    TRAINING_KEYS,
    check_inputs,
    check_no_checkpoints,
    check_work_dir,
    read_run_config,
    use_amp,
    use_views,
    without_training,
)
from stad.engine.workers import worker_deaths
from stad.utils.files import check_output, explained_full_disk, make_folder
from stad.utils.locks import only_run_in, process_rank
from stad.utils.supervisor import note
from stad.zoo.loading import load_weights

__all__ = ["RunOptions", "evaluate", "train"]


def train(options: RunOptions) -> Runner:
    """Train a model; checkpoints and logs are in the work folder afterwards.

    Raises:
        InputError: the run cannot work; raised before anything is trained.
    """
    config = read_run_config(options, TRAINING_KEYS)
    work_dir = Path(config.work_dir)
    check_work_dir(work_dir)
    if process_rank() > 0:
        return _train(options, config)
    make_folder(work_dir)
    # Logs and figures are written by other libraries.
    with only_run_in(work_dir, log=print), explained_full_disk(work_dir):
        note(state=str(work_dir / LAST))
        return _train(options, config)


def _train(options: RunOptions, config: Config) -> Runner:
    check_no_checkpoints(Path(config.work_dir), resume=options.resume)
    check_inputs(config, ("train_dataloader", "val_dataloader"))
    config.resume = options.resume
    if options.resume and (newest := newest_checkpoint(Path(config.work_dir))) is not None:
        check_whole(newest)
        config.load_from = str(newest)
    if options.amp:
        use_amp(config)
    runner = build_runner(config)
    runner.register_hook(StepSeedHook(seed=config.randomness.seed))
    runner.register_hook(StartCheckHook())
    runner.register_hook(FiniteLossHook())
    runner.register_hook(PerClassHook())
    if config.get("start_from"):
        runner.register_hook(StartWeightsHook(start_from=config.start_from))
    with config_errors(options.config):
        _build_loops(runner)
    with worker_deaths(runner):
        runner.train()
    leave_processes(runner)
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
        options: the options of the run; a model's name in place of the config evaluates on the
            data and with the method of its published figure.
        checkpoint: of stad or of a project that ``stad.zoo.load_weights`` reads; None takes the
            published weights of the named model.
        report: folder for a page that shows the evaluation of a detector, with images of its
            mistakes.
        views: of a recognizer, clips and crops per video, such as '10x3'; None keeps those of the
            config.

    Returns:
        Names to values, such as 'mAP' or 'top1' in [0, 1].

    Raises:
        InputError: the checkpoint does not fit, or the data is missing.
    """
    entry = published.named_entry(options.config)
    if entry is not None:
        options = published.evaluation_options(entry, options)
    config = read_run_config(options, EVALUATION_KEYS)
    check_work_dir(Path(config.work_dir))
    check_inputs(config, ("val_dataloader",))
    # After the data, so that missing data is reported before a download.
    checkpoint = published.checkpoint_of(entry, checkpoint)
    if config.val_evaluator.get("out"):
        check_output("--out", config.val_evaluator.out)
    use_views(config.val_dataloader, views, has_report=report is not None)
    runner = build_runner(without_training(config))
    with config_errors(options.config):
        _build_loops(runner)
    load_weights(scoring_model(runner), checkpoint)
    if entry is not None:
        runner.logger.info(published.describe_evaluation(entry, config))
    runner.register_hook(StartCheckHook())
    runner.register_hook(PerClassHook())
    with worker_deaths(runner):
        metrics = runner.val()
    if report is not None and is_main_process():
        from stad.engine.evaluation_report import write_evaluation_report

        write_evaluation_report(runner, report, name=Path(checkpoint).name)
    leave_processes(runner)
    return metrics


def _build_loops(runner: Runner) -> None:
    """Build the loops that a runner has: these properties build them when first read."""
    _ = runner.train_loop, runner.val_loop
