"""Read a CSV of timed labels of whole frames.

It has a row a label with the columns video, start, end and label, in seconds; or a row a video
with all its labels in one column, as 'Sitting[0 to 6]; Reading[0 to 2; 5 to 7]'. A row that cannot
be read as a whole is left out and reported: half of its labels would be wrong.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from stad.annotations.importers.contract import (
    SECONDS,
    FileSpan,
    FileVideo,
    ImportedFile,
    Notes,
    ReadOptions,
    wrong_file,
)
from stad.annotations.importers.table_columns import (
    NamedRow,
    named_columns,
    read_header,
    read_named,
)

EXPECTED = "CSV with a header: the columns video, start, end and label, or video and classes"
TIMED = ("video", "start", "end", "label")
LISTED = re.compile(r"\[[^\]]*\d")
# A label and its times; signs between two of them do not matter.
ITEM = re.compile(r"\s*(?P<label>[^\[\];]+?)\s*\[(?P<times>[^\[\]]*)\]\s*[;:,.]*\s*")
TIMES = re.compile(r"\s*(?P<start>\d+(?:\.\d+)?)\s*(?:to|-|–)\s*(?P<end>\d+(?:\.\d+)?)\s*")
CLOCK = re.compile(r"(?:(?P<hours>\d+):)?(?P<minutes>\d+):(?P<seconds>\d+(?:\.\d+)?)")


def recognizes(path: Path) -> bool:
    """Return whether a file is a CSV with a header and times."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    header = read_header(path)
    columns = named_columns(header)
    if set(TIMED) <= set(columns):
        return True
    column = columns.get("labels", columns.get("label"))
    if column is None or "video" not in columns:
        return False
    return any(LISTED.search(row.cells["text"]) for row in read_named(path, {"text": column}))


def read(path: Path, options: ReadOptions) -> ImportedFile:
    """Read timed labels; see the module.

    Raises:
        InputError: the file has other columns.
    """
    columns = named_columns(read_header(path))
    is_timed = set(TIMED) <= set(columns)
    text = columns.get("labels", columns.get("label"))
    if "video" not in columns or (not is_timed and text is None):
        there = ", ".join(one.strip() for one in read_header(path)) or "none"
        raise wrong_file(path, f"has the columns {there}", EXPECTED)
    if not is_timed and text is not None:
        columns = {**columns, "listed": text}
    notes = Notes()
    found: dict[str, list[FileSpan]] = {}
    sources: dict[str, str] = {}
    for row in read_named(path, columns):
        name = row.cells["video"]
        try:
            if not name:
                raise ValueError("the video is missing")
            spans = _timed_span(row) if is_timed else parse_listed(row.cells["listed"])
        except ValueError as error:
            notes.add(f"{row.place} ({name or '?'}) is left out: {error}.")
            continue
        found.setdefault(name, []).extend(spans)
        if row.cells.get("source"):
            sources[name] = row.cells["source"]
    videos = tuple(
        FileVideo(
            name,
            str(path),
            SECONDS,
            spans=tuple(spans),
            source=sources.get(name, ""),
            folders=(path.parent / path.stem, path.parent),
        )
        for name, spans in found.items()
    )
    labels = dict.fromkeys(span.label for video in videos for span in video.spans)
    return ImportedFile(videos, tuple(labels), notes.all())


def parse_listed(text: str) -> list[FileSpan]:
    """Return the labels of a text such as 'Sitting[0 to 6]; Reading[0 to 2; 5 to 7]'.

    Raises:
        ValueError: a part of it is something else.

    >>> [(one.label, one.start, one.end) for one in parse_listed("Fall (BW) [0.5 to 5]:; ")]
    [('Fall (BW)', 0.5, 5.0)]
    """
    spans: list[FileSpan] = []
    position = 0
    while position < len(text.rstrip()):
        item = ITEM.match(text, position)
        if item is None:
            raise ValueError(_expected(text[position:].strip()))
        for part in item["times"].split(";"):
            times = TIMES.fullmatch(part)
            if times is None:
                raise ValueError(
                    f"expected times such as '0 to 2.5' for {item['label']!r}, got {part.strip()!r}"
                )
            spans.append(_span(item["label"].strip(), float(times["start"]), float(times["end"])))
        position = item.end()
    if not spans:
        raise ValueError("it has no label")
    return spans


def _expected(text: str) -> str:
    label = re.split(r"[\[;]", text)[0].strip()
    if "[" in text and "]" not in text.split("[", 2)[1]:
        return f"the ']' after the times of {label!r} is missing"
    if label.strip("]") and "[" not in text.split(";")[0]:
        return f"the label {label!r} has no times"
    return f"expected 'Label[start to end]', got {text[:60]!r}"


def _timed_span(row: NamedRow) -> list[FileSpan]:
    label = row.cells["label"]
    if not label:
        raise ValueError("the label is missing")
    if row.is_long:
        raise ValueError("it has more cells than the header; put texts with commas in quotes")
    return [_span(label, _seconds(row.cells["start"]), _seconds(row.cells["end"]))]


def _span(label: str, start: float, end: float) -> FileSpan:
    if end <= start:
        raise ValueError(f"the label {label!r} ends at {end:g} s, not after its start {start:g} s")
    return FileSpan(None, label, start, end)


def _seconds(text: str) -> float:
    """Return seconds of '12.5', '1:02' or '0:01:02.5'."""
    if clock := CLOCK.fullmatch(text):
        minutes = 60 * int(clock["hours"] or 0) + int(clock["minutes"])
        return 60 * minutes + float(clock["seconds"])
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"expected seconds, got {text!r}")
    return value
