"""Train a model of one's own classes: the job behind ``stad train FOLDER``."""

from __future__ import annotations

from stad.cli.log_lines import line_log
from stad.cli.terminal import PipeConsole
from stad.cli.train_options import TrainOptions, check_folder
from stad.own_classes.train import OwnTraining, train_own


def train_folder(options: TrainOptions) -> None:
    """Train on the labels of a folder, and print the figures of its classes.

    Raises:
        InputError: there is too little to learn from, or a file or an option cannot be used.
    """
    check_folder(options)
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
        trained = finetune_own(options.config, training, runner, progress=progress, log=log)
    else:
        trained = train_own(options.config, training, progress=progress, log=log)
    if not options.quiet:
        _print_table(trained.table)


def _print_table(rows: list[list[str]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for place, name in enumerate(rows[0]):
        table.add_column(name, justify="right" if place else "left")
    for row in rows[1:]:
        table.add_row(*row)
    PipeConsole().print(table)
