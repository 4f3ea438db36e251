"""Small corpora of real videos, a tiny model for them, and what was found in them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch

from stad import zoo
from stad.corpus.store import ResultStore
from stad.inference.options import InferenceOptions
from tests.videos import moving_square, write_video

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "tests" / "data" / "tiny_detector.py"
# Columns that say when something was done.
TIMES = ("processing_sec", "finished_at", "failed_at")


def tiny_weights(path: Path, *, config: Path = CONFIG) -> Path:
    """Write weights of the tiny model by a seed."""
    torch.manual_seed(0)
    torch.save({"state_dict": zoo.load(str(config), weights=None).state_dict()}, path)
    return path


def tiny_options(weights: Path, **changes) -> InferenceOptions:
    """The tiny model, which sees one person as large as the frame."""
    options = {
        "model": str(CONFIG),
        "weights": str(weights),
        "detector": "whole_frame",
        "runtime": "torch",
        "precision": "float32",
        "threshold": 0.45,
        "stride_sec": 0.5,
    }
    return InferenceOptions(**(options | changes))


def tiny_words(weights: Path, *, config: Path = CONFIG) -> list[str]:
    """The same on the command line."""
    return [
        *("--model", str(config), "--weights", str(weights), "--detector", "whole_frame"),
        *("--runtime", "torch", "--precision", "float32"),
        *("--threshold", "0.45", "--stride", "0.5"),
    ]


def make_videos(folder: Path, count: int, *, num_frames: int = 30) -> list[Path]:
    """Write videos that differ; each is as long as ``num_frames`` of 25 a second."""
    folder.mkdir(parents=True, exist_ok=True)

    def picture(number: int):
        # The squares are at the same places again after 60 frames, so the ground differs, too.
        return lambda index, *size: moving_square(index + 5 * number, *size) + np.uint8(number)

    return [
        write_video(
            folder / f"{number:02d}.mp4", num_frames=num_frames, fps=25, picture=picture(number)
        )
        for number in range(count)
    ]


def start_corpus(*words: object, **variables: str) -> subprocess.Popen:
    """Start 'stad corpus' in a process, as a user does."""
    return subprocess.Popen(
        [
            *(sys.executable, "-c", "from stad.cli.main import main; main()"),
            *("corpus", *map(str, words)),
        ],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def rows(out: Path | str, table: str) -> list[dict]:
    """Return the rows of a table, without those columns that no two runs have alike."""
    store = ResultStore.open(out, create=False)
    found = []
    for path in store.files(table):
        with store.place.fs.open(path, "rb") as file:
            found += pq.ParquetFile(file).read().to_pylist()
    kept = [{key: one for key, one in row.items() if key not in TIMES} for row in found]
    return sorted(kept, key=lambda row: (row["video"], str(row)))


def content(out: Path | str) -> dict[str, list[dict]]:
    """Return everything that was found."""
    return {table: rows(out, table) for table in ("videos", "tracks", "keyframes", "segments")}
