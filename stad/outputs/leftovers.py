"""Know what a run leaves beside its outputs if it dies, and remove it before the next one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stad.utils.part_files import delete_dead, delete_dead_parts, is_special, part_path
from stad.video.continued import rest_path

VIDEO = "--out"


def unfinished_files(paths: Mapping[str, Path], state: Path) -> list[Path]:
    """Return the names that incomplete files of a run usually have.

    Args:
        paths: the outputs, by their options.
        state: the file of the results so far.
    """
    found = [part_path(path) for path in (*paths.values(), state)]
    if VIDEO in paths:
        rest = rest_path(paths[VIDEO])
        found += [rest, part_path(rest)]
    return found


def remove_leftovers(paths: Mapping[str, Path], state: Path) -> None:
    """Remove what runs that died left beside these outputs; the caller holds their locks.

    Args:
        paths: the outputs, by their options.
        state: the file of the results so far.
    """
    for path in (*paths.values(), state):
        delete_dead_parts(path)
    if VIDEO in paths and not is_special(paths[VIDEO]):
        rest = rest_path(paths[VIDEO])
        delete_dead_parts(rest)
        delete_dead(rest)
