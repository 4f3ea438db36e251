"""Run ``stad export``."""

from __future__ import annotations

from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.export_options import ExportOptions
from stad.errors import InputError

DESCRIPTION = """Write a model as one file that runs without torch: ONNX, or OpenVINO's format.

The file goes from normalised clips and boxes to scores. It is run and compared with torch before
it gets its name. FILE.json beside it says what goes in; 'stad annotate --model FILE' reads both."""
EXAMPLES = (
    "slowfast_r50_4x16_ava21 --out model.onnx --dynamic",
    "slowfast_r50_4x16_ava21 --out model.xml --size 1280x720",
    "configs/slowonly_ava.py --weights work/best.pth --out model.onnx",
)
EVERYDAY = ("model", "weights", "out", "dynamic", "size", "overwrite")


def export_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad export``."""
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
    from stad.cli.export_job import export

    export(options)
