"""Run ``stad export``: a model as one file, or the labels of one's own videos."""

from __future__ import annotations

from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.export_options import ExportOptions
from stad.errors import InputError

DESCRIPTION = """Write a model as one file that runs without torch, or labels for other programs.

A model is written as ONNX or in OpenVINO's format, from normalised clips and boxes to scores. It is
run and compared with torch before it gets its name. FILE.json beside it says what goes in;
'stad annotate --model FILE' reads both. --ava and --coco write the labels of your own videos."""
EXAMPLES = (
    "slowfast_r50_4x16_ava21 --out model.onnx --dynamic",
    "slowfast_r50_4x16_ava21 --out model.xml --size 1280x720",
    "configs/slowonly_ava.py --weights work/best.pth --out model.onnx",
    "data/mine --coco labels.json --ava labels.csv",
)
EVERYDAY = ("model", "weights", "out", "dynamic", "size", "ava", "coco", "overwrite")


def export_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad export``: a model as one file, or the labels of one's own videos."""
    options = parse(
        ExportOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )
    if not options.model:
        raise InputError(
            "Give the name of a model or the path of a config; 'stad models' lists the names."
        )
    if options.ava is not None or options.coco is not None:
        from stad.cli.export_labels_job import export_labels

        export_labels(options)
        return
    from stad.cli.export_job import export

    export(options)
