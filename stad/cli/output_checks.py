"""Check that the outputs of a command can be written, before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stad.cli.help_text import option_rows
from stad.errors import InputError
from stad.utils.files import check_output
from stad.utils.locks import lock_path
from stad.utils.part_files import file_number, is_special, part_path
from stad.utils.suffixes import VIDEO_SUFFIXES

# Fields of the options that name files to read; some may name a model or a camera instead.
INPUTS = (
    *("video", "source", "boxes", "localizer"),
    *("model", "weights", "detector", "detector_weights", "config", "checkpoint"),
    *("curves", "gt", "start_from", "compare", "leave_one_out", "videos"),
)
# Of the folder of a model, and the folder in that of its videos.
MODEL_CARD, MODEL = "model.json", "model"
STDOUT = 1


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
            found += [(name, path) for path in _files(one, row.field)]
    return found


def _files(value: str | Path | None, field: str) -> list[Path]:
    """Return the file of that name, or the files of a folder that are read; [] without a file."""
    path = Path(value or "")
    try:
        if path.is_dir():
            return _folder_files(path, field)
        # The weights of a network of OpenVINO are in a file beside it.
        beside = [path.with_suffix(".bin")] if path.suffix == ".xml" else []
        return [one for one in (path, *beside) if one.is_file()]
    except (OSError, ValueError):
        # A URL may be too long for a file name.
        return []


def _folder_files(folder: Path, field: str) -> list[Path]:
    if field == "curves":
        return sorted(folder.glob("*.json"))
    if field == "videos":
        return [one for one in folder.iterdir() if one.suffix.lower() in VIDEO_SUFFIXES]
    for one in (folder, folder / MODEL):
        if (one / MODEL_CARD).is_file():
            return [file for file in one.iterdir() if file.is_file()]
    return []


def check_not_input(options: object, outputs: Mapping[str, Path | None]) -> None:
    """Raise InputError for an output that is one of the files that the command reads.

    Args:
        options: dataclass of the command's options.
        outputs: files to write, by their options.
    """
    inputs = [(name, path) for name, path in input_paths(options) if not is_special(path)]
    for flag, path in outputs.items():
        # Also what is written until the output is complete.
        written = [] if path is None else [path, part_path(path), lock_path(path)]
        for one in filter(Path.exists, written):
            for name, read in inputs:
                if one.samefile(read):
                    raise InputError(
                        f"{flag}: {one} is an input of the same command ({name}). Choose another "
                        "name."
                    )


def check_distinct(outputs: Mapping[str, Path]) -> None:
    """Raise InputError for two outputs in one file, also through links.

    Args:
        outputs: files to write, by what the user knows them by.
    """
    seen: dict[Path, str] = {}
    for flag, path in outputs.items():
        for other, before in ((seen[one], one) for one in seen):
            if _is_same(path, before):
                raise InputError(
                    f"{flag} and {other} name the same file {path}. Give each its own."
                )
            if _is_same(path, part_path(before)) or _is_same(path, lock_path(before)):
                raise InputError(
                    f"{flag}: {path} is written while {other} is unfinished. Choose another name."
                )
        seen[path] = flag


def _is_same(one: Path, other: Path) -> bool:
    if one.resolve() == other.resolve():
        return True
    return one.exists() and other.exists() and one.samefile(other)


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
    check_distinct(wanted)
    check_not_input(options, wanted)
    for flag, path in wanted.items():
        check_free(flag, path, overwrite=overwrite)


def is_stdout(*outputs: Path | None) -> bool:
    """Return whether an output is stdout, where nothing else may be printed then."""
    return any(one is not None and file_number(one) == STDOUT for one in outputs)


def check_free(flag: str, path: Path, *, overwrite: bool, hint: str = "") -> None:
    """Raise InputError for a file that exists, unless it is replaced; devices never are.

    Args:
        flag: the option that names the file.
        path: of the file.
        overwrite: replace it.
        hint: what else the user can do, for the message.
    """
    if path.exists() and not overwrite and not is_special(path):
        raise InputError(f"{flag}: {path} exists already. Add --overwrite to replace it{hint}.")
