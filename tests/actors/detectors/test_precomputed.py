"""Boxes from a file: AVA's spelling, headers, pixels or fractions, and clear errors."""

from fractions import Fraction

import numpy as np
import pytest

from stad.actors.detectors.precomputed import PrecomputedDetections
from stad.errors import InputError
from stad.structures import Frame, VideoInfo

INFO = VideoInfo("clip.mp4", 200, 100, Fraction(10), 50, 5.0)


def frame_at(time_sec: float) -> Frame:
    return Frame(index=0, time_sec=time_sec, image=np.zeros((100, 200, 3), np.uint8))


def read(tmp_path, text: str, name: str = "boxes.csv") -> PrecomputedDetections:
    (tmp_path / name).write_text(text)
    return PrecomputedDetections(tmp_path / name, INFO)


def test_ava_rows_are_fractions_and_labels_do_not_repeat_boxes(tmp_path):
    given = read(
        tmp_path,
        "clip,0001,0.1,0.2,0.5,0.8,12\nclip,0001,0.1,0.2,0.5,0.8,80\nclip,2,0,0,1,1,0.7\n"
        "other,0001,0,0,1,1,0.5\n",
    )
    assert (given.interval_sec, given.gives_ids) == (1.0, False)
    assert given.detect(frame_at(0.0)) is None
    found = given.detect(frame_at(1.0))
    np.testing.assert_allclose(found.boxes, [[20, 20, 100, 80]])
    assert given.detect(frame_at(1.1)) is None
    np.testing.assert_allclose(given.detect(frame_at(2.0)).scores, [0.7])


def test_header_with_pixels_and_ids(tmp_path):
    given = read(tmp_path, "time,x1,y1,x2,y2,id\n0.5,10,20,60,90,7\n0.5,100,20,160,90,3\n")
    found = given.detect(frame_at(0.5))
    assert given.gives_ids
    assert dict(zip(found.ids.tolist(), found.boxes[:, 0].tolist(), strict=True)) == {7: 10, 3: 100}


def test_a_file_of_one_other_video_serves(tmp_path):
    assert read(tmp_path, "old_name,1,0,0,1,1\n").detect(frame_at(1.0)) is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no box"),
        ("clip,1,0,0,1,1\nclip,two,0,0,1,1\n", "line 2"),
        ("clip,1,0,0\n", "line 1"),
        ("clip,1,0,0,nan,1\n", "not finite"),
        ("time,x1,y1,x2\n1,0,0,1\n", "no column y2"),
        ("a,1,0,0,1,1\nb,1,0,0,1,1\n", "has no box for clip.mp4"),
    ],
)
def test_bad_files(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_bad_json_and_no_file(tmp_path):
    with pytest.raises(InputError, match="not a JSON file written with --json"):
        read(tmp_path, "{}", "boxes.json")
    with pytest.raises(InputError, match="no such file"):
        PrecomputedDetections(tmp_path / "none.csv", INFO)


GOOD = "".join(f"clip,{second},0.1,0.2,0.5,0.8,0.9\n" for second in range(5))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # AVA's seconds, numbers of frames and milliseconds of a video of 5 s at 10 per second.
        ("clip,0902,0,0,1,1\nclip,0904,0,0,1,1\n", "2 of 2 rows are wrong.*\n.*after the end"),
        ("clip,0902,0,0,1,1\nclip,0904,0,0,1,1\n", "begin at 900: subtract 900"),
        ("clip,10,0,0,1,1\nclip,40,0,0,1,1\n", "numbers of frames, at 10 a second"),
        ("clip,1000,0,0,1,1\nclip,4000,0,0,1,1\n", "milliseconds"),
        ("clip,1,150,20,50,80\nclip,2,150,20,50,80\n", "x1 and x2 look swapped"),
        (
            "clip,1,150,40,20,50\nclip,2,9,10,20,50\nclip,3,80,9,70,50\nclip,4,40,50,9,40\n",
            "look like x, y, width, height",
        ),
        ("clip,1,0.5,0.2,0.5,0.8\n", "boxes without area"),
        ("clip,1,900,20,950,80\nclip,1,700,20,750,80\n", r"boxes outside of \[0, 1\]"),
        ("clip;1;0;0;1;1\n", "separated by semicolons"),
        ("clip.mp4,1,0,0,1,1\nother.mp4,1,0,0,1,1\n", "0 of 2 rows match.*with a file ending"),
        ("a,1,0,0,1,1\nx/clip,1,0,0,1,1\n", "0 of 2 rows match.*with a folder in front"),
    ],
)
def test_rows_that_cannot_be_of_this_video_stop(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("clip,77,0.1,0.2,0.5,0.8,0.9", "times after the end of the videos"),
        ("clip,-3,0.1,0.2,0.5,0.8,0.9", "times that no video has"),
        ("clip,1,0.5,0.2,0.1,0.8,0.9", "boxes with swapped corners"),
        ("clip,1,0.1,0.2,0.1,0.8,0.9", "boxes without area"),
        ("clip,1,20,20,60,60,0.9", "boxes outside of [0, 1]"),
    ],
)
def test_a_row_that_cannot_be_meant_is_left_out_and_told(tmp_path, row, what):
    given = read(tmp_path, f"{GOOD}{row}\n")
    (warning,) = given.warnings
    assert "1 of 6 rows of --boxes" in warning
    assert what in warning
    assert f"{tmp_path / 'boxes.csv'}:6" in warning
    found = [given.detect(frame_at(second)) for second in range(5)]
    for one in found:
        np.testing.assert_allclose(one.boxes, [[20, 20, 100, 80]])
    assert given.detect(frame_at(77.0)) is None


