"""AVA CSV files: every spelling is read, every wrong row is named."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from stad.annotations import ava_csv
from stad.annotations.ava_csv import read_ava_csv, read_excluded
from stad.annotations.ava_table import locate_row, locate_rows
from stad.errors import InputError
from tests.annotations.ava_files import ROW, written


def test_eight_columns(tmp_path):
    table = read_ava_csv(written(tmp_path, f"{ROW},0.75\nxyz,903.5,0,0,1,1,80,1\n"))
    assert table.videos == ("abc", "xyz")
    assert table.video.tolist() == [0, 1]
    assert table.time_sec.tolist() == [902.0, 903.5]
    assert table.boxes.tolist() == [[0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1]]
    assert table.class_id.tolist() == [12, 80]
    assert table.last.tolist() == [0.75, 1.0]
    assert table.has_last
    assert len(table) == 2


def test_seven_columns_score_one(tmp_path):
    table = read_ava_csv(written(tmp_path, f"{ROW}\n"))
    assert table.last.tolist() == [1.0]
    assert not table.has_last


def test_two_columns(tmp_path):
    table = read_excluded(written(tmp_path, "abc,0902\nxyz,1000\n"))
    assert len(table) == 0
    assert table.empty_video.tolist() == [0, 1]
    assert table.empty_time_sec.tolist() == [902.0, 1000.0]


@pytest.mark.parametrize("width", [7, 8])
def test_keyframes_without_boxes_among_others(tmp_path, width):
    row = ROW if width == 7 else f"{ROW},5"
    table = read_ava_csv(written(tmp_path, f"new,0904\n{row}\nabc,0903.25\n{row}\n"))
    assert len(table) == 2
    names = [table.videos[index] for index in table.empty_video]
    assert dict(zip(names, table.empty_time_sec.tolist(), strict=True)) == {
        "new": 904.0,
        "abc": 903.25,
    }


def test_spellings_of_ava_kinetics(tmp_path):
    rows = f"{ROW}\nabc,902.5,,,,,\nabc,903,0,0,1,1,80.0\nxyz,4.004,0.1,0.2,0.3,0.4,7.\n"
    table = read_ava_csv(written(tmp_path, rows))
    assert table.class_id.tolist() == [12, 80, 7]
    assert table.empty_time_sec.tolist() == [902.5]
    # Messages count the rows with a box.
    assert ", line 3: " in locate_row(table, 1)
    assert locate_rows(table, [2])[0].endswith(":4 (xyz,4.004,0.1,0.2,0.3,0.4,7.)")
    with pytest.raises(InputError, match=r"'action id': expected a whole number, got '7\.5'"):
        read_ava_csv(written(tmp_path, "abc,903,0,0,1,1,7.5\n"))


def test_rows_of_seven_and_eight_columns(tmp_path):
    table = read_ava_csv(written(tmp_path, f"{ROW}\n{ROW},0.5\n"))
    assert table.last.tolist() == [1.0, 0.5]
    assert table.boxes.shape == (2, 4)
    assert table.has_last


@pytest.mark.parametrize(
    "text",
    [
        f"\n{ROW},0.5\n\n  \n{ROW},0.5\n\n",
        f"{ROW},0.5\r\n{ROW},0.5\r\n",
        f"{ROW},0.5\n{ROW},0.5",
        f"\ufeff{ROW},0.5\n{ROW},0.5\n",
        '"abc","0902","0.1","0.2","0.3","0.4","12","0.5"\nabc,902,.1,2e-1,0.30,4E-1,012,0.5\n',
        "abc,902.0, 0.1, 0.2,0.3 ,0.4,+12,0.5\nabc,0902,0.1,0.2,0.3,0.4,12,0.5\n",
    ],
    ids=["blank lines", "crlf", "no last newline", "byte order mark", "quotes", "blanks and plus"],
)
def test_spellings(tmp_path, text):
    table = read_ava_csv(written(tmp_path, text))
    assert table.videos == ("abc",)
    assert table.time_sec.tolist() == [902.0] * 2
    assert table.boxes.tolist() == [[0.1, 0.2, 0.3, 0.4]] * 2
    assert table.class_id.tolist() == [12] * 2
    assert table.last.tolist() == [0.5] * 2


def test_numbers_are_read_to_the_last_bit(tmp_path):
    random = np.random.default_rng(0)
    values = np.append(random.random(500), random.random(500) * 1e-9)
    text = "".join(f"abc,1,0.1,0.2,0.3,0.4,12,{value!r}\n" for value in values.tolist())
    assert read_ava_csv(written(tmp_path, text)).last.tolist() == values.tolist()


def test_quoted_video_ids_with_commas(tmp_path):
    table = read_ava_csv(written(tmp_path, f'"a,b",3\n{ROW}\n'))
    assert {table.videos[index] for index in table.empty_video} == {"a,b"}


def test_gz(tmp_path):
    path = tmp_path / "file.csv.gz"
    path.write_bytes(gzip.compress(f"{ROW}\n".encode()))
    assert read_ava_csv(path).class_id.tolist() == [12]
    path.write_bytes(gzip.compress(f"{ROW}\n".encode() * 1000)[:-20])
    with pytest.raises(InputError, match="cannot be read"):
        read_ava_csv(path)


def test_empty_file(tmp_path):
    table = read_ava_csv(written(tmp_path, ""))
    assert len(table) == 0
    assert len(table.empty_video) == 0
    assert table.boxes.shape == (0, 4)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("abc,902,0.1,0.2,0.3", "line 3: expected 2, 7 or 8 columns .* got 5: 'abc,902,0.1"),
        (f"{ROW},1,9", "line 3: expected 2, 7 or 8 columns .* got 9"),
        ("abc,9x2,0.1,0.2,0.3,0.4,12,1", "line 3, column 'timestamp': .* a number, got '9x2'"),
        ("abc,902,0.1,zwei,0.3,0.4,12,1", "line 3, column 'y1': expected a number, got 'zwei'"),
        ("abc,902,0.1,0.2,,0.4,12,1", "line 3, column 'x2': expected a number, got ''"),
        ("abc,902,0.1,0.2,0.3,nan,12,1", "line 3, column 'y2': expected a number, got 'nan'"),
        ("abc,902,0.1,0.2,0.3,0.4,1.5,1", "column 'action id': .* whole number, got '1.5'"),
        ("abc,902,0.1,0.2,0.3,0.4,99999999999999999999,1", "column 'action id'"),
        (f"{ROW},high", "column 'score or person id': expected a number, got 'high'"),
        (f"{ROW},inf", "column 'score or person id': expected a number, got 'inf'"),
        (",902,0.1,0.2,0.3,0.4,12,1", "line 3, column 'video id': expected a video id"),
        ("abc,-1,0.1,0.2,0.3,0.4,12,1", "column 'timestamp': expected seconds from 0"),
        ("abc,nine", "line 3, column 'timestamp': expected a number, got 'nine'"),
    ],
)
def test_wrong_rows_are_named(tmp_path, row, message):
    path = written(tmp_path, f"{ROW},0.5\n\n{row}\n{ROW},0.5\n")
    with pytest.raises(InputError, match=message) as error:
        read_ava_csv(path)
    assert str(path) in str(error.value)


def test_wrong_first_row(tmp_path):
    with pytest.raises(InputError, match=r"line 1, column 'timestamp'.*got 'timestamp'"):
        read_ava_csv(written(tmp_path, f"video_id,timestamp,x1,y1,x2,y2,action\n{ROW}\n"))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_ava_csv(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes(f"{ROW}\n\xe9t\xe9,1\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        read_ava_csv(tmp_path / "latin.csv")


def test_excluded_takes_no_boxes(tmp_path):
    with pytest.raises(InputError, match=r"line 2: .*two columns"):
        read_excluded(written(tmp_path, f"abc,0902\n{ROW}\n"))


def test_both_readers_agree(tmp_path):
    path = written(tmp_path, f"{ROW},0.5\nabc,0903\nd,1.25,0,0.5,1,1,3,0.125\n")
    fast, careful = read_ava_csv(path), ava_csv._read_rows(str(path))
    assert fast.videos == careful.videos
    for name in ("video", "time_sec", "boxes", "class_id", "last", "empty_video"):
        left, right = getattr(fast, name), getattr(careful, name)
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)
