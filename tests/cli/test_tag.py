"""``stad features``, ``train``, ``evaluate`` and ``tag`` on records, from the command line."""

import csv
import json

import pytest

from stad.cli import evaluate_tagger_job
from stad.cli.main import stad_main
from stad.errors import InputError
from stad.tagging import training
from tests.tagging.rendered import TINY, clip_folder, tiny_weights

NETWORK = ("--runtime", "torch", "--device", "cpu")


@pytest.fixture
def records(tmp_path, monkeypatch):
    """Return records of rendered clips, written by the command."""
    monkeypatch.setenv("STAD_HOME", str(tmp_path / "home"))
    clips = clip_folder(tmp_path / "mine", num_videos=8)
    weights = tiny_weights(tmp_path / "tiny.pth")
    stad_main(
        [
            *("features", str(clips), "--out", str(tmp_path / "records")),
            *("--backbone", str(TINY), "--backbone-weights", str(weights), *NETWORK),
        ]
    )
    return tmp_path / "records"


def test_four_commands_from_videos_to_a_page(tmp_path, records, capsys, monkeypatch):
    monkeypatch.setattr(training, "PATIENCE", 1)
    monkeypatch.setattr(evaluate_tagger_job, "NUM_SEEDS", 1)

    stad_main(["train", str(records)])
    out, err = capsys.readouterr()
    assert out.split()[:3] == ["tags", "tag", "videos"]
    assert f"'stad tag VIDEOS --model {records}'" in err

    stad_main(["evaluate", str(records), "--json", "--folds", "2"])
    data = json.loads(capsys.readouterr().out)
    assert set(data["figures"]) == {"nextvlad", "mean_pooling", "majority"}
    assert (data["videos"], data["folds"]) == (8, 2)

    names = [f"{tmp_path}/tags.{ending}" for ending in ("html", "csv", "json")]
    stad_main(
        [
            *("tag", str(tmp_path / "mine" / "red"), str(tmp_path / "mine" / "blue" / "1.mp4")),
            *("--model", str(records), *NETWORK),
            *("--out", names[0], "--csv", names[1], "--json", names[2]),
        ]
    )
    out, err = capsys.readouterr()
    assert "red/2.mp4" in out
    assert "known     the features of 5 videos were there" in err
    rows = list(csv.DictReader((tmp_path / "tags.csv").read_text().splitlines()))
    assert {one["video"] for one in rows} == {f"red/{i}.mp4" for i in (0, 2, 4, 6)} | {"1.mp4"}
    content = json.loads((tmp_path / "tags.json").read_text())
    assert [len(one["tags"][0]["over_time"]) for one in content["videos"]] == [2] * 5
    assert "<title>tags</title>" in (tmp_path / "tags.html").read_text()
    with pytest.raises(InputError, match=r"--out: .* exists already. Add --overwrite"):
        stad_main(["tag", str(tmp_path), "--model", str(records), "--out", names[0]])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["features", "--out", "a"], "Give a folder of videos, or video files."),
        (["features", "a.mp4"], "Give the folder of the records with --out DIR."),
        (["features", "a.mp4", "--out", "a"], "No such file: a.mp4"),
        (["tag", "--model", "a"], "Give a folder of videos, or video files."),
        (["tag", "a.mp4"], "Give a tagger with --model RECORDS."),
        (["tag", "a.mp4", "--model", "b"], "neither a folder of a trained tagger nor a config"),
    ],
)
def test_what_is_missing_is_asked_for(tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        stad_main(words)


def test_options_of_videos_are_not_those_of_records(records):
    with pytest.raises(InputError, match="--views is not for a folder of records"):
        stad_main(["train", str(records), "--views", "crop"])
    with pytest.raises(InputError, match="--report is not for a folder of records"):
        stad_main(["evaluate", str(records), "--report", "out"])
    with pytest.raises(InputError, match="--aggregator is for a folder of records"):
        stad_main(["train", "configs/slowfast_ava.py", "--aggregator", "netvlad"])
    with pytest.raises(InputError, match="--aggregator must be nextvlad, netvlad or mean_pooling"):
        stad_main(["train", str(records), "--aggregator", "best"])
