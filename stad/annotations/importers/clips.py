"""Read a CSV of a label for each video as a whole: 'video,label[,source]' with a header.

Several labels of a video are several rows, or separated by ';' or '|' in one.
"""

from __future__ import annotations

import re
from pathlib import Path

from stad.annotations.importers.contract import (
    SECONDS,
    WHOLE,
    FileSpan,
    FileVideo,
    ImportedFile,
    Notes,
    ReadOptions,
    wrong_file,
)
from stad.annotations.importers.table_columns import named_columns, read_header, read_named

EXPECTED = "CSV with a header and the columns video and label, and perhaps source"
BETWEEN = re.compile(r"[;|]")


def recognizes(path: Path) -> bool:
    """Return whether a file is a CSV with a header that names a video and a label."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    columns = named_columns(read_header(path))
    return "video" in columns and bool({"label", "labels"} & set(columns))


def read(path: Path, options: ReadOptions) -> ImportedFile:
    """Read labels and sources; see the module.

    Raises:
        InputError: the file has other columns.
    """
    header = read_header(path)
    columns = named_columns(header)
    text = columns.get("label", columns.get("labels"))
    if "video" not in columns or text is None:
        there = ", ".join(one.strip() for one in header) or "none"
        raise wrong_file(path, f"has the columns {there}", EXPECTED)
    notes = Notes()
    found: dict[str, list[str]] = {}
    sources: dict[str, str] = {}
    for row in read_named(path, {**columns, "text": text}):
        name, labels = row.cells["video"], BETWEEN.split(row.cells["text"])
        labels = [one.strip() for one in labels if one.strip()]
        if not name or not labels or row.is_long:
            missing = "the video" if not name else "the label"
            what = "it has more cells than the header" if row.is_long else f"{missing} is missing"
            notes.add(f"{row.place} ({name or '?'}) is left out: {what}.")
            continue
        found.setdefault(name, []).extend(labels)
        source = row.cells.get("source", "")
        if source and sources.setdefault(name, source) != source:
            notes.add(f"{row.place}: {name} has another source above, {sources[name]!r}.")
    videos = tuple(
        FileVideo(
            name,
            str(path),
            SECONDS,
            spans=tuple(FileSpan(None, label, 0, WHOLE) for label in dict.fromkeys(labels)),
            source=sources.get(name, ""),
            folders=(path.parent,),
        )
        for name, labels in found.items()
    )
    used = dict.fromkeys(span.label for video in videos for span in video.spans)
    return ImportedFile(videos, tuple(used), notes.all())
