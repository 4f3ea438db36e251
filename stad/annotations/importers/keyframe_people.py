"""Build people and their labels of boxes at single frames or times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from stad.annotations.importers.contract import FileSpan, FileTrack, Unit
from stad.annotations.importers.linking import Box, link_boxes
from stad.annotations.importers.runs import spans_of_keyframes, track_with_breaks


class KeyframeBox(NamedTuple):
    """A labelled box.

    Attributes:
        place: frame or seconds.
        box: xyxy.
        labels: (label, group) pairs.
        identity: of the person; '' where the file has none.
    """

    place: float
    box: Box
    labels: tuple[tuple[str, str], ...] = ()
    identity: str = ""


def people_of(
    boxes: Sequence[KeyframeBox], *, step: float, unit: Unit, first_id: int = 0
) -> tuple[list[FileTrack], list[FileSpan]]:
    """Return the people and their labels.

    Boxes of one identity are one person; boxes without one are joined by their overlap. Identities
    that are all numbers stay the ids.

    Args:
        boxes: of one video; several with one place and box, or identity, are one box.
        step: usual distance of annotated places.
        unit: of the places.
        first_id: id of the first person.
    """
    people: dict[str, list[KeyframeBox]] = defaultdict(list)
    unnamed: dict[float, list[KeyframeBox]] = defaultdict(list)
    for one in boxes:
        if one.identity:
            people[f"id {one.identity}"].append(one)
        else:
            unnamed[one.place].append(one)
    ids = link_boxes({place: [one.box for one in own] for place, own in unnamed.items()}, step=step)
    for place in sorted(unnamed):
        for one, number in zip(unnamed[place], ids[place], strict=True):
            people[f"box {number}"].append(one)
    keys = [one.removeprefix("id ") for one in people]
    is_numbered = first_id == 0 and not unnamed and all(map(_is_number, keys))
    numbers = [int(one) for one in keys] if is_numbered else range(first_id, first_id + len(keys))
    tracks, spans = [], []
    for number, own in zip(numbers, people.values(), strict=True):
        places = {one.place: one.box for one in own}
        tracks.append(track_with_breaks(number, places, step=step))
        groups = dict.fromkeys(group for one in own for _, group in one.labels)
        for group in groups:
            labels: dict[float, list[str]] = {place: [] for place in places}
            for one in own:
                labels[one.place] += [label for label, name in one.labels if name == group]
            spans += spans_of_keyframes(number, labels, step=step, unit=unit, group=group)
    return tracks, spans


def _is_number(text: str) -> bool:
    return text.isdecimal() and text == str(int(text))
