"""Boxes from a file: AVA's spelling, headers, pixels or fractions, and clear errors."""

from fractions import Fraction

import numpy as np
import pytest

from stad.actors.given_boxes import GivenBoxes
from stad.errors import InputError
from stad.structures import Frame, VideoInfo

INFO = VideoInfo("clip.mp4", 200, 100, Fraction(10), 50, 5.0)


def frame_at(time_sec: float) -> Frame:
    return Frame(index=0, time_sec=time_sec, image=np.zeros((100, 200, 3), np.uint8))


def read(tmp_path, text: str, name: str = "boxes.csv") -> GivenBoxes:
    (tmp_path / name).write_text(text)
    return GivenBoxes(tmp_path / name, INFO)


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
        ("", "holds no box"),
        ("clip,1,0,0,1,1\nclip,two,0,0,1,1\n", "line 2"),
        ("clip,1,0,0\n", "line 1"),
        ("clip,1,0,0,nan,1\n", "not finite"),
        ("time,x1,y1,x2\n1,0,0,1\n", "no column y2"),
        ("a,1,0,0,1,1\nb,1,0,0,1,1\n", "holds no box for clip.mp4"),
    ],
)
def test_bad_files(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_bad_json_and_no_file(tmp_path):
    with pytest.raises(InputError, match="not a JSON file"):
        read(tmp_path, "{}", "boxes.json")
    with pytest.raises(InputError, match="no such file"):
        GivenBoxes(tmp_path / "none.csv", INFO)
