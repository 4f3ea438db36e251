"""Read labels that were made in other programs, with one module for each format.

A format is a module with ``recognizes(path) -> bool`` and ``read(path, options) -> ImportedFile``,
and one line in ``FORMATS``.
"""

from __future__ import annotations

import difflib
import importlib
from pathlib import Path
from typing import Protocol, cast

from stad.annotations.importers.contract import ImportedFile, ReadOptions
from stad.errors import InputError
from stad.utils.files import missing_file

# Modules and what they read, in the order in which a file is tried.
FORMATS = {
    "cvat": "CVAT's XML 1.1 for video, or the ZIP with it",
    "via": "project of VIA 3, JSON",
    "labelstudio": "export of Label Studio, JSON",
    "coco": "COCO JSON with videos, images and tracks; also what stad annotate --coco writes",
    "ava": "AVA CSV: video, second, box, class id, person id",
    "segments": "CSV of timed labels: a row a label, or 'Sit[0 to 6]; Read[0 to 7]'",
    "clips": "CSV of a label per video: video,label[,source]",
    "yolo": "folder of text files, one a frame: class, box, track id",
    "folders": "folder with a folder of videos for each class",
}
SPELLINGS = {"label-studio": "labelstudio", "label_studio": "labelstudio", "via3": "via"}


class Importer(Protocol):
    """A module that reads a format."""

    def recognizes(self, path: Path) -> bool:
        """Return whether a file or folder is of this format, by its content."""
        ...

    def read(self, path: Path, options: ReadOptions) -> ImportedFile:
        """Read a file or folder.

        Raises:
            InputError: it cannot be read; single rows that are wrong are notes of the result.
        """
        ...


def open_importer(name: str) -> Importer:
    """Return the module of a format.

    Raises:
        InputError: there is no such format.
    """
    name = SPELLINGS.get(name.lower(), name.lower())
    if name not in FORMATS:
        near = difflib.get_close_matches(name, FORMATS, n=1)
        hint = f"Perhaps you meant {near[0]}." if near else f"There are {', '.join(FORMATS)}."
        raise InputError(f"There is no format {name!r}. {hint}")
    return cast(Importer, importlib.import_module(f"{__name__}.{name}"))


def is_format(word: str) -> bool:
    """Return whether a word is the name of a format."""
    return SPELLINGS.get(word.lower(), word.lower()) in FORMATS


def recognize(path: Path) -> str:
    """Return the name of the format of a file or folder.

    Raises:
        InputError: there is no such file, or it is of none of the formats.
    """
    if not path.exists():
        raise missing_file(path)
    for name in FORMATS:
        if open_importer(name).recognizes(path):
            return name
    raise InputError(
        f"The format of {path} is not recognized. Name it, as in '--from cvat {path}'; there are "
        f"{', '.join(FORMATS)}."
    )


def read_file(path: Path, options: ReadOptions, *, name: str | None = None) -> ImportedFile:
    """Read labels.

    Args:
        path: file or folder.
        options: what the file may not say.
        name: of the format; None recognizes it.

    Raises:
        InputError: the file is missing, is not of the format, or holds nothing.
    """
    if not path.exists():
        raise missing_file(path)
    name = name or recognize(path)
    try:
        read = open_importer(name).read(path, options)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        # Single entries that are wrong are notes; here the file as a whole has another structure.
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"{path} has not the structure of {FORMATS[SPELLINGS.get(name, name)]}: {what}. Write "
            "it again with the program that made it."
        ) from error
    if not read.videos:
        reasons = f" {' '.join(read.notes[:3])}" if read.notes else ""
        raise InputError(f"{path} has no labels that can be used.{reasons}")
    return read
