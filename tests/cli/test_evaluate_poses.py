"""The command `stad evaluate poses`, on a clip with a tiny model: figures, files, wrong options."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from stad import zoo
from stad.cli.evaluate_poses import poses_main
from stad.cli.figure_table import as_markdown
from stad.cli.posture_tables import POOLED, figure_tables, read_figures
from stad.errors import InputError
from stad.evaluation.posture_clips import judge_clip
from stad.evaluation.posture_summary import summarize
from stad.zoo.lookup import config_dir, name_of_config
from tests.evaluation.posture_cases import LEFT, clip_of, found_in
from tests.videos import write_video

CONFIG = Path(__file__).parents[1] / "data" / "tiny_detector.py"
FRAME = "0.05,0,0.95,1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two clips of two people, who fill the frame, and a model whose head says "sit" always."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "videos").mkdir()
    for name in ("first", "second"):
        write_video(folder / "videos" / f"{name}.mp4", num_frames=30, fps=10)
    rows = [f"first,{time},{FRAME},{1 if time < 2 else 2},1" for time in (0, 1, 2)]
    rows += [f"second,{time},{FRAME},2,7" for time in (0, 1, 2)]
    (folder / "keyframes.csv").write_text("\n".join(rows) + "\n")
    (folder / "people.csv").write_text("video,person,subject\nfirst,1,anna\nsecond,7,bob\n")
    (folder / "complete.csv").write_text("video\nfirst\nsecond\n")
    model = zoo.load(str(CONFIG), weights=None)
    with torch.no_grad():
        model.roi_head.fc_cls.weight.zero_()
        model.roi_head.fc_cls.bias.fill_(-9)
        model.roi_head.fc_cls.bias[10] = 2
    torch.save({"state_dict": model.state_dict()}, folder / "tiny.pth")
    return folder


def run(folder, *words):
    options = (
        "--detector",
        "whole_frame",
        "--runtime",
        "torch",
        "--precision",
        "float32",
        "--quiet",
    )
    poses_main([str(folder), *options, *map(str, words)])


def test_a_folder_is_evaluated(folder, tmp_path, capsys):
    out, page = tmp_path / "new.json", tmp_path / "new.md"
    model = ("--model", CONFIG, "--weights", folder / "tiny.pth")
    run(folder, *model, "--json", out, "--markdown", page)
    figures = read_figures(out)
    assert list(figures) == ["anna", "bob", POOLED]
    assert figures[POOLED]["confusion"][0][:3] == [0, 2, 0]
    assert [figures[name]["accuracy"] for name in figures] == [1 / 3, 1.0, 4 / 6]
    assert figures[POOLED]["recall"]["sit"] == 1.0
    # sigmoid(2) is 0.88, and 4 of 6 are right.
    assert figures[POOLED]["calibration_error"] == pytest.approx(0.8808 - 4 / 6, abs=1e-3)
    assert figures[POOLED]["mean_ids"] == 1
    assert figures[POOLED]["phantoms"] == 0
    assert figures[POOLED]["video_sec"] == pytest.approx(6.0)
    # "sit" is one segment of the whole clip: right where it is sat all the time.
    assert figures["bob"]["segment_ap"] == {"sit": 1.0}
    text = capsys.readouterr().out
    assert "0.667" in text
    assert "| bob | 3 | 1.000 |" in page.read_text()
    # Beside themselves.
    run(folder, *model, "--compare", out, "--labels", "sit", "--people", "bob")
    assert "before" in capsys.readouterr().out


def test_each_person_gets_the_weights_of_the_others(folder, tmp_path):
    for who in ("anna", "bob", "anna_seed1", "bob_seed1"):
        (tmp_path / who).mkdir()
        shutil.copy(folder / "tiny.pth", tmp_path / who / "epoch_1.pth")
        (tmp_path / who / "last_checkpoint").write_text("epoch_1.pth")
    out = tmp_path / "new.json"
    words = ("--leave-one-out", CONFIG, "--work-dir", tmp_path, "--json", out)
    run(folder, *words)
    figures = read_figures(out)
    assert [figures[name]["keyframes"] for name in figures] == [3, 3, 6]
    # Every seed counts, for the person and in the sum.
    run(folder, *words, "--seeds", 2, "--overwrite")
    figures = read_figures(out)
    assert [figures[name]["keyframes"] for name in figures] == [6, 6, 12]
    assert figures["anna"]["accuracy"] == 1 / 3
    assert json.loads(out.read_text())["model"] == f"{CONFIG}, trained without each person"


def test_annotated_boxes_take_the_place_of_the_detector(folder, tmp_path):
    out = tmp_path / "new.json"
    poses_main(
        [
            *(str(folder), "--given-boxes", "--videos", "sec*", "--quiet", "--json", str(out)),
            *(
                "--runtime",
                "torch",
                "--precision",
                "float32",
                "--model",
                str(CONFIG),
                "--weights",
                str(folder / "tiny.pth"),
            ),
        ]
    )
    assert read_figures(out)[POOLED]["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--videos", "none*"], "--videos: no clip is named none*. There are first, second."),
        (["--people", "carl"], "--people: no person is named 'carl' in people.csv. There are anna"),
        (["--labels", "fly"], "--labels: the model has no label 'fly'"),
        (["--work-dir", "w"], "--work-dir is for --leave-one-out CONFIG, which trains."),
        (["--leave-one-out", "a.py", "--weights", "b"], "Leave out --model and --weights."),
        (["--seeds", "2"], "--seeds is for --leave-one-out CONFIG, which trains."),
        (["--seeds", "0"], "--seeds must be at least 1, got 0."),
        (["--given-boxes"], "Give --detector or --given-boxes, not both."),
        (["--threshold", "2"], "--threshold must be"),
        (["--json", "none/a.json"], "--json: the folder none does not exist."),
        (["--compare", "{folder}/tiny.json"], "has no figures of postures"),
    ],
)
def test_wrong_options(folder, words, message):
    (folder / "tiny.json").write_text("{}")
    with pytest.raises(InputError) as caught:
        run(folder, *(word.replace("{folder}", str(folder)) for word in words))
    assert message in str(caught.value)


def test_a_missing_video_is_named(folder, tmp_path):
    shutil.copy(folder / "keyframes.csv", tmp_path)
    (tmp_path / "videos").mkdir()
    shutil.copy(folder / "videos" / "first.mp4", tmp_path / "videos")
    with pytest.raises(InputError, match=r"1 of 2 clips are not in .*videos: second\."):
        run(tmp_path)


def test_leaving_out_needs_to_know_who_is_who(folder, tmp_path):
    shutil.copy(folder / "keyframes.csv", tmp_path)
    shutil.copytree(folder / "videos", tmp_path / "videos")
    with pytest.raises(InputError, match=r"--leave-one-out needs .*people.csv"):
        run(tmp_path, "--leave-one-out", CONFIG)


def test_tables_show_figures_beside_earlier_ones():
    clip = clip_of((0, 0, 0, LEFT), (0, 1, 0, LEFT), (0, 2, 1, LEFT))
    found = found_in({t: [(1, LEFT, 0, 0.9)] for t in range(3)}, (1, 0, 0, 2, 0.9))
    one = summarize([judge_clip(clip, found)], ("up", "down/low", "on"), judged=(0, 1))
    tables = figure_tables({POOLED: one}, old={POOLED: {"accuracy": 0.5, "recall": {"up": 0.25}}})
    assert [table.title.split(" ")[0] for table in tables] == ["figures", "postures"]
    rows = {row[0]: row[1:] for row in tables[0].rows}
    assert rows["right"] == ("0.667", "0.500")
    assert rows["keyframes"] == ("3", "-")
    assert rows["falls found"] == ("-", "-")
    assert rows["ids per person"] == ("1.00 (maximum 1)", "-")
    assert rows["processor time per second"] == ("0.50 s", "-")
    expected = ("posture", "recall", "before", "AP", "up", "down", "not sure", "no box")
    assert tables[1].columns == expected
    assert tables[1].rows == [
        ("up", "1.00", "0.25", "1.00", "2", "0", "0", "0"),
        ("down", "0.00", "-", "0.00", "1", "0", "0", "0"),
    ]
    assert "| up | 1.00 | 0.25 | 1.00 | 2 | 0 | 0 | 0 |" in as_markdown(tables)


def test_a_config_of_the_zoo_has_a_name():
    assert name_of_config(config_dir() / "skeleton_poses.py") == "skeleton_poses"
    assert name_of_config(CONFIG) is None
