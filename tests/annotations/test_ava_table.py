"""Tables of annotations: keys of keyframes, places of rows, rows that are left out."""

from __future__ import annotations

from dataclasses import replace

from stad.annotations.ava_csv import read_ava_csv
from stad.annotations.ava_table import labelled_boxes, locate_row, locate_rows
from tests.annotations.ava_files import ROW, written


def test_keyframes_are_one_number_in_all_files(tmp_path):
    first = read_ava_csv(written(tmp_path, "a,0902\nb,902.5\nb,902.5000004\nb,902.500001\n"))
    second = read_ava_csv(written(tmp_path, "b,902.50,0,0,1,1,1\na,902.0,0,0,1,1,1\n"))
    left, right = labelled_boxes(first, second)
    keys = left.empty_keyframes.tolist()
    assert keys[1] == keys[2]
    assert len(set(keys)) == 3
    assert right.keyframe.tolist() == [keys[1], keys[0]]
    assert right.boxes.tolist() == [[0, 0, 1, 1]] * 2


def test_locate_row(tmp_path):
    table = read_ava_csv(written(tmp_path, f"abc,1\n\n{ROW}\n{ROW},7\n"))
    assert locate_row(table, 1).endswith(f"file.csv, line 4: '{ROW},7'")


def test_places_of_another_format(tmp_path):
    table = read_ava_csv(written(tmp_path, f"{ROW},7\n{ROW},8\n{ROW},9\n"))
    other = replace(table, places=("box 1", "box 2", "box 3"))
    assert locate_row(other, 1) == "box 2"
    assert locate_rows(other, [0, 2]) == ["box 1", "box 3"]
    kept = other.without_rows([1])
    assert (kept.last.tolist(), kept.places) == ([7, 9], ("box 1", "box 3"))
