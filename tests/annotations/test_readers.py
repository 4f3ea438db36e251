"""Formats of annotations: chosen by name or by the ending of the file."""

import pytest

from stad.annotations import readers
from stad.annotations.ava_csv import read_ava_csv
from stad.annotations.readers import AnnotationFormat, read_annotations
from stad.errors import InputError

ROW = "abc,0902,0.1,0.2,0.3,0.4,12,7\n"


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "labels"])
def test_ava_is_the_format_of_csv_files_and_of_unknown_endings(tmp_path, name):
    (tmp_path / name).write_text(ROW)
    for options in ({}, {"format": "ava"}):
        table = read_annotations(tmp_path / name, **options)
        assert (table.videos, table.class_id.tolist()) == (("abc",), [12])


def test_a_format_is_one_line_in_the_table(tmp_path, monkeypatch):
    def read_other(path, *, allow_bad_numbers=False):
        return read_ava_csv(path.with_suffix(".csv"), allow_bad_numbers=allow_bad_numbers)

    monkeypatch.setitem(readers.FORMATS, "other", AnnotationFormat(read_other, (".json",)))
    (tmp_path / "a.csv").write_text(ROW.replace("0.4", "nan"))
    table = read_annotations(tmp_path / "a.json", allow_bad_numbers=True)
    assert table.last.tolist() == [7]
    with pytest.raises(InputError, match="column 'y2'"):
        read_annotations(tmp_path / "a.json")


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"format 'voc' is unknown\. Use one of ava"):
        read_annotations(tmp_path / "a.csv", format="voc")