def test_the_boxes_of_a_longer_video_serve_for_a_part_of_it(tmp_path):
    given = read(tmp_path, "".join(f"clip,{second},0,0,0.5,0.8\n" for second in range(0, 90, 5)))
    assert "16 of 18 rows of --boxes" in given.warnings[0]
    assert given.detect(frame_at(0.0)) is not None


def test_boxes_that_reach_beyond_the_edge_are_cut(tmp_path):
    given = read(tmp_path, f"{GOOD}clip,4.5,-0.1,0.2,0.5,1.1,0.9\n")
    assert "reach beyond the edge of the frame; they are kept" in given.warnings[0]
    np.testing.assert_allclose(given.detect(frame_at(4.5)).boxes, [[0, 20, 100, 100]])


def test_a_part_without_boxes_is_told(tmp_path):
    assert read(tmp_path, GOOD).warnings == []
    (tmp_path / "boxes.csv").write_text(GOOD)
    part = PrecomputedDetections(tmp_path / "boxes.csv", INFO, part_sec=(4.5, None))
    assert "no box between --start and --end: its times are 0 to 4 s" in part.warnings[0]
    assert PrecomputedDetections(tmp_path / "boxes.csv", INFO, part_sec=(1.0, 2.0)).warnings == []


def test_a_video_of_unknown_length_takes_all_times(tmp_path):
    (tmp_path / "boxes.csv").write_text("clip,1,0,0,1,1\nclip,500,0,0,1,1\n")
    unknown = VideoInfo("clip.mp4", 200, 100, Fraction(10), 0, 0.0)
    assert PrecomputedDetections(tmp_path / "boxes.csv", unknown).warnings == []


@pytest.mark.parametrize("actor_id", ["inf", "1e20", "nan", "p1"])
def test_ids_that_are_no_whole_numbers_are_refused(tmp_path, actor_id):
    with pytest.raises(InputError, match=r"line 2: .* cannot be read"):
        read(tmp_path, f"time_sec,x1,y1,x2,y2,actor_id\n0,1,1,9,9,{actor_id}\n")
    text = '{"frames": [{"time_sec": 0, "actors": [{"box": [1, 2, 3], "id": 1}]}]}'
    with pytest.raises(InputError, match="a box has 4 numbers, got 3"):
        read(tmp_path, text, "boxes.json")


def test_ids_that_are_missing_or_shared_are_told(tmp_path):
    head = "time_sec,x1,y1,x2,y2,actor_id\n"
    boxes = read(tmp_path, f"{head}0,1,1,20,40,7\n0,30,1,50,40,0\n")
    assert "1 of 2 rows have no actor id" in boxes.warnings[0]
    boxes = read(tmp_path, f"{head}0,1,1,20,40,7\n0,30,1,50,40,7\n0.1,1,1,20,40,7\n")
    assert "1 times an actor id has several boxes at one time, first id 7" in boxes.warnings[0]
    # The same box once a label is one person.
    assert read(tmp_path, f"{head}0,1,1,20,40,7\n0,1,1,20,40,7\n").warnings == []
