"""Random labels at the frames of a video, and writers of the files that other programs make."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path

FPS, NUM_FRAMES, WIDTH, HEIGHT = 10, 40, 160, 120
CLASSES = ("walk", "phone", "fall")


@dataclass
class Person:
    """Boxes and labels of one person at frames."""

    id: int
    boxes: dict[int, tuple[float, float, float, float]] = field(default_factory=dict)
    labels: dict[int, set[str]] = field(default_factory=dict)

    def ranges(self) -> list[tuple[int, int]]:
        """(first, after the last) frames in which the person is there."""
        return runs(sorted(self.boxes))

    def spans(self) -> list[tuple[int, str, float, float]]:
        """(id, label, start_sec, end_sec) of each label."""
        found = []
        for name in CLASSES:
            frames = [frame for frame, own in self.labels.items() if name in own]
            found += [(self.id, name, a / FPS, b / FPS) for a, b in runs(sorted(frames))]
        return found


def runs(frames: list[int]) -> list[tuple[int, int]]:
    """(first, after the last) of frames that follow each other."""
    found: list[tuple[int, int]] = []
    for frame in frames:
        if found and found[-1][1] == frame:
            found[-1] = (found[-1][0], frame + 1)
        else:
            found.append((frame, frame + 1))
    return found


def random_people(seed: int, *, max_labels: int = 3) -> list[Person]:
    """One to three people who come and go, with labels at some frames."""
    rng = random.Random(seed)
    people = []
    for number in range(rng.randint(1, 3)):
        person = Person(number)
        for start, end in random_ranges(rng, NUM_FRAMES):
            for frame in range(start, end):
                x, y = rng.randint(0, 1000) / 10, rng.randint(0, 700) / 10
                width, height = rng.randint(20, 500) / 10, rng.randint(20, 450) / 10
                box = (x, y, round(x + width, 1), round(y + height, 1))
                person.boxes[frame] = box
                person.labels[frame] = set()
        for name in CLASSES:
            for start, end in random_ranges(rng, NUM_FRAMES):
                for frame in range(start, end):
                    if len(person.labels.get(frame, set(CLASSES))) < max_labels:
                        person.labels[frame].add(name)
        if person.boxes:
            people.append(person)
    return people


def random_ranges(rng: random.Random, end: int) -> list[tuple[int, int]]:
    """Ranges with a gap of at least one frame between them."""
    cuts = sorted(rng.sample(range(end), 2 * rng.randint(1, 3)))
    return [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=True) if a < b]


def cvat_xml(
    people: list[Person],
    *,
    name: str = "clip.mp4",
    kind: str = "checkbox",
    keyframe_step: int = 1,
    scale: float = 1.0,
) -> str:
    """CVAT for video 1.1; kind: labels by 'checkbox', by 'select', or as 'label' of the track."""
    attributes = {
        "checkbox": [(one, "checkbox", "false") for one in CLASSES],
        "select": [("action", "select", "\n".join(("__undefined__", *CLASSES)))],
        "label": [],
    }[kind]
    defined = "".join(
        f"<attribute><name>{one}</name><mutable>True</mutable><input_type>{how}</input_type>"
        f"<default_value></default_value><values>{values}</values></attribute>"
        for one, how, values in attributes
    )
    names = CLASSES if kind == "label" else ("person",)
    labels = "".join(
        f"<label><name>{one}</name><attributes>{defined}</attributes></label>" for one in names
    )
    tracks = "".join(_cvat_track(one, kind, scale) for one in people)
    return (
        "<?xml version='1.0' encoding='utf-8'?><annotations><version>1.1</version><meta><task>"
        f"<id>7</id><name>task</name><size>{NUM_FRAMES}</size><mode>interpolation</mode>"
        f"<labels>{labels}</labels><original_size><width>{WIDTH * scale:g}</width>"
        f"<height>{HEIGHT * scale:g}</height></original_size><source>{name}</source></task></meta>"
        f"{tracks}</annotations>"
    )


def _cvat_track(person: Person, kind: str, scale: float) -> str:
    rows = []
    for frame, box in sorted(person.boxes.items()):
        own = person.labels[frame]
        if kind == "checkbox":
            values = [(one, str(one in own).lower()) for one in CLASSES]
        elif kind == "select":
            values = [("action", next(iter(own), "__undefined__"))]
        else:
            values = []
        x1, y1, x2, y2 = (round(one * scale, 4) for one in box)
        inner = "".join(f'<attribute name="{one}">{value}</attribute>' for one, value in values)
        rows.append(
            f'<box frame="{frame}" keyframe="{frame % 2}" outside="0" occluded="0" xtl="{x1}" '
            f'ytl="{y1}" xbr="{x2}" ybr="{y2}" z_order="0">{inner}</box>'
        )
        if frame + 1 not in person.boxes and frame + 1 < NUM_FRAMES:
            rows.append(
                f'<box frame="{frame + 1}" keyframe="1" outside="1" occluded="0" xtl="{x1}" '
                f'ytl="{y1}" xbr="{x2}" ybr="{y2}" z_order="0">{inner}</box>'
            )
    label = next(iter(next(iter(person.labels.values()))), "") if kind == "label" else "person"
    return f'<track id="{person.id}" label="{label}" source="manual">{"".join(rows)}</track>'


def label_studio(people: list[Person], *, name: str = "/data/upload/1/0a1b2c3d-clip.mp4") -> str:
    """An export of Label Studio with a region for each person and label, and a timeline."""
    results = []
    for person in people:
        for number, (start, end) in enumerate(person.ranges()):
            sequence = []
            for frame in range(start, end):
                x1, y1, x2, y2 = person.boxes[frame]
                sequence.append(
                    {
                        "frame": frame + 1,
                        "enabled": frame + 1 < end,
                        "rotation": 0,
                        "x": 100 * x1 / WIDTH,
                        "y": 100 * y1 / HEIGHT,
                        "width": 100 * (x2 - x1) / WIDTH,
                        "height": 100 * (y2 - y1) / HEIGHT,
                        "time": (frame + 1) / FPS,
                    }
                )
            label = sorted(person.labels[start])[:1] or ["Person"]
            results.append(
                {
                    "id": f"r{person.id}_{number}",
                    "type": "videorectangle",
                    "from_name": "box",
                    "to_name": "video",
                    "value": {
                        "framesCount": NUM_FRAMES,
                        "duration": NUM_FRAMES / FPS,
                        "sequence": sequence,
                        "labels": label,
                    },
                }
            )
    for _, label, start, end in people[0].spans():
        ranges = [{"start": round(start * FPS) + 1, "end": round(end * FPS)}]
        results.append(
            {
                "id": f"t{label}{start}",
                "type": "timelinelabels",
                "from_name": "time",
                "to_name": "video",
                "value": {"ranges": ranges, "timelinelabels": [label]},
            }
        )
    task = {"id": 3, "data": {"video": name}, "annotations": [{"id": 1, "result": results}]}
    return json.dumps([task])


def via_project(spans: list[tuple[str, float, float]], *, name: str = "clip.mp4") -> dict:
    """A project of VIA 3 with temporal segments of a SELECT attribute."""
    options = {str(number): one for number, one in enumerate(CLASSES, start=1)}
    keys = {one: key for key, one in options.items()}
    return {
        "project": {"pname": "p", "vid_list": ["1"]},
        "config": {},
        "attribute": {
            "1": {
                "aname": "TEMPORAL-SEGMENTS",
                "anchor_id": "FILE1_Z2_XY0",
                "type": 4,
                "desc": "",
                "options": options,
                "default_option_id": "",
            }
        },
        "file": {"9": {"fid": "9", "fname": name, "type": 4, "loc": 1, "src": ""}},
        "view": {"1": {"fid_list": ["9"]}},
        "metadata": {
            f"1_{number}": {"vid": "1", "flg": 0, "z": [a, b], "xy": [], "av": {"1": keys[one]}}
            for number, (one, a, b) in enumerate(spans)
        },
    }


def write_yolo(folder: Path, people: list[Person], *, video: str = "clip") -> None:
    """YOLO's text files from 1, with ids; a person with two labels has two rows."""
    (folder / "labels").mkdir(parents=True)
    (folder / "classes.txt").write_text("\n".join(("person", *CLASSES)))
    rows: dict[int, list[str]] = {}
    for person in people:
        for frame, (x1, y1, x2, y2) in person.boxes.items():
            middle = ((x1 + x2) / 2 / WIDTH, (y1 + y2) / 2 / HEIGHT)
            size = ((x2 - x1) / WIDTH, (y2 - y1) / HEIGHT)
            cells = " ".join(f"{one:.6f}" for one in (*middle, *size))
            for name in person.labels[frame] or {"person"}:
                number = ("person", *CLASSES).index(name)
                rows.setdefault(frame, []).append(f"{number} {cells} {person.id}")
    for frame in range(NUM_FRAMES):
        text = "\n".join(rows.get(frame, []))
        (folder / "labels" / f"{video}_{frame + 1:05d}.txt").write_text(text)
