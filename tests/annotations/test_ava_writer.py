"""Rows of AVA CSV files: the number formats of each kind, and names that need quotes."""

import csv

import numpy as np

from stad.annotations.ava_csv import read_ava_csv
from stad.annotations.ava_writer import (
    DETECTIONS,
    EXACT_DETECTIONS,
    GROUND_TRUTH,
    ava_row,
    write_ava_csv,
)

BOX = (0.1, 1 / 3, 0.5, 2e-7)


def test_each_format():
    assert ava_row("a", 902.0, BOX, 3, 0.5, numbers=DETECTIONS) == (
        "a,0902,0.1000,0.3333,0.5000,0.0000,3,0.50000"
    )
    assert ava_row("a", 902.25, np.array(BOX), 3, np.float32(0.1), numbers=DETECTIONS) == (
        "a,902.250,0.1000,0.3333,0.5000,0.0000,3,0.10000"
    )
    assert ava_row("a", 902.0, BOX, 3, 0.1234567, numbers=EXACT_DETECTIONS) == (
        "a,902,0.1,0.333333,0.5,2e-07,3,0.123457"
    )
    assert ava_row("a", 1.5, BOX, 3, 12, numbers=GROUND_TRUTH) == (
        "a,1.5,0.1000,0.3333,0.5000,0.0000,3,12"
    )


def test_names_are_quoted_as_csv_has_it():
    for name in ("a,b", 'say "a"', "two\nlines", " a", "ü"):
        row = ava_row(name, 1.0, BOX, 3, 0.5, numbers=EXACT_DETECTIONS)
        assert next(csv.reader([row]))[0] == name or "\n" in name
    assert ava_row("a,b", 1, BOX, 3, 1, numbers=GROUND_TRUTH).startswith('"a,b",1,')


def test_a_table_is_read_as_it_was_written(tmp_path):
    (tmp_path / "a.csv").write_text('"a,b",902.5,0.1,0.2,0.3,0.4,12,0.25\nc,903,0,0,1,1,80,1\n')
    table = read_ava_csv(tmp_path / "a.csv")
    write_ava_csv(tmp_path / "b.csv", table, numbers=EXACT_DETECTIONS)
    assert (tmp_path / "b.csv").read_text() == (tmp_path / "a.csv").read_text()
    again = read_ava_csv(tmp_path / "b.csv")
    assert again.videos == table.videos
    np.testing.assert_array_equal(again.boxes, table.boxes)
