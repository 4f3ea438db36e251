"""VIA 3 and Label Studio: what their files may hold beside the usual."""

from __future__ import annotations

import json
import math

import pytest

from stad.annotations.importers import read_file
from stad.annotations.importers.contract import ReadOptions
from stad.errors import InputError
from tests.annotations.importers.label_files import via_project


def read(tmp_path, content):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(content))
    return read_file(path, ReadOptions())


def spans(video):
    return [(one.track, one.label, one.start, one.end) for one in video.spans]


def region(time_sec, box, **values):
    return {"vid": "1", "flg": 0, "z": [time_sec], "xy": [2, *box], "av": values}


def test_boxes_of_via_at_single_times(tmp_path):
    project = via_project([])
    project["attribute"] |= {
        "2": {
            "aname": "actions",
            "anchor_id": "FILE1_Z1_XY1",
            "type": 2,
            "options": {"0": "sit", "1": "read"},
        },
        "3": {"aname": "person", "anchor_id": "FILE1_Z1_XY1", "type": 1, "options": {}},
    }
    project["metadata"] = {
        "a": region(1.0, (10, 20, 30, 40), **{"2": "0,1", "3": "5"}),
        "b": region(2.0, (12, 20, 30, 40), **{"2": "0", "3": "5"}),
        "c": region(2.0, (90, 20, 30, 40), **{"2": "", "3": "6"}),
        "d": region(3.0, (14, 20, 30, 40), **{"2": {"1": True, "0": False}, "3": "5"}),
    }
    (video,) = read(tmp_path, project).videos
    assert [track.id for track in video.tracks] == [5, 6]
    assert video.tracks[0].boxes.tolist() == [
        [10, 20, 40, 60],
        [12, 20, 42, 60],
        [14, 20, 44, 60],
    ]
    assert spans(video) == [
        (5, "sit", 0.5, 2.5),
        (5, "read", 0.5, 1.5),
        (5, "read", 2.5, 3.5),
    ]


def test_boxes_of_via_without_ids_are_joined_by_overlap(tmp_path):
    project = via_project([])
    project["metadata"] = {
        "a": region(1.0, (10, 20, 30, 40)),
        "b": region(2.0, (90, 20, 30, 40)),
        "c": region(2.0, (12, 20, 30, 40)),
    }
    (video,) = read(tmp_path, project).videos
    assert [track.places.tolist() for track in video.tracks] == [[1.0, 2.0], [2.0]]


def test_labels_of_whole_files_and_what_via_holds_beside(tmp_path):
    project = via_project([("walk", 1.0, 2.0)])
    project["metadata"] |= {
        "whole": {"vid": "1", "z": [], "xy": [], "av": {"1": "2"}},
        "marker": {"vid": "1", "z": [1.0], "xy": [], "av": {"1": "2"}},
        "lost": {"vid": "77", "z": [1.0, 2.0], "xy": [], "av": {"1": "2"}},
    }
    found = read(tmp_path, project)
    assert spans(found.videos[0]) == [(None, "walk", 1.0, 2.0), (None, "phone", 0, math.inf)]
    assert found.notes == (
        "labels.json, metadata 'lost' is left out: KeyError '77'.",
        "1 times: an annotation of clip.mp4 is neither a segment nor a box and is left out.",
    )


def rectangle(*rows, identity="r", labels=("walk",), count=50):
    sequence = [
        {"frame": frame, "enabled": is_on, "x": 10, "y": 20, "width": 5, "height": 10}
        for frame, is_on in rows
    ]
    value = {"framesCount": count, "duration": count / 25, "sequence": sequence}
    return {"id": identity, "type": "videorectangle", "value": value | {"labels": list(labels)}}


def task(*results, **more):
    return [{"data": {"video": "a.mp4"}, "annotations": [{"result": list(results)}], **more}]


def test_key_frames_of_label_studio(tmp_path):
    found = read(tmp_path, task(rectangle((1, True), (11, False), (21, True))))
    (video,) = found.videos
    (track,) = video.tracks
    # The box of the last key frame stays until the end.
    assert track.places.tolist() == [0, 10, 20, 49]
    assert track.breaks.tolist() == [False, True, False, False]
    assert (video.fps, video.size) == (25.0, (100.0, 100.0))
    assert spans(video) == [(0, "walk", 0, 11), (0, "walk", 20, 50)]


def test_choices_of_a_region_are_its_labels(tmp_path):
    choice = {"id": "r", "from_name": "does", "type": "choices", "value": {"choices": ["phone"]}}
    whole = {"id": "w", "from_name": "scene", "type": "choices", "value": {"choices": ["calm"]}}
    (video,) = read(tmp_path, task(rectangle((1, False)), choice, whole)).videos
    assert spans(video) == [(0, "phone", 0, 1), (None, "calm", 0, math.inf)]


def test_the_short_export_of_label_studio(tmp_path):
    one = rectangle((1, True), (3, False))["value"]
    content = [
        {
            "id": 1,
            "video": "/data/local-files/?d=in/a.mp4",
            "box": [one],
            "time": [{"ranges": [{"start": 2, "end": 4}], "timelinelabels": ["fall"]}],
        }
    ]
    (video,) = read(tmp_path, content).videos
    assert spans(video) == [(0, "walk", 0, 3), (None, "fall", 1, 4)]


def test_the_latest_annotation_counts(tmp_path):
    content = task()
    content[0]["annotations"] = [
        {"updated_at": "2024-02-01", "result": [rectangle((1, False), labels=("new",))]},
        {"updated_at": "2024-01-01", "result": [rectangle((1, False), labels=("old",))]},
        {"updated_at": "2025-01-01", "was_cancelled": True, "result": [rectangle((1, False))]},
    ]
    found = read(tmp_path, content)
    assert found.labels == ("new",)
    assert found.notes == ("labels.json, task 0 has 2 annotations: the latest one is used.",)


def test_regions_that_cannot_be_read(tmp_path):
    broken = rectangle((1, True))
    del broken["value"]["sequence"][0]["width"]
    audio = {"id": "s", "value": {"start": 1.0, "end": 2.0, "labels": ["x"]}}
    found = read(tmp_path, task(broken, audio))
    assert found.notes == ("labels.json, task 0: the region r is left out: 'width' is missing.",)
    # The region that is left out states the frame rate.
    assert spans(found.videos[0]) == [(None, "x", 25.0, 50.0)]


@pytest.mark.parametrize("content", [{}, [], [{"data": {"image": "a.jpg"}}]])
def test_other_json(tmp_path, content):
    with pytest.raises(InputError, match="is not recognized"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("via", {"metadata": {}, "file": {}, "attribute": {"1": 7}}),
        ("coco", {"images": [], "annotations": 3, "categories": []}),
        ("coco", {"images": [], "annotations": [], "categories": [4]}),
        ("labelstudio", [{"data": {"video": "a.mp4"}, "annotations": 5}]),
    ],
)
def test_a_broken_structure_is_one_clear_error(tmp_path, name, content):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"has not the structure of|lacks one of"):
        read_file(path, ReadOptions(), name=name)
