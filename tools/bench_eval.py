"""Measure time and peak memory of tools/eval_ava.py on a made-up set of AVA's size.

    python tools/bench_eval.py

By default 57,000 keyframes, 319,936 rows of ground truth, 3,438,436 detections, 60 classes: more
than 50 detections on most keyframes, some ground truth found well, some badly, some not at all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np
import pyarrow as pa
import pyarrow.csv

from stad.annotations.label_maps import evaluated_classes
from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.errors import InputError, run_script

KEYFRAMES_PER_VIDEO = 897
FIRST_SEC = 902
EXTENT = 0.3


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the size of the set and its evaluation."""

    keyframes: Annotated[int, option("keyframes", metavar="N")] = 57_000
    ground_truth: Annotated[int, option("rows of ground truth", metavar="N")] = 319_936
    detections: Annotated[int, option("detections", metavar="N")] = 3_438_436
    score_decimals: Annotated[
        int | None, option("round the scores, so that many are equal", metavar="N")
    ] = None
    shuffle: Annotated[bool, option("detections in random order")] = False
    protocol: Annotated[str, option("as of tools/eval_ava.py", metavar="NAME")] = "official"
    seed: Annotated[int, option("seed of the set", metavar="N")] = 0
    runs: Annotated[int, option("evaluations", metavar="N")] = 3
    folder: Annotated[
        str | None, option("where the set is written (default: a temporary folder)", metavar="DIR")
    ] = None


def write_set(folder: Path, options: Options) -> tuple[Path, Path]:
    """Write ground truth and detections, the same for the same seed."""
    random = np.random.default_rng(options.seed)
    classes = np.array(sorted(evaluated_classes()))
    keyframe = np.sort(random.integers(0, options.keyframes, options.ground_truth))
    corner = random.random((options.ground_truth, 2)) * (1 - EXTENT)
    boxes = np.hstack([corner, corner + EXTENT * random.uniform(0.3, 1, corner.shape)])
    action = random.choice(classes, options.ground_truth)
    # A detection is a ground-truth box of its keyframe, moved, with the right class or another.
    source = random.integers(0, options.ground_truth, options.detections)
    source = source if options.shuffle else np.sort(source)
    moved = boxes[source] + random.normal(0, 0.02, (options.detections, 4))
    moved = np.hstack([np.minimum(moved[:, :2], moved[:, 2:]), moved[:, 2:]]).clip(0, 1)
    right = random.random(options.detections) < 0.2
    found = np.where(right, action[source], random.choice(classes, options.detections))
    score = random.beta(1, 6, options.detections) ** np.where(right, 0.5, 1.0)
    if options.score_decimals is not None:
        score = score.round(options.score_decimals)
    truth_path, found_path = folder / "ground_truth.csv", folder / "detections.csv"
    write_rows(truth_path, keyframe, boxes, action, random.integers(0, 40, len(action)))
    write_rows(found_path, keyframe[source], moved, found, score)
    return truth_path, found_path


def write_rows(
    path: Path, keyframe: np.ndarray, boxes: np.ndarray, action: np.ndarray, last: np.ndarray
) -> None:
    """Write rows as AVA CSV; ``last`` is the person id or the score."""
    video, second = np.divmod(keyframe, KEYFRAMES_PER_VIDEO)
    names = np.array([f"video_{index:05d}" for index in range(video.max() + 1)])
    columns = [names[video], second + FIRST_SEC, *boxes.round(4).T, action, last]
    table = pa.table([pa.array(column) for column in columns], [str(i) for i in range(8)])
    form = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    pyarrow.csv.write_csv(table, path, write_options=form)


def measure(command: list[str]) -> str:
    """Run eval_ava.py --json and return its time, memory and mAP as text."""
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
    """Write the set, evaluate it, and print a line for each run."""
    options = parse(Options, description=__doc__)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.folder or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        truth, found = write_set(folder, options)
        print(f"{found.stat().st_size / 2**20:.0f} MiB of detections, {options.detections} rows")
        script = str(ROOT / "tools" / "eval_ava.py")
        command = [sys.executable, script, "--gt", str(truth), "--pred", str(found), "--json"]
        for _ in range(options.runs):
            print(measure([*command, "--protocol", options.protocol]))


if __name__ == "__main__":
    run_script(main)
