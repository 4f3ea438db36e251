"""Read a project of VIA 3 (VGG Image Annotator): temporal segments, and boxes at single times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from stad.annotations.importers.attributes import (
    CHECKBOX,
    CHOICE,
    TEXT,
    Attribute,
    attribute_labels,
    is_identity,
)
from stad.annotations.importers.contract import (
    SECONDS,
    WHOLE,
    FileSpan,
    FileTrack,
    FileVideo,
    ImportedFile,
    Notes,
    ReadOptions,
    wrong_file,
)
from stad.annotations.importers.keyframe_people import KeyframeBox, people_of
from stad.annotations.importers.runs import usual_step
from stad.utils.files import read_json

EXPECTED = "a project that VIA 3 saved ('Save' or 'Export as JSON')"
KEYS = ("metadata", "attribute", "file")
KINDS = {1: TEXT, 2: CHECKBOX, 3: CHOICE, 4: CHOICE}
RECTANGLE, POLYGONS, CIRCLES = (2, 8), (6, 7), (3, 9)


class _Entry(NamedTuple):
    """One annotation: a segment, or a box at a time, or a label of the whole file."""

    key: str
    times: list[float]
    shape: list[float]
    labels: list[tuple[str, str]]
    identity: str


def recognizes(path: Path) -> bool:
    """Return whether a file is a project of VIA 3."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    content = read_json(path)
    return isinstance(content, dict) and all(isinstance(content.get(key), dict) for key in KEYS)


def read(path: Path, options: ReadOptions) -> ImportedFile:
    """Read segments and boxes; see the package.

    Boxes at single times are joined to people by an attribute such as 'person' or 'id', else by
    their overlap.

    Raises:
        InputError: the file is not a project of VIA 3.
    """
    content = read_json(path)
    if not isinstance(content, dict) or not all(isinstance(content.get(key), dict) for key in KEYS):
        raise wrong_file(path, f"lacks one of {', '.join(map(repr, KEYS))}", EXPECTED)
    notes = Notes()
    attributes = dict(_attributes(content["attribute"]))
    files = _files_of_views(content)
    entries: dict[str, list[_Entry]] = defaultdict(list)
    for key, one in content["metadata"].items():
        try:
            entries[files[str(one["vid"])]].append(_entry(key, one, attributes))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            notes.add(f"{path.name}, metadata {key!r} is left out: {type(error).__name__} {error}.")
    videos = []
    for fid, own in entries.items():
        name = str(content["file"][fid].get("fname") or content["file"][fid].get("src", ""))
        videos.append(_video(name, own, path, options, notes))
    labels = [
        label
        for number, one in content["attribute"].items()
        for value in (one.get("options") or {}).values()
        for label, _ in _labels(attributes[number], [str(value)])
    ]
    used = [span.label for video in videos for span in video.spans]
    order = [one for one in dict.fromkeys([*labels, *used]) if one in set(used)]
    return ImportedFile(tuple(videos), tuple(order), notes.all())


class _ViaAttribute(NamedTuple):
    name: str
    kind: str
    options: dict[str, str]


def _attributes(content: Mapping[str, Any]) -> Iterator[tuple[str, _ViaAttribute]]:
    for number, one in content.items():
        options = one.get("options") or {}
        yield (
            str(number),
            _ViaAttribute(
                str(one.get("aname", number)),
                KINDS.get(one.get("type"), TEXT),
                {str(key): str(value) for key, value in options.items()},
            ),
        )


def _files_of_views(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the file of each view; without views, files are named directly."""
    views = content.get("view") or {}
    found = {str(key): str(one["fid_list"][0]) for key, one in views.items() if one.get("fid_list")}
    return {**{str(fid): str(fid) for fid in content["file"]}, **found}


def _entry(key: str, one: Mapping[str, Any], attributes: Mapping[str, _ViaAttribute]) -> _Entry:
    labels, identity = [], ""
    for number, value in (one.get("av") or {}).items():
        attribute = attributes.get(str(number))
        if attribute is None:
            continue
        values = _values(attribute, value)
        if is_identity(attribute.name):
            identity = values[0] if values else ""
        else:
            labels += _labels(attribute, values)
    times = [float(time) for time in one.get("z") or []]
    shape = [float(part) for part in one.get("xy") or []]
    return _Entry(key, times, shape, labels, identity)


def _values(attribute: _ViaAttribute, value: Any) -> list[str]:
    """Return the texts of a value: of the options that are chosen, or what was typed."""
    if isinstance(value, Mapping):
        chosen = [str(key) for key, is_on in value.items() if is_on]
    elif attribute.kind == CHECKBOX and not isinstance(value, list):
        chosen = [one.strip() for one in str(value).split(",")]
    else:
        chosen = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    texts = [attribute.options.get(one, one) for one in chosen]
    return [one.strip() for one in texts if one.strip() and one != "_DEFAULT"]


def _labels(attribute: _ViaAttribute, values: list[str]) -> list[tuple[str, str]]:
    # The options of checkboxes are classes, as those of choices; VIA's segments are texts.
    is_segment = attribute.name.upper().startswith("TEMPORAL")
    kind = TEXT if attribute.kind == TEXT and not is_segment else CHOICE
    own = Attribute(attribute.name, kind)
    return [pair for value in values for pair in attribute_labels(own, value)]


def _video(
    name: str, entries: list[_Entry], path: Path, options: ReadOptions, notes: Notes
) -> FileVideo:
    place = f"{path.name}, {name}"
    spans, boxes = [], []
    tracks: list[FileTrack] = []
    for one in entries:
        if len(one.times) == 2 and not one.shape:
            start, end = one.times
            spans += [FileSpan(None, label, start, end, group=group) for label, group in one.labels]
            continue
        if not one.times and not one.shape:
            spans += [FileSpan(None, label, 0, WHOLE, group=group) for label, group in one.labels]
            continue
        box = _box(one.shape)
        if box is None or not one.times:
            notes.count(f"an annotation of {name} is neither a segment nor a box and is left out.")
        elif len(one.times) == 1:
            boxes.append(KeyframeBox(one.times[0], box, tuple(one.labels), one.identity))
        else:
            number = len(tracks)
            start, end = one.times[0], one.times[-1]
            tracks.append(FileTrack.from_rows(number, [(start, box, False), (end, box, False)]))
            spans += [
                FileSpan(number, label, start, end, group=group) for label, group in one.labels
            ]
    step = options.step_sec or usual_step((one.place for one in boxes), SECONDS)
    people, own_spans = people_of(boxes, step=step, unit=SECONDS, first_id=len(tracks))
    return FileVideo(
        name=name,
        place=place,
        unit=SECONDS,
        tracks=(*tracks, *people),
        spans=(*spans, *own_spans),
    )


def _box(shape: list[float]) -> tuple[float, ...] | None:
    """Return the box around a shape; None for a point or a line."""
    kind, values = (int(shape[0]), shape[1:]) if shape else (0, [])
    if kind in RECTANGLE and len(values) >= 4:
        x, y, width, height = values[:4]
        return (x, y, x + width, y + height) if width > 0 and height > 0 else None
    if kind in CIRCLES and len(values) >= 3:
        x, y, radius = values[:3]
        return (x - radius, y - radius, x + radius, y + radius)
    if kind == 4 and len(values) >= 4:
        x, y, half_x, half_y = values[:4]
        return (x - half_x, y - half_y, x + half_x, y + half_y)
    if kind in POLYGONS and len(values) >= 6:
        return (min(values[::2]), min(values[1::2]), max(values[::2]), max(values[1::2]))
    return None
