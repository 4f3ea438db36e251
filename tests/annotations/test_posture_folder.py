"""Folders of annotated postures: keyframes, intervals, boxes, points, and files that are wrong."""

import numpy as np
import pytest

from stad.annotations.posture_folder import NUM_POSTURES, read_posture_folder
from stad.errors import InputError

STAND, SIT, LIE, BEND = 0, 1, 4, 5
BOX = "0.1,0.1,0.5,0.9"


def folder(path, **files):
    for name, text in files.items():
        ending = "txt" if name == "labels" else "csv"
        (path / f"{name}.{ending}").write_text(text)
    return path


def test_keyframes_have_people_boxes_and_postures(tmp_path):
    rows = [
        f"b,0.5,{BOX},2,10",
        f"b,0.5,{BOX},6,10",
        f"b,0.5,{BOX},9,10",
        "b,0.25,0.5,0.1,0.9,0.9,1,9",
        f"a,1,{BOX},9,1",
    ]
    files = {
        "people": "video,person,subject\nb,10,anna\n",
        "complete": "video\nb\n",
        "keyframes": "\n".join(rows) + "\n",
    }
    found = read_posture_folder(folder(tmp_path, **files))
    # Who only reads has no posture, so that there is nothing to judge in the other clip.
    (clip,) = found.clips
    assert (clip.video, clip.people, clip.subjects) == ("b", ("9", "10"), ("", "anna"))
    assert clip.is_complete
    assert clip.keyframes.time_sec.tolist() == [0.25, 0.5]
    assert clip.keyframes.person.tolist() == [0, 1]
    assert [np.flatnonzero(one).tolist() for one in clip.keyframes.postures] == [[0], [SIT, BEND]]
    assert clip.keyframes.boxes.tolist() == [[0.5, 0.1, 0.9, 0.9], [0.1, 0.1, 0.5, 0.9]]
    assert clip.segments.spans.tolist() == [[0, 0.75], [0, 1], [0, 1]]
    assert found.postures[NUM_POSTURES - 1] == "fall down"
    assert len(found.postures) == NUM_POSTURES


def test_intervals_are_read_off_at_times(tmp_path):
    header = "video,person,start_sec,end_sec,label\n"
    rows = "a,p,0.1,1,stand\na,p,1,1.5,lie/sleep\n"
    (clip,) = read_posture_folder(folder(tmp_path, postures=header + rows)).clips
    assert clip.keyframes.time_sec.tolist() == [0.25, 0.5, 0.75, 1, 1.25]
    assert clip.keyframes.postures.argmax(axis=1).tolist() == [STAND] * 3 + [LIE] * 2
    assert np.isnan(clip.keyframes.boxes).all()
    assert clip.segments.spans.tolist() == [[0.1, 1], [1, 1.5]]
    # With points, at their times; a point outside of all intervals is not judged.
    points = "video,time_sec,person,x,y\na,0.3,p,0.5,0.6\na,1.7,p,0.5,0.6\n"
    (clip,) = read_posture_folder(folder(tmp_path, boxes=points)).clips
    assert clip.keyframes.time_sec.tolist() == [0.3]
    assert clip.keyframes.boxes.tolist() == [[0.5, 0.6, 0.5, 0.6]]


def test_a_folder_has_labels_of_its_own(tmp_path):
    header = "video,person,start_sec,end_sec,label\n"
    files = {"labels": "up\ndown\n", "postures": f"{header}a,1,0,1,down\n"}
    found = read_posture_folder(folder(tmp_path, **files))
    assert found.postures == ("up", "down")
    assert found.clips[0].segments.posture.tolist() == [1]


POSTURES = "video,person,start_sec,end_sec,label\n"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "has neither keyframes.csv nor postures.csv"),
        ({"keyframes": f"a,1,{BOX},1\n"}, "line 1: .*expected 8 columns, the last one a person id"),
        ({"keyframes": f"a,1,{BOX},99,1\n"}, "line 1: .*there is no class 99"),
        ({"keyframes": "a,1,0.5,0.1,0.1,0.9,1,1\n"}, "line 1: .*fractions of the frame"),
        (
            {"keyframes": f"a,1,{BOX},1,1\na,1,0.2,0.1,0.5,0.9,1,1\n"},
            "line 2: .*this person has another box at 1 s",
        ),
        ({"postures": ""}, "postures.csv is empty"),
        ({"postures": "video;person\n"}, "line 1: expected the header .*semicolons"),
        ({"postures": POSTURES + "a,1,0\n"}, "line 2: expected 5 columns"),
        ({"postures": POSTURES + "a,,0,1,sit\n"}, "line 2: the column 'person' is empty"),
        ({"postures": POSTURES + "a,1,x,1,sit\n"}, "line 2, column 'start_sec': expected a number"),
        ({"postures": POSTURES + "a,1,2,1,sit\n"}, "line 2: the end 1 s is not after the start"),
        ({"postures": POSTURES + "a,1,0,1,sits\n"}, "there is no posture 'sits'. Use one of stand"),
        (
            {"postures": POSTURES + "a,1,0,2,sit\na,1,1,3,walk\n"},
            "line 3: overlaps the interval 0 to 2 s",
        ),
        (
            {"postures": POSTURES + "a,1,0,1,sit\na,2,0,1,sit\n"},
            "'a' has 2 people, so each needs boxes or points; there is none for the person '1'",
        ),
        (
            {
                "postures": POSTURES + "a,1,0,1,sit\n",
                "boxes": "video,time_sec,person,x,y\na,0,1,0.5,1.5\n",
            },
            "line 2, column 'y': expected a number from 0 to 1, got '1.5'",
        ),
        (
            {
                "postures": POSTURES + "a,1,0,1,sit\n",
                "boxes": "video,time_sec,person,x,y\na,0,2,0.5,0.5\n",
            },
            "line 2: the person '2' of 'a' has no posture",
        ),
        (
            {"postures": POSTURES + "a,1,0,1,sit\n", "people": "video,person,subject\nb,1,x\n"},
            "line 2: no person '1' of 'b' has a posture",
        ),
        (
            {"postures": POSTURES + "a,1,0,1,sit\n", "complete": "video\nb\n"},
            "line 2: no person has a posture in 'b'",
        ),
    ],
)
def test_wrong_files_are_located(tmp_path, files, message):
    with pytest.raises(InputError, match=message):
        read_posture_folder(folder(tmp_path, **files))


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(InputError, match="There is no folder"):
        read_posture_folder(tmp_path / "none")
