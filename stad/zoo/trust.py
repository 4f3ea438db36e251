"""Refuse configs that others can change: a config is Python code, which runs when it is read."""

from __future__ import annotations

import ast
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import stad
from stad.errors import InputError

# Folders, separated as in PATH, whose configs are read even if other users can change them.
VARIABLE = "STAD_TRUSTED_CONFIGS"
BASE = "_base_"


def check_trusted(path: Path) -> None:
    """Raise InputError if others can change a config, or one that it is based on.

    Others are all users but root and the one who runs this. stad's own folder is trusted, as its
    code is.

    Args:
        path: of the config; it exists.
    """
    waiting, seen = [path], set()
    while waiting:
        file = waiting.pop().resolve()
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        if not any(file.is_relative_to(one) for one in _trusted_folders()):
            _check_place(file)
        waiting += _bases(file)


def _trusted_folders() -> list[Path]:
    given = os.environ.get(VARIABLE, "").split(os.pathsep)
    # The checkout, or the folder of stad among the installed packages.
    package = Path(stad.__file__).resolve().parent
    own = package.parent if (package.parent / "configs").is_dir() else package
    return [own, *(Path(one).expanduser().resolve() for one in given if one)]


def _check_place(file: Path) -> None:
    for place in (file, *file.parents):
        reason = _doubt(place.stat(), is_file=place == file)
        if reason:
            what = "it" if place == file else f"the folder {place}"
            raise InputError(
                f"{file} was not read: a config is code that is run, and {what} {reason}. Copy it "
                f"to a folder of yours, or set {VARIABLE}={file.parent} if you trust it."
            )


def _doubt(found: os.stat_result, *, is_file: bool) -> str:
    """Return why others could change a file or folder; '' if only its owner can."""
    # In a sticky folder, such as /tmp, users can change their own files only.
    is_sticky = not is_file and found.st_mode & stat.S_ISVTX
    if found.st_mode & stat.S_IWOTH and not is_sticky:
        return "can be changed by every user"
    if found.st_uid not in (0, os.geteuid()):
        return f"belongs to another user (number {found.st_uid})"
    return ""


def _bases(file: Path) -> Iterator[Path]:
    """Yield the files that a config names as its bases; what cannot be parsed has none."""
    if file.suffix != ".py":
        return
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = file.parents[min(node.level, len(file.parents)) - 1]
            target = folder.joinpath(*(node.module or "").split("."))
            yield target.with_suffix(".py")
            yield from (target / f"{one.name}.py" for one in node.names)
        if isinstance(node, ast.Assign) and any(_is_base(one) for one in node.targets):
            for one in ast.walk(node.value):
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield file.parent / one.value


def _is_base(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == BASE
