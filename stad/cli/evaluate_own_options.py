"""Define the options of ``stad evaluate DATA``, a folder of own classes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

from stad.cli.evaluate_options import PrintOptions
from stad.cli.option_groups import DeviceOptions, OwnFolderOptions, QuietOptions
from stad.cli.option_types import Labels, option
from stad.errors import InputError

MIN_FOLDS = 2


@dataclass(frozen=True, kw_only=True)
class EvaluateOwnOptions(OwnFolderOptions, DeviceOptions, QuietOptions, PrintOptions):
    """Options of ``stad evaluate DATA``."""

    report: Annotated[
        Path | None, option("also write a page with examples of the mistakes", metavar="DIR")
    ] = None
    folds: Annotated[
        int, option("parts by source; each is tested by a model of the others", metavar="N")
    ] = 5
    no_curve: Annotated[bool, option("leave the learning curve out, which takes most time")] = False
    classes: Annotated[Labels, option("only these classes (default: all)", metavar="A,B")] = ()
    views: Annotated[
        Labels, option("only these views (default: chosen in each training)", metavar="A,B")
    ] = ()


RECORDS_OPTIONS = ("folder", "folds", "classes", "device", "quiet", "json")


def check_records(options: EvaluateOwnOptions) -> None:
    """Raise InputError for options that a folder of records does not take."""
    for field in fields(options):
        if field.name not in RECORDS_OPTIONS and getattr(options, field.name) != field.default:
            flag = f"--{field.name.replace('_', '-')}"
            raise InputError(
                f"{flag} is not for a folder of records, such as {options.folder}. Leave it out."
            )


def check_options(options: EvaluateOwnOptions) -> None:
    """Raise InputError for values that cannot be right."""
    if options.folds < MIN_FOLDS:
        raise InputError(f"--folds must be {MIN_FOLDS} or more, got {options.folds}.")
