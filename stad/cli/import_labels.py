"""Run ``stad import``: labels of other programs for a folder of one's own videos."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from stad.annotations.importers import FORMATS
from stad.cli.arguments import HELP, parse
from stad.cli.import_options import ImportOptions
from stad.errors import InputError

DESCRIPTION = "Import labels that were made in other programs.\n\nFormats:\n" + "\n".join(
    f"  {name:<13}{text}" for name, text in FORMATS.items()
)
EXAMPLES = (
    "data/mine --from cvat task.zip",
    "data/mine --from project.json --videos ~/videos --link",
    "data/mine --from clips.csv --rename Falling=Fall --classes Fall,Sit",
)
EVERYDAY = ("folder", "from_", "classes", "rename", "others", "overwrite", "merge")


def import_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad import``."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if not {*words} & {*HELP} and (not words or words[0].startswith("-")):
        # The words after --from are all files.
        raise InputError(
            "Name the folder of your videos first, then what to import: "
            "'stad import data/mine --from cvat task.zip'."
        )
    options = parse(
        ImportOptions,
        words,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )
    from stad.cli.import_job import run_import

    run_import(options)
