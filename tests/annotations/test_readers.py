"""Formats of annotations: chosen by name or by the ending of the file."""

from pathlib import Path

import pytest

from stad.annotations import readers
from stad.annotations.ava_csv import read_ava_csv
from stad.annotations.readers import AnnotationFormat, read_annotations
from stad.cli.check import ava_main as check_ava
from stad.cli.evaluate import ava_main as evaluate_ava
from stad.errors import InputError
from stad.evaluation.compare_ava import compare_ava_files

ROW = "abc,0902,0.1,0.2,0.3,0.4,12,7\n"


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "labels"])
def test_ava_is_the_format_of_csv_files_and_of_unknown_endings(tmp_path, name):
    (tmp_path / name).write_text(ROW)
    for options in ({}, {"format": "ava"}):
        table = read_annotations(tmp_path / name, **options)
        assert (table.videos, table.class_id.tolist()) == (("abc",), [12])


@pytest.fixture
def other_format(monkeypatch):
    """A format 'other' of files ending in .json, read from the .csv beside them."""

    def read_other(path, *, allow_bad_numbers=False):
        path = Path(path).with_suffix(".csv")
        return read_ava_csv(path, allow_bad_numbers=allow_bad_numbers)

    monkeypatch.setitem(readers.FORMATS, "other", AnnotationFormat(read_other, (".json",)))


def test_a_format_is_one_line_in_the_table(tmp_path, other_format):
    (tmp_path / "a.csv").write_text(ROW.replace("0.4", "nan"))
    table = read_annotations(tmp_path / "a.json", allow_bad_numbers=True)
    assert table.last.tolist() == [7]
    with pytest.raises(InputError, match="column 'y2'"):
        read_annotations(tmp_path / "a.json")


def test_evaluation_reads_its_ground_truth_in_any_format(tmp_path, other_format, capsys):
    (tmp_path / "a.csv").write_text(ROW)
    (tmp_path / "found.csv").write_text(ROW.replace(",7\n", ",0.5\n"))
    found = str(tmp_path / "found.csv")
    for name, format in (("a.json", None), ("a.txt", "other")):
        path = str(tmp_path / name)
        assert compare_ava_files(path, found, annotation_format=format).result.mean_ap == 1
        options = [] if format is None else ["--format", format]
        evaluate_ava(["--gt", path, "--pred", found, *options])
        assert "mAP at IoU 0.5, official, mean of 1 classes: 1.0000" in capsys.readouterr().out
        check_ava([found, "--gt", path, *options])
        check_ava([path, *options])
        assert capsys.readouterr().out.count("No problem was found") == 2
    with pytest.raises(InputError, match=r"a\.txt: no such file"):
        compare_ava_files(tmp_path / "a.txt", found)
    with pytest.raises(InputError, match="format 'voc' is unknown"):
        evaluate_ava(["--gt", path, "--pred", found, "--format", "voc"])


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"format 'voc' is unknown\. Use one of ava"):
        read_annotations(tmp_path / "a.csv", format="voc")
