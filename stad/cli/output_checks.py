"""Check that the outputs of a command can be written, before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stad.cli.help_text import option_rows
from stad.errors import InputError
from stad.utils.files import check_output

# Fields of the options that name files to read; some may name a model or a camera instead.
INPUTS = (
    *("video", "source", "boxes", "localizer"),
    *("model", "weights", "detector", "detector_weights", "config", "checkpoint"),
    *("curves", "gt", "start_from", "compare", "leave_one_out"),
)


def input_paths(options: object) -> list[tuple[str, Path]]:
    """Return the existing files that a command reads, with the option of each.

    A positional argument has its placeholder as its name, such as VIDEO.

    Args:
        options: dataclass of a command's options.
    """
    found = []
    for row in option_rows(type(options)):
        value = getattr(options, row.field) if row.field in INPUTS else None
        for one in value if isinstance(value, tuple) else (value,):
            name = row.name or row.metavar.split("|")[0].strip("[]. ")
            found += [(name, path) for path in _files(one, is_curves=row.field == "curves")]
    return found


def _files(value: str | Path | None, *, is_curves: bool) -> list[Path]:
    """Return the file of that name, or the JSON files of a folder of curves; [] without a file."""
    path = Path(value or "")
    try:
        if is_curves and path.is_dir():
            return sorted(path.glob("*.json"))
        return [path] if path.is_file() else []
    except (OSError, ValueError):
        # A URL may be too long for a file name.
        return []


def check_not_input(options: object, outputs: Mapping[str, Path | None]) -> None:
    """Raise InputError for an output that is one of the files that the command reads.

    Args:
        options: dataclass of the command's options.
        outputs: files to write, by their options.
    """
    inputs = input_paths(options)
    for flag, path in outputs.items():
        for name, read in inputs:
            if path is not None and path.exists() and path.samefile(read):
                raise InputError(
                    f"{flag}: {path} is an input of the same command ({name}). Choose another name."
                )


def check_outputs(options: object, outputs: Mapping[str, Path | None], *, overwrite: bool) -> None:
    """Raise InputError for an output that cannot be written, is an input, or is there already.

    Args:
        options: dataclass of the command's options.
        outputs: files to write, by their options; None for those that are not wanted.
        overwrite: replace files that exist.
    """
    wanted = {flag: path for flag, path in outputs.items() if path is not None}
    for flag, path in wanted.items():
        check_output(flag, path)
    check_not_input(options, wanted)
    for flag, path in wanted.items():
        check_free(flag, path, overwrite=overwrite)


def check_free(flag: str, path: Path, *, overwrite: bool, hint: str = "") -> None:
    """Raise InputError for a file that exists, unless it is replaced.

    Args:
        flag: the option that names the file.
        path: of the file.
        overwrite: replace it.
        hint: what else the user can do, for the message.
    """
    if path.exists() and not overwrite:
        raise InputError(f"{flag}: {path} exists already. Add --overwrite to replace it{hint}.")
