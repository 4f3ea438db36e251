"""The evaluation of files and its script."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stad.errors import InputError
from stad.evaluation.ava_summary import as_json, as_table
from stad.evaluation.compare_ava import compare_ava_files

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "eval_ava.py"
LABELS = 'label { name: "walk" label_id: 1 }\nlabel { name: "sit" label_id: 2 }\n' + (
    'label { name: "swim" label_id: 3 }\n'
)
TRUTH = "a,0902,0,0,0.5,1,1,0\na,0902,0,0,0.5,1,2,0\nb,0903\nc,0904,0,0,0.5,1,1,0\n"
FOUND = "a,902,0,0,0.5,1,1,0.9\nb,903.0,0,0,0.5,1,1,0.95\nz,1,0,0,0.5,1,1,0.99\n"


@pytest.fixture
def files(tmp_path):
    for name, text in {
        "labels.pbtxt": LABELS,
        "truth.csv": TRUTH,
        "found.csv": FOUND,
        "excluded.csv": "c,0904\n",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def compare(files, **options):
    return compare_ava_files(
        files / "truth.csv", files / "found.csv", label_map=files / "labels.pbtxt", **options
    )


def run(files, *options):
    command = [sys.executable, SCRIPT, "--gt", "truth.csv", "--pred", "found.csv", *options]
    return subprocess.run(command, cwd=files, capture_output=True, text=True)


def test_json(files):
    result = compare(files, excluded=files / "excluded.csv").result
    # walk: wrong on the keyframe named with nothing in it, then right; sit: not found.
    assert as_json(result) == {"mAP": 0.25, "per_class": {"walk": 0.5, "sit": 0.0, "swim": None}}
    assert compare(files).result.ap[0] == 0.25


def test_script_prints_json_alone_on_stdout(files):
    done = run(files, "--labelmap", "labels.pbtxt", "--excluded", "excluded.csv", "--json")
    assert done.returncode == 0
    expected = {"mAP": 0.25, "per_class": {"walk": 0.5, "sit": 0.0, "swim": None}}
    assert json.loads(done.stdout) == expected
    assert "1 of 3 detections match no keyframe of the ground truth" in done.stderr
    assert "the detections have 'z' at 1 s, the ground truth 'a' at 902 s" in done.stderr
    (files / "found.csv").write_text(FOUND.rpartition("z,1")[0])
    assert run(files, "--labelmap", "labels.pbtxt", "--json").stderr == ""


def test_table(files):
    lines = as_table(compare(files, excluded=files / "excluded.csv").result).splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["walk", "sit", "swim"]
    assert lines[1].split() == ["walk", "0.5000", "1", "2"]
    assert lines[3].split() == ["swim", "-", "0", "0"]
    assert lines[4] == "mAP at IoU 0.5, official, mean of 2 classes: 0.2500"
    assert lines[5].startswith("note: 1 detections on keyframes that the ground truth does not")


def test_script_uses_the_sixty_classes_by_default(files):
    done = run(files)
    assert done.returncode == 0
    assert done.stdout.count("\n") == 60 + 3


def test_script_says_what_is_wrong(files):
    (files / "found.csv").write_text(FOUND + "b,0903,0,zero,1,1,1,1\n")
    done = run(files)
    assert done.returncode == 2
    assert "found.csv, line 4, column 'y1': expected a number, got 'zero'" in done.stderr
    assert "Traceback" not in done.stderr
    (files / "found.csv").unlink()
    assert run(files, "--json").returncode == 2


def test_reversed_ground_truth_is_named_by_line(files):
    (files / "truth.csv").write_text(TRUTH + "c,0904,0.5,0,0,1,1,0\n")
    with pytest.raises(InputError, match=r"truth.csv, line 5: 'c,0904,0.5,.*x1 <= x2"):
        compare(files)


def test_no_ground_truth(files):
    (files / "truth.csv").write_text("\n")
    with pytest.raises(InputError, match="no rows"):
        compare(files)


def test_no_detections(files):
    (files / "found.csv").write_text("")
    assert compare(files).result.mean_ap == 0.0


def test_two_classes_of_one_name(files):
    (files / "labels.pbtxt").write_text(LABELS.replace("sit", "walk"))
    with pytest.raises(InputError, match="'walk' to two classes"):
        compare(files)


def test_files_without_a_common_class_and_nothing_left_to_evaluate_are_refused(tmp_path):
    truth, found, excluded = (tmp_path / name for name in ("gt.csv", "pred.csv", "excluded.csv"))
    truth.write_text("a,0902,0.1,0.1,0.5,0.9,12,0\na,0903,0.1,0.1,0.5,0.9,80,0\n")
    found.write_text("a,0902,0.1,0.1,0.5,0.9,1,0.9\na,0903,0.1,0.1,0.5,0.9,7,0.8\n")
    with pytest.raises(InputError, match="0 of 2 detections match a class") as raised:
        compare_ava_files(truth, found)
    assert "The detections have class ids 1, 7, the ground truth 12, 80" in str(raised.value)
    excluded.write_text("a,0902\na,0903\n")
    with pytest.raises(InputError, match="nothing to evaluate: of its 2 rows 2 are of an"):
        compare_ava_files(truth, truth, excluded=excluded)
