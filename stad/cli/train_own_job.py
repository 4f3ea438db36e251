"""Train a model of one's own classes: the job behind ``stad train FOLDER``."""

from __future__ import annotations

from stad.annotations.own.folder import OwnFolder
from stad.cli.log_lines import line_log
from stad.cli.terminal import PipeConsole
from stad.cli.train_options import TrainOptions, check_folder
from stad.own_classes.train import OwnTraining, TrainedModel, train_own
from stad.utils.locks import only_run_in

TRAINING = "train"


def train_folder(options: TrainOptions) -> None:
    """Train on the labels of a folder, and print the figures of its classes.

    Raises:
        InputError: there is too little to learn from, a file or an option cannot be used, or the
            folder is trained on already.
    """
    check_folder(options)
    folder = OwnFolder(options.config)
    busy = f"Another 'stad train' trains on {folder.path} already. Wait until it has ended."
    with only_run_in(folder.cache_path(TRAINING), busy=busy, log=print):
        trained = _train(options)
    if not options.quiet:
        _print_table(trained.table)


def _train(options: TrainOptions) -> TrainedModel:
    training = OwnTraining(
        classes=options.classes,
        views=options.views,
        backbone=options.backbone,
        weights=options.backbone_weights,
        num_variants=options.variants,
        is_unchecked=options.unchecked,
        detector=options.detector,
        device=options.device,
        runtime=options.runtime,
    )
    log = line_log(quiet=options.quiet)
    progress = not options.quiet
    if options.finetune:
        # Imported here: it takes mmengine's runner.
        from stad.engine.config_options import read_changes
        from stad.own_classes.finetune import RunnerOptions, finetune_own

        runner = RunnerOptions(
            work_dir=options.work_dir,
            resume=options.resume,
            amp=options.amp,
            launcher=options.launcher,
            changes=read_changes(options.cfg_options),
        )
        return finetune_own(options.config, training, runner, progress=progress, log=log)
    return train_own(options.config, training, progress=progress, log=log)


def _print_table(rows: list[list[str]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for place, name in enumerate(rows[0]):
        table.add_column(name, justify="right" if place else "left")
    for row in rows[1:]:
        table.add_row(*row)
    PipeConsole().print(table)
