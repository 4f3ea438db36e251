"""Export and import again: COCO loses nothing, AVA what it cannot hold."""

from __future__ import annotations

import json

import numpy as np
import pytest

from stad.annotations.ava_csv import read_ava_csv
from stad.annotations.exporters.ava import ava_rows
from stad.annotations.importers.merging import is_same, join_spans
from stad.annotations.label_maps import class_names
from stad.annotations.own.labels import LabelSpan, VideoLabels
from stad.errors import InputError
from stad.own_classes.exporting import export_ava, export_coco
from stad.own_classes.importing import ImportRequest, import_labels
from tests.own_classes.folders import folder_with, random_labels, track_of

CLASSES = ("walk", "phone", "person")
VIDEOS = ("a.mp4", "in/b.mp4", "in/c d.mp4")


def joined(labels: VideoLabels) -> VideoLabels:
    """Labels as an import has them: no label is there twice."""
    return VideoLabels(
        labels.video,
        tracks=tuple(sorted(labels.tracks, key=lambda one: one.id)),
        spans=join_spans(labels.spans),
        is_complete=labels.is_complete,
    )


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_coco_loses_nothing(tmp_path, seed):
    mine = folder_with(tmp_path / "mine", *VIDEOS, classes=CLASSES)
    written = {}
    for number, video in enumerate(VIDEOS):
        labels = random_labels(video, seed + number, CLASSES)
        if labels.tracks or labels.spans:
            written[video] = mine.write_labels(labels)
    path = tmp_path / "labels.json"
    if not written:
        with pytest.raises(InputError, match="has no labels"):
            export_coco(mine, path)
        return
    export_coco(mine, path)
    other = folder_with(tmp_path / "other", *VIDEOS, classes=CLASSES)
    import_labels(ImportRequest(folder=other.path, files=(path,)))
    for video, labels in written.items():
        found, expected = joined(other.read_labels(video)), joined(labels)
        assert is_same(found, expected), (found.spans, expected.spans)
    assert other.classes() == CLASSES


def test_coco_is_as_other_programs_expect_it(tmp_path):
    folder = folder_with(tmp_path / "mine", "a.mp4", classes=("walk",))
    spans = (LabelSpan(4, "walk", 0.05, 0.25), LabelSpan(4, "walk", 1.0, 2.0, False))
    folder.write_labels(
        VideoLabels("a.mp4", tracks=(track_of(4, [0.0, 0.1, 0.2, 1.5]),), spans=spans)
    )
    path = tmp_path / "labels.json"
    exported = export_coco(folder, path)
    assert (exported.num_videos, exported.num_entries) == (1, 4)
    document = json.loads(path.read_text())
    assert document["videos"] == [
        {"id": 1, "name": "a.mp4", "file_name": "a.mp4", "width": 160, "height": 120}
        | {"fps": 10.0, "duration_sec": 4.0, "complete": False}
    ]
    assert [one["frame_index"] for one in document["images"]] == [0, 1, 2, 15]
    assert document["images"][3]["file_name"] == "a.mp4#15"
    assert document["categories"] == [
        {"id": 1, "name": "walk", "supercategory": "action"},
        {"id": 2, "name": "person", "supercategory": "person"},
    ]
    found = [(one["image_id"], one["category_id"], one.get("track_id"), one["bbox"])
             for one in document["annotations"]]  # fmt: skip
    box = [10.0, 10.0, 40.0, 90.0]
    assert found == [(2, 1, 1, box), (3, 1, 1, box), (1, 2, None, box), (4, 2, None, box)]
    assert document["segments"] == [
        {"video_id": 1, "instance_id": 4, "category_id": 1, "start_sec": 1.0, "end_sec": 2.0}
        | {"positive": False}
    ]


@pytest.mark.parametrize("seed", range(0, 40, 2))
def test_what_ava_holds_stays_the_same(tmp_path, seed):
    mine = folder_with(tmp_path / "mine", *VIDEOS[:2], classes=CLASSES)
    for number, video in enumerate(VIDEOS[:2]):
        mine.write_labels(random_labels(video, seed + number, CLASSES))
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    written = [ava_rows(mine.read_labels(video), classes=CLASSES) for video in VIDEOS[:2]]
    if not any(rows.lines for rows in written):
        with pytest.raises(InputError, match="holds labels of people"):
            export_ava(mine, first, step_sec=0.5)
        return
    assert export_ava(mine, first, step_sec=0.5).num_entries > 0
    assert class_names(tmp_path / "first.txt") == CLASSES
    table = read_ava_csv(first)
    assert ((table.boxes >= 0) & (table.boxes <= 1)).all()
    other = folder_with(tmp_path / "other", *VIDEOS[:2], classes=CLASSES)
    import_labels(ImportRequest(folder=other.path, files=(first,)))
    export_ava(other, second, step_sec=0.5)
    # Rows at times between the grid may move: the labels around them are as long as its step.
    grid = [set(_grid_rows(path)) for path in (first, second)]
    assert grid[0] <= grid[1]


def _grid_rows(path):
    table = read_ava_csv(path)
    for row in range(len(table)):
        time_sec = float(table.time_sec[row])
        if time_sec * 2 == round(time_sec * 2):
            box = tuple(np.round(table.boxes[row] * [160, 120, 160, 120], 1).tolist())
            video = table.videos[table.video[row]]
            yield video, time_sec, box, int(table.class_id[row]), int(table.last[row])


def test_rows_of_ava(tmp_path):
    folder = folder_with(tmp_path / "mine", "a.mp4", classes=("walk", "phone"))
    spans = (
        LabelSpan(2, "walk", 0.5, 2.5),
        LabelSpan(2, "phone", 1.2, 1.4),
        LabelSpan(None, "walk", 0.0, 1.0),
        LabelSpan(2, "", 3.0, 3.5),
    )
    times = [step / 2 for step in range(8)]
    folder.write_labels(VideoLabels("a.mp4", tracks=(track_of(2, times),), spans=spans))
    exported = export_ava(folder, tmp_path / "a.csv")
    rows = (tmp_path / "a.csv").read_text().splitlines()
    box = "0.062500,0.083333,0.312500,0.833333"
    assert rows == [
        f"a.mp4,0001,{box},1,2",
        f"a.mp4,1.300,{box},1,2",
        f"a.mp4,1.300,{box},2,2",
        f"a.mp4,0002,{box},1,2",
    ]
    assert [note.partition(" are not")[0] for note in exported.notes] == [
        "1 labels of whole frames",
        "1 labels that a class is not there",
    ]


def test_labels_of_whole_frames_only(tmp_path):
    folder = folder_with(tmp_path / "mine", "walk/a.mp4", "phone/b.mp4")
    with pytest.raises(InputError, match="with --coco"):
        export_ava(folder, tmp_path / "a.csv")
    export_coco(folder, tmp_path / "a.json")
    document = json.loads((tmp_path / "a.json").read_text())
    ends = [(one["video_id"], one["category_id"], one["end_sec"]) for one in document["segments"]]
    assert ends == [(1, 1, 4.0), (2, 2, 4.0)]


def test_labels_that_are_no_classes(tmp_path):
    folder = folder_with(tmp_path / "mine", "a.mp4", classes=("walk",))
    folder.write_labels(VideoLabels("a.mp4", spans=(LabelSpan(None, "run", 0, 1),)))
    with pytest.raises(InputError, match=r"'run' of a\.mp4 is not one of the classes \(walk\)"):
        export_coco(folder, tmp_path / "a.json")
