"""Two hours of video take as much memory as two minutes, whoever is in view and for how long."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import torch

from benchmarks.memory import ROOT, annotate_command, as_table, measure
from stad import zoo
from tests.cli.conftest import CONFIG, weights
from tests.robustness.conftest import COUNTS
from tests.robustness.unsteady_camera import SIZE, scene
from tests.videos import write_video

__all__ = ["weights"]
pytestmark = [pytest.mark.robust, pytest.mark.slow]

RECOGNIZER = str(ROOT / "tests" / "data" / "tiny_recognizer.py")
RUN = "from stad.cli.main import main; main()"
MINUTES, MAX_RATIO = (2.0, 120.0), 1.1
END_SEC = 60 * MINUTES[1]
FLOAT32 = ("--precision", "float32", "--device", "cpu", "--runtime", "torch")
PEOPLE, STAY_SEC = 3, 20


def check(tmp_path, command, record_property) -> list[Path]:
    """Run a command on both lengths, assert the ratio of the memory; return the output folders."""
    video = write_video(
        tmp_path / "in.mp4",
        num_frames=60,
        fps=2,
        size=SIZE,
        gop=20,
        picture=lambda index, *_: scene(index / 2, is_acting=index // 10 % 2 == 0),
    )
    rows = measure(video, MINUTES, command, folder=tmp_path, size=SIZE)
    record_property(COUNTS, as_table(rows))
    assert rows[1].cost.max_bytes <= MAX_RATIO * rows[0].cost.max_bytes, as_table(rows)
    return [tmp_path / "run0", tmp_path / "run1"]


def annotate(weights, *options):
    """Return the command that annotates with all outputs; two labels always hold."""
    words = [*FLOAT32, "--model", CONFIG, "--weights", weights, "--stride", "5"]
    words += ["--threshold", "0", "--labels", "walk,stand"]

    def command(video, folder):
        more = [one(video, folder) if callable(one) else one for one in options]
        return annotate_command(video, folder, [*words, *more])

    return command


def test_one_action_that_never_ends(tmp_path, weights, record_property):
    command = annotate(weights, "--detector", "whole_frame", "--detect-every", "1")
    _, long = check(tmp_path, command, record_property)
    document = json.loads((long / "a.json").read_text())
    assert [one["end_sec"] for one in document["segments"]] == pytest.approx([END_SEC] * 2)
    assert len(document["frames"]) == 2 * END_SEC


def test_people_who_come_and_go(tmp_path, weights, record_property):
    def boxes(video, folder):
        path = folder / "boxes.csv"
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["time_sec", "x1", "y1", "x2", "y2", "actor_id"])
            for second in range(round(60 * float(video.stem.removesuffix("min")))):
                for person in range(PEOPLE):
                    left = 4 + 18 * person + second % 5
                    actor = 1 + PEOPLE * (second // STAY_SEC) + person
                    rows.writerow([second, left, 8, left + 14, 40, actor])
        return str(path)

    _, long = check(tmp_path, annotate(weights, "--boxes", boxes), record_property)
    document = json.loads((long / "a.json").read_text())
    assert len(document["segments"]) == 2 * PEOPLE * END_SEC / STAY_SEC


def test_recognition(tmp_path, record_property):
    torch.manual_seed(0)
    path = tmp_path / "tiny.pth"
    torch.save({"state_dict": zoo.load(RECOGNIZER, weights=None).state_dict()}, path)
    words = ["-c", RUN, "recognize", "--model", RECOGNIZER, "--weights", str(path), *FLOAT32[2:]]

    def command(video, folder):
        return [*words, str(video), "--json", str(folder / "a.json")]

    short, long = check(tmp_path, command, record_property)
    assert (short / "a.json").exists()
    assert (long / "a.json").exists()
