"""Time and peak memory of tools/eval_ava.py on a made-up set of AVA's size.

    python tools/bench_eval.py

By default 57,000 keyframes, 319,936 rows of ground truth, 3,438,436 detections, 60 classes: more
than 50 detections on most keyframes, some ground truth found well, some badly, some not at all.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np
import pyarrow as pa
import pyarrow.csv

from stad.annotations.label_maps import evaluated_classes
from stad.cli.arguments import ArgumentParser
from stad.errors import InputError, run_script

KEYFRAMES_PER_VIDEO = 897
FIRST_SEC = 902
EXTENT = 0.3


def parse_args() -> argparse.Namespace:
    parser = ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keyframes", type=int, default=57_000)
    parser.add_argument("--ground-truth", type=int, default=319_936)
    parser.add_argument("--detections", type=int, default=3_438_436)
    parser.add_argument("--score-decimals", type=int, help="round scores: many equal ones")
    parser.add_argument("--shuffle", action="store_true", help="detections in no order")
    parser.add_argument("--protocol", default="official")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", help="where the set is written; default: a temporary folder")
    return parser.parse_args()


def write_set(folder: Path, args: argparse.Namespace) -> tuple[Path, Path]:
    """Write ground truth and detections, the same for the same seed."""
    random = np.random.default_rng(args.seed)
    classes = np.array(sorted(evaluated_classes()))
    keyframe = np.sort(random.integers(0, args.keyframes, args.ground_truth))
    corner = random.random((args.ground_truth, 2)) * (1 - EXTENT)
    boxes = np.hstack([corner, corner + EXTENT * random.uniform(0.3, 1, corner.shape)])
    action = random.choice(classes, args.ground_truth)
    # A detection is a ground-truth box of its keyframe, moved, with the right class or another.
    source = random.integers(0, args.ground_truth, args.detections)
    source = source if args.shuffle else np.sort(source)
    moved = boxes[source] + random.normal(0, 0.02, (args.detections, 4))
    moved = np.hstack([np.minimum(moved[:, :2], moved[:, 2:]), moved[:, 2:]]).clip(0, 1)
    right = random.random(args.detections) < 0.2
    found = np.where(right, action[source], random.choice(classes, args.detections))
    score = random.beta(1, 6, args.detections) ** np.where(right, 0.5, 1.0)
    if args.score_decimals is not None:
        score = score.round(args.score_decimals)
    truth_path, found_path = folder / "ground_truth.csv", folder / "detections.csv"
    write_rows(truth_path, keyframe, boxes, action, random.integers(0, 40, len(action)))
    write_rows(found_path, keyframe[source], moved, found, score)
    return truth_path, found_path


def write_rows(
    path: Path, keyframe: np.ndarray, boxes: np.ndarray, action: np.ndarray, last: np.ndarray
) -> None:
    video, second = np.divmod(keyframe, KEYFRAMES_PER_VIDEO)
    names = np.array([f"video_{index:05d}" for index in range(video.max() + 1)])
    columns = [names[video], second + FIRST_SEC, *boxes.round(4).T, action, last]
    table = pa.table([pa.array(column) for column in columns], [str(i) for i in range(8)])
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    pyarrow.csv.write_csv(table, path, write_options=options)


def measure(command: list[str]) -> str:
    """Run eval_ava.py --json and say what it took."""
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        answer = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise InputError(f"The evaluation failed with exit code {process.returncode}.")
    return (
        f"{time.perf_counter() - begin:.2f} s ({usage.ru_utime + usage.ru_stime:.2f} s of CPU), "
        f"peak {usage.ru_maxrss / 1024:.0f} MiB, mAP {json.loads(answer)['mAP']:.4f}"
    )


def main() -> None:
    args = parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(args.folder or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        truth, found = write_set(folder, args)
        print(f"{found.stat().st_size / 2**20:.0f} MiB of detections, {args.detections} rows")
        script = str(ROOT / "tools" / "eval_ava.py")
        command = [sys.executable, script, "--gt", str(truth), "--pred", str(found), "--json"]
        for _ in range(args.runs):
            print(measure([*command, "--protocol", args.protocol]))


if __name__ == "__main__":
    run_script(main)
