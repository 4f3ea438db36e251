"""The benchmark of annotation: it counts whole processes and compares documents."""

import copy
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.annotate_speed import (
    Agreement,
    Comparison,
    Cost,
    compare_checkouts,
    compare_documents,
    run_checkout,
)
from stad.errors import InputError

ROOT = Path(__file__).parents[2]
# A checkout whose script works for some time, in a process of its own, and writes a document.
PROGRAM = """
import json, subprocess, sys, time
words = sys.argv[1:]
subprocess.run([sys.executable, "-c", "x = bytearray({size}); s = sum(range({work}))"], check=True)
if "--fail" in words:
    sys.exit("error: --fail was given.")
time.sleep({pause})
path = words[words.index("--json") + 1]
frame = dict(index=0, time_sec=0.0, keyframe_sec=0.0, actors=[
    dict(id=1, box=[0, 0, 10, {height}], actions=[dict(label="walk", score=0.9)])])
open(path, "w").write(json.dumps(dict(threshold=0.5, frames=[frame])))
"""


def checkout(folder: Path, **values) -> Path:
    (folder / "demo").mkdir(parents=True)
    values = {"size": 1, "work": 1, "pause": 0, "height": 20} | values
    (folder / "demo" / "detect_video.py").write_text(PROGRAM.format(**values))
    return folder


def document(*frames: dict) -> dict:
    return {"threshold": 0.5, "frames": list(frames)}


def frame(index: int, actors: dict, labels: dict | None = None) -> dict:
    entry = {"index": index, "actors": [{"id": i, "box": box} for i, box in actors.items()]}
    if labels is not None:
        entry["keyframe_sec"] = index / 10
        for actor in entry["actors"]:
            found = labels.get(actor["id"], {})
            actor["actions"] = [{"label": name, "score": s} for name, s in found.items()]
    return entry


def test_documents_are_compared_by_frame_id_and_label():
    before = document(
        frame(0, {1: [0, 0, 10, 10], 2: [20, 0, 30, 10]}, {1: {"walk": 0.9, "read": 0.2}}),
        frame(1, {1: [0, 0, 10, 10]}),
        frame(2, {1: [0, 0, 10, 10]}, {1: {"walk": 0.9}}),
        frame(3, {}, {}),
    )
    assert compare_documents(before, copy.deepcopy(before)) == Agreement(4, 1.0, 0.0, 1.0, 3, 1.0)
    now = document(
        # A label below the threshold does not count.
        frame(0, {1: [0, 0, 10, 10], 2: [20, 0, 30, 10]}, {1: {"walk": 0.6, "read": 0.4}}),
        frame(1, {1: [0, 0, 10, 8], 3: [0, 0, 1, 1]}),
        frame(2, {1: [0, 0, 10, 10]}, {1: {"walk": 0.9, "read": 0.5}}),
    )
    found = compare_documents(before, now)
    assert (found.num_frames, found.num_keyframes) == (3, 2)
    assert found.same_ids == pytest.approx(2 / 3)
    assert found.max_apart_px == 2.0
    assert found.min_iou == pytest.approx(0.8)
    assert found.same_labels == 0.5


def test_ratios_are_of_medians():
    def costs(*seconds):
        return [Cost(one, 2 * one, int(one) * 2**20) for one in seconds]

    found = Comparison(costs(10, 12, 99), costs(4, 3, 50), Agreement(1, 1, 0, 1, 1, 1))
    assert found.speedup == 3.0
    assert found.rows() == [
        ("wall time, s", 12, 4, 3.0),
        ("CPU time, s", 24, 8, 3.0),
        ("maximum memory, MiB", 12, 4, 3.0),
    ]


def test_checkouts_are_run_and_their_processes_counted(tmp_path):
    slow = checkout(tmp_path / "slow", pause=0.6, work=20_000_000, size=300 * 2**20, height=25)
    fast = checkout(tmp_path / "fast")
    folder = tmp_path / "out"
    folder.mkdir()
    found = compare_checkouts(slow, fast, ["in.avi"], folder=folder, rounds=2)
    assert [len(costs) for costs in (found.baseline, found.current)] == [2, 2]
    assert min(cost.wall_sec for cost in found.baseline) > 0.6
    _, cpu, memory = found.rows()
    assert cpu[3] > 1
    assert memory[1] > 300 > memory[2]
    assert found.agreement == Agreement(1, 1.0, 5.0, pytest.approx(0.8), 1, 1.0)


def test_what_cannot_be_run_is_named(tmp_path):
    with pytest.raises(InputError, match=r"has no demo/detect_video\.py"):
        run_checkout(tmp_path, ["in.avi"], folder=tmp_path)
    broken = checkout(tmp_path / "broken")
    with pytest.raises(InputError, match="ended with code 1: error: --fail was given"):
        run_checkout(broken, ["in.avi", "--fail"], folder=tmp_path)


@pytest.mark.slow
def test_the_script_compares_this_checkout(tmp_path):
    import torch

    from stad import zoo
    from tests.videos import write_video

    video = write_video(tmp_path / "in.mp4", num_frames=30)
    boxes = tmp_path / "boxes.csv"
    boxes.write_text("time_sec,x1,y1,x2,y2,score\n0.0,10,20,50,110,0.9\n0.2,10,20,50,110,0.9\n")
    config = ROOT / "tests" / "data" / "tiny_detector.py"
    state = zoo.load(str(config), weights=None).state_dict()
    torch.save({"state_dict": state}, tmp_path / "tiny.pth")
    words = (
        f"--model {config} --weights {tmp_path / 'tiny.pth'} --boxes {boxes} --precision float32"
    )
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "tools" / "bench_annotate.py"), str(video)),
            *("--baseline", str(ROOT), f"--options={words}", "--rounds", "1", "--limit", "99"),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert "30 frames: the same ids in 100.0%, boxes at most 0.00 px apart" in done.stdout
