"""Check the command ``stad find``: its table, its files, and its errors."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from stad.cli.find import find_main
from stad.cli.find_job import Found, found_table, summary
from stad.corpus.query import Totals
from stad.corpus.schema import model_key
from stad.corpus.store import ResultStore
from stad.errors import InputError
from tests.corpus.example import make_corpus
from tests.corpus.rows import MODEL, make_results


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("find")
    make_corpus(folder, ("a.mp4", "b[1].mp4", "gone.mp4"))
    (folder / "gone.mp4").unlink()
    return folder


def run(folder: Path, *words: object) -> None:
    find_main([str(folder / "results"), *map(str, words)], prog="stad find")


def test_the_table_on_the_terminal(folder, capsys):
    run(folder, "--label", "fall down", "--video", "[ab]*")
    out, err = capsys.readouterr()
    lines = [line.split() for line in out.splitlines() if line.strip()]
    assert lines[0] == ["score", "label", "from", "to", "person", "video"]
    assert lines[2][:6] == ["0.80", "fall", "down", "0:00:02.0", "0:00:04.5", "7"]
    # A long path goes on in the next line.
    assert "".join(lines[2][6:] + lines[3][:1]).startswith("/")
    assert "…" not in out
    assert err == "found     2 segments in 2 videos\n"


def test_files(folder, tmp_path, capsys):
    files = {flag: tmp_path / f"found.{flag.strip('-')}" for flag in ("--csv", "--json", "--html")}
    options = [word for pair in files.items() for word in pair]
    run(folder, *options, "--clips", tmp_path / "clips", "--limit", 4, "--min-score", 0.6)
    err = capsys.readouterr().err.splitlines()
    assert err[0] == (
        "found     5 segments in 3 videos; shown: the 4 with the highest scores (--limit)"
    )
    assert err[1:3] == [f"csv       {files['--csv']}", f"json      {files['--json']}"]
    assert err[3] == f"clips     {tmp_path / 'clips'}: 3 written"
    assert err[4:] == [
        f"html      {files['--html']}",
        f"left out  There is no file {folder / 'gone.mp4'}.",
    ]
    with files["--csv"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["score"] for row in rows] == ["0.8", "0.7", "0.7", "0.6"]
    assert rows[0]["path"] == str(folder / "a.mp4")
    listed = json.loads(files["--json"].read_text())
    assert [one["score"] for one in listed] == [0.8, 0.7, 0.7, 0.6]
    assert listed[0]["copies"] == []
    assert len(list((tmp_path / "clips").iterdir())) == 3


def test_files_hold_all_without_a_limit(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("stad.cli.find_job.DEFAULT_LIMIT", 2)
    run(folder, "--json", tmp_path / "all.json", "--csv", tmp_path / "all.csv")
    assert "shown: the 2 with the highest scores" in capsys.readouterr().err
    assert len(json.loads((tmp_path / "all.json").read_text())) == 6
    assert len((tmp_path / "all.csv").read_text().splitlines()) == 7


def test_nothing_is_found(folder, tmp_path, capsys):
    run(folder, "--min-score", 0.99, "--json", tmp_path / "none.json", "--csv", tmp_path / "n.csv")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("found     nothing. Lower --min-score")
    assert json.loads((tmp_path / "none.json").read_text()) == []
    assert len((tmp_path / "n.csv").read_text().splitlines()) == 1


def test_quiet(folder, tmp_path, capsys):
    run(folder, "--quiet", "--clips", tmp_path / "clips", "--video", "gone*")
    out, err = capsys.readouterr()
    assert out == ""
    # What is missing is said all the same.
    assert err == f"left out  There is no file {folder / 'gone.mp4'}.\n"


def test_several_models_are_told_apart(tmp_path, capsys):
    store = ResultStore.open(tmp_path / "results", create=True)
    for model in (MODEL, model_key("other", {})):
        store.add(model, make_results(1))
    run(tmp_path)
    assert "other@" in capsys.readouterr().out
    run(tmp_path, "--model", "other")
    assert "model" not in capsys.readouterr().out


def test_markup_in_names_is_text():
    found = Found(Totals(0, 0, 1), [], [])
    assert found_table(found).rows == []
    assert summary(Found(Totals(1, 1, 1), [], [])).startswith("found     1 segment in 1 video;")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--min-score", "7"], "--min-score must be between 0 and 1, got 7"),
        (["--longer", "-1"], "--longer must be a number of seconds, 0 or more, got -1"),
        (["--limit", "0"], "--limit must be 1 or more, got 0"),
        (["--label", "fal down"], "--label: the model has no label 'fal down'. Did you mean fall"),
        (["--where", "foo > 1"], "--where is not SQL that can be used here. Binder Error: Refer"),
        (["--csv", "none/found.csv"], "--csv: the folder none does not exist"),
        (["--clips", "{file}"], "--clips: {file} is a file. Give the name of a folder."),
        (["--html", "{file}"], "--html: {file} exists already. Add --overwrite to replace it."),
    ],
)
def test_errors(folder, tmp_path, words, expected):
    file = tmp_path / "there.html"
    file.touch()
    with pytest.raises(InputError) as caught:
        run(folder, *(word.format(file=file) for word in words))
    assert str(caught.value).startswith(expected.format(file=file))
    assert file.read_text() == ""


def test_errors_of_the_results(tmp_path):
    with pytest.raises(InputError, match="Give the folder or URL that 'stad corpus' wrote"):
        find_main([], prog="stad find")
    with pytest.raises(InputError, match="There are no results in"):
        find_main([str(tmp_path)], prog="stad find")
