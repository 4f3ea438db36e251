"""No command writes over a file that it reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from stad.cli.main import stad_main
from stad.cli.output_checks import check_not_input
from stad.cli.tune_options import TuneOptions
from stad.errors import run_script


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["annotate", "in.mp4", "--out", "link.mp4", "--overwrite"], "VIDEO"),
        (["annotate", "in.mp4", "--csv", "a", "--boxes", "a", "--overwrite"], "--boxes"),
        (["annotate", "in.mp4", "--json", "a", "--weights", "a", "--overwrite"], "--weights"),
        (["annotate", "in.mp4", "--json", "a", "--model", "a", "--overwrite"], "--model"),
        (["annotate", "in.mp4", "--json", "a", "--localizer", "a", "--overwrite"], "--localizer"),
        (["recognize", "in.mp4", "--json", "a", "--weights", "a", "--overwrite"], "--weights"),
        (["recognize", "in.mp4", "--json", "in.mp4", "--overwrite"], "VIDEO"),
        (["watch", "in.mp4", "--jsonl", "in.mp4"], "SOURCE"),
        (["watch", "0", "--jsonl", "a", "--weights", "./a"], "--weights"),
        (["watch", "0", "--jsonl", "a", "--model", "a"], "--model"),
        (["tune", "a", "--gt", "in.mp4", "--out", "a"], "CURVES"),
        (["tune", "curves", "--gt", "in.mp4", "--out", "curves/a.json"], "CURVES"),
        (["tune", "b", "--gt", "a", "--out", "a"], "--gt"),
        (["tune", "b", "--gt", "b", "--start-from", "a", "--out", "a"], "--start-from"),
        (["test", "a", "--out", "a"], "CONFIG"),
        (["test", "x3d_s_ava21", "a", "--out", "a"], "CHECKPOINT"),
    ],
)
def test_an_output_that_is_an_input_is_refused(words, name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "curves").mkdir()
    files = [tmp_path / name for name in ("in.mp4", "a", "curves/a.json")]
    for file in files:
        file.write_text("mine")
    (tmp_path / "link.mp4").symlink_to("in.mp4")
    with pytest.raises(SystemExit) as stopped:
        run_script(lambda: stad_main(words))
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert said.endswith(f" is an input of the same command ({name}). Choose another name.\n")
    assert [file.read_text() for file in files] == ["mine"] * 3


def test_a_file_beside_an_input_is_not_one(tmp_path):
    (tmp_path / "tuned.json").write_text("{}")
    options = TuneOptions(curves=("none", "https://" + "x" * 5000), gt=tmp_path, out=Path("none"))
    check_not_input(options, {"--out": tmp_path / "tuned.json", "--json": None})
