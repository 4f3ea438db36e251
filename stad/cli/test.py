"""Run ``stad test``: evaluate a checkpoint on the validation data of a config."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.output_checks import check_not_input
from stad.cli.train_options import CheckpointOptions

DESCRIPTION = """Evaluate a checkpoint on the data of the config's val_dataloader.

With the NAME of a published model, as "stad models" lists it, evaluate its published weights or a
CHECKPOINT on the data and in the way of its published figure. The last line on stdout is JSON."""
EXAMPLES = (
    "configs/slowfast_ava.py work_dirs/slowfast_ava/best.pth --report report",
    "slowfast_r50_8x8_ava21",
)
EVERYDAY = (
    *("config", "checkpoint", "work_dir", "out", "views", "report", "cfg_options", "launcher"),
)


def checkpoint_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad test`` and print the metrics as JSON."""
    options = parse(
        CheckpointOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )
    from stad.engine.config_options import read_changes

    changes = read_changes(options.cfg_options)
    check_not_input(options, {"--out": options.out})
    if options.out is not None:
        changes["val_evaluator.out"] = str(options.out)
    # Imported here: --help and wrong options do not wait for torch.
    from stad.engine.run import RunOptions, evaluate

    run = RunOptions(
        config=options.config,
        work_dir=options.work_dir,
        launcher=options.launcher,
        changes=changes,
    )
    metrics = evaluate(run, options.checkpoint, report=options.report, views=options.views)
    # JSON has no NaN.
    known = {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in metrics.items()
    }
    print(json.dumps(known))
