"""Read CVAT's XML 1.1 for video, or the ZIP with it.

Classes are the labels of tracks, and the attributes of a label: a checkbox is a class by its name,
a choice by its value. Boxes between key frames are on the line between them, as in CVAT.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError

from stad.annotations.importers.attributes import (
    CHECKBOX,
    CHOICE,
    TEXT,
    Attribute,
    attribute_labels,
)
from stad.annotations.importers.contract import (
    FRAMES,
    FileSpan,
    FileTrack,
    FileVideo,
    ImportedFile,
    Notes,
    ReadOptions,
    wrong_file,
)
from stad.annotations.importers.cvat_shapes import read_box
from stad.annotations.importers.names import PERSON_NAMES
from stad.annotations.own.class_folders import plain_name
from stad.errors import InputError
from stad.utils.limits import check_text_size

EXPECTED = (
    "CVAT's XML 1.1 for video: export the task as 'CVAT for video 1.1', and give the ZIP or its "
    "annotations.xml"
)
# A file that unpacks to more is not unpacked.
MAX_XML_BYTES = 1 << 30
HEAD_BYTES = 4096
KINDS = {"checkbox": CHECKBOX, "select": CHOICE, "radio": CHOICE, "text": TEXT}


class _Row(NamedTuple):
    """An entry of a track: a box at a frame, or that the person is outside from there on."""

    frame: int
    box: tuple[float, ...] | None
    labels: tuple[tuple[str, str], ...]


@dataclass
class _Task:
    """A video of the file."""

    name: str
    size: tuple[float, float]
    num_frames: int
    step: int
    offset: int
    tracks: list[tuple[str, list[_Row]]] = field(default_factory=list)


def recognizes(path: Path) -> bool:
    """Return whether a file is CVAT's XML, or a ZIP with an XML file."""
    if not path.is_file():
        return False
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return any(one.lower().endswith(".xml") for one in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return b"<annotations" in head


def read(path: Path, options: ReadOptions) -> ImportedFile:
    """Read tracks and their labels; see the package.

    Raises:
        InputError: the file is not XML of CVAT for video.
    """
    notes = Notes()
    videos, labels = [], []
    for place, root in _roots(path):
        if root.tag != "annotations":
            raise wrong_file(
                path, f"has the element <{root.tag}> instead of <annotations>", EXPECTED
            )
        if root.find("image") is not None and root.find("track") is None:
            raise wrong_file(path, "is CVAT's format for images, which has no tracks", EXPECTED)
        attributes = _attributes(root)
        tasks = _tasks(root, path)
        _read_tracks(root, tasks, attributes, place, notes)
        videos += [_video(task, place) for task in tasks.values() if task.tracks]
        labels += _file_labels(root, videos)
    return ImportedFile(tuple(videos), tuple(dict.fromkeys(labels)), notes.all())


def _roots(path: Path) -> Iterator[tuple[str, Element]]:
    """Yield the place and the root element of each XML file."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        for place, text in _texts(path):
            yield place, fromstring(text)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise wrong_file(path, f"is not XML that can be read ({error})", EXPECTED) from error
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        raise InputError(f"{path} cannot be read: {error}. Export it again.") from error


def _texts(path: Path) -> Iterator[tuple[str, bytes]]:
    if not zipfile.is_zipfile(path):
        check_text_size(path, path.stat().st_size)
        yield path.name, path.read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        members = [one for one in archive.infolist() if one.filename.lower().endswith(".xml")]
        if not members:
            raise wrong_file(path, "has no XML file", EXPECTED)
        for member in members:
            # Read in memory: no path of the archive reaches the disk.
            with archive.open(member) as file:
                text = file.read(MAX_XML_BYTES + 1)
            if len(text) > MAX_XML_BYTES:
                raise InputError(
                    f"{path}: {member.filename} has more than {MAX_XML_BYTES >> 30} GiB. Unpack it "
                    "and give the XML file."
                )
            yield f"{path.name}/{member.filename}", text


def _attributes(root: Element) -> dict[str, dict[str, Attribute]]:
    """Return the attributes of each label, by name."""
    found: dict[str, dict[str, Attribute]] = {}
    for label in root.iterfind("meta//label"):
        own = found.setdefault(_text(label, "name"), {})
        for one in label.iterfind("attributes/attribute"):
            name = _text(one, "name")
            if name:
                own[name] = Attribute(name, KINDS.get(_text(one, "input_type"), ""))
    return found


def _tasks(root: Element, path: Path) -> dict[str, _Task]:
    """Return the videos of a file by the id of the task; one that says nothing has the id ''."""
    tasks: dict[str, _Task] = {}
    offset = 0
    for element in root.iterfind("meta//*"):
        if element.tag not in ("task", "job"):
            continue
        width, height = (_text(element, f"original_size/{side}") for side in ("width", "height"))
        frame_filter = _text(element, "frame_filter").replace(" ", "")
        step = frame_filter.removeprefix("step=")
        # CVAT has 'tasks/task' for a project; the video is 'source' there, too.
        name = _text(element, "source") or _text(root, "meta/source") or _text(element, "name")
        size = int(_number(_text(element, "size")))
        tasks[_text(element, "id")] = _Task(
            name or path.stem,
            (_number(width), _number(height)),
            size,
            int(_number(step)) or 1,
            offset,
        )
        offset += size
    return tasks or {"": _Task(path.stem, (0.0, 0.0), 0, 1, 0)}


def _read_tracks(
    root: Element,
    tasks: Mapping[str, _Task],
    attributes: Mapping[str, Mapping[str, Attribute]],
    place: str,
    notes: Notes,
) -> None:
    used = [one.get("label", "") for one in root.iterfind("track")]
    for number, track in enumerate(root.iterfind("track")):
        label = track.get("label", "")
        where = f"{place}, track {track.get('id', number)}"
        task = tasks.get(track.get("task_id", ""), next(iter(tasks.values())))
        own = attributes.get(label, {})
        # A label with attributes says who, if there is nothing else to tell apart by labels.
        says_who = bool(own) and (plain_name(label) in PERSON_NAMES or len({*used}) == 1)
        rows = []
        for shape in track:
            try:
                rows.append(_row(shape, "" if says_who else label, own))
            except (KeyError, ValueError) as error:
                what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
                notes.add(f"{where}: a <{shape.tag}> is left out: {what}.")
        if any(row.box for row in rows):
            task.tracks.append((label, sorted(rows, key=lambda row: row.frame)))
        else:
            notes.add(f"{where} ({label}) has no box and is left out.")
    for kind in ("tag", "image"):
        if count := len(root.findall(kind)):
            notes.add(f"{place}: {count} <{kind}> elements have no track and are left out.")


def _row(shape: Element, label: str, attributes: Mapping[str, Attribute]) -> _Row:
    frame = int(shape.attrib["frame"])
    if shape.get("outside") == "1":
        return _Row(frame, None, ())
    labels = [(label, "")] if label else []
    for one in shape.iterfind("attribute"):
        name, value = one.get("name", ""), (one.text or "").strip()
        labels += attribute_labels(attributes.get(name, Attribute(name)), value)
    return _Row(frame, read_box(shape), tuple(dict.fromkeys(labels)))


def _video(task: _Task, place: str) -> FileVideo:
    frames = [row.frame for _, rows in task.tracks for row in rows]
    # Some exports of projects count on from task to task.
    is_shifted = task.offset and min(frames, default=0) >= task.offset >= task.num_frames
    shift = task.offset if is_shifted else 0
    tracks, spans = [], []
    for number, (_, rows) in enumerate(task.tracks):
        moved = [row._replace(frame=row.frame - shift) for row in rows]
        tracks.append(_track(number, moved))
        spans += _spans(number, moved, task.step)
    return FileVideo(
        name=task.name,
        place=place,
        unit=FRAMES,
        tracks=tuple(tracks),
        spans=tuple(spans),
        size=task.size,
    )


def _track(number: int, rows: Sequence[_Row]) -> FileTrack:
    following = [*rows[1:], None]
    return FileTrack.from_rows(
        number,
        (
            (row.frame, row.box, after is not None and after.box is None)
            for row, after in zip(rows, following, strict=True)
            if row.box
        ),
    )


def _spans(number: int, rows: Sequence[_Row], step: int) -> list[FileSpan]:
    """Return the spans of a track: a label holds until the next entry, which may lack it."""
    open_from: dict[tuple[str, str], int] = {}
    spans = []
    last = _Row(rows[-1].frame + step, None, ())
    for row in [*rows, last]:
        for key in [one for one in open_from if one not in row.labels]:
            label, group = key
            spans.append(FileSpan(number, label, open_from.pop(key), row.frame, group=group))
        for key in row.labels:
            open_from.setdefault(key, row.frame)
    return sorted(spans, key=lambda one: one.start)


def _file_labels(root: Element, videos: Sequence[FileVideo]) -> list[str]:
    """Return the labels that are used, in the order of the file's own list."""
    used = dict.fromkeys(span.label for video in videos for span in video.spans)
    order = []
    for label in root.iterfind("meta//label"):
        order.append(_text(label, "name"))
        for one in label.iterfind("attributes/attribute"):
            order += [_text(one, "name"), *_text(one, "values").splitlines()]
    place = {name.strip(): number for number, name in reversed(list(enumerate(order)))}
    return sorted(used, key=lambda name: place.get(name, len(order)))


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _number(text: Any) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
