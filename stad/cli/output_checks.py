"""Check that the outputs of a command can be written, before it begins."""

from __future__ import annotations

from pathlib import Path

from stad.errors import InputError
from stad.utils.files import check_output


def check_place(flag: str, path: Path, *, video: str) -> None:
    """Raise InputError unless a file can be written, and is another one than the input.

    Args:
        flag: the option that names the file.
        path: of the file.
        video: the input.
    """
    check_output(flag, path)
    if Path(video).exists() and path.exists() and path.samefile(video):
        raise InputError(f"{flag}: {path} is the input itself. Choose another name.")


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
